"""/health: up or down for anybody; what is wrong with the content only for who operates the installation."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from guarded_house import ROOT, House
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

OpenHouse = Callable[..., House]
KEY = "clave-de-quien-opera"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Content with a mistake that was made after the start."""
    root = tmp_path / "root"
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def spoil(root: Path) -> None:
    (root / "bots" / "derechohabiente" / "menu.yml").write_text("options: [", encoding="utf-8")


def test_in_the_sandbox_everybody_sees_what_is_wrong(open_house: OpenHouse, broken: Path) -> None:
    house = open_house(root=broken)
    assert house.stranger.get("/health").json()["status"] == "ok"
    spoil(broken)
    told = house.stranger.get("/health").json()
    assert told["status"] == "content_problems" and "menu.yml" in str(told["content"])


def test_elsewhere_strangers_learn_that_it_is_up_and_nothing_more(open_house: OpenHouse, broken: Path) -> None:
    house = open_house(root=broken, environment="no_productivo", health_key=KEY)
    spoil(broken)
    for headers in ({}, {"Authorization": "Bearer otra"}, {"Authorization": "Bearer "}):
        answer = house.stranger.get("/health", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    told = house.stranger.get("/health", headers={"Authorization": f"Bearer {KEY}"}).json()
    assert told["status"] == "content_problems" and "menu.yml" in str(told["content"])


def test_without_a_key_nobody_sees_more(open_house: OpenHouse) -> None:
    house = open_house(environment="no_productivo")
    assert house.stranger.get("/health", headers={"Authorization": "Bearer None"}).json() == {"status": "ok"}


def test_without_its_database_it_is_down(open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house = open_house(environment="no_productivo")

    def gone(self: Engine) -> None:
        raise OperationalError("select 1", {}, Exception("no route to 10.0.0.7"))

    monkeypatch.setattr(Engine, "connect", gone)
    answer = house.stranger.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})
