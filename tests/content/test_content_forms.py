"""The form before a web chat: what each field takes, the rules over several, and slips of whoever edits the file."""

import re
from pathlib import Path

import pytest

from content.catalogue import Catalogue
from content.files import ContentError
from content.forms import Form, FormError, parse_form
from conversation.entrance import FormValue

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"nombre": "Lucía", "telefono": "55 0000 1234", "entidad": "Oaxaca", "tramite": "Otro"}


@pytest.fixture(scope="module")
def form() -> Form:
    found = Catalogue(ROOT).form("derechohabiente")
    assert found is not None
    return found


def form_of(*fields: dict[str, object], **more: object) -> Form:
    return Form.model_validate({"fields": fields, **more})


def kept(form: Form, answers: dict[str, str]) -> dict[str, str]:
    return {one.name: one.value for one in form.check(answers)}


def wrong(form: Form, answers: dict[str, str]) -> dict[str, str]:
    with pytest.raises(FormError) as refused:
        form.check(answers)
    return refused.value.fields


def test_the_form_of_derechohabiente_asks_what_the_contract_proposes_and_no_nss(form: Form) -> None:
    assert [field.name for field in form.ordered] == [
        "nombre", "apellidos", "correo", "telefono", "entidad", "tramite",
    ]  # fmt: skip
    assert [field.name for field in form.fields if field.is_required] == ["nombre", "entidad", "tramite"]
    entities = next(field.options for field in form.fields if field.name == "entidad")
    assert len(entities) == 32


def test_campaigns_without_a_file_have_no_form() -> None:
    catalogue = Catalogue(ROOT)
    assert catalogue.form("recepcion") is None and catalogue.form("cita_medica") is None
    assert catalogue.form("contribuyente") is None, "it is in the directory only"


def test_answers_are_kept_tidy(form: Form) -> None:
    answers = {**GOOD, "nombre": "  Lucía   Inés ", "apellidos": " ", "telefono": "+52 (55) 0000-1234"}
    assert kept(form, answers) == {
        "nombre": "Lucía Inés", "telefono": "5500001234", "entidad": "Oaxaca", "tramite": "Otro",
    }  # fmt: skip


def test_everything_that_is_wrong_is_told_at_once(form: Form) -> None:
    assert wrong(form, {"nombre": " ", "correo": "lucia", "entidad": "Marte", "edad": "30"}) == {
        "nombre": "Escriba su nombre.",
        "correo": "Escriba un correo como nombre@ejemplo.mx.",
        "entidad": "Elija la entidad donde vive.",
        "tramite": "Elija el trámite; si no está en la lista, elija «Otro».",
        "edad": "Este dato no se pide aquí.",
    }


def test_mail_or_telephone_is_enough_and_one_of_them_is_needed(form: Form) -> None:
    neither = {name: value for name, value in GOOD.items() if name != "telefono"}
    assert wrong(form, neither) == {"correo": "Escriba su correo o su teléfono; con uno de los dos basta."}
    assert kept(form, {**neither, "correo": "l@correo.mx"})["correo"] == "l@correo.mx"
    assert list(wrong(form, {**neither, "telefono": "123"})) == ["telefono"], "one slip, one message"


@pytest.mark.parametrize("telephone", ["123", "55 0000 12345", "00058500018", "800 623 23 23", "5500001234 5500001235"])
def test_a_telephone_is_one_of_ten_digits_and_somebodys(form: Form, telephone: str) -> None:
    assert "telefono" in wrong(form, {**GOOD, "telefono": telephone})


@pytest.mark.parametrize("mail", ["lucia", "lucia@", "@correo.mx", "lucia@correo", "lucía arias@correo.mx", "a@b@c.mx"])
def test_what_is_no_mail_address(form: Form, mail: str) -> None:
    assert "correo" in wrong(form, {**GOOD, "correo": mail})


def test_a_pattern_holds_for_the_whole_text() -> None:
    field = {"name": "clave", "label": "Clave", "pattern": "[A-Z]{2}[0-9]{3}", "message": "Dos letras y tres números."}
    assert kept(form_of(field), {"clave": "AB123"}) == {"clave": "AB123"}
    assert kept(form_of(field), {}) == {}, "what is optional may be left out"
    for text in ("AB1234", "xAB123", "ab123"):
        assert wrong(form_of(field), {"clave": text}) == {"clave": "Dos letras y tres números."}


def test_a_text_that_is_too_long() -> None:
    field = {"name": "asunto", "label": "Asunto", "max_length": 5}
    assert wrong(form_of(field), {"asunto": "123456"}) == {"asunto": "Escriba a lo más 5 caracteres."}


def test_a_consent_must_be_ticked_and_another_box_need_not() -> None:
    form = form_of(
        {"name": "acepto", "label": "Acepto el aviso", "type": "consent"},
        {"name": "avisos", "label": "Quiero avisos", "type": "checkbox"},
    )
    assert wrong(form, {}) == {"acepto": "Marque esta casilla para continuar."}
    assert kept(form, {"acepto": "on"}) == {"acepto": "Sí"}
    assert kept(form, {"acepto": "true", "avisos": "on"}) == {"acepto": "Sí", "avisos": "Sí"}
    assert "avisos" in wrong(form, {"acepto": "on", "avisos": "quizá"})


def test_fields_stand_by_their_order() -> None:
    fields = ({"name": "b", "label": "B", "order": 2}, {"name": "a", "label": "A", "order": 1})
    assert [field.name for field in form_of(*fields).ordered] == ["a", "b"]


def test_answers_are_shown_masked(form: Form) -> None:
    answers = {**GOOD, "apellidos": "Estrada Mora", "correo": "lucia@correo.mx"}
    assert {one.name: one.masked for one in form.check(answers)} == {
        "nombre": "Lucía", "apellidos": "E. M.", "correo": "l***@c***.mx", "telefono": "******1234",
        "entidad": "Oaxaca", "tramite": "Otro",
    }  # fmt: skip
    nss = FormValue(name="asunto", label="Asunto", kind="text", value="mi NSS es 00058500018")
    assert nss.masked == "mi NSS es *******0018", "whatever is written into a free text"


BAD_FORMS = {
    "options belong to a select": "fields: [{name: a, label: A, options: [x]}]",
    "a select needs them": "fields: [{name: a, label: A, type: select}]",
    "offers an option twice": "fields: [{name: a, label: A, type: select, options: [x, x]}]",
    "two fields have the same name": "fields: [{name: a, label: A}, {name: a, label: B}]",
    "names «c», which is no field": "fields: [{name: a, label: A}]\nrules: [{at_least_one: [a, c], message: m}]",
    "is not a regular expression": "fields: [{name: a, label: A, pattern: '[', message: m}]",
    "browsers read «[()]» otherwise": "fields: [{name: a, label: A, pattern: '[()]+', message: m}]",
    "browsers read «(?» otherwise": "fields: [{name: a, label: A, pattern: '(?=x)x', message: m}]",
    "write in `message` what is expected": "fields: [{name: a, label: A, pattern: 'x'}]",
    "the other types have their own": "fields: [{name: a, label: A, type: tel, pattern: 'x', message: m}]",
    "fields.0.type": "fields: [{name: a, label: A, type: date}]",
    "Extra inputs are not permitted": "fields: [{name: a, label: A, requierd: true}]",
    "not valid YAML": "fields: [",
}


@pytest.mark.parametrize("problem", BAD_FORMS)
def test_a_slip_in_the_file_is_named_with_its_place(problem: str, tmp_path: Path) -> None:
    path = tmp_path / "form.yml"
    with pytest.raises(ContentError, match=re.escape(problem)) as refused:
        parse_form(BAD_FORMS[problem], path)
    assert str(path) in str(refused.value)


def test_production_serves_only_an_approved_form(tmp_path: Path) -> None:
    text = "fields: [{name: a, label: A}]"
    assert parse_form(text, tmp_path).approval == "ejemplo"
    with pytest.raises(ContentError, match="approval: aprobado"):
        parse_form(text, tmp_path, approved_only=True)
    assert parse_form(f"approval: aprobado\n{text}", tmp_path, approved_only=True).fields[0].name == "a"
