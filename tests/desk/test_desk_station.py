"""The agent's station over HTTP: states, log-out, sessions, and what each agent is shown."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from attended_desk import AGENTS, PASSWORD, THURSDAY, THURSDAY_NIGHT, csrf_of
from fastapi.testclient import TestClient

from conversation.staff import Level
from desk.accounts import Accounts
from desk.passwords import Passwords

ORIGIN = {"origin": "http://testserver"}


def test_the_states_of_the_contract_can_be_chosen_and_attending_cannot(desk) -> None:
    me = desk.look("me")
    assert (me["state"], me["label"], me["must_confirm"], me["level"]) == ("disponible", "Disponible", False, "ps_i")
    for state in (
        "tiempo_posterior", "transferencia", "comida", "bano", "asuntos_personales", "asesoria_capacitacion",
        "retroalimentacion", "no_disponible", "disponible",
    ):  # fmt: skip
        assert desk.act("me/state", {"state": state}).json()["state"] == state
        assert f'value="{state}"' in desk.agent.get("/desk").text
    for state in ("en_atencion", "fuera"):
        refused = desk.act("me/state", {"state": state})
        assert refused.status_code == 409 and refused.json()["error"] == "bad_state"
    assert desk.act("me/state", {"state": "siesta"}).status_code == 422
    citizen = desk.waiting()
    desk.act(f"conversations/{citizen.id}/take")
    me = desk.look("me")
    assert (me["state"], me["shown"], me["label"]) == ("disponible", "en_atencion", "En atención")


def test_nobody_leaves_silently_with_open_conversations(desk) -> None:
    citizen = desk.waiting()
    desk.act(f"conversations/{citizen.id}/take")
    form = {"csrf_token": desk.agent.headers["X-CSRF-Token"]}
    refused = desk.agent.post("/desk/logout", data=form)
    assert refused.status_code == 409 and "una conversación abierta" in refused.json()["detail"]
    assert desk.look("me")["state"] == "disponible"
    left = desk.agent.post("/desk/logout", data={**form, "give_back": "yes"})
    assert "Usuario" in left.text, "back at the login"
    assert desk.record.load(citizen.id).state == "queued"
    assert desk.agent.get("/desk/api/me").status_code == 401


def test_a_copied_cookie_dies_with_the_log_out(desk) -> None:
    copy = TestClient(desk.app, cookies=dict(desk.agent.cookies))
    assert copy.get("/desk/api/me").status_code == 200
    desk.agent.post("/desk/logout", data={"csrf_token": desk.agent.headers["X-CSRF-Token"]})
    assert copy.get("/desk/api/me").status_code == 401
    desk.log_in(desk.agent, "alejandra")
    assert desk.look("me")["state"] == "disponible"
    assert copy.get("/desk/api/me").status_code == 401, "a later log-in revives no older session"


def test_an_agent_sees_and_takes_only_the_own_campaigns(desk) -> None:
    desk.people.add("bruno", AGENTS["bruno"], PASSWORD, skills={"cita_medica": 1})
    citizen = desk.waiting()
    bruno = desk.another("bruno")
    assert bruno.get("/desk/api/conversations").json()["queued"] == []
    assert bruno.get(f"/desk/api/conversations/{citizen.id}").status_code == 409
    refused = bruno.post(f"/desk/api/conversations/{citizen.id}/take", json={})
    assert refused.status_code == 409 and "otra campaña" in refused.json()["detail"]
    assert [one["folio"] for one in desk.look("conversations")["queued"]] == [citizen.folio]


def test_messages_that_were_left_are_shown_by_campaign_too(open_desk) -> None:
    desk = open_desk(THURSDAY_NIGHT)
    desk.people.add("bruno", AGENTS["bruno"], PASSWORD, skills={"cita_medica": 1})
    citizen = desk.citizen()
    citizen.says("Necesito mi constancia, 5500001234")
    bruno = desk.another("bruno")
    assert bruno.get("/desk/api/messages").json()["messages"] == []
    assert bruno.post(f"/desk/api/messages/{citizen.id}/open", json={}).status_code == 404
    assert len(desk.look("messages")["messages"]) == 1


def test_a_password_is_checked_beside_the_loop_and_a_failure_is_logged(
    desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes long on purpose: in the loop, whoever guesses passwords would stop every conversation."""
    in_the_loop, admits = [], Passwords.admits

    def admits_here(self: Passwords, *given: object) -> bool:
        with suppress(RuntimeError):
            in_the_loop.append(asyncio.get_running_loop())
        return admits(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Passwords, "admits", admits_here)
    stranger = TestClient(desk.app)
    for name in ("Alejandra", "mi-clave-secreta"):
        form = {"username": name, "password": "no", "csrf_token": csrf_of(stranger.get("/desk").text)}
        assert stranger.post("/desk/login", data=form).status_code == 401
    assert in_the_loop == []
    said = [one.getMessage() for one in caplog.records if one.name == "desk.console"]
    assert said == ["log-in to the desk refused: alejandra", "log-in to the desk refused: a name without account"]


def test_the_station_tells_since_when_somebody_attends(desk) -> None:
    citizen = desk.waiting()
    desk.passes_to(THURSDAY + timedelta(minutes=20))
    desk.act(f"conversations/{citizen.id}/take")
    assert desk.look("me")["since"].startswith("2026-10-15T10:20")


def test_declining_what_does_not_ring_here_is_refused(desk) -> None:
    citizen = desk.waiting()
    refused = desk.act(f"conversations/{citizen.id}/decline")
    assert refused.status_code == 409 and refused.json()["error"] == "not_offered"


def test_an_older_account_serves_all_and_a_change_of_password_keeps_the_profile(tmp_path) -> None:
    path = tmp_path / "desk_agents.yml"
    path.write_text('- {username: vieja, name: Vieja, password_hash: "-"}\n')
    accounts = Accounts(path)
    old = accounts.all()["vieja"]
    assert old.serves("derechohabiente") and (old.level, old.limit, old.campaigns) == (Level.PS_I, 5, None)
    accounts.add("nueva", "Nueva", "clave", level=Level.PS_P, skills={"cita_medica": 2}, limit=3)
    accounts.add("nueva", "Nueva Luna", "otra")
    new = accounts.all()["nueva"]
    assert (new.name, new.level, new.skills, new.limit) == ("Nueva Luna", Level.PS_P, {"cita_medica": 2}, 3)
    assert accounts.check("nueva", "otra") == new and set(accounts.all()) == {"vieja", "nueva"}


def test_an_offer_reaches_an_open_desk_by_itself(desk) -> None:
    with TestClient(desk.app).websocket_connect("/desk/stream", headers=ORIGIN) as refused:
        assert refused.receive()["code"] == 4401, "a stream needs a session"
    with TestClient(desk.app) as running:  # with its background work
        desk.log_in(running, "bruno")
        with running.websocket_connect("/desk/stream", headers=ORIGIN) as stream:
            citizen = desk.waiting()
            offers = []
            while not offers:
                stream.receive_json()
                offers = running.get("/desk/api/conversations").json()["offers"]
            assert offers[0]["folio"] == citizen.folio and offers[0]["until"]
            assert running.post(f"/desk/api/conversations/{citizen.id}/decline", json={}).json() == {"declined": True}
    assert csrf_of(running.get("/desk").text)
