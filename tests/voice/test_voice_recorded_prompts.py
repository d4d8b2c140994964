"""Recordings in the place of synthesis: only their own text, only as approved, read again when they change."""

import hashlib
import logging
import os
from pathlib import Path

import pytest
import yaml

from voice.audio import seconds, wav
from voice.recorded_prompts import RecordedPrompts

TEXT = "Bienvenida al servicio de citas. Marque 1."
SAID = "Bienvenida al servicio de citas. Marque uno."


def record(
    bots: Path, content: bytes, approval: dict[str, str] | None = None, campaign: str = "cita_medica", text: str = TEXT
) -> Path:
    """One recording and its index; later than whatever was there before."""
    folder = bots / campaign / "prompts"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bienvenida.wav"
    path.write_bytes(content)
    one = {"file": path.name, "text": text, "voice": "Locutora", "version": 1, "approval": approval}
    write(folder / "prompts.yml", {"prompts": [one]})
    return path


def write(path: Path, content: object) -> None:
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    os.utime(path, ns=(before + 1, before + 1))


def approved(content: bytes) -> dict[str, str]:
    return {"by": "Administración", "date": "2026-10-01", "sha256": hashlib.sha256(content).hexdigest()}


def test_a_recording_is_said_for_its_own_text_at_the_rate_of_the_telephone(tmp_path: Path) -> None:
    record(tmp_path, wav(bytes(32000), 16000))
    prompts = RecordedPrompts(tmp_path, approved_only=False)
    found = prompts.find("cita_medica", SAID)
    assert found is not None and seconds(found) == pytest.approx(1.0, abs=0.001)
    assert prompts.find("cita_medica", "Bienvenida al servicio de citas. Marque dos.") is None
    assert prompts.find("otra", SAID) is None and prompts.find("../cita_medica", "x") is None


def test_the_campaigns_own_comes_before_the_shared_one(tmp_path: Path) -> None:
    record(tmp_path, wav(bytes(16000)), campaign="shared")
    prompts = RecordedPrompts(tmp_path, approved_only=False)
    assert len(prompts.find("cita_medica", SAID) or b"") == 16000
    record(tmp_path, wav(bytes(8000)))
    assert len(prompts.find("cita_medica", SAID) or b"") == 8000


def test_in_production_only_what_was_approved_as_it_is_now(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = wav(bytes(16000))
    prompts = RecordedPrompts(tmp_path, approved_only=True)
    record(tmp_path, content)
    assert prompts.find("cita_medica", SAID) is None
    refused = "bots/cita_medica/prompts/bienvenida.wav: la grabación no está aprobada"
    assert refused in prompts.problems()[0] and refused in caplog.text

    record(tmp_path, content, approved(content))
    assert prompts.find("cita_medica", SAID) is not None and prompts.problems() == []

    record(tmp_path, wav(bytes(16002)), approved(content))
    assert prompts.find("cita_medica", SAID) is None
    assert "cambió después de que Administración la aprobó el 01/10/2026" in prompts.problems()[0]


def test_in_the_sandbox_it_is_said_with_a_warning_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    record(tmp_path, wav(bytes(16000)))
    prompts = RecordedPrompts(tmp_path, approved_only=False)
    assert prompts.find("cita_medica", SAID) and prompts.find("cita_medica", SAID)
    assert [one.levelno for one in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("prompts: [{file: ../../secreto.wav, text: x, voice: y, version: 1}]", "prompts.0.file"),
        ("prompts: [", "no se puede leer"),
        ("prompts: [{file: a.wav, text: x, voice: y, version: 1, approval: {by: z, date: 2026-10-01}}]", "sha256"),
    ],
)
def test_an_index_that_cannot_be_read_is_named_and_stops_no_call(tmp_path: Path, index: str, expected: str) -> None:
    write(tmp_path / "cita_medica" / "prompts" / "prompts.yml", index)
    prompts = RecordedPrompts(tmp_path, approved_only=False)
    assert prompts.find("cita_medica", SAID) is None
    [problem] = prompts.problems()
    assert problem.startswith("bots/cita_medica/prompts/prompts.yml") and expected in problem


@pytest.mark.parametrize("content", [wav(bytes(100), 44100), b"RIFF", None])
def test_a_file_that_cannot_be_played_is_named_and_synthesised_instead(tmp_path: Path, content: bytes | None) -> None:
    path = record(tmp_path, content or b"")
    if content is None:
        path.unlink()
    prompts = RecordedPrompts(tmp_path, approved_only=False)
    assert prompts.find("cita_medica", SAID) is None
    assert any("bienvenida.wav" in problem and "Se espera WAV" in problem for problem in prompts.problems())


def test_production_speaks_with_a_synthetic_voice_only_once_it_is_approved(tmp_path: Path) -> None:
    prompts = RecordedPrompts(tmp_path, approved_only=True)
    index = tmp_path / "shared" / "prompts" / "prompts.yml"
    assert "la voz sintética «espeak» no está aprobada" in prompts.voice_problem("espeak")
    write(index, {"synthesis": {"voice": "espeak", "approval": None}})
    assert prompts.voice_problem("espeak")
    write(index, {"synthesis": {"voice": "espeak", "approval": {"by": "Administración", "date": "2026-10-01"}}})
    assert prompts.voice_problem("espeak") == ""
    assert "«piper»" in prompts.voice_problem("piper")
