"""Chatwoot as the people's desk of our own channels: hand-over, both directions, ending, failures, restarts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chatwoot_bench import DESK_AGENT, Bench, bench, hasty
from chatwoot_stand_in import ANA, BETO, ChatwootStandIn, Fault
from live_application import served, until

from desk import chatwoot as chatwoot_desk
from desk import chatwoot_api, chatwoot_steps
from desk.chatwoot_hearing import FILE_OF_AGENT


@pytest.fixture
def chatwoot(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatwootStandIn]:
    hasty(monkeypatch)
    stand_in = ChatwootStandIn(api_inbox=True)
    with served(stand_in.app()) as stand_in.url:
        yield stand_in


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn) -> Iterator[Bench]:
    with bench(tmp_path, monkeypatch, chatwoot) as running:
        yield running


def test_a_waiting_citizen_is_served_in_chatwoot_from_note_to_survey(both: Bench) -> None:
    citizen = both.waiting("mi nss es 00058500018 y quiero mi vigencia")
    talk = both.talk(citizen)
    (note,) = talk.notes()
    assert citizen.folio in note and "Ciudadano: mi nss es *******0018" in note and "00058500018" not in note
    assert talk.public() == []
    both.chatwoot.writes(talk, ANA, "revísalo tú, Beto", private=True)
    both.chatwoot.writes(talk, ANA, "Buenos días, ya reviso su vigencia.")
    both.hears(citizen.id, "human: Buenos días, ya reviso su vigencia.")
    assert both.conversation(citizen.id).agent == "chatwoot:11"
    assert "system: Le atiende Ana Paz." in both.transcript(citizen.id)
    citizen.says("gracias, espero")
    until(lambda: talk.public()[-1] == "incoming: gracias, espero")
    talk.labels = ["vigencia_derechos", "otra_etiqueta"]
    both.chatwoot.sets_status(talk, "resolved", ANA)
    both.reaches(citizen.id, "survey")
    (typified,) = both.events(citizen.id, "typified")
    assert typified.data["topics"] == ["vigencia_derechos"] and typified.agent == "chatwoot:11"
    citizen.says("sí")
    assert both.conversation(citizen.id).survey.resolved is True
    assert not any("revísalo" in line for line in both.transcript(citizen.id))
    assert talk.public()[-1] == "incoming: gracias, espero"  # the survey is none of its people's business
    assert both.record_is_sound()


def test_another_person_goes_on_and_the_citizen_is_told(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.chatwoot.writes(talk, ANA, "Le atiendo.")
    both.hears(citizen.id, "Le atiendo.")
    both.chatwoot.writes(talk, BETO, "Sigo yo.", files=1)
    both.hears(citizen.id, "human: Sigo yo.")
    assert both.conversation(citizen.id).agent == "chatwoot:12"
    assert "system: Le atiende Beto Luna." in both.transcript(citizen.id)
    until(lambda: FILE_OF_AGENT in talk.notes())


def test_resolving_that_arrives_before_the_last_words_does_not_swallow_them(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.chatwoot.delivering = False
    both.chatwoot.writes(talk, ANA, "Su vigencia es hasta diciembre.")
    words = both.chatwoot.message_event(talk, talk.messages[-1])
    both.chatwoot.sets_status(talk, "resolved", ANA)
    ended = {**both.chatwoot.shown(talk), "event": "conversation_status_changed"}
    for event in (ended, words, words, ended):
        assert both.chatwoot.deliver(event) == 200
    both.reaches(citizen.id, "survey")
    said = both.transcript(citizen.id)
    assert said.count("human: Su vigencia es hasta diciembre.") == 1
    assert said.index("human: Su vigencia es hasta diciembre.") < len(said) - 1
    assert len(both.events(citizen.id, "survey_sent")) == 1
    late = {**words, "id": 5_000, "content": "Perdón, hasta enero."}
    both.chatwoot.deliver(late)
    both.hears(citizen.id, "human: Perdón, hasta enero.")
    assert both.conversation(citizen.id).state == "survey"


def test_who_leaves_the_queue_leaves_chatwoot_and_may_come_again(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    citizen.chooses("resume_bot")
    until(lambda: talk.status == "resolved")
    assert "dejó la fila" in talk.notes()[-1]
    citizen.says("mejor sí quiero una persona")
    until(lambda: talk.status == "open")
    assert len(both.chatwoot.talks) == 1 and "mejor sí quiero una persona" in talk.notes()[-1]


def test_an_emergency_is_urgent(both: Bench) -> None:
    talk = both.talk(both.waiting("me duele mucho el pecho y no puedo respirar"))
    assert talk.priority == "urgent" and "**EMERGENCIA**" in talk.notes()[0]


@pytest.mark.parametrize("path", ["/contacts", "/conversations", "/messages", "/toggle_status"])
def test_failures_that_pass_are_tried_again(both: Bench, path: str) -> None:
    both.chatwoot.faults.append(Fault(path, 500, times=2))
    citizen = both.waiting()
    assert len(both.talk(citizen).notes()) >= 1
    assert len(both.chatwoot.talks) == 1


@pytest.mark.parametrize("status", [401, 404, 422, 500])
def test_while_chatwoot_refuses_the_citizen_is_told_and_keeps_the_place(both: Bench, status: int) -> None:
    refusing = Fault("/contacts", status, times=1_000_000)
    both.chatwoot.faults.append(refusing)
    citizen = both.waiting()
    both.hears(citizen.id, "Usted conserva su lugar en la fila y lo seguimos intentando")
    assert [one.id for one in both.record.waiting()] == [citizen.id]
    refusing.times = 0
    both.talk(citizen)
    told = [line for line in both.transcript(citizen.id) if "tardamos en comunicarle" in line]
    assert len(told) == 1


def test_answers_that_come_too_late_do_not_make_a_second_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn
) -> None:
    monkeypatch.setattr(chatwoot_api, "TIMEOUT_SECONDS", 1.0)
    chatwoot.slow_seconds, chatwoot.slow_answers = 1.5, 2  # the contact's, then the conversation's
    with bench(tmp_path, monkeypatch, chatwoot) as both:
        both.talk(both.waiting())
    assert chatwoot.slow_answers == 0
    assert len(chatwoot.talks) == 1 and len(chatwoot.contacts) == 1


def test_who_sits_at_the_embedded_desk_may_take_it_and_keeps_it(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.takes_at_the_desk(citizen)
    until(lambda: talk.status == "resolved")
    assert "en el escritorio de Ventanilla" in talk.notes()[-1]
    both.chatwoot.writes(talk, ANA, "¿Sigue ahí?")
    both.hears(citizen.id, "human: ¿Sigue ahí?")
    assert both.conversation(citizen.id).agent == DESK_AGENT
    assert both.conversation(citizen.id).state == "human"


def test_an_ending_that_broke_off_is_worked_on_again(both: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.chatwoot.writes(talk, ANA, "Le atiendo.")
    both.reaches(citizen.id, "human")
    resolves, broken = chatwoot_steps.resolves, []

    def breaks_once(*given: Any, **more: Any) -> None:
        if not broken:
            broken.append(True)
            raise OSError("the disk is full")
        resolves(*given, **more)

    monkeypatch.setattr(chatwoot_desk, "CATCH_UP_EVERY", 1_000_000)  # it is not to be found by looking there
    monkeypatch.setattr(chatwoot_steps, "resolves", breaks_once)
    both.chatwoot.sets_status(talk, "resolved", ANA)
    both.reaches(citizen.id, "survey")
    assert broken and len(both.events(citizen.id, "survey_sent")) == 1


def test_set_to_pending_the_bot_goes_on(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.chatwoot.writes(talk, ANA, "Le regreso con el asistente.")
    both.reaches(citizen.id, "human")
    both.chatwoot.sets_status(talk, "pending", ANA)
    both.reaches(citizen.id, "bot")
    both.hears(citizen.id, "system: Le atiende de nuevo el")


def test_a_conversation_deleted_in_chatwoot_is_made_again(both: Bench) -> None:
    citizen = both.waiting()
    talk = both.talk(citizen)
    both.chatwoot.writes(talk, ANA, "Le atiendo.")
    both.reaches(citizen.id, "human")
    del both.chatwoot.talks[talk.id]
    citizen.says("¿sigue ahí?")
    another = both.talk(citizen)
    assert another.id != talk.id and "¿sigue ahí?" in another.notes()[0]
    both.chatwoot.writes(another, BETO, "Aquí estoy.")
    both.hears(citizen.id, "human: Aquí estoy.")


def test_after_a_restart_what_was_said_meanwhile_is_read_in_chatwoot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn
) -> None:
    with bench(tmp_path, monkeypatch, chatwoot) as before:
        citizen = before.waiting()
        talk = before.talk(citizen)
        chatwoot.writes(talk, ANA, "Un momento.")
        before.reaches(citizen.id, "human")
    chatwoot.webhook = ""  # nobody answers there: Chatwoot does not repeat it
    chatwoot.writes(talk, ANA, "Ya tengo su dato: está vigente.")
    with bench(tmp_path, monkeypatch, chatwoot) as after:
        after.hears(citizen.id, "human: Ya tengo su dato: está vigente.")
        assert after.transcript(citizen.id).count("human: Un momento.") == 1
        assert after.conversation(citizen.id).state == "human"
