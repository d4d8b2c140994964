"""The clock, the faults and the reset; the cut connection over a real socket."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from sandbox_calls import PEOPLE, Caller, code_of, persona
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.errors import ERRORS
from sandbox.faults import SERVICES
from sandbox.people import Person

P1 = PEOPLE.by_id("P1")
FIRST = "h-901-07-20261016T0845"


def test_the_clock_stands_still_until_it_is_moved(caller: Caller) -> None:
    assert caller.get("salud").json()["fecha"] == "2026-10-15T09:00:00-06:00"
    caller.clock("2026-10-16T02:00:00Z")
    assert caller.get("salud").json()["fecha"] == "2026-10-15T20:00:00-06:00"
    caller.control("reinicio")
    assert caller.get("salud").json()["fecha"] == "2026-10-15T09:00:00-06:00"
    answer = caller.post("_control/reloj", {"ahora": "2026-10-16T02:00:00"}, token="sandbox-control")
    assert code_of(answer) == "FMT-006"


def test_a_ticking_clock_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("sandbox.clock.time.monotonic", lambda: seconds[0])
    clock, frozen = Clock(tick=True), Clock()
    seconds[0] += 61.5
    assert clock.now().isoformat() == "2026-10-15T09:01:01-06:00"
    assert frozen.now().isoformat() == "2026-10-15T09:00:00-06:00"
    with pytest.raises(ValueError, match="desfase"):
        Clock(datetime(2026, 1, 1))


def test_reset_restores_everything(caller: Caller) -> None:
    before = caller.get("citas/conciliacion", "sandbox-conciliador").json()
    caller.book(P1, FIRST)
    caller.clock("2026-11-01T09:00:00-06:00")
    caller.control("fallas", servicio="*", modo="error", codigo="GEN-503")
    caller.control("reinicio")
    assert caller.get("citas/conciliacion", "sandbox-conciliador").json() == before
    assert caller.get("salud").json()["estado"] == "OPERATIVO"


@pytest.mark.parametrize("code", [*ERRORS, "XYZ-999"])
def test_every_code_can_be_provoked(caller: Caller, code: str) -> None:
    caller.control("fallas", servicio="vigencia", modo="error", codigo=code)
    answer = caller.post("vigencia/consultas", persona(P1))
    assert code_of(answer) == code
    assert ("retry-after" in answer.headers) == (code in ("IDE-003", "GEN-429", "GEN-503"))


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_can_be_spoiled_alone(caller: Caller, service: str) -> None:
    caller.control("fallas", servicio=service, modo="error", codigo="GEN-502", veces=1)
    answers = {
        "salud": lambda: caller.get("salud"),
        "vigencia": lambda: caller.post("vigencia/consultas", persona(P1)),
        "nss": lambda: caller.post("vigencia/nss", {"nss": P1.nss}),
        "nucleo_familiar": lambda: caller.post("nucleo-familiar/consultas", persona(P1)),
        "disponibilidad": lambda: caller.post("citas/disponibilidad", persona(P1, servicio="ESTOMATOLOGIA")),
        "agendar": lambda: caller.book(P1, FIRST),
        "citas": lambda: caller.post("citas/consultas", persona(P1)),
        "cancelar": lambda: caller.cancel(P1, "SIMF00000009"),
        "confirmar": lambda: caller.confirm(P1, "SIMF00000009"),
        "semanas": lambda: caller.post("semanas-cotizadas/consultas", persona(P1)),
        "pensiones": lambda: caller.post("pensiones/consultas", persona(P1)),
        "mst": lambda: caller.get("mst/tickets/INC000900001"),
        "catalogos": lambda: caller.get("catalogos/umf"),
        "conciliacion": lambda: caller.get("citas/conciliacion", "sandbox-conciliador"),
        "acceder": lambda: caller.client.post("/soap/acceder", content=b"<a/>", headers=caller.headers()),
    }
    for other, call in answers.items():
        if other != service:
            assert "GEN-502" not in call().text
    assert "GEN-502" in answers[service]().text
    assert "GEN-502" not in answers[service]().text


def test_faults_end_by_count_time_or_removal(caller: Caller) -> None:
    def spoiled() -> bool:
        return caller.post("vigencia/nss", {"nss": P1.nss}).status_code == 503

    caller.control("fallas", servicio="nss", modo="error", veces=2)
    assert [spoiled() for _ in range(3)] == [True, True, False]
    caller.control("fallas", servicio="nss", modo="error", hasta="2026-10-15T09:30:00-06:00")
    assert spoiled()
    caller.clock("2026-10-15T09:30:00-06:00")
    assert not spoiled()
    caller.control("fallas", servicio="*", modo="error")
    assert spoiled()
    caller.control("fallas", servicio="*", modo="ninguna")
    assert not spoiled()


def test_health_tells_what_is_spoiled(caller: Caller) -> None:
    caller.control("fallas", servicio="agendar", modo="error")
    caller.control("fallas", servicio="vigencia", modo="latencia", ms=700)
    health = caller.get("salud").json()
    states = {one["servicio"]: (one["estado"], one["latencia_ms"]) for one in health["servicios"]}
    assert health["estado"] == "DEGRADADO"
    assert states["agendar"] == ("FUERA", 0)
    assert states["vigencia"] == ("DEGRADADO", 700)
    assert states["nss"] == ("OPERATIVO", 0)


def test_bare_status_and_nonsense(caller: Caller) -> None:
    caller.control("fallas", servicio="nss", modo="error", codigo="http:503", veces=1)
    bare = caller.post("vigencia/nss", {"nss": P1.nss})
    assert bare.status_code == 503 and "codigo" not in bare.text
    for kind, expected in (("HTML", "<html>"), ("JSON", '"estado"'), ("VACIO", "")):
        caller.control("fallas", servicio="nss", modo="basura", codigo=kind, veces=1)
        answer = caller.post("vigencia/nss", {"nss": P1.nss})
        assert answer.status_code == 200
        assert expected in answer.text and "existe" not in answer.text


@pytest.mark.parametrize(
    "fault",
    [
        {"servicio": "nada", "modo": "error"},
        {"servicio": "nss", "modo": "explota"},
        {"servicio": "nss", "modo": "error", "codigo": "HTML"},
        {"servicio": "nss", "modo": "basura", "codigo": "GEN-503"},
        {"servicio": "nss", "modo": "latencia", "ms": -1},
    ],
)
def test_faults_that_make_no_sense_are_refused(caller: Caller, fault: dict[str, object]) -> None:
    assert code_of(caller.post("_control/fallas", fault, token="sandbox-control")) == "FMT-006"


def test_delays_wait_before_or_after_the_write(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of measuring time: what was in the book when the sandbox went to sleep, and for how long."""
    institution = caller.client.app.state.worlds.shared  # type: ignore[attr-defined]
    naps: list[tuple[float, int]] = []

    async def nap(seconds: float) -> None:
        with institution.engine.connect() as connection:
            naps.append((seconds, len(institution.book.of_person(connection, P1, None, None, None, 9))))

    monkeypatch.setattr("sandbox.faults.sleep", nap)
    caller.control("fallas", servicio="agendar", modo="latencia", ms=1500, veces=1)
    caller.book(P1, FIRST)
    caller.control("fallas", servicio="agendar", modo="respuesta_tardia", veces=1)
    caller.book(P1, "h-901-07-20261016T0900")
    assert naps == [(1.5, 0), (30.0, 2)]


def test_a_late_answer_is_there_for_the_same_key(caller: Caller) -> None:
    caller.control("fallas", servicio="agendar", modo="respuesta_tardia", ms=1, veces=1)
    body = persona(
        P1,
        servicio="MEDICINA_FAMILIAR",
        horario_id=FIRST,
        folio_proveedor="CMT-261015-00001-7",
        agente_tipo="NO_HUMANO",
        canal="voice",
        sms_aceptado=False,
    )
    late = caller.post("citas", body, key="k")
    again = caller.post("citas", body, key="k")
    assert again.json() == late.json() and again.headers["idempotent-replay"] == "true"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A real server on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(), port=port, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_cut_connection_breaks_the_answer_and_applies_nothing(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        live = Caller(client)  # type: ignore[arg-type]
        live.control("fallas", servicio="agendar", modo="corte", veces=1)
        with pytest.raises(httpx.RemoteProtocolError):
            live.book(P1, FIRST)
        assert live.post("citas/consultas", persona(P1)).json() == {"citas": []}
        assert live.book(P1, FIRST).status_code == 201


def test_many_at_once_get_one_slot_once(address: str) -> None:
    people = [
        person
        for person in PEOPLE
        if person.id.startswith("S")
        and person.vigente
        and person.adscripcion_completa
        and person.clinic.number == "901"
        and person.titular
    ][:12]
    with httpx.Client(base_url=address) as client:
        Caller(client).control("reinicio")  # type: ignore[arg-type]

        def book(person: Person) -> int:
            return Caller(client).book(person, "h-901-51-20261020T0900", "ESTOMATOLOGIA").status_code  # type: ignore[arg-type]

        with ThreadPoolExecutor(len(people)) as pool:
            answers = sorted(pool.map(book, people))
    assert answers == [201] + [409] * (len(people) - 1)


def test_state_in_a_file_survives_and_belongs_to_its_seed(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"

    def caller_of(seed: int) -> Caller:
        return Caller(TestClient(create_app(seed=seed, db=path), client=("127.0.0.1", 50000)))

    first = caller_of(1)
    cita = first.book(P1, FIRST).json()["cita"]
    assert caller_of(1).post("citas/consultas", persona(P1)).json() == {"citas": [cita]}
    with pytest.raises(ValueError, match="semilla 1"):
        create_app(seed=2, db=path)


def test_same_seed_same_answers_other_seed_other_agendas() -> None:
    def offers(seed: int) -> list[str]:
        caller = Caller(TestClient(create_app(seed=seed), client=("127.0.0.1", 50000)))
        return [slot["horario_id"] for slot in caller.slots(PEOPLE.by_id("P6"))]

    assert offers(1) == offers(1)
    assert offers(1) != offers(2)


def test_the_named_traps_hold_on_another_date() -> None:
    app = create_app(now=datetime.fromisoformat("2027-02-10T09:00:00-06:00"))
    caller = Caller(TestClient(app, client=("127.0.0.1", 50000)))
    p7, p5 = PEOPLE.by_id("P7"), PEOPLE.by_id("P5")
    today = caller.post("citas/consultas", persona(p7)).json()["citas"][0]
    assert today["inicio"] == "2027-02-10T19:45:00-05:00"
    assert code_of(caller.cancel(p7, today["cita_id"])) == "CIT-008"
    assert caller.post("nucleo-familiar/consultas", persona(p5)).json()["citas_activas"] == 3
