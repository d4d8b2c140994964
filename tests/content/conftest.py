"""A copy of the repository's content that a test may change."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from content.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Callable[[str, str, str], Path]:
    """Replaces text in a file of the copy, as an administrator would; the text must be there."""

    def replace(name: str, old: str, new: str) -> Path:
        path = copy / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold «{old}»"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return replace
