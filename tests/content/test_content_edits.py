"""Changes of YAML keep comments, order and quotes; two changes at once are put together or found to clash."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.editable import SHARED, content_file, content_files, every_file
from content.files import ContentError
from content.merging import merge
from content.yaml_edits import (
    OptionEdit,
    canned,
    holidays,
    hours,
    menu,
    prompts,
    protected_part,
    set_canned,
    set_holidays,
    set_hours,
    set_menu,
    set_prompts,
)

ROOT = Path(__file__).resolve().parents[2]
BOTS = sorted(path.parent.name for path in (ROOT / "bots").glob("*/campaign.yml"))
LINES = st.lists(st.sampled_from("abcdef"), max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("bot", BOTS)
def test_setting_what_stands_there_changes_nothing(bot: str) -> None:
    text = (ROOT / "bots" / bot / "campaign.yml").read_text(encoding="utf-8")
    assert set_hours(text, [window.days for window in hours(text)]) == text
    assert set_holidays(text, holidays(text)) == text
    assert set_prompts(text, prompts(text)) == text
    tree = (ROOT / "bots" / bot / "menu.yml").read_text(encoding="utf-8")
    assert set_menu(tree, menu(tree)) == tree
    phrases = (ROOT / "bots" / "shared" / "canned.yml").read_text(encoding="utf-8")
    assert set_canned(phrases, [(place, *row) for place, row in enumerate(canned(phrases))]) == phrases


def test_comments_travel_with_their_option() -> None:
    one, two = '{key: "1", title: "Uno", topic: a}', '{key: "2", title: "Dos", topic: b}'
    text = f"options:\n  # la primera\n  - {one}\n  - {two} # fin\n"
    first, second = menu(text)
    turned = set_menu(text, [second, first])
    assert [one.title for one in menu(turned)] == ["Dos", "Uno"]
    assert "# la primera" in turned and "# fin" in turned
    assert [one.title for one in menu(set_menu(text, [second]))] == ["Dos"]
    grown = set_menu(text, [first, second, OptionEdit("3", "Tres: «x»", to="otra")])
    assert menu(grown)[2].title == "Tres: «x»"


def test_what_was_not_there_is_added() -> None:
    text = "name: x # nombre\nwindows:\n  - id: a\n    applies_to: [voice]\n"
    changed = set_hours(text, [{"mon": (("08:00", "20:00"),)}])
    assert hours(changed)[0].days["mon"] == (("08:00", "20:00"),) and "# nombre" in changed
    assert holidays(set_holidays(text, [date(2027, 1, 1)])) == [date(2027, 1, 1)]
    assert prompts(set_prompts(text, {"saludo": "Hola: «x»\n# no es comentario"})) == {
        "saludo": "Hola: «x»\n# no es comentario"
    }
    assert set_canned("", [(None, "G", "x")]) == '- {group: G, text: "x"}\n'
    with pytest.raises(ContentError):
        hours("a: [")
    with pytest.raises(ContentError):
        menu("- lista")


def test_what_feeds_indicators_is_told_apart() -> None:
    text = (ROOT / "bots/derechohabiente/campaign.yml").read_text(encoding="utf-8")
    assert protected_part(set_prompts(text, {"saludo": "x"})) == protected_part(text)
    product = text.replace("agent_type: avanzado_a", "agent_type: avanzado_b")
    assert protected_part(product) != protected_part(text), "what is paid for it depends on the product"
    days = [{**window.days, "mon": ()} for window in hours(text)]
    assert protected_part(set_hours(text, days)) != protected_part(text)
    directory = (ROOT / "bots/shared/directory.yml").read_text(encoding="utf-8")
    assert protected_part(directory.replace('"20:00"', '"19:00"', 1)) != protected_part(directory)


@given(LINES, LINES)
def test_one_change_alone_is_itself(base: str, changed: str) -> None:
    assert merge(base, changed, base) == changed == merge(base, base, changed) == merge(base, changed, changed)


@given(LINES, LINES, LINES)
def test_joined_changes_do_not_depend_on_who_was_first(base: str, mine: str, theirs: str) -> None:
    assert merge(base, mine, theirs) == merge(base, theirs, mine)


def test_changes_apart_are_joined_and_changes_of_one_line_clash() -> None:
    assert merge("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n") == "A\nb\nc\nD\n"
    assert merge("a\nb\n", "A\nb\n", "X\nb\n") is None


def test_only_hot_files_of_known_campaigns_are_offered() -> None:
    names = {one.name for one in content_files(ROOT, "derechohabiente")}
    assert {"campaign.yml", "menu.yml", "form.yml", "canned.yml"} <= names and not names & {"domain.yml", "rules.yml"}
    for campaign in ("..", "shared/..", "no_hay", "", "derechohabiente/../recepcion"):
        assert content_files(ROOT, campaign) == []
    assert content_file(ROOT, SHARED, "../derechohabiente/menu.yml") is None
    assert all((ROOT / one.path).resolve().is_relative_to(ROOT) for one in every_file(ROOT))
