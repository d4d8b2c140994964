"""docs/operacion.md is the one list of settings: every variable that the code reads, with its default, and no other."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from actions.server import ActionSettings
from server.command_line import main
from server.secrets_file import NAMES
from server.settings import Settings
from server.voice import VoiceSettings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operacion.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
VARIABLE = re.compile(r"\bVENTANILLA_[A-Z][A-Z_]*[A-Z]\b(?!_)")
ROW = re.compile(r"^\| `(VENTANILLA_[A-Z_]+)` \| `([^`]+)` \|", re.MULTILINE)
PROGRAM = [*ROOT.glob("*/*.py"), *ROOT.glob("*/*/*.py"), ROOT / "Makefile"]
OF_THE_DIALPLAN = {"VENTANILLA_KEY"}
"""A variable of Asterisk's (docs/asterisk), not of ours."""
DIFFERS = {
    "VENTANILLA_SITE": "vacía",
    "VENTANILLA_VOICE_MODELS": "var/models-voice",  # None in the settings: voice.models decides
}


def settings_in_code() -> dict[str, object]:
    """Variable -> default of every field of the processes' settings."""
    classes: tuple[type[BaseSettings], ...] = (Settings, VoiceSettings, ActionSettings)
    return {
        f"VENTANILLA_{name.upper()}": field.default
        for settings in classes
        for name, field in settings.model_fields.items()
    }


def read_by_the_program() -> set[str]:
    """Every variable that is named in a program, tests included, and every field of the settings."""
    texts = [path.read_text(encoding="utf-8") for path in PROGRAM if path.is_file()]
    named = {name for text in texts for name in VARIABLE.findall(text)}
    return (named | set(settings_in_code()) | set(NAMES)) - OF_THE_DIALPLAN


def test_every_variable_is_on_the_page() -> None:
    assert sorted(read_by_the_program() - set(VARIABLE.findall(PAGE))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_variable_that_nothing_reads(page: Path) -> None:
    named = set(VARIABLE.findall(page.read_text(encoding="utf-8"))) - OF_THE_DIALPLAN
    assert sorted(named - read_by_the_program()) == []


def test_the_defaults_on_the_page_are_those_of_the_code() -> None:
    defaults = settings_in_code()
    rows = dict(ROW.findall(PAGE))
    told = {name: default for name, default in rows.items() if name in defaults and name not in DIFFERS}
    assert len(told) > 25
    wrong = {
        name: (default, defaults[name])
        for name, default in told.items()
        if defaults[name] is not PydanticUndefined and default.lower() != f"{defaults[name]:}".lower()
    }
    assert wrong == {}


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """What `ventanilla` understands, by its own help."""
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = re.findall(r"\{([a-z,-]+)\}", capsys.readouterr().out)
    return {*listed[0].split(","), "sandbox"}


def test_every_command_that_a_page_shows_exists(commands: set[str]) -> None:
    shown = {
        (page.name, word)
        for page in PAGES
        for word in re.findall(
            r"(?:`|«|^|bin/)ventanilla ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert len(shown) > 30
    assert {(page, word) for page, word in shown if word not in commands} == set()


def test_every_verb_of_make_that_a_page_shows_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        (page.name, verb)
        for page in PAGES
        for words in re.findall(r"(?:`|^)make ([a-z -]+?)(?:`|\s+#|$)", page.read_text(encoding="utf-8"), re.MULTILINE)
        for verb in words.split()
    }
    assert len(shown) > 5
    assert {(page, verb) for page, verb in shown if verb not in verbs} == set()
