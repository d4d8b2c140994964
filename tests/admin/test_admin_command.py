"""The command that makes accounts."""

import argparse
from pathlib import Path

import pytest

from admin import command_line
from admin.accounts import AdminAccounts, Role

PASSWORD = "una-clave-larga-de-prueba"


def run(path: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command_line.add_arguments(parser)
    return command_line.run(parser.parse_args(words), path)


def test_an_account_is_added_with_roles_and_campaigns(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(command_line, "getpass", lambda _: PASSWORD)
    path = tmp_path / "var" / "admin_accounts.yml"
    assert run(path, "eva", "Eva Luna", "--role", "evaluador", "--campaign", "derechohabiente") == 0
    account = AdminAccounts(path).check("eva", PASSWORD)
    assert account is not None
    assert (account.roles, account.campaigns) == ((Role.REVIEWER,), ("derechohabiente",))
    assert "Evaluador" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("password", "words", "said"),
    [
        ("corta", ("eva", "Eva", "--role", "evaluador"), "al menos 12"),
        (PASSWORD, ("Eva Luna", "Eva", "--role", "evaluador"), "letras minúsculas"),
        (PASSWORD, ("eva", "Eva", "--role", "aprobador_institucion", "--role", "aprobador_proveedor"), "dos personas"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    tmp_path: Path, monkeypatch, capsys, password: str, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(command_line, "getpass", lambda _: password)
    path = tmp_path / "admin_accounts.yml"
    assert run(path, *words) == 2
    assert said in capsys.readouterr().err
    assert not path.exists()
