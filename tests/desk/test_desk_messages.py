"""The list «Mensajes»: what was left at night is read the next day, and who read it stays on record."""

from datetime import timedelta

from attended_desk import THURSDAY, THURSDAY_NIGHT

NSS, TELEPHONE = "00058500018", "5500001234"


def test_a_message_left_at_night_is_read_called_back_and_done(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    citizen = desk.citizen()
    citizen.says(f"Necesito mi constancia, mi NSS es {NSS} y soy maria@correo.mx")
    citizen.says("al 55 0000 1234")
    [card] = desk.look("messages")["messages"]
    assert (card["folio"], card["campaign_name"]) == (citizen.folio, "Derechohabiente")
    assert card["at"].startswith("2026-10-15T22:00") and (card["topic"], card["openings"]) == ("", [])
    assert "*******0018" in card["preview"] and card["telephone"] == "******1234"
    assert TELEPHONE not in str(card) and "maria@" not in str(card)

    opened = desk.act(f"messages/{citizen.id}/open").json()
    assert opened["telephone"] == TELEPHONE
    assert "maria@correo.mx" in opened["words"][0] and "55 0000 1234" in opened["words"][1]
    assert NSS not in str(opened) and "*******0018" in opened["words"][0], "an agent sees the last four of an NSS"
    [event] = desk.events(citizen, "voicemail_opened")
    assert (event.agent, event.at) == ("alejandra", event.at.replace(2026, 10, 16, 4))
    assert TELEPHONE not in str(event.data)
    assert desk.look("messages")["messages"][0]["openings"][0]["name"] == "Alejandra Ríos"

    assert desk.act(f"messages/{citizen.id}/done", {"note": " "}).status_code == 422
    assert desk.act(f"messages/{citizen.id}/done", {"note": f"Se le llamó, NSS {NSS}"}).json() == {"done": True}
    [event] = desk.events(citizen, "voicemail_done")
    assert (event.agent, event.data) == ("alejandra", {"note": "Se le llamó, NSS *******0018"})
    assert desk.look("messages")["messages"] == []
    assert desk.act(f"messages/{citizen.id}/open").status_code == 409
    assert desk.act(f"messages/{citizen.id}/done", {"note": "otra vez"}).status_code == 409


def test_messages_are_listed_oldest_first(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    first, second = desk.citizen(), desk.citizen("cita_medica")
    second.says("Quiero cambiar mi cita, 5500001111")
    desk.passes_to(THURSDAY_NIGHT + timedelta(minutes=5))
    first.says("Mi constancia, 5500002222")
    assert [one["folio"] for one in desk.look("messages")["messages"]] == [second.folio, first.folio]


def test_a_message_without_telephone_says_so(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    citizen = desk.citizen()
    citizen.says("Solo quiero dejar una felicitación")
    citizen.says("no")
    assert desk.act(f"messages/{citizen.id}/open").json()["telephone"] == ""


def test_nothing_is_read_without_an_account_or_without_the_pages_token(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    citizen = desk.citizen()
    citizen.says(f"Mi constancia, {TELEPHONE}")
    assert citizen.client.get("/desk/api/messages").status_code == 401
    del desk.agent.headers["X-CSRF-Token"]
    assert desk.act(f"messages/{citizen.id}/open").status_code == 403
    assert desk.events(citizen, "voicemail_opened") == []


def test_an_unknown_message_is_not_there(desk) -> None:
    assert desk.act("messages/no-existe/open").status_code == 404


def test_reading_and_finishing_leave_the_record_whole(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    citizen = desk.citizen()
    citizen.says(f"Mi constancia, {TELEPHONE}")
    desk.act(f"messages/{citizen.id}/open")
    desk.act(f"messages/{citizen.id}/done", {"note": "Se le llamó"})
    assert desk.record_is_sound()


def test_the_telephone_is_shown_to_who_attends_and_to_nobody_else(desk) -> None:
    citizen = desk.waiting("quiero mi vigencia", f"mi NSS es {NSS} y mi cel +52 55 0000 1234")
    path = f"conversations/{citizen.id}"
    assert desk.look(path)["screen_pop"]["telephones"] == ["******1234"]
    assert desk.act(f"{path}/telephones").status_code == 409, "it is not taken yet"
    desk.act(f"{path}/take")
    assert desk.another("bruno").post(f"/desk/api/{path}/telephones", json={}).status_code == 409
    assert desk.events(citizen, "contact_seen") == []
    assert desk.act(f"{path}/telephones").json() == {"telephones": [TELEPHONE]}
    [event] = desk.events(citizen, "contact_seen")
    assert (event.agent, event.data) == ("alejandra", {"datum": "telephone", "count": 1})
    assert event.at.astimezone(THURSDAY.tzinfo).date() == THURSDAY.date()
    assert TELEPHONE not in str(desk.look(path))
    assert desk.record_is_sound()
