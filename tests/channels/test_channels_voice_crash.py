"""libvosk crashes while two people speak: both are understood, and only one of them had a process that died."""

import asyncio
import os
import signal
import wave
from pathlib import Path

from scripted_caller import Caller
from scripted_dialogue import ROOT, Counter, says

from content.catalogue import Catalogue
from voice.activity import SileroActivity
from voice.vosk_recogniser import VoskRecogniser, VoskSession

DATA = ROOT / "tests" / "data"
SAID = "quiero una cita con mi médico familiar"
SECOND = 16_000


class Watched(VoskRecogniser):
    """Keeps the sessions of its calls."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sessions: list[VoskSession] = []

    def session(self, rate: int) -> VoskSession:
        self.sessions.append(super().session(rate))
        return self.sessions[-1]


async def test_a_crash_in_mid_call_is_heard_by_neither_caller(tmp_path: Path) -> None:
    recogniser = Watched(DATA / "vosk-model-es-sintetico")
    callers = [await greeted(tmp_path / name, recogniser) for name in ("crashed", "other")]
    with wave.open(str(DATA / "speech" / "appointment.wav")) as file:
        pcm = file.readframes(file.getnframes())
    for caller in callers:
        caller.says(bytes(SECOND // 2) + pcm[:SECOND])
    crashed, unharmed = [await process_of(session) for session in recogniser.sessions]
    os.kill(crashed, signal.SIGSEGV)
    for caller in callers:
        caller.says(pcm[SECOND:] + bytes(2 * SECOND))
        await caller.hears("Con gusto.")
        assert caller.counter.engine.turns[0].text == SAID
        assert "no puedo escuchar" not in caller.said
    assert recogniser.sessions[0].decoder.process_id not in (None, crashed)
    assert recogniser.sessions[1].decoder.process_id == unharmed
    for caller in callers:
        caller.hangs_up()
        await caller.next_step()
    recogniser.close()


async def greeted(folder: Path, recogniser: Watched) -> Caller:
    folder.mkdir()
    counter = Counter(folder, Catalogue(ROOT))
    counter.engine.will(says("Con gusto."))
    caller = Caller(counter, recogniser=recogniser, activity=SileroActivity())
    await caller.hears("¿Cómo puedo apoyarle?")
    return caller


async def process_of(session: VoskSession) -> int:
    async with asyncio.timeout(10):
        while (process := session.decoder.process_id) is None:
            await asyncio.sleep(0.01)
    return process
