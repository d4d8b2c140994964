"""The turns of a call: nobody is left in silence, nothing said is lost, and the recogniser is asked in order."""

import asyncio
from pathlib import Path

import pytest
from scripted_caller import Caller, StrictEar, deaf
from scripted_dialogue import ROOT, Counter, says

from channels import voice_call
from channels.voice_ears import SETTLED_MS
from channels.voice_words import in_words
from content.catalogue import Catalogue
from conversation.conversation import State
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Choice, Message, Reply, Sender
from conversation.ports import Answered, Turn
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys
from voice.transport import AudioFrame

GREETING = "¿Cómo puedo apoyarle?"
ELEVEN_DIGITS = {"kind": "digits", "min_digits": 11, "max_digits": 11}
ASKS_NSS = {"pending": {"kind": "datum", "name": "nss", "asks": ELEVEN_DIGITS}, "task": "vigencia"}
NSS = "00058500018"


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


async def test_what_is_said_is_answered_aloud_and_a_hang_up_closes(counter: Counter) -> None:
    counter.engine.will(says("Sus derechos aparecen vigentes.", topic="vigencia_derechos"))
    caller = Caller(counter, recogniser=StrictEar(["quiero mi vigencia"]))
    await caller.hears(GREETING)
    caller.speaks()
    await caller.hears("Sus derechos aparecen vigentes.")
    assert counter.engine.turns[0].text == "quiero mi vigencia"
    caller.hangs_up()
    assert (await caller.next_step()).action == "hangup"
    assert counter.state(caller.conversation).is_closed
    assert (Sender.USER, "quiero mi vigencia") in counter.transcript(caller.conversation)


async def test_a_key_in_the_middle_of_a_word_drops_it_and_the_next_word_is_heard_by_itself(counter: Counter) -> None:
    ear = StrictEar(["quiero m", "mi vigencia por favor"])
    counter.engine.will(says("Uno."), says("Dos."))
    caller = Caller(counter, recogniser=ear)
    await caller.hears(GREETING)
    caller.speaks(600, then_ms=0)
    caller.presses("1")
    await caller.hears("Uno.")
    caller.speaks(400)
    await caller.hears("Dos.")
    assert [turn.text or turn.choice for turn in counter.engine.turns][-1] == "mi vigencia por favor"
    assert len(ear.utterances) == 2
    caller.hangs_up()
    await caller.next_step()


async def test_a_menu_of_twelve_is_said_and_ends_no_call(counter: Counter) -> None:
    choices = tuple(Choice(id=f"option:{n}", title=f"Trámite {chr(64 + n)}") for n in range(1, 13))
    counter.engine.will(Answered(replies=(Reply(text="¿Cuál?", choices=choices),)), says("Muy bien."))
    caller = Caller(counter, recogniser=StrictEar(["otro", "trámite k"]))
    await caller.hears(GREETING)
    caller.speaks()
    await caller.hears("Para más opciones")
    caller.speaks()
    await caller.hears("Muy bien.")
    assert counter.engine.turns[1].choice == "option:11"
    caller.hangs_up()
    await caller.next_step()


def test_the_keys_of_a_long_menu_are_those_the_conversation_takes() -> None:
    choices = (
        *(Choice(id=str(n), title=f"Letra {chr(64 + n)}") for n in range(1, 11)),
        Choice(id="p", title="Persona", key="0"),
    )
    at = "2026-10-15T09:00:00-06:00"
    text = in_words(
        Message.model_validate({"id": "1", "sender": "bot", "text": "¿Cuál?", "choices": choices, "at": at})
    )
    assert "marque nueve" in text and "marque cero" in text and "marque diez" not in text
    assert text.endswith("diga: Letra J.")


async def test_a_turn_that_breaks_is_told_and_ends_with_a_person(counter: Counter) -> None:
    counter.engine.will(RuntimeError("a bug"))
    caller = Caller(counter, recogniser=StrictEar(["hola"]))
    await caller.hears(GREETING)
    caller.speaks()
    step = await caller.next_step()
    assert (step.action, step.target) == ("queue", "derechohabiente")
    assert "Ocurrió una falla" in caller.said
    found = counter.state(caller.conversation)
    assert found.state is State.QUEUED and found.handoff and found.handoff.reason is HandoffReason.SERVICE_UNAVAILABLE


async def test_a_call_without_a_voice_goes_to_a_person(counter: Counter) -> None:
    caller = Caller(counter)
    caller.voice.fails = True
    assert (await caller.next_step()).action == "queue"
    assert counter.state(caller.conversation).state is State.QUEUED


async def test_a_detector_that_breaks_is_told_and_ends_with_a_person(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.line.tell(AudioFrame(b""))
    assert (await caller.next_step()).action == "queue"
    assert "Ocurrió una falla" in caller.said


async def test_silence_is_asked_about_in_other_words_and_the_third_time_a_person_comes(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.is_silent()
    await caller.hears("No le escuché.")
    caller.is_silent()
    await caller.hears("Sigo sin escucharle.")
    caller.is_silent()
    step = await caller.next_step()
    assert step.action == "queue" and step.conversation and step.conversation.handoff
    assert step.conversation.handoff.reason is HandoffReason.ATTEMPTS_EXHAUSTED
    assert not counter.engine.turns, "nothing is said in the caller's name"


async def test_who_was_served_and_says_nothing_more_is_let_go(counter: Counter) -> None:
    counter.engine.will(says("Sus derechos aparecen vigentes.", topic="vigencia_derechos"))
    caller = Caller(counter, recogniser=StrictEar(["vigencia"]))
    await caller.hears(GREETING)
    caller.speaks()
    await caller.hears("vigentes")
    caller.is_silent()
    await caller.hears("No le escuché.")
    caller.is_silent()
    assert (await caller.next_step()).action == "hangup"
    found = counter.state(caller.conversation)
    assert (found.state, found.end) == (State.CLOSED, "completed")
    assert "Gracias por" in caller.said or "estoy para atenderle" in caller.said


async def test_a_menu_is_told_twice_and_then_the_call_ends_politely(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)
    menu = caller.voice.said[-1]
    caller.presses("*")
    await caller.hears(menu, times=2)
    caller.presses("*")
    assert (await caller.next_step()).action == "hangup"
    assert caller.said.count(menu) == 2 and "Ya escuchó dos veces" in caller.said
    assert counter.state(caller.conversation).end == "timeout"


async def test_digits_typed_while_the_answer_is_looked_up_are_not_lost(counter: Counter) -> None:
    async def slowly(turn: Turn) -> Answered:
        await asyncio.sleep(0.1)
        return says("¿Cuál es su NSS?", facts=ASKS_NSS)

    counter.engine.will(slowly, says("Gracias."))
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.presses("1")
    await asyncio.sleep(0.03)
    caller.presses(NSS[:4])
    await caller.hears("¿Cuál es su")
    caller.presses(NSS[4:])
    await caller.hears("Gracias.")
    assert counter.engine.turns[1].text == NSS
    caller.hangs_up()
    await caller.next_step()


async def test_a_key_typed_ahead_accepts_no_offer_that_was_not_heard(counter: Counter) -> None:
    async def slowly(turn: Turn) -> Answered:
        await asyncio.sleep(0.1)
        yes, no = Choice(id="offer:accept", title="Aceptar"), Choice(id="offer:reject", title="No la acepto")
        return Answered(replies=(Reply(text="La cita es mañana.", choices=(yes, no)),))

    counter.engine.will(slowly)
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.presses("1")
    await asyncio.sleep(0.03)
    caller.presses("11")
    await caller.hears("La cita es mañana")
    assert len(counter.engine.turns) == 1
    caller.hangs_up()
    await caller.next_step()


async def test_a_slow_answer_is_announced_and_announced_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_call, "HOLD_SECONDS", 0.05)
    monkeypatch.setattr(voice_call, "HOLD_AGAIN_SECONDS", 0.05)

    async def slowly(turn: Turn) -> Answered:
        await asyncio.sleep(0.13)
        return says("Aquí está.")

    counter.engine.will(slowly)
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.presses("1")
    await caller.hears("Aquí está.")
    assert caller.voice.said[-3:] == [
        "Un momento, por favor. Estoy consultando.", "Sigo consultando. Gracias por esperar.", "Aquí está.",
    ]  # fmt: skip
    caller.hangs_up()
    await caller.next_step()


async def test_a_hang_up_during_a_turn_keeps_question_and_answer_and_closes(counter: Counter) -> None:
    async def slowly(turn: Turn) -> Answered:
        await asyncio.sleep(0.1)
        return says("Sus derechos aparecen vigentes.", topic="vigencia_derechos")

    counter.engine.will(slowly)
    caller = Caller(counter)
    await caller.hears(GREETING)
    caller.presses("1")
    await asyncio.sleep(0.03)
    caller.hangs_up()
    assert (await caller.next_step()).action == "hangup"
    told = counter.transcript(caller.conversation)
    assert (Sender.USER, "1") in told and (Sender.BOT, "Sus derechos aparecen vigentes.") in told
    assert counter.state(caller.conversation).is_closed
    assert "vigentes" not in caller.said


async def test_who_hangs_up_while_being_handed_over_waits_in_no_queue(counter: Counter) -> None:
    caller = Caller(counter)
    await caller.hears(GREETING)
    for times in (1, 2, 3):
        before = len(caller.voice.said)
        caller.is_silent()
        while len(caller.voice.said) == before:
            await asyncio.sleep(0.005)
        if times < 3:
            await caller.quiet()
    caller.hangs_up()
    assert (await caller.next_step()).action == "hangup"
    assert counter.state(caller.conversation).is_closed


async def test_a_recogniser_that_dies_leaves_the_keys(counter: Counter) -> None:
    counter.engine.will(says("Uno."))
    caller = Caller(counter, recogniser=StrictEar([deaf()]))
    await caller.hears(GREETING)
    caller.speaks()
    await caller.hears("Por ahora no puedo escuchar su voz")
    caller.presses("1")
    await caller.hears("Uno.")
    caller.hangs_up()
    await caller.next_step()


async def test_an_nss_that_is_whole_need_not_be_followed_by_the_long_silence(counter: Counter) -> None:
    counter.engine.will(says("¿Cuál es su NSS?", facts=ASKS_NSS), says("Gracias."))
    digits = " ".join({"0": "cero", "5": "cinco", "8": "ocho", "1": "uno"}[digit] for digit in NSS)
    ear = StrictEar(["vigencia", digits])
    caller = Caller(counter, recogniser=ear)
    await caller.hears(GREETING)
    caller.speaks()
    await caller.hears("¿Cuál es su")
    ear.partial = digits
    caller.speaks(600, then_ms=0)
    for _ in range((SETTLED_MS + 100) // 20):
        caller.is_silent(20)
        await asyncio.sleep(0)
    await caller.hears("Gracias.")
    assert counter.engine.turns[1].text == NSS
    caller.hangs_up()
    await caller.next_step()


async def test_the_recording_becomes_evidence_and_a_lost_one_is_noted(counter: Counter, tmp_path: Path) -> None:
    keys = RecordingKeys(tmp_path / "keys", bytes(32))
    caller = Caller(counter, recordings=Recordings(tmp_path / "recordings", keys))
    await caller.hears(GREETING)
    caller.hangs_up()
    await caller.next_step()
    (noted,) = counter.data_of(caller.conversation, EventKind.RECORDED)
    assert noted["whole"] is True and noted["sha256"] and (tmp_path / "recordings" / str(noted["file"])).exists()

    (tmp_path / "no_folder").write_text("a file where a folder should be")
    caller = Caller(counter, recordings=Recordings(tmp_path / "no_folder", keys))
    await caller.hears(GREETING)
    caller.hangs_up()
    await caller.next_step()
    (noted,) = counter.data_of(caller.conversation, EventKind.RECORDED)
    assert (noted["whole"], noted["file"]) == (False, "")
