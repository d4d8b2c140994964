"""Who may do what, over every route that the application has: strangers, agents, supervisors; and forged requests.

The administration's roles have their own table (`tests/admin/test_admin_access.py`); here its routes are tried by those
who have no session, and with tokens of others.
"""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from guarded_house import BODIES, Door, House

OpenHouse = Callable[..., House]
PUBLIC = {
    Door("GET", "/"), Door("GET", "/health"), Door("GET", "/docs"), Door("GET", "/openapi.json"),
    Door("MOUNT", "/static"), Door("MOUNT", "/swagger-ui"),
    Door("GET", "/chat/{campaign_id}"), Door("GET", "/chat/{campaign_id}/theme.css"),
    Door("GET", "/api/v1/captcha"), Door("POST", "/api/v1/campaigns/{campaign_id}/conversations"),
    Door("GET", "/llamada/{campaign_id}"), Door("GET", "/api/v1/campaigns/{campaign_id}/callbacks/slots"),
    Door("POST", "/api/v1/campaigns/{campaign_id}/callbacks"),
    Door("GET", "/desk"), Door("POST", "/desk/login"), Door("GET", "/admin/login"),
}  # fmt: skip
"""All that a stranger gets. Written down on purpose: a new route is closed, or stands here."""
SUPERVISORS_ONLY = {
    Door("GET", "/desk/api/team"),
    Door("POST", "/desk/api/conversations/{conversation_id}/watch"),
    Door("POST", "/desk/api/conversations/{conversation_id}/take-over"),
}
"""Of the desk (security.md §8: live, intervene)."""
REFUSALS = (401, 403)


def knock(client: TestClient, door: Door, conversation: str = "1", **options: Any) -> Any:
    return client.request(door.method, door.filled(conversation_id=conversation), **{**door.body, **options})


def of_desk(house: House) -> list[Door]:
    """The desk's routes behind its session."""
    return [one for one in house.doors() if one.path.startswith("/desk/api/")]


def leads_to_login(answer: Any) -> bool:
    return answer.status_code == 303 and answer.headers["location"] == "/admin/login"


def test_a_stranger_gets_what_is_public_and_nothing_else(house: House) -> None:
    closed = [one for one in house.doors() if one.method != "WEBSOCKET" and one not in PUBLIC]
    assert len(closed) > 60
    for door in closed:
        answer = knock(house.visitor(), door)
        assert answer.status_code in REFUSALS or leads_to_login(answer), f"{door} answers {answer.status_code}"
    assert set(house.doors()) >= PUBLIC, "what is named here exists"


def test_what_agents_and_supervisors_may_do(open_house: OpenHouse) -> None:
    house = open_house()
    agent, supervisor = house.at_the_desk("alejandra"), house.at_the_desk("sonia")
    doors = of_desk(house)
    assert set(doors) >= SUPERVISORS_ONLY
    for door in doors:
        for who, browser in (("agent", agent), ("supervisor", supervisor)):
            answer = knock(browser, door)
            refused = answer.status_code == 403
            assert refused == (who == "agent" and door in SUPERVISORS_ONLY), f"{who}: {door}: {answer.text}"
            assert answer.status_code != 401 and answer.status_code < 500, f"{who}: {door}: {answer.text}"
            assert answer.status_code != 422 or door.path in BODIES, f"{door} takes a body: name it in BODIES"


def test_every_change_at_the_desk_needs_the_token_of_its_session(open_house: OpenHouse) -> None:
    house = open_house()
    agent, other = house.at_the_desk("alejandra"), house.at_the_desk("bruno")
    changing = [one for one in house.doors() if one.path.startswith("/desk") and one.changes]
    assert len(changing) >= 15
    for door in changing:
        is_login = door.path == "/desk/login"
        form = {"data": {"username": "alejandra", "password": "x", "csrf_token": "ñ"}} if is_login else {}
        for token in ("", "wrong", "\u00f1", other.headers["X-CSRF-Token"]):
            answer = knock(agent, door, headers={"X-CSRF-Token": token.encode("latin-1")}, **form)
            assert answer.status_code == 403, f"{door} with «{token}» answers {answer.status_code}"
    assert agent.get("/desk/api/me").status_code == 200, "a forged log-out left the session alone"


def test_nothing_changes_by_a_get(house: House) -> None:
    """Links and images of other sites send GET with cookies where SameSite does not hold; no GET takes a body."""
    for door in house.doors():
        if door.method == "GET" and door.path.startswith(("/desk", "/admin")):
            verbs = ("logout", "take", "close", "approve", "transfer", "decline", "done", "open", "agreement")
            assert door.path.rsplit("/", 1)[-1] not in verbs, door


@pytest.mark.parametrize("cookie", ["x", "eyJhZ2VudCI6ICJhbGVqYW5kcmEifQ==.abc.def", "\u00f1"])
def test_a_made_up_session_is_no_session(house: House, cookie: str) -> None:
    for name, path in (("ventanilla_desk", "/desk/api/me"), ("ventanilla_admin", "/admin")):
        answer = house.visitor().get(path, headers={"Cookie": f"{name}={cookie}".encode("latin-1")})
        assert answer.status_code in REFUSALS or leads_to_login(answer)


def test_a_session_of_the_desk_opens_no_administration_and_the_other_way_round(house: House) -> None:
    agent = house.at_the_desk("sonia")
    assert leads_to_login(agent.get("/admin/interactions"))
    auditor, _ = house.in_administration("auditor")
    assert auditor.get("/desk/api/conversations").status_code == 401


def test_who_logs_out_leaves_no_session_behind(open_house: OpenHouse) -> None:
    house = open_house()
    agent = house.at_the_desk("alejandra")
    kept = agent.cookies["ventanilla_desk"]
    assert agent.post("/desk/logout").status_code == 303
    agent.cookies.set("ventanilla_desk", kept)
    assert agent.get("/desk/api/me").status_code == 401


def test_calls_are_for_pages_of_this_site(house: House) -> None:
    asked = house.stranger.post("/api/v1/campaigns/derechohabiente/calls", headers={"Origin": "https://malo.example"})
    assert asked.status_code == 403
