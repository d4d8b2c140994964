"""The recogniser's models on this machine: which are there, and fetching one by Vosk's own download.

A model is a folder in Vosk's format. One of them is for tests only: it was trained on a synthesiser and never heard a
person, so callers never get it unless whoever runs the tests says so.
"""

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import vosk

DEFAULT_MODEL = "vosk-model-small-es-0.42"
"""39 MB, about 300 MB in memory, takes a grammar, Apache-2.0 (voice.md §4)."""
PAGE = "https://alphacephei.com/vosk/models"
WITHOUT_MODEL = (
    "Sin modelo de reconocimiento de voz «{model}»: las llamadas se atienden solo con teclas. "
    "Para instalarlo: ventanilla models fetch {name}"
)
_NAME = re.compile(r"vosk-model-[A-Za-z0-9._-]+")
_TEST_MODEL = "sintetico"
_CHECKSUM = ".sha256"


class ModelRefused(Exception):
    """The model asked for must not or cannot be used; the text says why, in Spanish."""


class ModelNotFetched(Exception):
    """The download failed; the text says what to do, in Spanish."""


@dataclass(frozen=True)
class InstalledModel:
    """A model that is there. `intact` compares it with the checksum of its download; None when there is none."""

    name: str
    megabytes: float
    takes_grammar: bool
    intact: bool | None


def models_folder(root: Path) -> Path:
    """Where models are: `VENTANILLA_VOICE_MODELS`, else `var/models-voice` under `root`."""
    return Path(os.environ.get("VENTANILLA_VOICE_MODELS") or root / "var" / "models-voice")


def find_model(setting: str, folder: Path, *, for_tests: bool = False) -> Path | None:
    """The folder of the model that `setting` names (a name in `folder`, or a folder); None when it is not there.

    Nothing set means the default model. Raises ModelRefused for the test model, unless `for_tests`.
    """
    wanted = setting.strip() or DEFAULT_MODEL
    candidates = (folder / wanted, Path(wanted).expanduser())
    found = next((path.resolve() for path in candidates if is_model(path)), None)
    if found is not None and is_test_model(found.name) and not for_tests:
        raise ModelRefused(f"El modelo «{found.name}» es solo para pruebas: nunca ha oído a una persona.")
    return found


def without_model(setting: str) -> str:
    """What is said at start when `find_model` found none."""
    wanted = setting.strip() or DEFAULT_MODEL
    return WITHOUT_MODEL.format(model=wanted, name=wanted if _NAME.fullmatch(wanted) else DEFAULT_MODEL)


def is_model(folder: Path) -> bool:
    """Whether the folder holds a model in Vosk's format, of today or of before 0.3.18."""
    return (folder / "am" / "final.mdl").is_file() or (folder / "final.mdl").is_file()


def is_test_model(name: str) -> bool:
    """Whether the model of this name is the tests' own."""
    return _TEST_MODEL in name.lower()


def takes_grammar(folder: Path) -> bool:
    """Whether the model can be limited to phrases: small ones can, large ones cannot (voice.md §4)."""
    return any(folder.rglob("HCLr.fst")) and any(folder.rglob("Gr.fst"))


def installed(folder: Path) -> list[InstalledModel]:
    """The models in `folder` that callers may get, by name."""
    found = sorted(path for path in folder.iterdir() if is_model(path)) if folder.is_dir() else []
    return [
        InstalledModel(
            path.name,
            sum(file.stat().st_size for file in _files(path)) / 1e6,
            takes_grammar(path),
            _intact(path),
        )
        for path in found
        if not is_test_model(path.name)
    ]  # fmt: skip


def fetch(name: str, folder: Path) -> str:
    """Download a model into `folder`, with progress on the terminal; the SHA-256 of what it holds.

    It is there whole or not at all. Raises ModelRefused for a name that is no model's, ModelNotFetched when the
    download fails.
    """
    if not _NAME.fullmatch(name) or is_test_model(name):
        raise ModelRefused(f"«{name}» no es un modelo que se pueda descargar. Los nombres están en {PAGE}")
    target = folder / name
    if not is_model(target):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as beside:
            try:
                _Download().download_model(Path(beside) / name)
            except (OSError, BadZipFile) as error:
                raise ModelNotFetched(_what_to_do(name, folder, error)) from error
            if not is_model(Path(beside) / name):
                raise ModelNotFetched(_what_to_do(name, folder, "el archivo no contiene ese modelo"))
            shutil.move(Path(beside) / name, target)
    checksum = sha256_of(target)
    _checksum_file(target).write_text(checksum + "\n", encoding="utf-8")
    return checksum


class _Download(vosk.Model):  # type: ignore[misc]  # Vosk has no types
    """Vosk's downloader without a loaded model."""

    def __init__(self) -> None:
        """Load nothing."""

    def __del__(self) -> None:
        """Free nothing."""


def _what_to_do(name: str, folder: Path, why: object) -> str:
    return (
        f"No se pudo descargar «{name}» ({why}): revise la conexión a Internet, o descargue {PAGE}/{name}.zip "
        f"en otra máquina y descomprímalo en {folder}."
    )


def sha256_of(folder: Path) -> str:
    """One SHA-256 for all files of a folder, their names included."""
    whole = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _checksum_file(model: Path) -> Path:
    return model.with_name(model.name + _CHECKSUM)


def _intact(model: Path) -> bool | None:
    recorded = _checksum_file(model)
    return recorded.read_text(encoding="utf-8").strip() == sha256_of(model) if recorded.is_file() else None
