"""The web application as one house: built once for a module, or anew for a test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from guarded_house import QUICK, House, ScriptedBot
from kept_installation import Installation, installation

from desk import passwords
from server import application

OpenHouse = Callable[..., House]


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedBot]:
    """A bot from a script in the place of Rasa's client; passwords that need no protection."""
    bot = ScriptedBot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "RasaEngine", lambda url: bot)
        patch.setattr(passwords, "PasswordHasher", lambda: QUICK)
        yield bot


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, scripted: ScriptedBot) -> House:
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture
def open_house(tmp_path: Path, scripted: ScriptedBot) -> OpenHouse:
    """Builds a house with settings of its own."""

    def opened(**more: Any) -> House:
        return House(tmp_path, **more)

    return opened


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    return installation(tmp_path, monkeypatch)
