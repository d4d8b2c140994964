"""Rules of every call: notices are heard whole, recordings replace synthesis, no call is endless, a disk may fill."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from scripted_caller import SAID, Caller, StrictEar
from scripted_dialogue import ROOT, THURSDAY_NIGHT, Counter, says

from channels import voice_call
from content.catalogue import Catalogue
from conversation.conversation import State
from conversation.events import End, EventKind
from conversation.handoff import HandoffReason
from conversation.ports import Answered, Finish, Turn
from voice.audio import wav
from voice.recorded_prompts import RecordedPrompts
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys
from voice.speaking import spoken
from voice.transport import FRAME_BYTES, SILENCE, AudioFrame

NOTICE_SOUND = b"\x07" * FRAME_BYTES
LONG = 25
"""Frames of a recorded notice: half a second."""


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return Recordings(tmp_path / "recordings", RecordingKeys(tmp_path / "keys", bytes(32)))


@pytest.fixture
def long_notice(tmp_path: Path) -> RecordedPrompts:
    """The privacy notice of `derechohabiente`, recorded: long enough to be interrupted."""
    campaign = Catalogue(ROOT).get("derechohabiente")
    assert campaign
    folder = tmp_path / "bots" / "derechohabiente" / "prompts"
    folder.mkdir(parents=True)
    (folder / "aviso.wav").write_bytes(wav(NOTICE_SOUND * LONG))
    one = {"file": "aviso.wav", "text": campaign.prompts["aviso_privacidad"], "voice": "Locutora", "version": 1}
    (folder / "prompts.yml").write_text(yaml.safe_dump({"prompts": [one]}), encoding="utf-8")
    return RecordedPrompts(tmp_path / "bots", approved_only=False)


async def notice_is_heard(caller: Caller) -> None:
    """Until the caller has heard a piece of the recorded notice."""
    await caller.until(lambda: NOTICE_SOUND in caller.line.sent, "the notice")


# ---------------------------------------------------------------------- notices


async def test_neither_speech_nor_keys_cut_the_notices_and_the_key_is_taken_after_them(
    counter: Counter, long_notice: RecordedPrompts
) -> None:
    counter.engine.will(says("Uno."))
    caller = Caller(counter, recogniser=StrictEar([]), prompts=long_notice)
    await notice_is_heard(caller)
    caller.speaks(1000, then_ms=0)
    caller.presses("1")
    await caller.line.taken()
    assert not counter.engine.turns
    await caller.hears("Uno.")
    assert caller.line.sent.count(NOTICE_SOUND) == LONG, "the whole notice was heard"
    assert counter.engine.turns[0].choice == counter.state(caller.conversation).path[0]
    caller.hangs_up()
    await caller.next_step()
    kinds = counter.kinds(caller.conversation)
    assert kinds.count(EventKind.NOTICE_HEARD) == 1


async def test_a_hang_up_during_the_notice_is_no_notice_heard(counter: Counter, long_notice: RecordedPrompts) -> None:
    caller = Caller(counter, prompts=long_notice)
    await notice_is_heard(caller)
    caller.hangs_up()
    await caller.next_step()
    assert EventKind.NOTICE_HEARD not in counter.kinds(caller.conversation)


async def test_the_menu_after_the_notices_can_be_interrupted(counter: Counter) -> None:
    counter.engine.will(says("Sus derechos."))
    caller = Caller(counter, recogniser=StrictEar(["mi vigencia"]))
    caller.voice.frames = 30
    await caller.until(lambda: caller.line.sent.count(SAID) > 61, "the menu")  # greeting and notice are 30 frames each
    assert "poyarle" in caller.said and caller.voice.said[-1] != "Sus derechos."
    caller.speaks()
    await caller.hears("Sus derechos.")
    assert caller.line.sent.count(SAID) < 4 * 30, "the menu was not said to its end"
    caller.hangs_up()
    await caller.next_step()


async def test_a_recorded_call_says_so_and_one_that_is_not_does_not(counter: Counter, recordings: Recordings) -> None:
    for kept in (recordings, None):
        caller = Caller(counter, recordings=kept)
        await caller.hears("poyarle")
        said = caller.voice.said
        assert ("Esta llamada se graba." in said) is bool(kept)
        if kept:
            assert said.index("Esta llamada se graba.") < len(said) - 1, "before the menu"
        caller.hangs_up()
        await caller.next_step()


# ---------------------------------------------------------------------- recorded prompts


async def test_the_campaigns_recording_is_heard_instead_of_synthesis(
    counter: Counter, long_notice: RecordedPrompts
) -> None:
    caller = Caller(counter, prompts=long_notice)
    await caller.hears("poyarle")
    campaign = Catalogue(ROOT).get("derechohabiente")
    assert campaign and spoken(campaign.prompts["aviso_privacidad"]) not in caller.voice.said
    assert caller.line.sent.count(NOTICE_SOUND) == LONG
    caller.hangs_up()
    await caller.next_step()


# ---------------------------------------------------------------------- a call is not endless


async def test_an_hour_long_call_ends_with_a_person(counter: Counter) -> None:
    caller = Caller(counter, longest_s=0.9)
    await caller.hears("poyarle")
    caller.is_silent(900)
    step = await caller.next_step()
    assert step.action == "queue" and "Llegamos al tiempo máximo de esta llamada." in caller.said
    found = counter.state(caller.conversation)
    assert found.state is State.QUEUED and found.handoff and found.handoff.reason is HandoffReason.BUSINESS_RULE


async def test_where_nobody_attends_there_is_time_for_a_message_and_then_a_polite_end(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_call, "AFTER_LIMIT_SECONDS", 0.6)
    caller = Caller(counter, longest_s=0.6)
    await caller.hears("poyarle")
    counter.clock.now = THURSDAY_NIGHT
    caller.is_silent(600)
    await caller.hears("fuera del horario")
    caller.is_silent(600)
    assert (await caller.next_step()).action == "hangup"
    assert counter.state(caller.conversation).is_closed and caller.said.count("tiempo máximo") == 2
    assert "Estoy para atenderle." in caller.voice.said[-1]


async def test_a_survey_that_reaches_the_limit_just_ends(counter: Counter) -> None:
    counter.engine.will(says("Listo.", topic="vigencia_derechos", outcome=Finish()))
    caller = Caller(counter, longest_s=0.5)
    await caller.hears("poyarle")
    caller.presses("1")
    await caller.hears("resolvió")
    caller.is_silent(500)
    assert (await caller.next_step()).action == "hangup"
    assert counter.state(caller.conversation).end is End.COMPLETED


# ---------------------------------------------------------------------- a disk that is full


FULL = 1_000_000
"""Bytes after which the kernel refuses to write, as a full disk does; the ledger of a test is smaller."""


@pytest.fixture
def full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_fills_in_mid_call_costs_the_recording_and_not_the_call(
    counter: Counter, recordings: Recordings, full_disk: None
) -> None:
    async def goes_on_talking(turn: Turn) -> Answered:
        for _ in range(2 * FULL // (2 * FRAME_BYTES)):
            caller.line.tell(AudioFrame(SILENCE))
        await caller.line.taken()
        return says("Uno.")

    counter.engine.will(goes_on_talking, says("Dos."))
    caller = Caller(counter, recordings=recordings)
    await caller.hears("poyarle")
    caller.presses("1")
    await caller.hears("Uno.")
    caller.presses("1")
    await caller.hears("Dos.")
    caller.hangs_up()
    assert (await caller.next_step()).action == "hangup"
    [noted] = counter.data_of(caller.conversation, EventKind.RECORDED)
    assert noted["whole"] is False and 0 < float(str(noted["seconds"])) < 60, "what fitted is kept, and is not billable"
