"""One counter per test, over a ledger of its own."""

from pathlib import Path

import pytest
from scripted_dialogue import ROOT, Counter

from content.catalogue import Catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture
def counter(tmp_path: Path, catalogue: Catalogue) -> Counter:
    return Counter(tmp_path, catalogue)
