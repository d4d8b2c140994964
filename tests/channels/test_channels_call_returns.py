"""Calls that come back under their folio: for the survey, while they wait, to leave a message, to the bot."""

from datetime import timedelta
from pathlib import Path

import pytest
from scripted_caller import Caller, StrictEar, deaf
from scripted_dialogue import KEY, ROOT, THURSDAY_NIGHT, Counter, says

from channels.call_dialogue import UNHEARD
from channels.waiting_line import Coming, WaitingLine
from content.catalogue import Catalogue
from conversation.conversation import Conversation, State
from conversation.events import End, EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel
from conversation.ports import HandOff, NotAnswered
from conversation.returning import Purpose, person_answers
from conversation.staff import Staffing
from ledger.contacts import LedgerContacts
from ledger.vault import Vault
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys

CALLER = "5512345678"
"""Who calls on the scripted line."""
RESOLVED, RATING = "¿se resolvió su duda?", "del uno al cinco"


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


class Staff:
    """Two people whose attentions last four minutes."""

    def agents_in_service(self, campaign: str) -> int:
        return 2

    def mean_handling(self, campaign: str, window: timedelta) -> timedelta | None:
        return timedelta(minutes=4)


async def queued(counter: Counter, origin: str = CALLER) -> Conversation:
    """An interaction whose caller waits in the exchange's queue, and was served something before."""
    call = (await counter.service.open("derechohabiente", Channel.VOICE, origin, "")).conversation.id
    counter.engine.will(
        says("Vigente.", topic="vigencia_derechos"), says("Bien.", outcome=HandOff(reason=HandoffReason.USER_REQUEST))
    )
    await counter.hears(call, "mi vigencia")
    await counter.hears(call, "una persona")
    return counter.state(call)


def comes_back(
    counter: Counter, folio: str, purpose: Purpose, staffing: Staffing | None = None, **voice: object
) -> Caller:
    return Caller(counter, coming=Coming(folio, purpose), staffing=staffing, **voice)


# ---------------------------------------------------------------------- the survey


async def test_the_survey_is_answered_by_keys_under_the_same_folio(counter: Counter) -> None:
    before = await queued(counter)
    await counter.service.attend(before.id, lambda exchange: person_answers(exchange, "ana"))
    caller = comes_back(counter, before.folio, Purpose.SURVEY)
    await caller.hears(RESOLVED)
    caller.presses("1")
    await caller.hears("ómo califica")
    caller.presses("5")
    await caller.hears("persona que le atendió")
    caller.presses("4")
    step = await caller.next_step()
    assert (step.action, step.returned) == ("hangup", "resumed")
    after = counter.state(before.id)
    assert (after.folio, after.state, after.end) == (before.folio, State.CLOSED, End.COMPLETED)
    assert (after.survey.resolved, after.survey.rating, after.survey.ratings) == (True, 5, {"ps_i": 4})


async def test_the_survey_is_answered_by_voice_too(counter: Counter) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.SURVEY, recogniser=StrictEar(["no", "tres", "cuatro"]))
    await caller.hears(RESOLVED)
    caller.speaks(300)
    await caller.hears("ómo califica")
    caller.speaks(300)
    await caller.hears("persona que le atendió")
    caller.speaks(300)
    assert (await caller.next_step()).action == "hangup"
    after = counter.state(before.id)
    assert (after.survey.resolved, after.survey.rating, after.survey.ratings) == (False, 3, {"ps_i": 4})
    assert EventKind.ANSWERED in counter.kinds(before.id), "the exchange says with the survey that a person attended"


@pytest.mark.parametrize("conduct", ["silent", "gone"])
async def test_a_survey_that_nobody_answers_leaves_the_interaction_complete(counter: Counter, conduct: str) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.SURVEY)
    await caller.hears(RESOLVED)
    if conduct == "gone":
        caller.hangs_up()
    else:
        caller.is_silent()
        await caller.hears(RESOLVED, times=2)
        caller.is_silent()
    assert (await caller.next_step()).action == "hangup"
    after = counter.state(before.id)
    assert (after.state, after.end, after.survey.resolved) == (State.CLOSED, End.COMPLETED, None)


async def test_a_survey_that_breaks_calls_nobody_again(counter: Counter) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.SURVEY)
    caller.voice.fails = True
    assert (await caller.next_step()).action == "hangup"
    assert counter.state(before.id).end is End.COMPLETED


# ---------------------------------------------------------------------- folios that lead nowhere


@pytest.mark.parametrize("whose", ["nobody", "another", "a_chat", "closed"])
async def test_a_survey_for_a_folio_that_leads_nowhere_ends_honestly(counter: Counter, whose: str) -> None:
    folio = {
        "nobody": "VEN-20200101-999999",
        "another": (await queued(counter, origin="5599998888")).folio,
        "a_chat": counter.state(await counter.attended()).folio,
        "closed": await closed(counter),
    }[whose]
    caller = comes_back(counter, folio, Purpose.SURVEY)
    step = await caller.next_step()
    assert (step.action, step.returned) == ("hangup", "closed" if whose == "closed" else "unknown")
    assert caller.said == "Su llamada ya había terminado. Gracias por comunicarse."


async def closed(counter: Counter) -> str:
    before = await queued(counter)
    await counter.service.close(before.id)
    return before.folio


async def test_another_callers_folio_neither_tells_nor_changes_anything(counter: Counter) -> None:
    other = await queued(counter, origin="5599998888")
    caller = comes_back(counter, other.folio, Purpose.VOICEMAIL, recogniser=StrictEar(["quiero mi constancia"]))
    await caller.hears("No pude recuperar su llamada anterior")
    await caller.hears("Diga su mensaje")
    caller.speaks(600, then_ms=3000)
    step = await caller.next_step()
    assert step.returned == "unknown" and step.conversation and step.conversation.folio != other.folio
    assert counter.state(other.id) == other
    assert EventKind.VOICEMAIL in counter.kinds(step.conversation.id), "the message is kept under a folio of its own"


async def test_a_withheld_number_matches_only_a_withheld_number(counter: Counter) -> None:
    hidden = await queued(counter, origin="")
    line = WaitingLine(counter.record)
    assert line.call_of(hidden.folio, "") is not None and line.call_of(hidden.folio, CALLER) is None
    shown = await queued(counter)
    assert line.call_of(shown.folio, "+52 55 1234 5678") is not None and line.call_of(shown.folio, "") is None


# ---------------------------------------------------------------------- waiting


async def test_who_waits_hears_place_and_minutes_and_goes_on_waiting_by_key(counter: Counter) -> None:
    first, before = await queued(counter, origin="5599998888"), await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.WAITING, Staff())
    await caller.hears("Hay una persona antes que usted. El tiempo aproximado de espera es de cuatro minutos.")
    caller.presses("1")
    step = await caller.next_step()
    assert (step.action, step.target, step.returned) == ("queue", "derechohabiente", "resumed")
    after = counter.state(before.id)
    assert after.state is State.QUEUED and after.handoff and before.handoff
    assert after.handoff.since == before.handoff.since, "the place in the line is kept"
    assert first.folio != after.folio and not counter.data_of(before.id, EventKind.LEFT_QUEUE)


async def test_without_data_no_minutes_are_said(counter: Counter) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.WAITING)
    await caller.hears("Usted es la siguiente persona en la fila.")
    assert "minuto" not in caller.said
    caller.hangs_up()
    await caller.next_step()


async def test_silence_goes_on_waiting_and_the_words_vary(counter: Counter) -> None:
    before = await queued(counter)
    said = []
    for _ in range(3):
        caller = comes_back(counter, before.folio, Purpose.WAITING)
        await caller.hears("dejar un mensaje")
        caller.is_silent()
        assert (await caller.next_step()).action == "queue"
        assert "Sigue usted en la fila." in caller.said
        said.append(caller.voice.said[0])
    assert len(set(said)) == 3


async def test_who_was_taken_at_the_desk_before_the_telephone_rang_there_stays_in_the_queue(counter: Counter) -> None:
    before = await queued(counter)
    await counter.service.take(before.id, "ana", "Ana Ruiz")
    caller = comes_back(counter, before.folio, Purpose.WAITING)
    step = await caller.next_step()
    assert (step.action, step.target) == ("queue", "derechohabiente") and "está por atenderle" in caller.said
    assert counter.state(before.id).state is State.HUMAN


async def test_a_hang_up_while_it_is_told_leaves_the_queue(counter: Counter) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.WAITING)
    await caller.hears("en la fila")
    counter.clock.passes(seconds=75)
    caller.hangs_up()
    assert (await caller.next_step()).action == "hangup"
    [left] = counter.data_of(before.id, EventKind.LEFT_QUEUE)
    assert (left["to"], left["waited_seconds"]) == ("hangup", 75)
    assert counter.state(before.id).is_closed


async def test_who_comes_to_wait_is_told_the_place_and_offered_no_keys_that_nobody_hears(counter: Counter) -> None:
    await queued(counter, origin="5599998888")
    counter.engine.will(NotAnswered(reason="engine_timeout"))
    caller = Caller(counter, recogniser=StrictEar(["mi vigencia"]), staffing=Staff())
    await caller.hears("poyarle")
    caller.speaks()
    assert (await caller.next_step()).action == "queue"
    assert caller.voice.said[-1].startswith("Hay una persona antes que usted.")
    assert "marque" not in " ".join(caller.voice.said[-2:])


# ---------------------------------------------------------------------- the message


async def test_who_chooses_to_leave_a_message_is_in_the_desks_list_with_number_and_topic(
    counter: Counter, tmp_path: Path
) -> None:
    before = await queued(counter)
    recordings = Recordings(tmp_path / "recordings", RecordingKeys(tmp_path / "keys", bytes(32)))
    caller = comes_back(
        counter, before.folio, Purpose.WAITING, recogniser=StrictEar(["necesito mi constancia de vigencia"]),
        recordings=recordings,
    )  # fmt: skip
    await caller.hears("dejar un mensaje")
    caller.presses("2")
    await caller.hears("Diga su mensaje")
    caller.speaks(3000, then_ms=3000)
    assert (await caller.next_step()).action == "hangup"
    [left] = LedgerContacts(counter.database, Vault(KEY)).left_messages()
    assert (left.folio, left.campaign, left.topic) == (before.folio, "derechohabiente", "vigencia_derechos")
    assert left.words == ("necesito mi constancia de vigencia",) and left.telephone == "******5678"
    [noted] = counter.data_of(before.id, EventKind.VOICEMAIL)
    assert noted["window_open"] is True, "paid only outside the window: it is recorded whether it was open (L7680)"
    [recorded] = counter.data_of(before.id, EventKind.RECORDED)
    assert recorded["whole"] and recorded["seconds"] > 0 and before.folio in str(recorded["file"])
    assert "quedó registrado" in caller.said


async def test_a_message_with_pauses_is_one_and_the_hash_key_ends_it(counter: Counter) -> None:
    before = await queued(counter)
    ear = StrictEar(["mi nombre es luz y busco mi clínica"])
    caller = comes_back(counter, before.folio, Purpose.VOICEMAIL, recogniser=ear)
    await caller.hears("Diga su mensaje")
    caller.speaks(1000, then_ms=2000)
    caller.speaks(1000, then_ms=0)
    caller.presses("#")
    assert (await caller.next_step()).action == "hangup"
    assert len(ear.utterances) == 1 and ear.utterances[0] * 20 >= 4000
    assert len(counter.data_of(before.id, EventKind.VOICEMAIL)) == 1


@pytest.mark.parametrize("ear", [None, StrictEar([deaf()]), StrictEar([""])])
async def test_a_message_that_nobody_understood_is_kept_as_a_recording(counter: Counter, ear: StrictEar | None) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.VOICEMAIL, recogniser=ear)
    await caller.hears("Diga su mensaje")
    caller.speaks(2000, then_ms=3000)
    assert (await caller.next_step()).action == "hangup"
    [left] = LedgerContacts(counter.database, Vault(KEY)).left_messages()
    assert left.words == (UNHEARD,) and left.telephone == "******5678"


async def test_out_of_hours_it_says_when_people_attend(counter: Counter) -> None:
    before = await queued(counter)
    counter.clock.now = THURSDAY_NIGHT
    caller = comes_back(counter, before.folio, Purpose.VOICEMAIL)
    await caller.hears("fuera del horario")
    assert "ocupadas" not in caller.said
    caller.is_silent()
    await caller.hears("No le escuché")
    caller.hangs_up()
    await caller.next_step()
    assert counter.state(before.id).is_closed and not counter.data_of(before.id, EventKind.VOICEMAIL)


async def test_an_emergency_in_the_message_calls_a_person(counter: Counter) -> None:
    before = await queued(counter)
    caller = comes_back(counter, before.folio, Purpose.VOICEMAIL, recogniser=StrictEar(["me duele mucho el pecho"]))
    await caller.hears("Diga su mensaje")
    caller.speaks(1000, then_ms=3000)
    step = await caller.next_step()
    assert step.action == "queue" and step.conversation and step.conversation.handoff
    assert step.conversation.handoff.priority and "nueve uno uno" in caller.said


# ---------------------------------------------------------------------- the bot again


async def test_back_with_the_bot_the_menu_is_offered_and_what_was_asked_before_does_not_count(counter: Counter) -> None:
    before = await queued(counter)
    counter.engine.will(says("Con gusto.", topic="vigencia_derechos"))
    caller = comes_back(counter, before.folio, Purpose.BOT)
    await caller.hears("poyarle")
    caller.presses("1")
    await caller.hears("Con gusto.")
    caller.hangs_up()
    assert (await caller.next_step()).returned == "resumed"
    assert counter.state(before.id).folio == before.folio
