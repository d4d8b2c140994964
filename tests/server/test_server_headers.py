"""What every answer carries, whatever it is: a page, data, a file, a refusal, an error of ours (ASVS 3.3, 3.4)."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from guarded_house import ROOT, House

from ledger.record import LedgerRecord

OpenHouse = Callable[..., House]
ALWAYS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin",
}  # fmt: skip
HSTS = "Strict-Transport-Security"


def is_guarded(answer: Any) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors" in policy
    return all(answer.headers[name] == value for name, value in ALWAYS.items())


def every_kind(house: House) -> dict[str, Any]:
    """An answer of each kind."""
    citizen, stranger = house.opens(), house.stranger
    agent, (auditor, _) = house.at_the_desk("alejandra"), house.in_administration("auditor")
    return {
        "start page": stranger.get("/"), "chat": stranger.get("/chat/derechohabiente"), "desk": agent.get("/desk"),
        "administration": auditor.get("/admin"), "its refusal": auditor.get("/admin/runs"),
        "theme": stranger.get("/chat/derechohabiente/theme.css"), "script": stranger.get("/static/chat.js"),
        "data": stranger.get(citizen.path, headers=citizen.bearer), "no token": stranger.get(citizen.path),
        "no session": stranger.get("/desk/api/me"), "no page": stranger.get("/nada"), "method": stranger.put("/desk"),
        "no file": stranger.get("/static/../pyproject.toml"), "to the log-in": stranger.get("/admin"),
        "bad body": stranger.post("/api/v1/campaigns/derechohabiente/conversations", content=b"{"),
        "bad data": stranger.post("/api/v1/campaigns/derechohabiente/conversations", json={"x": 1}),
        "too large": stranger.post("/desk/login", content=b"x" * (12 * 1024 * 1024)),
        "webhook": stranger.post("/whatsapp/webhook", content=b"{}"), "health": stranger.get("/health"),
    }  # fmt: skip


def test_every_kind_of_answer_is_guarded(house: House) -> None:
    answers = every_kind(house)
    for kind, answer in answers.items():
        assert is_guarded(answer), kind
        assert answer.headers.get("Cache-Control") == (None if kind == "script" else "no-store"), kind
        assert HSTS not in answer.headers, f"{kind}: the sandbox has no TLS"
        assert "access-control-allow-origin" not in answer.headers, f"{kind}: no other site reads it"
        assert not {"server", "x-powered-by"} & {name.lower() for name in answer.headers}, kind
    assert answers["too large"].status_code == 413


def test_only_the_chat_is_embedded_and_only_by_named_portals(open_house: OpenHouse) -> None:
    house = open_house(frame_ancestors="https://www.imss.gob.mx")
    for path, ancestors in (("/chat/derechohabiente", "https://www.imss.gob.mx"), ("/desk", "'none'"), ("/", "'none'")):
        assert f"frame-ancestors {ancestors}" in house.stranger.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize(("accept", "kind"), [("application/json", "application/json"), ("text/html", "text/plain")])
def test_an_error_of_ours_tells_nothing_but_that(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch, accept: str, kind: str
) -> None:
    house = open_house()
    citizen = house.opens()

    def broken(self: LedgerRecord, conversation_id: str) -> None:
        raise RuntimeError("no such table: interactions; key=dmVudGFuaWxsYQ")

    monkeypatch.setattr(LedgerRecord, "load", broken)
    answer = house.stranger.get(citizen.path, headers={**citizen.bearer, "Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (500, kind)
    assert "error de nuestra parte" in answer.text and "marque 911" in answer.text
    assert "table" not in answer.text and "dmVud" not in answer.text and "Traceback" not in answer.text
    assert is_guarded(answer) and answer.headers["Cache-Control"] == "no-store"


def approved(root: Path) -> Path:
    """This repository's content as if the institution had approved it: production serves nothing else."""
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, root / folder)
    for file in root.rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("approval: ejemplo", "approval: aprobado"), encoding="utf-8")
    return root


def test_in_production_tls_is_demanded_and_the_inside_is_not_described(open_house: OpenHouse, tmp_path: Path) -> None:
    house = open_house(environment="productivo", root=approved(tmp_path / "root"))
    for path in ("/", "/health", "/static/chat.js", "/nada", "/desk", "/admin/login"):
        assert house.stranger.get(path).headers[HSTS] == "max-age=31536000; includeSubDomains", path
    start = house.stranger.get("/").text
    assert "Entorno" not in start and "/docs" not in start, "citizens read no note of the installation"
    for path in ("/docs", "/openapi.json", "/redoc", "/_control/clock", "/swagger-ui/swagger-ui.css", "/metrics"):
        assert house.stranger.get(path).status_code == 404, path
    for path in ("/desk", "/admin/login"):
        cookie = house.visitor().get(path).headers["set-cookie"].lower()
        assert all(part in cookie for part in ("secure", "httponly", "samesite=strict")), cookie


def test_what_was_sent_is_not_sent_back_in_an_error(house: House) -> None:
    citizen = house.opens()
    sent = house.stranger.post(
        f"{citizen.path}/messages", json={"text": "", "nss": "00058500018"}, headers=citizen.bearer
    )
    assert sent.status_code == 422 and "00058500018" not in sent.text
    assert sent.json()["detail"][0].keys() == {"type", "loc", "msg"}


def test_a_flood_is_told_so_in_spanish_and_may_be_sent_again(open_house: OpenHouse) -> None:
    house = open_house(messages_per_ten_seconds=3, integrator_key="clave-de-la-integracion-de-prueba-1")
    integrator = {"X-Integrator-Key": "clave-de-la-integracion-de-prueba-1"}
    opened = house.stranger.post("/api/v1/campaigns/recepcion/conversations", json={}, headers=integrator).json()
    path, bearer = f"/api/v1/conversations/{opened['conversation_id']}/messages", f"Bearer {opened['token']}"
    answers = [
        house.stranger.post(path, json={"text": f"hola {n}"}, headers={"Authorization": bearer}) for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Envió muchos mensajes" in answers[3].json()["detail"]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 11
    assert is_guarded(answers[3])


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nada", 404, "elija el servicio que necesita"),
        ("/chat/nadie", 404, "No hay un asistente para «nadie»."),
        ("/whatsapp/webhook", 403, "El token de verificación"),
    ],
)
def test_a_person_who_is_refused_reads_a_page_with_a_way_on(house: House, path: str, status: int, words: str) -> None:
    answer = house.stranger.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == status and answer.headers["content-type"].startswith("text/html")
    assert (
        words in answer.text and 'href="/"' in answer.text and "911" in answer.text and "Not Found" not in answer.text
    )
    assert is_guarded(answer)
    assert house.stranger.get(path).headers["content-type"] == "application/json", "a program gets data"
