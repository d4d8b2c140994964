"""bootstrap.py on a newcomer's machine: the wrong Python, and an environment that was left half made."""

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
"""Python 3.10: too old for the product."""


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module that works below a folder of the test."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_an_older_python_is_told_what_to_do() -> None:
    refused = subprocess.run([ENGINE_PYTHON, ROOT / "bootstrap.py"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "3.11" in refused.stderr and "make run PYTHON=" in refused.stderr


def test_it_takes_the_pythons_that_the_project_takes(bootstrap: ModuleType) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    oldest, too_new = (".".join(map(str, version)) for version in (bootstrap.OLDEST, bootstrap.TOO_NEW))
    assert wanted == f">={oldest},<{too_new}"


def test_an_environment_without_pip_is_made_anew(bootstrap: ModuleType, tmp_path: Path) -> None:
    """What Debian leaves behind when python3-venv was missing; the next run must not stumble over it for ever."""
    environment, requirements = tmp_path / "half", tmp_path / "requirements.txt"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=120)
    assert not (environment / "bin" / "pip").exists()
    requirements.write_text("# nothing\n", encoding="utf-8")
    bootstrap.build(environment, sys.executable, requirements, "stamp", "Prueba")
    assert (environment / "bin" / "pip").exists()
    assert bootstrap.is_current(environment, "stamp")
