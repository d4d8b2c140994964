"""Who is it? NSS plus a second datum that the institution's own service matches (levels L2 and L3, campaigns.md §2.5).

This identifies, it does not authenticate: see security.md §3 for what may be said at each level. No answer ever tells
which of the data was wrong.
"""

from typing import NoReturn

from actions.facts import Facts
from actions.questions import failed_attempt, need
from actions.services.entitlement import Entitlement, EntitlementService, NssKnown, Person
from actions.services.failure import Meaning, ServiceFailure
from actions.services.institution import Institution
from actions.turn import Turn
from conversation.handoff import HandoffReason

BIRTH_DATE_OF_OTHER = "Escriba la fecha de nacimiento de la persona que asistirá a la cita: día, mes y año."


async def known_nss(turn: Turn, institution: Institution) -> str:
    """The NSS, once the institution knows it (L5706, L5735). Nothing is said of the rights yet.

    Raises:
        TurnEnds: it is asked for, or a person goes on.
    """
    nss: str = need(turn, "nss")
    if not turn.facts.nss_found:
        answer = await institution.entitlement.nss_known(nss, turn.interaction, turn.now)
        if isinstance(answer, NssKnown) and not answer.existe:
            turn.looked_up("Número de Seguridad Social", "no encontrado")
            turn.facts.forget("nss")
            turn.say("No encontré ese número.")
            failed_attempt(turn, "nss")
            need(turn, "nss", "Revise su Número de Seguridad Social y escríbalo de nuevo, por favor.")
        if isinstance(answer, ServiceFailure) and answer.error_class != "security":
            service_failed(turn, answer, "Número de Seguridad Social")
        if isinstance(answer, ServiceFailure) and answer.meaning is Meaning.IDENTIFICATION_FAILED:
            service_failed(turn, answer, "Número de Seguridad Social")
        # A service that is closed to look-ups by NSS alone (allow_nss_only) leaves the check to the second datum.
        turn.facts.nss_found = True
    return nss


async def identify(
    turn: Turn, service: EntitlementService, label: str, birth_prompt: str | None = None, *,
    second: str = "fecha_nacimiento",
) -> Entitlement:  # fmt: skip
    """The institution's answer on the person, with key and `second` datum matched (L2).

    Raises:
        TurnEnds: a datum is asked for, or a person goes on.
    """
    facts = turn.facts
    need(turn, "nss")
    need(turn, second, birth_prompt)
    answer = await service.consult(person_of(facts), turn.interaction, turn.now)
    if isinstance(answer, Entitlement):
        turn.looked_up(label, "vigente" if answer.vigente else "no vigente")
        facts.patient = answer.model_dump(mode="json")
        return answer
    if answer.next == "ask_agregado":
        turn.looked_up(label, "hay varias personas con esos datos")
        if facts.agregado_medico is None:
            need(turn, "agregado_medico")
        turn.say("No me fue posible distinguir a la persona con esos datos.")
        turn.hand_off(HandoffReason.IDENTIFICATION_FAILED)
    if answer.meaning in (Meaning.NO_MATCH, Meaning.FORMAT):
        mismatch(turn, label)
    return service_failed(turn, answer, label)


def mismatch(turn: Turn, label: str, *, also: str | None = None) -> NoReturn:
    """The data do not match: both are asked for again, once (IDE-001; never which one was wrong).

    Raises:
        TurnEnds: always.
    """
    turn.looked_up(label, "los datos no coinciden")
    turn.say("Los datos no coinciden.")
    failed_attempt(turn, "identity")
    for datum in ("nss", "fecha_nacimiento", "agregado_medico", *([also] if also else [])):
        turn.facts.forget(datum)
    need(turn, "nss", "Verifiquemos de nuevo. Escriba los 11 dígitos de su Número de Seguridad Social.")
    raise AssertionError("unreachable: the NSS was just forgotten")


def person_of(facts: Facts) -> Person:
    """The person that the known data stand for; only once the NSS is known."""
    assert facts.nss is not None
    return Person(nss=facts.nss, fecha_nacimiento=facts.fecha_nacimiento, agregado_medico=facts.agregado_medico)


def service_failed(turn: Turn, failure: ServiceFailure, label: str) -> NoReturn:
    """A service did not do what was asked: say so honestly and call a person. Nothing is invented.

    Raises:
        TurnEnds: always.
    """
    turn.looked_up(label, f"{failure.meaning} ({failure.code})")
    if failure.meaning is Meaning.IDENTIFICATION_FAILED:
        turn.say("No me fue posible identificarle con esos datos.")
        turn.hand_off(HandoffReason.IDENTIFICATION_FAILED)
    if failure.error_class in ("technical", "security"):
        turn.say(turn.prompt("servicio_no_disponible"))
        turn.hand_off(HandoffReason.SERVICE_UNAVAILABLE, note=f"{label}: {failure.meaning}")
    turn.say("El sistema no pudo registrar su solicitud.")
    turn.hand_off(HandoffReason.BUSINESS_RULE, note=f"{label}: {failure.reason}")
