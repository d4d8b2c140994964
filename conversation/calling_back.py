"""«Que me llamen»: a citizen asks for a call in the chat, waiting in the line or when nobody attends (channels.md §7).

Two questions, telephone and half hour; who waits keeps the place in the line until the request is made.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from conversation import attending, closing
from conversation.callbacks import CALL_ME, CallbackRequest, local_slot, slot_in_words, slots
from conversation.campaign import Campaign
from conversation.choices import chosen
from conversation.conversation import Conversation, State
from conversation.entrance import given_in
from conversation.events import End, EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.folding import folded
from conversation.message import AskKind, Asks, Choice, IncomingMessage, Reply, Sender
from conversation.ports import NewEvent
from conversation.refusal import ConversationError
from conversation.telephone import TELEPHONE_LENGTH, mask_telephone, telephones

IsAsked = Callable[[str], bool]
"""Whether a call to this telephone is asked for already."""
_FACT = "call_back"
_NEVER_MIND = Choice(id="call_me:no", title="Mejor no")
_KNOWN = "call_me:known"
_SLOT = "call_me:slot:"
OFFERED_SLOTS = 6
_TEN_DIGITS = Asks(kind=AskKind.DIGITS, min_digits=TELEPHONE_LENGTH, max_digits=TELEPHONE_LENGTH)
_ALREADY = "Ya hay una llamada pedida para ese teléfono: le llamaremos en el horario que se eligió."
CONSENT = "Al elegir el horario, acepta que le llamemos a ese teléfono para atender esta solicitud."


def is_meant(exchange: Exchange, message: IncomingMessage) -> bool:
    """Whether a message asks for a call or goes on arranging one."""
    conversation = exchange.conversation
    if conversation.state not in (State.BOT, State.QUEUED):
        return False
    if _FACT in conversation.facts:
        return conversation.state is State.QUEUED or conversation.leaving_message
    offered = any(choice.id == CALL_ME.id for choice in conversation.offered)
    taken = chosen(message, conversation.offered)
    named = message.text is not None and folded(message.text) == folded(CALL_ME.title)
    return offered and (named or (taken is not None and taken.id == CALL_ME.id))


def forget(conversation: Conversation) -> None:
    """A person came before a call was arranged."""
    conversation.facts.pop(_FACT, None)


def arrange(exchange: Exchange, message: IncomingMessage, is_asked: IsAsked) -> None:
    """One step: ask for the telephone, for the half hour, or make the request."""
    facts = exchange.conversation.facts
    if _FACT not in facts:
        facts[_FACT] = {}
        _ask_telephone(exchange, "¿A qué teléfono le llamamos? Escriba los 10 dígitos.")
        return
    taken = chosen(message, exchange.conversation.offered)
    said = taken.id if taken else ""
    if said == _NEVER_MIND.id or folded(message.text or "") in ("no", "cancelar", "mejor no"):
        _leave(exchange, "De acuerdo, no le llamaremos.")
    elif "telephone" not in facts[_FACT]:
        _take_telephone(exchange, message, said, is_asked)
    elif said.startswith(_SLOT):
        _request(exchange, said.removeprefix(_SLOT), is_asked)
    else:
        _again_or_leave(exchange, lambda text: _ask_slot(exchange, text), "Elija uno de estos horarios.")


def _take_telephone(exchange: Exchange, message: IncomingMessage, said: str, is_asked: IsAsked) -> None:
    known = given_in(exchange.conversation.facts).telephones
    found = known[:1] if said == _KNOWN else telephones(message.text or message.digits or "")
    if len(found) != 1:
        ask = "No reconocí el teléfono. Escriba los 10 dígitos, por favor."
        _again_or_leave(exchange, lambda text: _ask_telephone(exchange, text), ask)
    elif is_asked(found[0]):
        _leave(exchange, _ALREADY)
    else:
        exchange.conversation.facts[_FACT] = {"telephone": found[0]}
        _ask_slot(exchange, "¿En qué horario le llamamos?")


def _ask_telephone(exchange: Exchange, text: str) -> None:
    known = given_in(exchange.conversation.facts).telephones
    ways = (Choice(id=_KNOWN, title=f"Al que termina en {known[0][-4:]}"),) if known else ()
    exchange.say(Reply(text=text, choices=(*ways, _NEVER_MIND), asks=_TEN_DIGITS), Sender.SYSTEM)


def _ask_slot(exchange: Exchange, text: str) -> None:
    free = slots(exchange.campaign, exchange.now)[:OFFERED_SLOTS]
    offered = [Choice(id=_SLOT + one.isoformat(), title=_title(one, exchange.now)) for one in free]
    if not offered:
        _leave(exchange, "En los próximos días no hay horario para llamarle.")
        return
    exchange.say(Reply(text=f"{text} {CONSENT}", choices=(*offered, _NEVER_MIND)), Sender.SYSTEM)


def _title(slot: datetime, now: datetime) -> str:
    words = slot_in_words(slot, now)
    return words[0].upper() + words[1:]


def _again_or_leave(exchange: Exchange, ask: Callable[[str], None], text: str) -> None:
    """Asked once more; what follows is taken for something else than an answer."""
    progress: dict[str, Any] = exchange.conversation.facts[_FACT]
    if progress.get("again"):
        _leave(exchange, "Dejamos pendiente la llamada; la puede pedir de nuevo.")
        return
    exchange.conversation.facts[_FACT] = {**progress, "again": True}
    ask(text)


def _leave(exchange: Exchange, text: str) -> None:
    """Back to where the citizen was: in the line, or about to leave a message."""
    exchange.conversation.facts.pop(_FACT, None)
    exchange.say(Reply(text=text), Sender.SYSTEM)
    if exchange.conversation.state is State.QUEUED:
        attending.say_in_queue(exchange, "Usted sigue en la fila.")
    else:
        attending.offer_to_leave_message(exchange)


def _request(exchange: Exchange, slot: str, is_asked: IsAsked) -> None:
    conversation = exchange.conversation
    progress = conversation.facts[_FACT]
    request = CallbackRequest(
        telephone=progress["telephone"], slot=datetime.fromisoformat(slot), topic=conversation.topic or "", consent=True
    )
    try:
        refuse_unfit(exchange.campaign, request, exchange.now, is_asked)
    except ConversationError as error:
        if error.code == "slot_closed":
            _again_or_leave(exchange, lambda text: _ask_slot(exchange, text), "Ese horario ya pasó. Elija otro.")
        else:
            _leave(exchange, str(error))
        return
    conversation.facts.pop(_FACT)
    conversation.leaving_message = False
    if conversation.state is State.QUEUED:
        attending.withdraw(exchange, "callback")
    note(exchange, request)
    if conversation.topics:
        closing.ask_survey(exchange, EndedBy.USER)
    else:
        closing.close(exchange, EndedBy.USER, End.COMPLETED)


def refuse_unfit(campaign: Campaign, request: CallbackRequest, now: datetime, is_asked: IsAsked) -> None:
    """Refuse what cannot be kept.

    Raises:
        ConversationError: `callback_off` for this campaign, `slot_closed`, or `callback_open` for this telephone.
    """
    if not campaign.call_back:
        raise ConversationError("callback_off", f"{campaign.name} no llama a quien lo pide por internet.")
    if request.slot not in slots(campaign, now):
        raise ConversationError("slot_closed", "En ese horario no se puede llamar. Elija otro de la lista.")
    if is_asked(request.telephone):
        raise ConversationError("callback_open", _ALREADY)


def note(exchange: Exchange, request: CallbackRequest) -> None:
    """The request becomes part of the record, its telephone encrypted; the citizen is told when the call comes."""
    conversation = exchange.conversation
    slot = local_slot(exchange.campaign, request.slot)
    data = {
        "slot": slot.isoformat(), "topic": request.topic or conversation.topic,
        "telephone": mask_telephone(request.telephone), "consent": request.consent, "campaign": conversation.campaign,
    }  # fmt: skip
    exchange.events.append(NewEvent(kind=EventKind.CALLBACK_ASKED, data=data, secret=request.telephone, level="user"))
    text = (
        f"Le llamaremos {slot_in_words(slot, exchange.now)} al teléfono que termina en {request.telephone[-4:]}. Si no "
        f"contesta, le llamaremos otra vez 15 minutos después. Su folio es {conversation.folio}."
    )
    exchange.say(Reply(text=text), Sender.SYSTEM)
