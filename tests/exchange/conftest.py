"""A telephone that is a program: baresip, found or asked for."""

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "conversation"))  # its scripted dialogue answers these calls, too


@pytest.fixture(scope="session", autouse=True)
def baresip() -> None:
    """Its absence fails where VENTANILLA_REQUIRE_SIP is set (CI), else skips."""
    if shutil.which("baresip"):
        return
    if os.environ.get("VENTANILLA_REQUIRE_SIP"):
        pytest.fail("no baresip: install Debian's package «baresip-core»")
    pytest.skip("no baresip on this machine: install Debian's package «baresip-core»")
