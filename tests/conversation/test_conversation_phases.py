"""Every second of a call belongs to one phase, and to one only."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some
from scripted_dialogue import THURSDAY, Counter, says

from conversation import returning
from conversation.events import EventKind
from conversation.message import Channel, IncomingMessage, Sender
from conversation.phases import Happened, Phase, phases, time_in_phases
from conversation.ports import NotAnswered
from conversation.returning import Purpose

MOMENTS = some.lists(
    some.tuples(some.sampled_from(EventKind), some.integers(0, 90), some.sampled_from(Sender)), min_size=1, max_size=30
)


async def test_a_call_from_its_greeting_to_its_survey(counter: Counter) -> None:
    call = (await counter.service.open("derechohabiente", Channel.VOICE, "5512345678", "")).conversation.id
    counter.clock.passes(seconds=20)
    await counter.service.attend(call, returning.notice_heard)
    counter.clock.passes(seconds=10)
    counter.engine.will(says("Vigente.", topic="vigencia_derechos"), NotAnswered(reason="engine_timeout"))
    await counter.service.receive(call, IncomingMessage(text="mi vigencia"))
    counter.clock.passes(seconds=30)
    await counter.service.receive(call, IncomingMessage(text="otra cosa"))
    counter.clock.passes(seconds=90)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    counter.clock.passes(seconds=240)
    await counter.service.attend(call, lambda exchange: returning.resume(exchange, Purpose.SURVEY, (1, None)))
    counter.clock.passes(seconds=15)
    await counter.service.close(call)
    counter.clock.passes(seconds=2)
    await counter.service.keep_recording(call, "x.wav", 1.0, "0" * 64)
    events = [Happened(one.kind, one.at, one.data) for one in counter.record.events(call)]
    seconds = {phase.value: lasted.total_seconds() for phase, lasted in time_in_phases(events).items()}
    assert seconds == {"bienvenida": 20, "eleccion": 10, "atencion": 30 + 240, "espera": 90, "encuesta": 15}


def test_who_hangs_up_during_the_greeting_was_in_the_welcome_only() -> None:
    ended = [Happened("opened", THURSDAY, {}), Happened("closed", THURSDAY + timedelta(seconds=4), {})]
    assert [(span.phase, span.lasted.total_seconds()) for span in phases(ended)] == [(Phase.WELCOME, 4)]
    assert phases([]) == []


@given(MOMENTS)
def test_phases_follow_one_another_without_gap_and_cover_the_call(moments: list[tuple[EventKind, int, Sender]]) -> None:
    now: datetime = THURSDAY
    events = [Happened(EventKind.OPENED, now, {})]
    for kind, later, sender in moments:
        now += timedelta(seconds=later)
        events.append(Happened(kind, now, {"sender": sender}))
    closed = next((one.at for one in events if one.kind == EventKind.CLOSED), now)
    spans = phases(events)
    assert sum((span.lasted for span in spans), timedelta()) == closed - THURSDAY
    assert all(one.end == following.start for one, following in zip(spans, spans[1:], strict=False))
    assert all(span.lasted > timedelta() for span in spans)
