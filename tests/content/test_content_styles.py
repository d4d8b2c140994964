"""The look of a campaign: what is refused because nobody could read it, and the style sheet."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from content.catalogue import Catalogue
from content.styles import Colours, Style, contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_the_installations_own_colours_are_legible() -> None:
    assert Colours().main == "#235b4e"


@pytest.mark.parametrize(
    ("colour", "problem"),
    [
        ({"bar": "#88aa99"}, r"bar: #ffffff on #88aa99 has a contrast of 2\.5\d:1"),
        ({"main": "#777777"}, r"main: #ffffff on #777777 has a contrast of 4\.48:1"),
        ({"text": "#999999"}, "text on white"),
        ({"page": "#444444"}, "on #444444"),
        ({"main": "green"}, "main"),
        ({"bar": "#12"}, "bar"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_ratio(colour: dict[str, str], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Colours.model_validate(colour)


def test_the_style_sheet_sets_the_pages_own_properties() -> None:
    style = Style.model_validate({"colours": {"bar": "#611232", "main": "#611232"}, "fonts": ["Noto Sans"]})
    sheet = style.css()
    assert sheet.startswith(":root, :host {") and "--green-900: #611232;" in sheet and '--font: "Noto Sans", ' in sheet
    assert "--" not in Style().css()


@pytest.mark.parametrize("font", ['x"; } body { display: none', "url(https://malo.example)", "</style>"])
def test_nothing_but_a_name_is_a_font(font: str) -> None:
    with pytest.raises(ValidationError):
        Style.model_validate({"fonts": [font]})


def test_a_campaign_with_illegible_colours_keeps_its_last_good_file(copy: Path) -> None:
    catalogue = Catalogue(copy)
    path = copy / "bots" / "derechohabiente" / "campaign.yml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good + 'style: {logo_text: "Ejemplo", colours: {main: "#777777"}}\n', encoding="utf-8")
    assert catalogue.settings("derechohabiente").style.logo_text == "Ventanilla"
    [problem] = catalogue.problems()
    assert str(path) in problem and "contrast of 4.48:1" in problem
    path.write_text(good + 'style: {logo_text: "Ejemplo"}\n', encoding="utf-8")
    assert catalogue.settings("derechohabiente").style.logo_text == "Ejemplo" and catalogue.problems() == []


def test_a_form_comes_and_goes_with_its_file(copy: Path) -> None:
    catalogue = Catalogue(copy)
    path = copy / "bots" / "recepcion" / "form.yml"
    path.write_text("fields: [{name: nombre, label: Nombre}]", encoding="utf-8")
    form = catalogue.form("recepcion")
    assert form is not None and form.fields[0].label == "Nombre"
    path.write_text("fields: [{name: nombre, label: Nombre, type: nada}]", encoding="utf-8")
    assert catalogue.form("recepcion") == form and "fields.0.type" in catalogue.problems()[0]
    path.unlink()
    assert catalogue.form("recepcion") is None and catalogue.problems() == []
