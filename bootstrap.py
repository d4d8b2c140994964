"""Build both environments from fully pinned files; standard library only, on the machine's own Python 3.11 to 3.13.

    python3 bootstrap.py [--development]

`.venv` holds everything but Rasa (Python 3.11+), `.venv-engine` holds Rasa (Python 3.10). Each carries the hash of the
files it was made from, so that a second run installs nothing.
"""

from __future__ import annotations  # an older Python must get as far as saying that it is too old

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PRODUCT, ENGINE = ROOT / ".venv", ROOT / ".venv-engine"
OLDEST, TOO_NEW = (3, 11), (3, 14)
"""As `requires-python` of pyproject.toml says."""
NO_PYTHON_310 = (
    "Rasa necesita Python 3.10 y no se encontró ni se pudo instalar. "
    "Instálelo (por ejemplo «pyenv install 3.10» o «uv python install 3.10») y repita."
)


def run(*command: object) -> None:
    """Run a command; its failure ends the set-up with its own message."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    result = subprocess.run([str(part) for part in command], env=environment)
    if result.returncode:
        sys.exit(f"bootstrap: falló {' '.join(str(part) for part in command)}")


def install(python: Path, requirements: Path, label: str) -> None:
    """Install pinned requirements, counting the packages as pip gets to them.

    pip compiles bytecode while it installs: without it, importing Rasa takes twice as long.
    """
    command = [str(python), "-m", "pip", "install", "--no-deps", "--progress-bar", "off", "-r", str(requirements)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    pins = [path.read_text().splitlines() for path in requirements.parent.glob("*.txt")]
    total, seen, tail = sum("==" in line for lines in pins for line in lines), 0, []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            tail = [*tail, line][-20:]
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                if sys.stdout.isatty() or seen % 40 == 0:
                    end = "\r" if sys.stdout.isatty() else "\n"
                    print(f"{label}: {seen} de unos {total} paquetes", end=end, flush=True)
            elif line.startswith("Installing collected"):
                print(f"{label}: instalando y compilando…          ", flush=True)
    if pip.returncode:
        sys.exit(f"bootstrap: pip no pudo instalar {requirements.name}:\n{''.join(tail)}")


def is_python_310(candidate: str | None) -> bool:
    """Whether a path is a working Python 3.10 (a pyenv shim may exist and not work)."""
    if not candidate:
        return False
    check = "import sys; sys.exit(sys.version_info[:2] != (3, 10))"
    return subprocess.run([candidate, "-c", check], capture_output=True).returncode == 0


def find_python_310() -> str:
    """An interpreter on the PATH, one that pyenv has, else one that uv brings.

    Raises:
        SystemExit: none can be had; the message says what to install.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = [shutil.which("python3.10"), shutil.which("python3"), shutil.which("python")]
    for candidate in [*on_path, *(str(path) for path in sorted(pyenv.glob("3.10.*/bin/python"), reverse=True))]:
        if is_python_310(candidate):
            return str(candidate)
    uv = shutil.which("uv") or str(PRODUCT / "bin" / "uv")
    if not Path(uv).exists():
        subprocess.run([str(PRODUCT / "bin" / "pip"), "install", "-q", "uv==0.8.0"], capture_output=True)
    if Path(uv).exists():
        print("Instalando Python 3.10 con uv…", flush=True)
        subprocess.run([uv, "python", "install", "3.10"], capture_output=True)
        found = subprocess.run([uv, "python", "find", "3.10"], capture_output=True, text=True).stdout.strip()
        if is_python_310(found):
            return found
    sys.exit(NO_PYTHON_310)


def fingerprint(*files: Path) -> str:
    """SHA-256 of the files that an environment is made from."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(environment: Path, python: str | None, requirements: Path, wanted: str, label: str) -> None:
    """Make an environment, unless a working one is there, and install the pinned requirements."""
    started = time.monotonic()
    print(f"{label}: instalando {requirements.relative_to(ROOT)}…", flush=True)
    if not (
        environment / "bin" / "pip"
    ).exists():  # where Debian's python3-venv was missing there is a Python without pip
        run(python or find_python_310(), "-m", "venv", "--clear", environment)
    install(environment / "bin" / "python", requirements, label)
    if environment == PRODUCT:
        run(
            environment / "bin" / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-e",
            ROOT,
        )
    (environment / "made-from").write_text(wanted)
    print(f"{label}: listo en {time.monotonic() - started:.0f} s", flush=True)


def is_current(environment: Path, *wanted: str) -> bool:
    """Whether an environment was made from one of the wanted sets of files."""
    stamp = environment / "made-from"
    return stamp.exists() and stamp.read_text() in wanted


def main() -> None:
    """Bring both environments up to date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--development", action="store_true", help="also what tests and checks need")
    development = parser.parse_args().development
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        sys.exit(
            f"Ventanilla necesita Python 3.11, 3.12 o 3.13; este es {sys.version.split()[0]}. "
            "Si tiene uno de esos, dígalo: «make run PYTHON=python3.11»."
        )
    folder = ROOT / "requirements"
    product, tests = folder / "product.txt", folder / "development.txt"
    project = ROOT / "pyproject.toml"
    plain, full = fingerprint(project, product), fingerprint(project, product, tests)
    if not is_current(PRODUCT, *([full] if development else [plain, full])):
        build(PRODUCT, sys.executable, tests if development else product, full if development else plain, "Producto")
    engine = ROOT / "engine" / "requirements.txt"
    if not is_current(ENGINE, fingerprint(engine)):
        build(ENGINE, None, engine, fingerprint(engine), "Motor")


if __name__ == "__main__":
    main()
