"""Passing on, private notes, earlier interactions, phrases and knowledge, over HTTP."""

import pytest
from attended_desk import AGENTS, PASSWORD, THURSDAY, THURSDAY_NIGHT, Citizen

from conversation.events import EventKind
from conversation.message import Sender
from conversation.staff import Level

NSS, TELEPHONE = "00058500018", "5500001234"
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture
def held(desk) -> Citizen:
    """A citizen whom alejandra attends."""
    citizen: Citizen = desk.waiting(f"quiero mi vigencia, mi NSS es {NSS}")
    desk.act(f"conversations/{citizen.id}/take")
    return citizen


def test_to_the_second_level_with_motivo_and_note(desk, held: Citizen) -> None:
    path = f"conversations/{held.id}"
    desk.people.add("pia", "Pía Soto", PASSWORD, level=Level.PS_P)
    targets = desk.look(f"{path}/targets")
    assert {one["id"]: one["present"] for one in targets["levels"]}["ps_p"] == 0
    pia = desk.another("pia")
    assert {one["id"]: one["present"] for one in desk.look(f"{path}/targets")["levels"]}["ps_p"] == 1
    wanted = {"level": "ps_p", "reason": "out_of_knowledge", "note": f"Revisar semanas de {NSS}"}
    assert desk.act(f"{path}/transfer", wanted).json() == {"state": "queued"}
    [event] = desk.events(held, EventKind.PASSED_ON)
    assert event.agent == "alejandra" and event.data == {
        "reason": "out_of_knowledge", "note": "Revisar semanas de *******0018", "agent_level": "ps_i",
        "to_level": "ps_p",
    }  # fmt: skip
    lists = desk.look("conversations")
    assert lists["mine"] == lists["queued"] == [], "the first level neither sees nor takes it any more"
    assert desk.act(f"{path}/take").status_code == 409
    assert pia.post(f"/desk/api/{path}/take", json={}).status_code == 200
    known = pia.get(f"/desk/api/{path}").json()["screen_pop"]
    assert known["reason_label"] == "Fuera del contenido autorizado"
    assert known["data"]["Nota del asistente"] == "Revisar semanas de *******0018"
    conversation = desk.record.load(held.id)
    assert conversation.levels == ["ps_i", "ps_p"], "the survey asks about each level (L1877)"
    last = desk.record.messages(held.id)[-1]
    assert (last.sender, last.text) == (Sender.SYSTEM, "Le atiende Pía Soto.")
    assert [one.data["agent_level"] for one in desk.events(held, "answered")] == ["ps_i", "ps_p"]
    assert desk.record_is_sound()


def test_to_another_campaign_only_while_it_attends(desk, held: Citizen) -> None:
    path = f"conversations/{held.id}"
    campaigns = {one["id"]: one for one in desk.look(f"{path}/targets")["campaigns"]}
    assert "derechohabiente" not in campaigns and campaigns["cita_medica"]["open"]
    desk.passes_to(THURSDAY_NIGHT)
    assert not {one["id"]: one for one in desk.look(f"{path}/targets")["campaigns"]}["cita_medica"]["open"]
    refused = desk.act(f"{path}/transfer", {"campaign": "cita_medica", "reason": "restricted_topic"})
    assert refused.status_code == 409 and refused.json()["error"] == "nobody_attends"
    assert "Atiende de nuevo el viernes 16" in refused.json()["detail"]
    desk.passes_to(THURSDAY)
    assert desk.act(f"{path}/transfer", {"campaign": "no_existe", "reason": "complaint"}).status_code == 422
    for where in ({}, {"to_bot": True, "level": "ps_p"}, {"to_bot": True, "campaign": "cita_medica"}):
        assert desk.act(f"{path}/transfer", {**where, "reason": "complaint"}).status_code == 422, "to one place"
    assert desk.record.load(held.id).state == "human"
    assert desk.act(f"{path}/transfer", {"campaign": "cita_medica", "reason": "restricted_topic"}).status_code == 200
    moved = desk.record.load(held.id)
    assert (moved.campaign, moved.folio, moved.state, moved.agent) == ("cita_medica", held.folio, "queued", None)


def test_back_to_the_bot(desk, held: Citizen) -> None:
    wanted = {"to_bot": True, "reason": "user_request"}
    assert desk.act(f"conversations/{held.id}/transfer", wanted).json() == {"state": "bot"}
    back = desk.record.load(held.id)
    assert back.transferred_to_human and back.agent is None and back.handoff is None
    said = desk.record.messages(held.id)
    assert "Le atiende de nuevo el" in said[-2].text and said[-1].choices
    assert desk.act(f"conversations/{held.id}/messages", {"text": "hola"}).status_code == 409


def test_nobody_passes_on_what_somebody_else_has(desk, held: Citizen) -> None:
    bruno = desk.another("bruno")
    path = f"/desk/api/conversations/{held.id}"
    assert bruno.post(f"{path}/transfer", json={"level": "ps_p", "reason": "complaint"}).status_code == 409
    for part in ("targets", "notes", "phrases", "knowledge"):
        assert bruno.get(f"{path}/{part}").status_code == 409
    assert bruno.post(f"{path}/history", json={}).status_code == 409
    assert bruno.get("/desk/api/team").status_code == 403
    assert bruno.post(f"{path}/watch", json={}).status_code == 403


def test_notes_are_kept_masked_and_no_citizen_hears_them(desk, held: Citizen) -> None:
    path = f"conversations/{held.id}/notes"
    desk.act(path, {"text": f"Dijo que su NSS es {NSS}"})
    notes = desk.act(path, {"text": "Llamar mañana"}).json()["notes"]
    assert [(one["author"], one["text"], one["whisper"]) for one in notes] == [
        ("Alejandra Ríos", "Dijo que su NSS es *******0018", False), ("Alejandra Ríos", "Llamar mañana", False)
    ]  # fmt: skip
    assert "Llamar" not in str(desk.record.messages(held.id))
    assert desk.act(path, {"text": " "}).status_code == 422
    assert desk.record_is_sound()


def test_a_supervisor_looks_on_whispers_and_takes_over(desk, held: Citizen) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    sol = desk.another("sol")
    team = sol.get("/desk/api/team").json()
    agents = {one["username"]: one for one in team["agents"]}
    assert (agents["alejandra"]["label"], agents["alejandra"]["open"]) == ("En atención", 1)
    assert [one["folio"] for one in team["attended"]] == [held.folio] and team["waiting"] == 0
    path = f"/desk/api/conversations/{held.id}"
    assert sol.post(f"{path}/watch", json={}).json() == {"watching": True}
    assert [one.data for one in desk.events(held, EventKind.HISTORY_SEEN)] == [{"by": ["live"]}]
    detail = sol.get(path).json()
    assert not detail["mine"] and detail["transcript"]
    assert sol.post(f"{path}/messages", json={"text": "hola"}).status_code == 409, "watching is not attending"
    with desk.agent.websocket_connect("/desk/stream", headers={"origin": "http://testserver"}) as stream:
        sol.post(f"{path}/notes", json={"text": "Ofrézcale la cita"})
        assert stream.receive_json() == {"type": "changed"}
        assert stream.receive_json() == {"type": "whisper", "conversation_id": held.id}
        assert desk.look(f"conversations/{held.id}/notes")["notes"][-1]["whisper"]
        assert sol.post(f"{path}/take-over", json={}).json() == {"state": "human"}
        frames = [stream.receive_json() for _ in range(2)]
    assert {"type": "taken_over", "conversation_id": held.id, "by": "Sol Mora"} in frames
    taken = desk.record.load(held.id)
    assert (taken.agent, taken.levels) == ("sol", ["ps_i", "supervisor"])
    assert sol.post(f"{path}/take-over", json={}).status_code == 409
    assert desk.act(f"conversations/{held.id}/messages", {"text": "hola"}).status_code == 409


def test_a_supervisor_sees_only_the_own_campaigns(desk, held: Citizen) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR, skills={"cita_medica": 1})
    sol = desk.another("sol")
    assert sol.get("/desk/api/team").json()["attended"] == []
    assert sol.post(f"/desk/api/conversations/{held.id}/watch", json={}).status_code == 409
    assert sol.get(f"/desk/api/conversations/{held.id}").status_code == 409


def test_nobody_reads_what_somebody_else_attends_without_a_line_of_it(desk, held: Citizen) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    sol, path = desk.another("sol"), f"/desk/api/conversations/{held.id}"
    assert sol.get(path).status_code == 200
    assert [(one.agent, one.data) for one in desk.events(held, EventKind.HISTORY_SEEN)] == [("sol", {"by": ["live"]})]
    sol.get(path)
    assert len(desk.events(held, EventKind.HISTORY_SEEN)) == 1, "once for as long as it is watched"
    with sol.websocket_connect("/desk/stream", headers=ORIGIN):
        pass
    sol.get(path)
    assert len(desk.events(held, EventKind.HISTORY_SEEN)) == 2, "who closed the desk begins anew"
    desk.look(f"conversations/{held.id}")
    assert len(desk.events(held, EventKind.HISTORY_SEEN)) == 2, "to attend is no looking on"
    other = desk.waiting()
    desk.look(f"conversations/{other.id}")
    assert [one.agent for one in desk.events(other, EventKind.HISTORY_SEEN)] == ["alejandra"], "who waits, too"


def test_watching_ends_where_the_supervisor_has_no_part(desk, held: Citizen) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR, skills={"derechohabiente": 1})
    sol = desk.another("sol")
    with sol.websocket_connect("/desk/stream", headers=ORIGIN) as stream:
        sol.post(f"/desk/api/conversations/{held.id}/watch", json={})
        held.says("sigo aquí")
        desk.act(f"conversations/{held.id}/transfer", {"campaign": "cita_medica", "reason": "restricted_topic"})
        desk.act(f"conversations/{held.id}/take")
        held.says("esto es de otra campaña")
        desk.act("staff-messages", {"text": "listo"})
        frames = []
        while {"type": "staff_message", "from": "Alejandra Ríos"} not in frames:
            frames.append(stream.receive_json())
    said = [frame["message"]["text"] for frame in frames if frame["type"] == "message"]
    assert "sigo aquí" in said and "esto es de otra campaña" not in said


def test_phrases_come_from_the_campaigns_files(desk, held: Citizen) -> None:
    phrases = desk.look(f"conversations/{held.id}/phrases")["phrases"]
    assert {"group": "Espera", "text": "Gracias por esperar."} in phrases
    assert AGENTS["alejandra"] not in str(phrases)


def test_knowledge_is_searched_by_words_with_slips_topic_and_kind(desk, held: Citizen) -> None:
    path = f"conversations/{held.id}/knowledge"
    every = desk.look(path)
    assert every["articles"] and every["kinds"]
    found = desk.agent.get(f"/desk/api/{path}", params={"words": "vijencia"}).json()["articles"]
    assert found and "vigencia" in found[0]["title"].lower()
    assert desk.agent.get(f"/desk/api/{path}", params={"words": "zzzzzz"}).json()["articles"] == []
    kind = every["kinds"][0]
    of_kind = desk.agent.get(f"/desk/api/{path}", params={"kind": kind}).json()["articles"]
    assert of_kind and {one["kind"] for one in of_kind} == {kind}
    asked = {"words": "¿Cómo cambio de clínica?"}
    found = desk.agent.get(f"/desk/api/{path}", params=asked).json()["articles"]
    assert found and found[0]["topic"] == "cambio_clinica", "a whole question finds its article, too"
    topic = every["articles"][0]["topic"]
    assert [
        one["topic"] for one in desk.agent.get(f"/desk/api/{path}", params={"topic": topic}).json()["articles"]
    ] == [topic]


def test_earlier_interactions_are_found_by_folio_and_looking_is_recorded(desk, held: Citizen) -> None:
    before = desk.waiting("otra cosa")
    path = f"conversations/{held.id}/history"
    assert desk.act(path).json()["earlier"] == []
    [found] = desk.act(path, {"folio": f" {before.folio.lower()} "}).json()["earlier"]
    assert (found["folio"], found["campaign_name"], found["state"]) == (before.folio, "Derechohabiente", "queued")
    assert "otra cosa" not in str(found), "folio, date, topic and outcome; no words"
    assert desk.act(path, {"nss": "12"}).status_code == 422
    desk.act(path, {"nss": NSS})
    seen = desk.events(held, EventKind.HISTORY_SEEN)
    assert [(one.agent, one.data) for one in seen] == [
        ("alejandra", {"by": [], "count": 0}), ("alejandra", {"by": ["folio"], "count": 1}),
        ("alejandra", {"by": ["nss"], "count": 0}),
    ]  # fmt: skip
    assert NSS not in str([one.data for one in seen]) and desk.record_is_sound()


def test_agents_and_supervisors_write_to_each_other_apart_from_the_citizens(desk, held: Citizen) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    sol, bruno = desk.another("sol"), desk.another("bruno")
    with sol.websocket_connect("/desk/stream", headers={"origin": "http://testserver"}) as stream:
        desk.act("staff-messages", {"text": f"¿Me autoriza? NSS {NSS}"})
        assert stream.receive_json() == {"type": "staff_message", "from": "Alejandra Ríos"}
    [message] = sol.get("/desk/api/staff-messages").json()["messages"]
    assert (message["text"], message["from"], message["to"]) == (
        "¿Me autoriza? NSS *******0018", "Alejandra Ríos", "Supervisión",
    )  # fmt: skip
    assert sol.post("/desk/api/staff-messages", json={"text": "Sí"}).status_code == 422, "to whom?"
    sol.post("/desk/api/staff-messages", json={"text": "Sí, adelante", "to": "alejandra"})
    room = desk.look("staff-messages")
    assert [one["text"] for one in room["messages"]] == ["¿Me autoriza? NSS *******0018", "Sí, adelante"]
    assert room["recipients"] == []
    assert bruno.get("/desk/api/staff-messages").json()["messages"] == [], "colleagues do not read along"
    assert desk.act("staff-messages", {"text": "hola", "to": "bruno"}).status_code == 403
    assert "adelante" not in str(desk.record.messages(held.id))


def test_a_supervisor_writes_to_a_group(desk) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    desk.people.add("carmen", "Carmen Paz", PASSWORD, skills={"cita_medica": 1})
    sol, carmen = desk.another("sol"), desk.another("carmen")
    wanted = sol.get("/desk/api/staff-messages").json()["recipients"]
    assert [one["label"] for one in wanted] == [
        "Alejandra Ríos", "Bruno Salas", "Carmen Paz", "Quienes atienden Cita Médica Telefónica (CMT)",
        "Todo el equipo",
    ], "a group last, so that nobody writes to all by not choosing"  # fmt: skip
    with carmen.websocket_connect("/desk/stream", headers=ORIGIN) as stream:
        [own] = sol.post("/desk/api/staff-messages", json={"text": "Reunión", "to": wanted[-1]["id"]}).json()[
            "messages"
        ]
        assert stream.receive_json() == {"type": "staff_message", "from": "Sol Mora"}
    assert (own["text"], own["to"]) == ("Reunión", "Alejandra Ríos, Bruno Salas, Carmen Paz"), "one to who wrote it"
    assert [one["text"] for one in desk.look("staff-messages")["messages"]] == ["Reunión"]
    assert sol.post("/desk/api/staff-messages", json={"text": "x", "to": "campaign:no_hay"}).status_code == 422


def test_internal_messages_keep_to_the_campaigns_people_share(desk) -> None:
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR, skills={"derechohabiente": 1})
    desk.people.add("rita", "Rita Luz", PASSWORD, level=Level.SUPERVISOR, skills={"cita_medica": 1})
    desk.people.add("alejandra", AGENTS["alejandra"], PASSWORD, skills={"derechohabiente": 1})
    sol, rita = desk.another("sol"), desk.another("rita")
    desk.act("staff-messages", {"text": "¿Me autoriza?"})
    assert [one["text"] for one in sol.get("/desk/api/staff-messages").json()["messages"]] == ["¿Me autoriza?"]
    room = rita.get("/desk/api/staff-messages").json()
    assert room["messages"] == [] and [one["id"] for one in room["recipients"]] == ["bruno"]
    assert rita.post("/desk/api/staff-messages", json={"text": "hola", "to": "alejandra"}).status_code == 422
    desk.people.add("alejandra", AGENTS["alejandra"], PASSWORD, skills={"velatorios": 1})
    desk.act("staff-messages", {"text": "¿Hay alguien?"})
    assert "¿Hay alguien?" in str(rita.get("/desk/api/staff-messages").json()), "nobody of the own: then all read it"
