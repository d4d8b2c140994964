"""A change of content is walked through before it is served: menus lead on, topics are known, all can be said."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from server.content_check import check_change

ROOT = Path(__file__).resolve().parents[2]
MENU, CAMPAIGN = "bots/cita_medica/menu.yml", "bots/cita_medica/campaign.yml"
PROMPTS = "bots/shared/prompts.yml"


def errors(path: str, *replaced: tuple[str, str]) -> list[tuple[str, int, str]]:
    text = (ROOT / path).read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    return [(one.path.as_posix(), one.line, one.rule) for one in check_change(ROOT, {path: text}) if one.is_error]


def line_of(path: str, words: str) -> int:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def test_what_is_served_now_passes() -> None:
    assert errors(MENU) == [] and errors(CAMPAIGN) == []


@pytest.mark.parametrize(
    ("words", "new"),
    [("topic: que_llevar", "topic: tema_nuevo"), ("topic: confirmar_cita", "to: campana_nueva")],
)  # fmt: skip
def test_an_option_that_leads_nowhere_is_found_with_its_line(words: str, new: str) -> None:
    assert errors(MENU, (words, new)) == [(MENU, line_of(MENU, words), "menu-sin-destino")]


def test_a_title_without_words_cannot_be_said() -> None:
    found = errors(MENU, ('title: "Cancelar mi cita"', 'title: "…"'))
    assert (MENU, line_of(MENU, "Cancelar mi cita"), "voz-vacio") in found


def test_a_topic_that_no_model_knows_is_found() -> None:
    added = '  - {id: tema_nuevo, label: "Nuevo", kind: information}\n'
    assert errors(CAMPAIGN, ("topics:\n", f"topics:\n{added}")) == [
        (CAMPAIGN, line_of(CAMPAIGN, "topics:") + 1, "tema-sin-entrenar")
    ]


def test_a_route_that_leads_nowhere_is_found() -> None:
    wrong = ("routes: {menu_principal: recepcion}", "routes: {menu_principal: recepcoin}")
    assert errors(CAMPAIGN, wrong) == [(CAMPAIGN, line_of(CAMPAIGN, "routes:"), "ruta-sin-destino")]


def test_a_text_that_all_campaigns_say_is_not_taken_away() -> None:
    """Without it an action would have nothing to say, and every conversation would end with a person."""
    assert errors(PROMPTS, ("  algo_mas:", "  queja_voz:")) == [(PROMPTS, 1, "texto-faltante")]


@pytest.mark.parametrize(
    ("old", "new"),
    [("agent_type: basico", "agent_type: experto"), ("automation: bot\n", "automation: bot\nthresholds: {x: 30}\n")],
)  # fmt: skip
def test_what_no_running_system_could_use_is_found_without_naming_our_folders(old: str, new: str) -> None:
    text = (ROOT / CAMPAIGN).read_text(encoding="utf-8").replace(old, new, 1)
    [found] = [one for one in check_change(ROOT, {CAMPAIGN: text}) if one.is_error]
    assert f"{CAMPAIGN}, campaign «cita_medica»" in found.message and tempfile.gettempdir() not in found.message


def test_what_a_change_breaks_elsewhere_is_found() -> None:
    text = (ROOT / CAMPAIGN).read_text(encoding="utf-8")
    without = re.sub(r"  - \{id: que_llevar.*\n", "", text)
    found = [one for one in check_change(ROOT, {CAMPAIGN: without}) if one.is_error]
    assert found and all(one.path.parts[0] == "knowledge" for one in found)


def test_a_file_may_be_taken_away_where_it_is_optional(tmp_path: Path) -> None:
    assert not [one for one in check_change(ROOT, {"bots/derechohabiente/form.yml": ""}) if one.is_error]


def test_production_takes_only_what_is_approved(tmp_path: Path) -> None:
    for name in ("bots", "knowledge"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for path in (*tmp_path.glob("bots/*/*.yml"), *tmp_path.glob("knowledge/*/*.md")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("approval: ejemplo", "approval: aprobado"), encoding="utf-8")
    prompts = "bots/shared/prompts.yml"
    text = (tmp_path / prompts).read_text(encoding="utf-8")
    drafted = text.replace("approval: aprobado", "approval: ejemplo")
    assert not [one for one in check_change(tmp_path, {prompts: text + "\n"}, "productivo") if one.is_error]
    (found,) = [one for one in check_change(tmp_path, {prompts: drafted}, "productivo") if one.is_error]
    assert "only approved content" in found.message
    assert not [one for one in check_change(tmp_path, {prompts: drafted}) if one.is_error]
