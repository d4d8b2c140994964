"""Keys, barge-in and repetition as callers use them: no habit cuts an answer off, and nobody is left alone."""

from pathlib import Path

import pytest
from scripted_caller import SAID, Caller, StrictEar
from scripted_dialogue import ROOT, THURSDAY_NIGHT, Counter, says

from channels.call_dialogue import CallDialogue
from content.catalogue import Catalogue
from conversation.conversation import State
from conversation.handoff import HandoffReason
from conversation.message import Reply
from conversation.ports import Answered
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys
from voice.transport import SILENCE

GREETING = "poyarle"
ASKS_NSS = {
    "pending": {"kind": "datum", "name": "nss", "asks": {"kind": "digits", "min_digits": 11, "max_digits": 11}},
    "task": "vigencia",
}
NSS = "00058500018"
BEFORE_MENU = 2
"""Utterances that are heard whole."""
CARD = "cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno"


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return Recordings(tmp_path / "recordings", RecordingKeys(tmp_path / "keys", bytes(32)))


async def hangs_up(caller: Caller) -> None:
    """The end of a call that is not about its end."""
    caller.hangs_up()
    await caller.next_step()


async def asked_for_nss(caller: Caller) -> None:
    """Until the bot asks for the NSS."""
    caller.counter.engine.will(says("¿Cuál es su NSS?", facts=ASKS_NSS))
    await caller.hears(GREETING)
    caller.presses("1")
    await caller.hears("¿Cuál es su")


# ---------------------------------------------------------------------- keys


async def test_the_end_key_after_a_whole_number_does_not_cut_the_answer(counter: Counter) -> None:
    caller = Caller(counter)
    await asked_for_nss(caller)
    counter.engine.will(says("Sus derechos aparecen vigentes."))
    caller.voice.frames = 20
    before = caller.line.sent.count(SAID)
    caller.presses(NSS)
    await caller.until(lambda: caller.line.sent.count(SAID) > before + 1, "the answer")
    caller.presses("#")
    await caller.quiet()
    assert "Sus derechos aparecen vigentes." in caller.said
    assert caller.line.sent.count(SAID) == before + 20, "the answer was heard whole"
    await hangs_up(caller)


async def test_a_letter_of_old_telephones_cuts_nothing(counter: Counter) -> None:
    caller = Caller(counter)
    await asked_for_nss(caller)
    counter.engine.will(says("Gracias."))
    caller.voice.frames = 20
    before = caller.line.sent.count(SAID)
    caller.presses(NSS)
    await caller.until(lambda: caller.line.sent.count(SAID) > before + 1, "the answer")
    caller.presses("A")
    await caller.quiet()
    assert caller.line.sent.count(SAID) == before + 20
    await hangs_up(caller)


async def test_zero_where_a_number_is_asked_for_calls_a_person(counter: Counter) -> None:
    caller = Caller(counter)
    await asked_for_nss(caller)
    caller.presses("0")
    caller.is_silent(3100)
    step = await caller.next_step()
    assert step.action == "queue" and step.conversation and step.conversation.handoff
    assert step.conversation.handoff.reason is HandoffReason.USER_REQUEST
    assert len(counter.engine.turns) == 1, "the zero is no NSS"


async def test_zero_is_the_first_digit_of_a_number_that_goes_on(counter: Counter) -> None:
    caller = Caller(counter)
    await asked_for_nss(caller)
    counter.engine.will(says("Gracias."))
    caller.presses(NSS)
    await caller.hears("Gracias.")
    assert counter.engine.turns[1].text == NSS
    await hangs_up(caller)


async def test_zero_instead_of_a_telephone_in_a_message_leaves_no_message(counter: Counter) -> None:
    counter.clock.now = THURSDAY_NIGHT
    caller = Caller(counter)
    await caller.hears("siguiente día hábil")
    caller.presses("0#")
    await caller.hears("no le entendí")
    assert counter.state(caller.conversation).leaving_message
    caller.hangs_up()
    await caller.next_step()


async def test_the_star_repeats_the_whole_answer_and_not_only_its_question(counter: Counter) -> None:
    caller = Caller(counter)
    answer = (Reply(text="Preséntese el lunes en ventanilla."), Reply(text="¿Hay algo más?"))
    counter.engine.will(Answered(replies=answer))
    await caller.hears(GREETING)
    caller.presses("1")
    await caller.hears("¿Hay algo más?")
    caller.presses("*")
    await caller.hears("¿Hay algo más?", times=2)
    assert caller.said.count("Preséntese el lunes en ventanilla.") == 2
    caller.is_silent()
    await caller.hears("¿Hay algo más?", times=3)
    assert caller.said.count("Preséntese el lunes en ventanilla.") == 2, "who says nothing is only asked again"
    await hangs_up(caller)


# ---------------------------------------------------------------------- interrupting


async def listens_to_menu(caller: Caller) -> None:
    """Until the menu is being said, which can be interrupted."""
    caller.voice.frames = 30
    await caller.until(lambda: caller.line.sent.count(SAID) > 30 * BEFORE_MENU, "the menu")


def silent_for(caller: Caller, frames: int) -> bool:
    return caller.line.sent[-frames:] == [SILENCE] * frames


async def test_mm_hm_pauses_the_bot_and_it_goes_on_where_it_was(counter: Counter) -> None:
    caller = Caller(counter, recogniser=StrictEar([]))
    await listens_to_menu(caller)
    caller.speaks(140, then_ms=0)
    await caller.until(lambda: silent_for(caller, 5), "a pause")
    assert caller.line.sent.count(SAID) < (BEFORE_MENU + 1) * 30 - 1
    caller.speaks(0, then_ms=140)
    await caller.quiet()
    assert caller.line.sent.count(SAID) == (BEFORE_MENU + 1) * 30 - 1, "all but the frame that fades and comes back"
    assert not counter.engine.turns
    await hangs_up(caller)


async def test_somebody_who_goes_on_speaking_ends_the_prompt(counter: Counter) -> None:
    counter.engine.will(says("Sus derechos."))
    caller = Caller(counter, recogniser=StrictEar(["mi vigencia"]))
    await listens_to_menu(caller)
    caller.speaks(140, then_ms=0)
    await caller.until(lambda: silent_for(caller, 5), "a pause")
    heard = caller.line.sent.count(SAID)
    caller.speaks(600)
    await caller.hears("Sus derechos.")
    assert caller.line.sent.count(SAID) == heard + 30, "only the answer came after it"
    await hangs_up(caller)


# ---------------------------------------------------------------------- lines and machines that fail


async def test_a_line_that_sends_no_silence_is_understood_all_the_same(counter: Counter) -> None:
    counter.engine.will(says("Sus derechos."))
    caller = Caller(counter, recogniser=StrictEar(["mi vigencia"]), unheard_ms=40)
    await caller.hears(GREETING)
    caller.speaks(600, then_ms=0)
    await caller.hears("Sus derechos.")
    caller.hangs_up()
    await caller.next_step()


async def test_where_nobody_can_listen_speech_leads_to_a_person_as_well(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)
    for times in (2, 3):  # the first is said with the greeting
        caller.speaks()
        await caller.hears("Por ahora no puedo escuchar su voz", times=times)
    caller.speaks()
    step = await caller.next_step()
    assert step.action == "queue" and step.conversation and step.conversation.handoff
    assert step.conversation.handoff.reason is HandoffReason.ATTEMPTS_EXHAUSTED


async def test_a_call_that_can_say_nothing_goes_to_a_person(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)

    async def broken(frame: bytes) -> None:
        raise RuntimeError("a bug")

    caller.line.send = broken  # type: ignore[method-assign]
    step = await caller.next_step()
    assert step.action == "queue"
    assert counter.state(caller.conversation).state is State.QUEUED


async def test_a_record_that_fails_at_the_end_costs_no_recording(
    counter: Counter, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(dialogue: CallDialogue) -> None:
        raise OSError("the ledger is away")

    monkeypatch.setattr(CallDialogue, "hung_up", fails)
    caller = Caller(counter, recordings=recordings)
    await caller.hears(GREETING)
    caller.hangs_up()
    with pytest.raises(OSError, match="away"):
        await caller.next_step()
    (kept,) = recordings.of(counter.state(caller.conversation).folio)
    assert kept.whole and recordings.intact(kept)


# ---------------------------------------------------------------------- cards


def left_side(recordings: Recordings, folio: str) -> bytes:
    """What the caller said, as it was kept."""
    (entry,) = recordings.of(folio)
    sound = b"".join(recordings.wav(entry).read())[44:]
    return b"".join(sound[place : place + 2] for place in range(0, len(sound), 4))


async def test_a_card_that_was_said_is_not_in_the_recording(counter: Counter, recordings: Recordings) -> None:
    counter.engine.will(says("No necesito su tarjeta."))
    caller = Caller(counter, recogniser=StrictEar([f"pago con {CARD} vence doce veintiséis"]), recordings=recordings)
    await caller.hears(GREETING)
    caller.speaks(1000)
    await caller.hears("No necesito su tarjeta.")
    caller.hangs_up()
    await caller.next_step()
    assert not any(left_side(recordings, counter.state(caller.conversation).folio))


async def test_of_a_message_only_the_card_is_cut(counter: Counter, recordings: Recordings) -> None:
    counter.clock.now = THURSDAY_NIGHT
    caller = Caller(counter, recogniser=StrictEar([f"hola soy ana la tarjeta es {CARD}"]), recordings=recordings)
    await caller.hears("siguiente día hábil")
    caller.speaks(23_000, then_ms=2600)
    step = await caller.next_step()
    assert step.conversation
    said = left_side(recordings, step.conversation.folio)
    second = 16_000
    assert any(said[4 * second : 5 * second]), "the words before the number are kept"
    assert not any(said[6 * second : 22 * second])
