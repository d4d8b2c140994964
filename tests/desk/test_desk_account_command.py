"""`ventanilla desk-account`: level, skills and limit of an account."""

import argparse
from pathlib import Path

import pytest

from desk import account_command
from desk.accounts import Accounts


def run(path: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    account_command.add_arguments(parser)
    return account_command.run(parser.parse_args(words), path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(account_command, "getpass", lambda prompt: "una-clave")
    return tmp_path / "desk_agents.yml"


def test_an_account_with_level_skills_and_limit(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--level", "ps_p", "--skill", "cita_medica", "--skill", "derechohabiente:2", "--limit", "3")
    assert run(path, "pia", "Pía Soto", *words) == 0
    agent = Accounts(path).all()["pia"]
    assert (agent.level, agent.limit, agent.skills) == ("ps_p", 3, {"cita_medica": 1, "derechohabiente": 2})
    assert "PS-P, cita_medica, derechohabiente" in capsys.readouterr().out
    assert Accounts(path).check("pia", "una-clave") and "una-clave" not in path.read_text()


def test_without_options_all_campaigns_as_first_level(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "ana", "Ana Ruiz") == 0
    assert "PS-I, todas las campañas" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ana", "Ana", "--limit", "6"), "de 1 a 5"), (("Ana!", "Ana"), "letras minúsculas"),
        (("ana", ""), "de 1 a 60"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(
    path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert run(path, *words) == 2
    assert told in capsys.readouterr().err and not path.exists()


@pytest.mark.parametrize("skill", [":1", "cita_medica:0", "cita_medica:x"])
def test_a_skill_is_a_campaign_and_a_priority(path: Path, skill: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(path, "ana", "Ana", "--skill", skill)
    assert "CAMPAIGN:PRIORITY" in capsys.readouterr().err
