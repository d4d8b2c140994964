"""Private institutions per interaction: what one simulated citizen does, no other sees."""

import pytest
from sandbox_calls import PEOPLE, Caller, persona

from sandbox.worlds import MOST_WORLDS

P1 = PEOPLE.by_id("P1")
FIRST = "h-901-07-20261016T0845"


@pytest.fixture
def other(caller: Caller) -> Caller:
    """A second interaction with the same sandbox, in a world of its own."""
    second = Caller(caller.client)
    second.folio = "VEN-20261015-0000043-5"
    second.control("mundos", folio=second.folio)
    return second


def appointments(caller: Caller) -> list[str]:
    """Starts of the appointments of UMF 901 on the first day, as reconciliation shows them."""
    period = "desde=2026-10-16T00:00:00-06:00&hasta=2026-10-17T00:00:00-06:00"
    answer = caller.get(f"citas/conciliacion?{period}", token="sandbox-conciliador")
    return [one["inicio"] for one in answer.json()["citas"] if one["umf"] == "UMF 901"]


def test_a_booking_in_one_world_leaves_the_others_alone(caller: Caller, other: Caller) -> None:
    assert other.book(P1, FIRST).status_code == 201
    assert [one for one in appointments(other) if one not in appointments(caller)] == ["2026-10-16T08:45:00-06:00"]
    assert caller.slots(P1)[0]["horario_id"] == FIRST
    assert other.slots(P1)[0]["horario_id"] != FIRST


def test_faults_and_clock_belong_to_the_world_of_the_folio(caller: Caller, other: Caller) -> None:
    other.control("fallas", servicio="disponibilidad", modo="error")
    other.control("reloj", ahora="2026-10-20T09:00:00-06:00")
    assert other.post("citas/disponibilidad", persona(P1, servicio="MEDICINA_FAMILIAR")).status_code == 503
    assert other.get("salud", token="sandbox-control").json()["fecha"].startswith("2026-10-20")
    assert caller.slots(P1)[0]["horario_id"] == FIRST
    assert caller.get("salud", token="sandbox-control").json()["fecha"].startswith("2026-10-15")


def test_soap_goes_to_the_world_of_the_folio_in_the_message(caller: Caller, other: Caller) -> None:
    other.control("fallas", servicio="acceder", modo="error", codigo="GEN-503")
    body = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
      <consultarVigencia xmlns="urn:ventanilla:acceder:v1"><nss>{nss}</nss><fechaNacimiento>{born}</fechaNacimiento>
      <campania>derechohabiente</campania><folioInteraccion>{folio}</folioInteraccion></consultarVigencia>
      </s:Body></s:Envelope>"""
    for who, told in ((caller, "vigente>true"), (other, "GEN-503")):
        content = body.format(nss=P1.nss, born=P1.born.isoformat(), folio=who.folio)
        headers = {"Authorization": "Bearer sandbox-bot", "Content-Type": "text/xml"}
        assert told in who.client.post("/soap/acceder", content=content, headers=headers).text


def test_a_world_opened_anew_begins_at_the_seed_and_a_closed_one_is_gone(caller: Caller, other: Caller) -> None:
    other.book(P1, FIRST)
    other.control("mundos", folio=other.folio)
    assert other.slots(P1)[0]["horario_id"] == FIRST
    other.book(P1, FIRST)
    other.control("mundos/cierre", folio=other.folio)
    assert other.slots(P1)[0]["horario_id"] == FIRST  # the shared institution again


def test_too_many_worlds_are_refused(caller: Caller) -> None:
    for number in range(MOST_WORLDS):
        caller.control("mundos", folio=f"F-{number}")
    refused = caller.post("_control/mundos", {"folio": "F-one-more"}, token="sandbox-control")
    assert refused.status_code == 429
    for number in range(MOST_WORLDS):
        caller.control("mundos/cierre", folio=f"F-{number}")


def test_a_bot_opens_no_world(caller: Caller) -> None:
    assert caller.post("_control/mundos", {"folio": "F-1"}).json()["error"]["codigo"] == "GEN-403"
