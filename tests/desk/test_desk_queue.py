"""What the desk's cards and its stream tell about who waits and about emergencies."""

from datetime import timedelta
from typing import Any

from attended_desk import AGENTS, THURSDAY

DANGER = "mi mamá no respira"


def card_of(desk: Any, folio: str, group: str = "queued") -> dict[str, Any]:
    [found] = [one for one in desk.look("conversations")[group] if one["folio"] == folio]
    return dict(found)


def test_a_card_tells_reason_topic_and_waiting_time(desk) -> None:
    citizen = desk.waiting()
    card = card_of(desk, citizen.folio)
    assert card["reason_label"] == "Sistema no disponible o código no reconocido"
    assert card["emergency_words"] == "" and not card["priority"]
    assert card["waiting_since"].startswith("2026-10-15T10:00")


def test_the_card_of_an_emergency_tells_the_sentence_that_made_it_one(desk) -> None:
    citizen = desk.waiting(f"{DANGER}, mi nss es 00058500018", "¿hay alguien?")
    card = card_of(desk, citizen.folio)
    assert card["priority"] and card["reason_label"] == "Emergencia"
    assert card["emergency_words"] == f"{DANGER}, mi nss es *******0018"
    assert card["topic_label"] == "Atención médica inmediata"


def test_an_emergency_while_a_person_attends_is_flagged(desk) -> None:
    citizen = desk.waiting()
    desk.act(f"conversations/{citizen.id}/take")
    with desk.agent.websocket_connect("/desk/stream", headers={"origin": "http://testserver"}) as stream:
        answer = citizen.says(DANGER)
        frames = [stream.receive_json() for _ in range(4)]
    assert [one["text"] for one in answer["messages"]] == [
        "Si usted o la persona que le acompaña está en peligro, cuelgue y marque 911 ahora."
    ]
    assert {"type": "changed"} in frames
    assert DANGER in [frame["message"]["text"] for frame in frames if frame["type"] == "message"]
    card = card_of(desk, citizen.folio, "mine")
    assert card["priority"] and card["reason_label"] == "Emergencia" and card["emergency_words"] == DANGER
    known = desk.look(f"conversations/{citizen.id}")["screen_pop"]
    assert known["reason"] == "emergency" and known["emergency_words"] == DANGER
    assert desk.record.load(citizen.id).agent == "alejandra", "who attends goes on attending"


def test_what_is_written_before_the_first_answer_is_unread_too(desk) -> None:
    citizen = desk.waiting("quiero mi vigencia", "¿hay alguien?")
    assert card_of(desk, citizen.folio)["unread"] == 0, "nobody has it yet"
    desk.passes_to(THURSDAY + timedelta(minutes=1))
    desk.act(f"conversations/{citizen.id}/take")
    assert card_of(desk, citizen.folio, "mine")["unread"] == 0, "what was said before is read on taking it"
    desk.passes_to(THURSDAY + timedelta(minutes=2))
    citizen.says("hola")
    citizen.says("¿sigue ahí?")
    assert card_of(desk, citizen.folio, "mine")["unread"] == 2
    desk.act(f"conversations/{citizen.id}/messages", {"text": "Buenos días"})
    assert card_of(desk, citizen.folio, "mine")["unread"] == 0


def test_own_conversations_come_before_the_buttons_of_the_queue(desk) -> None:
    page = desk.agent.get("/desk").text
    assert page.index('id="mine"') < page.index('id="queue"') < page.index('id="left-messages"')
    assert page.index('href="#mine"') < page.index('href="#queue"') < page.index('id="desk"'), "skip links come first"
    assert AGENTS["alejandra"] in page


def test_a_message_that_is_left_is_told_to_open_desks(desk) -> None:
    citizen = desk.waiting()
    with desk.agent.websocket_connect("/desk/stream", headers={"origin": "http://testserver"}) as stream:
        citizen.chooses("leave_message")
        kinds = [stream.receive_json()["type"] for _ in range(2)]
    assert "left_messages" in kinds
