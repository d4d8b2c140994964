"""Models of speech recognition: found by name or folder, fetched whole or not at all, never the tests' own."""

import argparse
import shutil
import socket
from pathlib import Path
from urllib.error import URLError
from zipfile import BadZipFile

import pytest

from voice import models, models_command
from voice.models import DEFAULT_MODEL, ModelNotFetched, ModelRefused, fetch, find_model, installed, sha256_of

TEST_MODEL = Path(__file__).resolve().parents[1] / "data" / "vosk-model-es-sintetico"


def a_model(folder: Path, *, grammar: bool = True) -> Path:
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"model")
    if grammar:
        (folder / "graph").mkdir()
        (folder / "graph" / "HCLr.fst").write_bytes(b"1")
        (folder / "graph" / "Gr.fst").write_bytes(b"2")
    return folder


def command(folder: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    models_command.add_arguments(parser)
    return models_command.run(parser.parse_args(words), folder)


@pytest.fixture(autouse=True)
def _no_lasting_timeout() -> object:
    yield
    socket.setdefaulttimeout(None)


def test_a_model_is_found_by_name_by_folder_and_by_default(tmp_path: Path) -> None:
    default, other = a_model(tmp_path / DEFAULT_MODEL), a_model(tmp_path / "elsewhere" / "mine")
    assert find_model("", tmp_path) == default
    assert find_model(DEFAULT_MODEL, tmp_path) == default
    assert find_model(str(other), tmp_path) == other
    assert find_model("vosk-model-es-0.42", tmp_path) is None
    assert find_model(str(tmp_path), tmp_path) is None  # a folder, but no model


def test_without_a_model_the_sentence_says_what_still_works_and_what_to_do() -> None:
    assert "solo con teclas" in models.without_model("")
    assert models.without_model("").endswith(f"ventanilla models fetch {DEFAULT_MODEL}")
    assert models.without_model("/some/folder").endswith(f"ventanilla models fetch {DEFAULT_MODEL}")


def test_the_test_model_is_never_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(TEST_MODEL, tmp_path / TEST_MODEL.name)
    for setting in (str(TEST_MODEL), TEST_MODEL.name):
        with pytest.raises(ModelRefused, match="solo para pruebas"):
            find_model(setting, tmp_path)
    assert find_model(str(TEST_MODEL), tmp_path, for_tests=True) == TEST_MODEL
    assert installed(tmp_path) == []
    assert command(tmp_path, "list") == 0
    assert TEST_MODEL.name not in capsys.readouterr().out
    assert command(tmp_path, "fetch", TEST_MODEL.name) == 1


def test_the_folder_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models.models_folder(tmp_path) == tmp_path / "var" / "models-voice"
    monkeypatch.setenv("VENTANILLA_VOICE_MODELS", "/srv/models")
    assert models.models_folder(tmp_path) == Path("/srv/models")


def test_a_fetched_model_is_recorded_and_a_change_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models._Download, "download_model", lambda _, target: a_model(target))
    assert command(tmp_path, "fetch") == 0
    assert sha256_of(tmp_path / DEFAULT_MODEL) in capsys.readouterr().out
    assert [(one.name, one.takes_grammar, one.intact) for one in installed(tmp_path)] == [(DEFAULT_MODEL, True, True)]
    (tmp_path / DEFAULT_MODEL / "am" / "final.mdl").write_bytes(b"other")
    assert command(tmp_path, "list") == 0
    assert "CAMBIÓ desde su descarga" in capsys.readouterr().out


def test_a_model_put_there_by_hand_has_no_checksum(tmp_path: Path) -> None:
    a_model(tmp_path / "vosk-model-es-0.42", grammar=False)
    assert [(one.takes_grammar, one.intact) for one in installed(tmp_path)] == [(False, None)]


@pytest.mark.parametrize("failure", [URLError("no route"), BadZipFile("half"), TimeoutError("slow")])
def test_a_failed_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    def download(_: object, target: Path) -> None:
        a_model(target)
        raise failure

    monkeypatch.setattr(models._Download, "download_model", download)
    assert command(tmp_path, "fetch") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{DEFAULT_MODEL}.zip" in said and str(tmp_path) in said
    assert list(tmp_path.iterdir()) == []


def test_an_archive_with_something_else_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models._Download, "download_model", lambda _, target: a_model(target.parent / "other"))
    with pytest.raises(ModelNotFetched, match="no contiene"):
        fetch(DEFAULT_MODEL, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "vosk-model-../../x", "", "https://example.org/x", "vosk-model-es sintetico"])
def test_only_names_of_models_are_fetched(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelRefused):
        fetch(name, tmp_path)
