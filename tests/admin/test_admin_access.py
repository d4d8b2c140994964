"""Who gets in where: every route against every role, the CSRF token, the session, and the log-in."""

import re

import pytest
from admin_room import PASSWORD, Browser, LogIn, Room, token_of
from fastapi.routing import APIRoute
from synthetic_months import MONTH, add_interactions

from admin.accounts import AdminAccounts, Role
from admin.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions

REVIEWER, ADMINISTRATOR, TECHNICAL = "eva", "carla", "tomas"
INSTITUTION, PROVIDER = "irene", "pablo"
SUPERVISOR, OPERATIONS, CUSTODIAN, AUDITOR = "sara", "oscar", "cuca", "aura"
EVERYBODY = {REVIEWER, ADMINISTRATOR, TECHNICAL, INSTITUTION, PROVIDER, SUPERVISOR, OPERATIONS, CUSTODIAN, AUDITOR}
READERS = {ADMINISTRATOR, TECHNICAL, SUPERVISOR, OPERATIONS, CUSTODIAN, AUDITOR}
LISTENERS = {REVIEWER, ADMINISTRATOR, SUPERVISOR, CUSTODIAN, AUDITOR}
DECIDERS = {ADMINISTRATOR, TECHNICAL, INSTITUTION, PROVIDER, OPERATIONS}
CONTENT_READERS = DECIDERS | {SUPERVISOR, AUDITOR}
SAMPLE = f"/admin/samples/derechohabiente/webchat/{MONTH}"
ALLOWED = {
    ("GET", "/admin"): EVERYBODY,
    ("POST", "/admin/logout"): EVERYBODY,
    ("GET", "/admin/samples"): {REVIEWER, ADMINISTRATOR},
    ("POST", "/admin/samples"): {REVIEWER},
    ("GET", "/admin/samples/{campaign}/{channel}/{month}"): {REVIEWER, ADMINISTRATOR},
    ("GET", "/admin/samples/{campaign}/{channel}/{month}/{folio}"): {REVIEWER, ADMINISTRATOR},
    ("POST", "/admin/samples/{campaign}/{channel}/{month}/{folio}"): {REVIEWER},
    ("POST", "/admin/samples/{campaign}/{channel}/{month}/{folio}/agreement"): {ADMINISTRATOR},
    ("GET", "/admin/interactions"): READERS,
    ("POST", "/admin/interactions"): READERS,
    ("GET", "/admin/interactions/{folio}"): READERS | {REVIEWER},
    ("POST", "/admin/interactions/{folio}/originals"): LISTENERS,
    ("GET", "/admin/interactions/{folio}/recordings/{number}"): LISTENERS,
    ("GET", "/admin/interactions/{folio}/recordings/{number}/file"): {ADMINISTRATOR, CUSTODIAN},
    ("GET", "/admin/audit"): {ADMINISTRATOR, TECHNICAL, OPERATIONS, CUSTODIAN, AUDITOR},
    ("GET", "/admin/quality"): {REVIEWER, ADMINISTRATOR, TECHNICAL},
    ("GET", "/admin/runs"): {TECHNICAL},
    ("POST", "/admin/runs"): {TECHNICAL},
    ("GET", "/admin/runs/{run_id}"): {TECHNICAL},
    ("GET", "/admin/runs/{run_id}/progress"): {TECHNICAL},
    ("GET", "/admin/runs/{run_id}/files/{name}"): {TECHNICAL},
    ("GET", "/admin/statements"): {TECHNICAL, INSTITUTION, PROVIDER},
    ("GET", "/admin/statements/{period}/{campaign}/difference"): {TECHNICAL, INSTITUTION, PROVIDER},
    ("GET", "/admin/statements/{period}/{campaign}/{number}/files/{name}"): {TECHNICAL, INSTITUTION, PROVIDER},
    ("GET", "/admin/policy"): {TECHNICAL, INSTITUTION, PROVIDER},
    ("POST", "/admin/policy/approvals"): {INSTITUTION, PROVIDER},
    ("GET", "/admin/content"): CONTENT_READERS,
    ("GET", "/admin/content/{campaign}"): CONTENT_READERS,
    ("GET", "/admin/content/{campaign}/form/{section}"): CONTENT_READERS,
    ("POST", "/admin/content/{campaign}/form/{section}"): {ADMINISTRATOR, OPERATIONS},
    ("GET", "/admin/content/{campaign}/files/{name}"): CONTENT_READERS,
    ("POST", "/admin/content/{campaign}/files/{name}"): {ADMINISTRATOR, OPERATIONS},
    ("GET", "/admin/content/versions/{number}"): CONTENT_READERS,
    ("POST", "/admin/content/versions/{number}/approve"): DECIDERS,
    ("POST", "/admin/content/versions/{number}/end"): DECIDERS,
    ("POST", "/admin/content/versions/{number}/take-back"): {ADMINISTRATOR, OPERATIONS},
    ("GET", "/admin/board"): {SUPERVISOR, ADMINISTRATOR, TECHNICAL},
    ("GET", "/admin/board/figures"): {SUPERVISOR, ADMINISTRATOR, TECHNICAL},
}
"""Written down a second time, on purpose: what the contract of the roles is, not what the code says."""
OPEN = {("GET", "/admin/login"), ("POST", "/admin/login")}


def routes(room: Room) -> set[tuple[str, str]]:
    """Every method and path of the pages."""
    found = [one for one in room.router.routes if isinstance(one, APIRoute)]
    return {(method, one.path) for one in found for method in one.methods}


def filled(path: str, folio: str) -> str:
    """A path with the values of something that exists."""
    values = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "folio": folio, "run_id": "run-1",
              "period": MONTH, "number": "1", "name": "report.json", "section": "horarios"}  # fmt: skip
    return re.sub(r"{(\w+)}", lambda found: values[found.group(1)], path)


def ask(browser: Browser, method: str, path: str) -> int:
    return (browser.get(path) if method == "GET" else browser.post(path)).status_code


def test_the_table_has_every_route(room: Room) -> None:
    assert routes(room) == set(ALLOWED) | OPEN


def test_every_route_lets_in_its_roles_and_nobody_else(room: Room, log_in: LogIn) -> None:
    add_interactions(room.record, 2)
    draw = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "size": "2", "seed": "1"}
    log_in(REVIEWER).post("/admin/samples", draw)
    folio = room.ledger.samples()[0].folios[0]
    browsers = {username: log_in(username) for username in sorted(EVERYBODY)}
    for (method, path), allowed in ALLOWED.items():
        if path == "/admin/logout":
            continue
        for username, browser in browsers.items():
            status = ask(browser, method, filled(path, folio))
            assert (status != 403) == (username in allowed), f"{username}: {method} {path} answers {status}"
            assert status not in (401, 500)


def test_without_a_session_nothing_answers(room: Room) -> None:
    client = room.client()
    for method, path in sorted(ALLOWED):
        answer = client.request(method, filled(path, "VEN-20261015-0000001-5"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login"), f"{method} {path}"
    progress = client.get("/admin/runs/run-1/progress", headers={"Accept": "application/json"})
    assert progress.status_code == 401


def test_every_post_needs_the_token_of_its_session(room: Room, log_in: LogIn) -> None:
    browsers = {username: log_in(username) for username in EVERYBODY}
    for (method, path), allowed in ALLOWED.items():
        if method == "POST":
            for token in ("", "wrong", "ñandú"):
                answer = browsers[min(allowed)].client.post(filled(path, "VEN-1"), data={"csrf_token": token})
                assert answer.status_code == 403, path
                assert "Recargue la página" in answer.text
    assert browsers[REVIEWER].get("/admin").status_code == 200, "a forged log-out left the session alone"


def test_another_sessions_token_is_refused(log_in: LogIn) -> None:
    eva, elias = log_in("eva"), log_in("elias")
    assert eva.client.post("/admin/logout", data={"csrf_token": elias.csrf}).status_code == 403


def test_log_out_ends_the_session_on_the_server(log_in: LogIn) -> None:
    eva = log_in("eva")
    cookie = eva.client.cookies["ventanilla_admin"]
    assert eva.post("/admin/logout").headers["location"] == "/admin/login"
    eva.client.cookies.set("ventanilla_admin", cookie, path="/admin")
    assert eva.get("/admin").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(room: Room) -> None:
    client = room.client()
    token = token_of(client.get("/admin/login").text)
    answer = client.post("/admin/login", data={"username": "eva", "password": PASSWORD, "csrf_token": token})
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("ventanilla_admin="))
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/admin"))
    assert "eva" not in cookie


def test_five_failures_lock_a_name_whether_it_exists_or_not(room: Room) -> None:
    client = room.client()
    token = token_of(client.get("/admin/login").text)
    for username in ("eva", "nadie"):
        said = set()
        for password in [*["no es esta"] * 5, PASSWORD]:
            form = {"username": username, "password": password, "csrf_token": token}
            answer = client.post("/admin/login", data=form)
            said.add((answer.status_code, "incorrectos" in answer.text))
        assert said == {(401, True)}, "the right password does not help any more, and nothing tells the names apart"
    form = {"username": "elias", "password": PASSWORD, "csrf_token": token}
    assert client.post("/admin/login", data=form).status_code == 303


def test_a_form_that_cannot_be_read_is_no_error_of_ours(room: Room, log_in: LogIn) -> None:
    broken = {"content": b"nothing of a form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
    stranger, carla = room.client(), log_in("carla")
    for client, path in ((stranger, "/admin/login"), (carla.client, "/admin/content/derechohabiente/form/textos")):
        answer = client.post(path, **broken)
        assert answer.status_code == 400 and "No se pudo leer lo enviado" in answer.text


def test_a_failed_log_in_keeps_the_name_and_not_the_password(room: Room) -> None:
    client = room.client()
    token = token_of(client.get("/admin/login").text)
    answer = client.post("/admin/login", data={"username": "e<v>a", "password": "secreto", "csrf_token": token})
    assert answer.status_code == 401
    assert 'value="e&lt;v&gt;a"' in answer.text
    assert "secreto" not in answer.text


def test_who_loses_a_role_or_the_account_loses_it_at_once(room: Room, log_in: LogIn) -> None:
    eva = log_in("eva")
    room.accounts.add("eva", "Eva Luna", PASSWORD, (Role.TECHNICAL_AREA,), ("*",))
    assert eva.get("/admin/samples").status_code == 403
    assert eva.get("/admin/runs").status_code == 200
    room.folders.policy.with_name("admin_accounts.yml").write_text("[]", encoding="utf-8")
    assert eva.get("/admin").status_code == 303


def test_sessions_end_after_ten_minutes_without_use() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    token = sessions.open("eva")
    now[0] = IDLE_SECONDS - 1
    assert sessions.find(token) is not None
    now[0] += IDLE_SECONDS - 1
    assert sessions.find(token, is_use=False) is not None
    now[0] += 2
    assert sessions.find(token) is None, "what a page asks by itself does not prolong a session"
    assert sessions.find("invented") is None


def test_a_session_in_use_ends_in_the_end() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    token = sessions.open("eva")
    while now[0] < LONGEST_SECONDS - 300:
        now[0] += 300
        assert sessions.find(token) is not None or now[0] >= LONGEST_SECONDS
    now[0] += 300
    assert sessions.find(token) is None


def test_nobody_approves_for_both_parties(tmp_path) -> None:
    accounts = AdminAccounts(tmp_path / "accounts.yml")
    both = (Role.INSTITUTION_APPROVER, Role.PROVIDER_APPROVER)
    with pytest.raises(ValueError, match="for the institution and for the provider"):
        accounts.add("ana", "Ana", PASSWORD, both)
    with pytest.raises(ValueError, match="12 characters"):
        accounts.add("ana", "Ana", "corta", (Role.REVIEWER,))
    accounts.add("ana", "Ana", PASSWORD, (Role.REVIEWER,), ("derechohabiente",))
    assert (tmp_path / "accounts.yml").stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in (tmp_path / "accounts.yml").read_text()
