"""Files and signs of typing between the desk and the citizen, over HTTP and the two streams."""

from attended_desk import AttendedDesk, Citizen
from httpx import Response

PDF = b"%PDF-1.7\n" + b"\0" * 300


def taken(desk: AttendedDesk) -> Citizen:
    citizen = desk.waiting()
    assert desk.act(f"conversations/{citizen.id}/take").status_code == 200
    return citizen


def sends(desk: AttendedDesk, citizen: Citizen, name: str, content: bytes) -> Response:
    answer: Response = desk.agent.post(
        f"/desk/api/conversations/{citizen.id}/attachments", files={"file": (name, content)}
    )
    return answer


def test_what_the_citizen_sent_is_fetched_at_the_desk_and_recorded(desk: AttendedDesk) -> None:
    citizen = taken(desk)
    sent = citizen.client.post(
        f"/api/v1/conversations/{citizen.id}/attachments", files={"file": ("mi alta.pdf", PDF)},
        headers={"Authorization": f"Bearer {citizen.token}"},
    )  # fmt: skip
    assert [one["sender"] for one in sent.json()["messages"]] == ["user"], "nobody else answers who is attended"
    line = desk.look(f"conversations/{citizen.id}")["transcript"][-1]
    assert (line["from"], line["document"]["title"]) == ("user", "mi alta.pdf")
    assert line["document"]["url"].startswith(f"/desk/api/conversations/{citizen.id}/attachments/")
    got = desk.agent.get(line["document"]["url"])
    assert (got.content, got.headers["content-disposition"][:10]) == (PDF, "attachment")
    [seen] = desk.events(citizen, "file_seen")
    assert (seen.agent, seen.data["attachment"]) == ("alejandra", line["document"]["url"].rsplit("/", 1)[-1])
    other = desk.another("bruno")
    assert other.get(line["document"]["url"]).status_code == 409
    other.cookies.clear()
    assert other.get(line["document"]["url"]).status_code == 401
    assert desk.record_is_sound()


def test_a_person_sends_a_file_that_the_citizen_fetches_with_the_token(desk: AttendedDesk) -> None:
    citizen = taken(desk)
    answer = sends(desk, citizen, "formato.pdf", PDF)
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"]["document"]["title"] == "formato.pdf"
    headers = {"Authorization": f"Bearer {citizen.token}"}
    last = citizen.client.get(f"/api/v1/conversations/{citizen.id}", headers=headers).json()["messages"][-1]
    assert (last["sender"], last["text"]) == ("human", "Archivo: formato.pdf")
    assert citizen.client.get(last["document"]["url"], headers=headers).content == PDF


def test_the_desk_sends_no_programs_and_only_to_whom_it_attends(desk: AttendedDesk) -> None:
    citizen = taken(desk)
    refused = sends(desk, citizen, "formato.pdf", b"MZ\x90\0" + b"\0" * 300)
    assert (refused.status_code, "Solo puedo guardar" in refused.json()["detail"]) == (422, True)
    waiting = desk.waiting()
    assert sends(desk, waiting, "formato.pdf", PDF).status_code == 409
    del desk.agent.headers["X-CSRF-Token"]
    assert sends(desk, citizen, "formato.pdf", PDF).status_code == 403


def test_each_side_is_shown_that_the_other_writes(desk: AttendedDesk) -> None:
    citizen = taken(desk)
    assert desk.act(f"conversations/{desk.waiting().id}/typing").status_code == 409, "only to whom one attends"
    path = f"/api/v1/conversations/{citizen.id}/stream"
    # One client, hence one event loop, as in the real server.
    with desk.agent as browser, browser.websocket_connect(path) as chat:
        chat.send_json({"type": "hello", "token": citizen.token})
        assert chat.receive_json()["state"] == "human"
        assert desk.act(f"conversations/{citizen.id}/typing").status_code == 200
        assert chat.receive_json() == {"type": "typing", "on": True, "who": "human"}
        with browser.websocket_connect("/desk/stream", headers={"origin": "http://testserver"}) as stream:
            chat.send_json({"type": "typing"})
            frame = stream.receive_json()
            while frame["type"] != "typing":
                frame = stream.receive_json()
            assert frame == {"type": "typing", "conversation_id": citizen.id}
