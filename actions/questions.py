"""Questions for data: how they are asked, read and asked again. Two attempts per datum, then a person (L5735)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from actions.appointment_choice import appointment_meant
from actions.consent import CANCEL_ORDERS, read_consent
from actions.facts import Pending
from actions.reading import (
    asks_about_datum,
    last_meant,
    looks_like_nss,
    read_agregado,
    read_birth_date,
    read_curp,
    read_nss,
    read_service,
    read_yes_no,
)
from actions.turn import Ask, Turn, TurnEnds
from conversation.choices import chosen
from conversation.handoff import HandoffReason
from conversation.masking import NSS_LENGTH
from conversation.message import AskKind, Asks, Channel, Choice, Document, IncomingMessage

ATTEMPTS_PER_DATUM = 2
REMINDERS = 2
"""Times an open question is put again after greetings, help and the like, which are no attempts to answer it."""


@dataclass(frozen=True)
class Datum:
    """One datum that may be asked for."""

    name: str
    prompt: str
    retry: str
    read: Callable[[Turn], Any]
    explanation: str = ""
    """Where the citizen finds it and what it is for."""
    asks: Asks = Asks(kind=AskKind.TEXT)
    """In what form it comes."""


def _nss_problem(turn: Turn) -> str:
    candidate = looks_like_nss(turn.text)
    if candidate and len(candidate) != 11:
        return (
            f"El Número de Seguridad Social tiene 11 dígitos y recibí {len(candidate)}. Escríbalo de nuevo, por favor."
        )
    if candidate:
        return "Ese número no es un Número de Seguridad Social válido. Revíselo y escríbalo de nuevo, por favor."
    return ""


DATA = {
    datum.name: datum
    for datum in (
        Datum(
            "nss",
            "Escriba los 11 dígitos de su Número de Seguridad Social (NSS).",
            "No pude leer su Número de Seguridad Social. Son 11 dígitos, por ejemplo como aparecen en su cartilla.",
            lambda turn: read_nss(last_meant(turn.text)),
            "El NSS viene en su cartilla de salud, en su tarjeta o en su recibo de nómina; con él ubico sus datos. "
            "Si no lo tiene a la mano, una persona puede ayudarle.",
            Asks(kind=AskKind.DIGITS, min_digits=NSS_LENGTH, max_digits=NSS_LENGTH),
        ),
        Datum(
            "fecha_nacimiento",
            "Escriba su fecha de nacimiento: día, mes y año. Por ejemplo, 12/03/1985.",
            "No pude leer la fecha. Escríbala con día, mes y año con cuatro números, por ejemplo 12/03/1985.",
            lambda turn: read_birth_date(last_meant(turn.text), turn.today),
            "La fecha de nacimiento confirma de quién son los datos. Si prefiere no darla, una persona le ayuda.",
            Asks(kind=AskKind.DATE),
        ),
        Datum(
            "agregado_medico",
            "Para saber de qué persona se trata, escriba el agregado médico de la cartilla, por ejemplo 1F1985OR.",
            "No pude leer el agregado médico. Son 8 caracteres, por ejemplo 1F1985OR.",
            lambda turn: read_agregado(turn.text),
            "El agregado médico viene en la cartilla de salud, junto al nombre, y distingue a cada persona. "
            "Si no lo tiene, una persona puede ayudarle.",
        ),
        Datum(
            "curp",
            "Escriba su CURP, los 18 caracteres.",
            "No pude leer la CURP o no es válida. Son 18 letras y números. Revísela y escríbala de nuevo.",
            lambda turn: read_curp(turn.text),
            "La CURP viene en su acta o en su identificación; en este trámite sirve para confirmar que los datos son "
            "suyos. Si no la tiene o prefiere no darla, una persona puede ayudarle.",
        ),
    )
}


def need(turn: Turn, name: str, prompt: str | None = None) -> Any:
    """The datum, if it is known. A campaign may word the question itself (`pregunta_<datum>` of its prompts).

    Raises:
        Ask: it is not; the question is put to the citizen.
    """
    value = getattr(turn.facts, name)
    if value is None and turn.metadata.channel is Channel.WHATSAPP and not turn.settings.identifiers_on_whatsapp:
        _elsewhere(turn)
    if value is None:
        worded = turn.campaign.prompts.get(f"pregunta_{name}", DATA[name].prompt)
        raise Ask(Pending(name=name, kind="datum", prompt=prompt or worded, asks=DATA[name].asks))
    return value


def _elsewhere(turn: Turn) -> NoReturn:
    """Whoever runs WhatsApp is a third party: nothing that identifies a person is asked for there (L751).

    Raises:
        TurnEnds: always; the web chat is the place for it.
    """
    turn.facts.drop_task()
    turn.say(turn.prompt("datos_en_otro_canal"), document=Document(
        title="Abrir el chat", url=f"/chat/{turn.campaign.id}"
    ))  # fmt: skip
    raise TurnEnds("elsewhere")


def choose(turn: Turn, name: str, prompt: str, choices: tuple[Choice, ...]) -> str:
    """The citizen's decision in the present task: the id of one of the choices.

    Raises:
        Ask: not yet taken.
    """
    if name not in turn.facts.answers:
        raise Ask(Pending(name=name, kind="choice", prompt=prompt, choices=choices))
    return turn.facts.answers[name]


YES_NO = (Choice(id="answer:yes", title="Sí", key="1"), Choice(id="answer:no", title="No", key="2"))


def read_pending(turn: Turn) -> Any:
    """The answer to the open question, or None when this message does not hold one."""
    pending = turn.facts.pending
    assert pending is not None
    if pending.kind == "datum":
        return DATA[pending.name].read(turn)
    if turn.choice:
        return turn.choice if turn.choice in [choice.id for choice in pending.choices] else None
    if pending.name == "service":
        named = read_service(turn.text)
        return next((choice.id for choice in pending.choices if named and choice.id.endswith(named)), None)
    if not turn.text.strip():
        return None
    taken = chosen(IncomingMessage(text=turn.text), pending.choices)
    if taken is None and pending.name == "which":
        taken = appointment_meant(turn.text, turn.today, pending.choices)
    if taken:
        return taken.id
    said = _consent(turn, pending.name) if _is_consequential(pending.name) else _yes_no(turn)
    if said is None:
        return None
    meanings = ("yes", "accept") if said else ("no", "reject")
    return next((choice.id for choice in pending.choices if choice.id.rsplit(":", 1)[-1] in meanings), None)


def _is_consequential(name: str) -> bool:
    """Whether a yes to this question books, cancels or confirms something."""
    return name in ("offer", "another", "cancel") or name.startswith("confirm:")


def _consent(turn: Turn, name: str) -> bool | None:
    """Only words count here, never what a sentence was classified as: in doubt it is no yes."""
    return read_consent(turn.text, CANCEL_ORDERS if name == "cancel" else frozenset())


def _yes_no(turn: Turn) -> bool | None:
    said = read_yes_no(turn.text)
    if said is None and turn.intent in ("afirmar", "negar"):
        return turn.intent == "afirmar"
    return said


def take(turn: Turn, value: Any) -> None:
    """Take the answer to the open question."""
    facts = turn.facts
    assert facts.pending is not None
    if facts.pending.kind == "datum":
        setattr(facts, facts.pending.name, value)
        facts.last_given = facts.pending.name
    else:
        facts.answers[facts.pending.name] = value
    facts.pending = None


def open_question(turn: Turn, pending: Pending) -> None:
    """Put a question to the citizen."""
    turn.facts.pending = pending
    turn.say(pending.prompt, pending.choices)


def ask_again(turn: Turn) -> None:
    """The message did not answer the open question: ask again, or give up and call a person.

    Raises:
        TurnEnds: the attempts are used up.
    """
    pending = turn.facts.pending
    assert pending is not None
    failed_attempt(turn, pending.name)
    if pending.kind == "datum":
        problem = _nss_problem(turn) if pending.name == "nss" else ""
        turn.say(problem or DATA[pending.name].retry)
    else:
        turn.say("Disculpe, no le entendí. " + pending.prompt, pending.choices)


def remind(turn: Turn, prefix: str = "") -> None:
    """Put the open question once more, when something else was said; the third time a person goes on (L1531).

    Raises:
        TurnEnds: it was put often enough.
    """
    pending = turn.facts.pending
    assert pending is not None
    reminded = f"{pending.name}:reminded"
    turn.facts.attempts[reminded] = turn.facts.attempts.get(reminded, 0) + 1
    if turn.facts.attempts[reminded] > REMINDERS:
        turn.facts.attempts.pop(reminded)
        missing = "ese dato" if pending.kind == "datum" else "su respuesta"
        turn.say(f"No puedo continuar sin {missing}.")
        turn.hand_off(HandoffReason.ATTEMPTS_EXHAUSTED)
    turn.say(f"{prefix} {pending.prompt}".strip(), pending.choices)


def explain_datum(turn: Turn) -> bool:
    """«¿Dónde viene?», «no lo sé», «¿para qué?»: explain once, without counting an attempt. False when it is no such
    question, or was answered before.
    """
    facts = turn.facts
    assert facts.pending is not None
    datum, told = DATA[facts.pending.name], f"{facts.pending.name}:explained"
    if told in facts.attempts or not asks_about_datum(turn.text):
        return False
    facts.attempts[told] = 1
    person = Choice(id="hablar_con_agente", title="Hablar con una persona")
    turn.say(f"{datum.explanation} {facts.pending.prompt}", (person,))
    return True


def failed_attempt(turn: Turn, name: str) -> None:
    """Count a failed attempt at a datum or decision.

    Raises:
        TurnEnds: it was the last one; a person goes on.
    """
    attempts = turn.facts.attempts
    attempts[name] = attempts.get(name, 0) + 1
    if attempts[name] >= ATTEMPTS_PER_DATUM:
        attempts.pop(name)
        if name in DATA or name == "identity":
            known = name == "identity" or (name == "nss" and looks_like_nss(turn.text))
            reason = "No me fue posible identificarle con esos datos." if known else "No puedo continuar sin ese dato."
            turn.say(reason)
            turn.hand_off(HandoffReason.IDENTIFICATION_FAILED)
        turn.hand_off(HandoffReason.ATTEMPTS_EXHAUSTED)
