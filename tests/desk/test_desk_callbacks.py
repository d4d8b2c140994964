"""The list «Llamadas pedidas»: in order of urgency, telephone in clear on opening only, attempts, result."""

from datetime import timedelta

from attended_desk import THURSDAY, THURSDAY_NIGHT, AttendedDesk, Citizen

NUMBER = "5500001234"
ELEVEN = THURSDAY + timedelta(hours=1)


def asks_for_call(desk: AttendedDesk, number: str = NUMBER, minutes: int = 60) -> Citizen:
    """A request by the form, as an integrator or the page brings it."""
    citizen = desk.citizen()
    slot = (THURSDAY + timedelta(minutes=minutes)).isoformat()
    body = {"telephone": number, "slot": slot, "topic": "vigencia_derechos", "consent": True}
    asked = citizen.client.post("/api/v1/campaigns/derechohabiente/callbacks", json=body).json()
    return Citizen(citizen.client, asked["callback_id"], asked["folio"], asked["token"])


def listed(desk: AttendedDesk) -> list[dict]:
    return list(desk.look("callbacks")["callbacks"])


def test_a_request_is_opened_called_twice_and_leaves_the_list(desk: AttendedDesk) -> None:
    citizen = asks_for_call(desk)
    [card] = listed(desk)
    assert (card["folio"], card["telephone"], card["slot"]) == (citizen.folio, "******1234", "hoy de 11:00 a 11:30")
    assert (card["topic"], card["is_due"], card["is_overdue"]) == ("Vigencia de derechos", False, False)
    early = desk.act(f"callbacks/{citizen.id}/attempts", {"result": "no_answer"})
    assert early.status_code == 409 and "11:00" in early.json()["detail"]

    desk.passes_to(ELEVEN)
    opened = desk.act(f"callbacks/{citizen.id}/open").json()
    assert opened["telephone"] == NUMBER and opened["openings"][0]["name"] == "Alejandra Ríos"
    [event] = desk.events(citizen, "callback_opened")
    assert event.agent == "alejandra" and NUMBER not in str(event.data)
    assert NUMBER not in str(listed(desk)), "the list stays masked"

    tried = desk.act(f"callbacks/{citizen.id}/attempts", {"result": "no_answer", "note": "Buzón"}).json()
    assert (tried["attempts_left"], tried["attempts"][0]["result"]) == (1, "No contestó")
    assert listed(desk)[0]["due_at"].startswith("2026-10-15T11:15")
    desk.passes_to(ELEVEN + timedelta(minutes=20))
    assert desk.act(f"callbacks/{citizen.id}/attempts", {"result": "busy"}).json()["open"] is False
    assert listed(desk) == []
    for path, body in (("open", {}), ("attempts", {"result": "reached"})):
        assert desk.act(f"callbacks/{citizen.id}/{path}", body).status_code == 409
    assert [(one.agent, one.data["reason"]) for one in desk.events(citizen, "callback_tried")] == [
        ("alejandra", "no_answer"), ("alejandra", "busy"),
    ]  # fmt: skip
    assert desk.record_is_sound()


def test_overdue_requests_come_first(desk: AttendedDesk) -> None:
    later, first = asks_for_call(desk, "5500001111", 120), asks_for_call(desk, "5500002222", 30)
    assert [one["folio"] for one in listed(desk)] == [first.folio, later.folio]
    desk.passes_to(ELEVEN + timedelta(minutes=90))
    found = listed(desk)
    assert [(one["folio"], one["is_overdue"], one["is_due"]) for one in found] == [
        (first.folio, True, True), (later.folio, True, True),
    ]  # fmt: skip


def test_who_cancels_leaves_the_list(desk: AttendedDesk) -> None:
    citizen = asks_for_call(desk)
    assert citizen.answers(f"/api/v1/callbacks/{citizen.id}/cancel", {}).status_code == 200
    assert listed(desk) == [] and desk.act(f"callbacks/{citizen.id}/open").status_code == 409


def test_who_arranged_it_in_the_line_is_not_in_the_line_any_more(desk: AttendedDesk) -> None:
    citizen = desk.waiting()
    citizen.chooses("call_me")
    answer = citizen.says(NUMBER)
    citizen.chooses(answer["messages"][-1]["choices"][0]["id"])
    assert desk.look("conversations")["queued"] == []
    assert [one["folio"] for one in listed(desk)] == [citizen.folio]


def test_only_staff_with_the_pages_token_reads_it(desk: AttendedDesk) -> None:
    citizen = asks_for_call(desk)
    assert citizen.client.get("/desk/api/callbacks").status_code == 401
    del desk.agent.headers["X-CSRF-Token"]
    assert desk.act(f"callbacks/{citizen.id}/open").status_code == 403
    assert desk.events(citizen, "callback_opened") == []


def test_a_left_message_is_due_the_next_business_day_and_late_afterwards(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    first, second = desk.citizen(), desk.citizen()
    first.says(f"Mi constancia, {NUMBER}")
    desk.passes_to(THURSDAY_NIGHT + timedelta(days=1))  # Friday night: due on Saturday, when people answer calls
    second.says("Mi constancia, 5500003333")
    by_folio = {one["folio"]: one for one in desk.look("messages")["messages"]}
    assert (by_folio[first.folio]["due"], by_folio[second.folio]["due"]) == ("2026-10-16", "2026-10-17")
    assert not by_folio[first.folio]["is_late"]
    desk.passes_to(THURSDAY_NIGHT + timedelta(days=2))
    found = desk.look("messages")["messages"]
    assert [(one["folio"], one["is_late"]) for one in found] == [(first.folio, True), (second.folio, False)]
