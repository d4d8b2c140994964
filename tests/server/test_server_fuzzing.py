"""Nonsense at every door: whatever comes, the answer is one that is documented, and never an error of ours."""

import json
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from guarded_house import House
from hypothesis import given
from hypothesis import strategies as st
from nonsense import DEEP, anything, few, spoilt
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def interface(house: House) -> Any:
    """The description of the HTTP interface, as integrators get it."""
    return schemathesis.openapi.from_asgi("/openapi.json", house.app)


def is_no_error(answer: Any) -> bool:
    """503 is honest: no voice process, no policy in this house."""
    return answer.status_code < 500 or answer.status_code == 503


def callers(house: House) -> dict[str, dict[str, str]]:
    """Nobody, somebody with another conversation's token."""
    return {"nobody": {}, "a stranger": house.opens().bearer}


# ------------------------------------------------------------------------------------------------ the HTTP interface


def test_the_interface_answers_strangers_as_described(interface: Any, house: House) -> None:
    for operation in operations(interface):

        @few
        @given(right_and_wrong(operation))
        def answers(case: schemathesis.Case) -> None:
            for headers in callers(house).values():
                case.call_and_validate(headers=headers, checks=CHECKS)

        answers()


def test_the_interface_answers_its_citizen_as_described(interface: Any, house: House) -> None:
    for operation in [one for one in operations(interface) if "conversation_id" in one.path]:

        @few
        @given(right_and_wrong(operation))
        def answers(case: schemathesis.Case) -> None:
            citizen = house.opens()
            case.path_parameters["conversation_id"] = citizen.id
            case.call_and_validate(headers=citizen.bearer, checks=CHECKS)

        answers()


def right_and_wrong(operation: Any) -> st.SearchStrategy[schemathesis.Case]:
    """Requests as the description has them, and spoilt ones."""
    positive, negative = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    return st.one_of(operation.as_strategy(generation_mode=positive), operation.as_strategy(generation_mode=negative))


def operations(interface: Any) -> list[Any]:
    """Every operation that is described."""
    return [one.ok() for one in interface.get_all_operations()]


BODIES_NO_PARSER_LIKES = [
    b"", b"{", b"null", b"[]", b"NaN", b'{"text": NaN}', b'{"rating": Infinity}', b'{"text": "\\ud800"}',
    b'{"\\ud800": 1}', b'{"text": "a", "text": "b"}', b"\xff\xfe", DEEP.encode(), b'{"text": ' + b"9" * 5000 + b"}",
    b'{"origin": "\\ud800"}', b'{"entrance": {"form": {"\\ud800": "x"}}}',
    b'{"entrance": {"form": {"nombre": "\\u0000"}}}',
    b'{"client_message_id": "\\ud83d", "text": "hola"}', b'{"entrance": {"captcha": "\xc3\xb1"}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES_NO_PARSER_LIKES, ids=lambda body: repr(body[:30]))
def test_bodies_that_no_parser_likes(house: House, body: bytes) -> None:
    citizen = house.opens()
    for door in house.doors():
        if door.path.startswith("/api/") and door.method == "POST":
            for kind in (
                "application/json",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded",
                "x",
            ):
                headers = {**citizen.bearer, "Content-Type": kind}
                path = door.filled(conversation_id=citizen.id, campaign_id="derechohabiente")
                answer = house.stranger.post(path, content=body, headers=headers)
                assert is_no_error(answer), f"{door} {kind}: {answer.text}"
                assert "\\ud800" not in answer.text and "Traceback" not in answer.text


def test_a_body_larger_than_any_file_is_not_taken(house: House) -> None:
    citizen = house.opens()
    sent = house.stranger.post(f"{citizen.path}/messages", content=b" " * (12 * 1024 * 1024), headers=citizen.bearer)
    assert sent.status_code == 413
    assert sent.headers["X-Content-Type-Options"] == "nosniff"


# ------------------------------------------------------------------------------------------------ files

names = st.text(max_size=60) | st.sampled_from(
    ["../../etc/passwd", "a\r\nX: y.pdf", "\x00.pdf", "con.exe", "ñ" * 200, "a.pdf.exe"]
)
contents = st.binary(max_size=200) | st.sampled_from([
    b"%PDF-1.7\n",
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"MZ\x90", b"PK\x03\x04", b"<svg onload=alert(1)>", b"<html>",
])  # fmt: skip


@few
@given(names, contents, st.text(max_size=200), st.sampled_from(["application/pdf", "text/html", "x", "image/png"]))
def test_whatever_is_sent_as_a_file(house: House, name: str, content: bytes, number: str, kind: str) -> None:
    agent, citizen = desk_of(house), house.opens()
    files = {"file": (name, content, kind)}
    api = f"{citizen.path}/attachments"
    sent = house.stranger.post(api, files=files, data={"client_message_id": number}, headers=citizen.bearer)
    assert is_no_error(sent), (name, content, kind, sent.text)
    assert agent.post(f"/desk{api.removeprefix('/api/v1')}", files=files).status_code < 500
    if sent.status_code == 200:
        for one in [one for one in sent.json()["messages"] if one["document"]]:
            got = house.stranger.get(one["document"]["url"], headers=citizen.bearer)
            assert got.headers["content-disposition"].startswith("attachment"), "never shown in a page"


BROKEN_FORMS = [
    b"", b"--x", b"--x--", b"--x\r\n\r\n",
    b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
    b"--x\r\nContent-Disposition: x\r\n\r\na\r\n--x--", b"--y\r\n", b"\x00" * 100,
    b"--x\r\nContent-Disposition: form-data; name=\"" + b"a" * 9000 + b"\"\r\n\r\na\r\n--x--\r\n",
    b"".join(b"--x\r\nContent-Disposition: form-data; name=\"a%d\"\r\n\r\nb\r\n" % n for n in range(1500)),
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN_FORMS, ids=lambda body: repr(body[:30]))
def test_forms_that_break_off_or_never_begin(house: House, body: bytes) -> None:
    citizen, agent = house.opens(), desk_of(house)
    admin, _ = admin_of(house, "area_tecnica")
    kinds = ("multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded")
    for door in [one for one in house.doors() if one.changes]:
        browser = admin if door.path.startswith("/admin") else agent
        for kind in kinds:
            headers = {**citizen.bearer, "Content-Type": kind}
            answer = browser.post(door.filled(conversation_id=citizen.id), content=body, headers=headers)
            assert is_no_error(answer), f"{door} {kind}: {answer.status_code}"


# ------------------------------------------------------------------------------------------------ addresses

NASTY = ["1", "0", "-1", "9" * 30, "²", "%00", "%F0%9F%92%A9", "..%2F..%2Fetc%2Fpasswd", "a" * 3000, "%ff", "'--",
         "%0d%0a", "VEN-20261015-0000001-5", "2026-10", "2026-99", "webchat", "derechohabiente", "{{7}}"]  # fmt: skip


def test_nonsense_in_addresses_and_queries(house: House) -> None:
    agent = house.at_the_desk("sonia")
    admins = [house.in_administration(name)[0] for name in ("area_tecnica", "administrador_campana")]
    query = dict.fromkeys(QUERIES, "²{{7}}\x00'")
    for door in house.doors():
        if door.method != "GET" or door.path == "/openapi.json":
            continue
        browsers = admins if door.path.startswith("/admin") else [agent]
        values = NASTY[::3] if "{" in door.path else NASTY[:1]
        for browser in browsers:
            for value in values:
                path = door.filled(**dict.fromkeys(PARAMETERS, value))
                answer = browser.get(path, params=query)
                assert is_no_error(answer), f"{door} with «{value[:40]}»: {answer.status_code}"


QUERIES = (
    "words",
    "topic",
    "kind",
    "month",
    "campaign",
    "before",
    "after",
    "from",
    "to",
    "page",
    "channel",
    "embedded",
)
PARAMETERS = ("conversation_id", "attachment_id", "campaign_id", "campaign", "channel", "month", "folio", "run_id",
              "period",               "number", "name", "section")  # fmt: skip


def test_nonsense_in_one_parameter_while_the_others_are_right(house: House) -> None:
    agent = house.at_the_desk("alejandra")
    citizen = house.attended(agent)
    right = {
        "conversation_id": citizen.id, "folio": citizen.folio, "campaign": "derechohabiente", "channel": "webchat",
        "month": "2026-10", "period": "2026-10", "number": "1", "campaign_id": "derechohabiente",
    }  # fmt: skip
    technician = house.in_administration("area_tecnica")[0]
    for door in house.doors():
        if door.method != "GET":
            continue
        browser = technician if door.path.startswith("/admin") else agent
        for parameter in [one for one in PARAMETERS if f"{{{one}}}" in door.path]:
            for value in NASTY:
                answer = browser.get(door.filled(**{**right, parameter: value}), headers=citizen.bearer)
                assert is_no_error(answer), f"{door}: {parameter}=«{value[:40]}»: {answer.status_code}"


# ------------------------------------------------------------------------------------------------ staff


@few
@given(st.data())
def test_the_desk_takes_no_nonsense(house: House, data: st.DataObject) -> None:
    agent = desk_of(house)
    citizen = house.opens()
    door = data.draw(
        st.sampled_from([one for one in house.doors() if one.path.startswith("/desk/api/") and one.changes])
    )
    body = data.draw(st.one_of(anything, spoilt(door.body.get("json") or {"nss": "", "telephone": "", "folio": ""})))
    answer = agent.post(
        door.filled(conversation_id=citizen.id), content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert is_no_error(answer), f"{door}: {body!r}"


@few
@given(st.data())
def test_the_administration_takes_no_nonsense(house: House, data: st.DataObject) -> None:
    doors = [one for one in house.doors() if one.path.startswith("/admin") and one.changes and "log" not in one.path]
    door = data.draw(st.sampled_from(doors))
    known = st.sampled_from(["1", "derechohabiente", "webchat", "2026-10", "form.yml", "9" * 20])
    values = {one: data.draw(known) for one in PARAMETERS}
    for name in ("administrador_campana", "area_tecnica", "evaluador", "aprobador_institucion", "supervisor"):
        browser, csrf = admin_of(house, name)
        form = {key: data.draw(field_values) for key in FIELDS if data.draw(st.booleans())}
        answer = browser.post(door.filled(**values), data={**form, "csrf_token": csrf})
        assert is_no_error(answer), f"{name}: {door} {values} {form!r}"


FIELDS = ("campaign", "channel", "month", "size", "seed", "reason", "folio", "suite", "text", "note", "effective_at",
          "base", "options", "personas", "seed", "repetitions", "decision", "verdict", "score", "approve", "digest",
          "version", "sha256", "setting")  # fmt: skip
field_values = st.sampled_from(["", "1", "-1", "9" * 30, "²", "1e999", "nan", "\x00", "'", "x" * 5000, "2026-99",
                                "derechohabiente", "webchat", "2026-10", "- [", "{a: *b}"])  # fmt: skip
_desks: dict[int, TestClient] = {}
_admins: dict[tuple[int, str], tuple[TestClient, str]] = {}


def desk_of(house: House) -> TestClient:
    if id(house) not in _desks:
        _desks[id(house)] = house.at_the_desk("alejandra")
    return _desks[id(house)]


def admin_of(house: House, name: str) -> tuple[TestClient, str]:
    if (id(house), name) not in _admins:
        _admins[id(house), name] = house.in_administration(name)
    return _admins[id(house), name]
