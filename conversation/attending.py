"""The people's part: hand over, wait, leave a message, be attended. Every failure of the bot ends here."""

import re
from datetime import timedelta

from conversation import closing
from conversation.callbacks import CALL_ME, slots
from conversation.campaign import Campaign
from conversation.choices import chosen
from conversation.conversation import Conversation, State
from conversation.entrance import given_in
from conversation.events import End, EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.folding import folded
from conversation.handoff import Handoff, HandoffReason
from conversation.message import AskKind, Asks, Channel, Choice, IncomingMessage, Reply, Sender
from conversation.ports import NewEvent
from conversation.staff import Level
from conversation.telephone import TELEPHONE_LENGTH, mask_telephone, telephones

_RESUME = Choice(id="resume_bot", title="Seguir con el asistente")
LEAVE = Choice(id="leave_message", title="Dejar un mensaje")
STAY = Choice(id="keep_waiting", title="Seguir esperando")
"""Offered by telephone, where the call comes back from the queue now and then."""
_END = Choice(id="end", title="Terminar")
_NO_TELEPHONE = Choice(id="no_telephone", title="No dejar teléfono")
_TEN_DIGITS = Asks(kind=AskKind.DIGITS, min_digits=TELEPHONE_LENGTH, max_digits=TELEPHONE_LENGTH)
_NOT_A_MESSAGE = frozenset(
    {
        "si", "ok", "okay", "claro", "si quiero", "por favor", "esta bien", "bueno", "hola", "buenos dias",
        "buenas tardes", "buenas noches", "dejar un mensaje",
    }
)  # fmt: skip
_GIVE_UP = frozenset(
    {
        "ya no", "cancelar", "ya no quiero esperar", "no gracias", "olvidelo", "ya esta bien gracias", "no mejor no",
        "mejor no",
    }
)  # fmt: skip
_FAREWELL = frozenset(
    {"adios", "bye", "chao", "terminar", "salir", "hasta luego", "nos vemos", "es todo", "seria todo"}
)
_POLITE = frozenset(
    {"gracias", "muchas", "mil", "ok", "okay", "bueno", "bien", "esta", "de", "acuerdo", "y", "ya", "no"}
)
_DECLINES = frozenset(
    {
        "no", "n", "nop", "no gracias", "no tengo", "no tengo telefono", "no quiero", "no quiero dejarlo", "no deseo",
        "prefiero no", "prefiero que no", "ninguno", "sin telefono", "mejor no", "no dejar telefono",
    }
)  # fmt: skip
MOST_TELEPHONE_QUESTIONS = 2
VOICEMAIL_PROMPT = (
    "Diga su mensaje después de este aviso: su nombre, el motivo de su llamada y, si es otro, el teléfono en que le "
    "podemos llamar. Al terminar, guarde silencio o marque la tecla de gato."
)
ACKNOWLEDGED_EVERY = 3
"""Messages of somebody who waits; the ones in between are kept without an answer, so that the list stays readable."""
ACKNOWLEDGED_AFTER = timedelta(minutes=2)
_KEPT = (
    "Su mensaje quedó anotado para la persona que le va a atender.",
    "También anoté lo que acaba de escribir. Usted sigue en la fila.",
    "Recibido. La persona que le atienda verá todo lo que escriba aquí.",
)  # varied: L1574


def hand_off(exchange: Exchange, reason: HandoffReason, note: str = "") -> None:
    """Give the conversation to a person, or say honestly that nobody attends and offer to leave a message."""
    conversation, campaign = exchange.conversation, exchange.campaign
    urgent = reason is HandoffReason.EMERGENCY
    conversation.handoff = Handoff(
        reason=reason, note=note, since=exchange.now, priority=urgent, words=_last_words(exchange) if urgent else ""
    )
    if not campaign.people_attend(conversation.channel, exchange.now):
        if urgent:  # never only a message to be read the next day (campaigns.md §2.4)
            conversation.state, conversation.leaving_message = State.BOT, False
            exchange.say(
                Reply(text="En este momento no hay personas en servicio aquí. Marque 911 ahora."), Sender.SYSTEM
            )
        else:
            offer_to_leave_message(exchange)
        return
    conversation.state, conversation.leaving_message = State.QUEUED, False
    conversation.transferred_to_human = True
    exchange.note(EventKind.QUEUED, reason=reason, priority=urgent)
    text = campaign.prompts.get(
        "transferencia", "Le comunico con una persona. Ya tiene lo que usted me dijo. Espere un momento, por favor."
    )
    say_in_queue(exchange, text)


def say_in_queue(exchange: Exchange, text: str) -> None:
    """Say that somebody waits (again), with the ways out; in an emergency there are none."""
    conversation = exchange.conversation
    urgent = bool(conversation.handoff and conversation.handoff.priority)
    conversation.offered = ()  # what was offered before means nothing while somebody waits
    exchange.say(Reply(text=text, choices=() if urgent else _ways_out(exchange)), Sender.SYSTEM)


def emergency(exchange: Exchange, prompt: str) -> None:
    """911 first; a person with top priority in hours; never only voicemail (campaigns.md §2.4)."""
    conversation, campaign = exchange.conversation, exchange.campaign
    exchange.note(EventKind.EMERGENCY)
    exchange.say(Reply(text=call_911(prompt)), Sender.BOT)
    conversation.facts = {key: value for key, value in conversation.facts.items() if key not in ("task", "pending")}
    conversation.topic = campaign.emergency_topic
    if conversation.topic not in conversation.topics:
        conversation.topics.append(conversation.topic)
    if conversation.state not in (State.QUEUED, State.HUMAN):
        hand_off(exchange, HandoffReason.EMERGENCY)
        return
    before = conversation.handoff or Handoff(reason=HandoffReason.EMERGENCY, since=exchange.now)
    update = {"reason": HandoffReason.EMERGENCY, "priority": True, "words": _last_words(exchange)}
    conversation.handoff = before.model_copy(update=update)
    if conversation.state is State.QUEUED:
        exchange.say(Reply(text="Su conversación pasa al frente de la fila."), Sender.SYSTEM)


def call_911(prompt: str) -> str:
    """The emergency prompt up to its 911 sentence: whether a person follows is said by the transfer itself."""
    sentences = re.split(r"(?<=[.!?])\s+", prompt.strip())
    ends = next((place for place, one in enumerate(sentences, start=1) if "911" in one), len(sentences))
    return " ".join(sentences[:ends])


def offer_to_leave_message(exchange: Exchange) -> None:
    """Nobody attends now: say when they do, and take a message for the next working day (L1416, L1818)."""
    conversation, campaign = exchange.conversation, exchange.campaign
    opening = campaign.next_opening_in_words(conversation.channel, exchange.now)
    closed = campaign.prompts.get(
        "fuera_de_horario", "En este momento estamos fuera del horario de atención. Atendemos nuevamente {apertura}."
    ).format(apertura=opening)
    await_message(
        exchange,
        f"{closed} Si lo desea, escriba aquí su mensaje y un teléfono, y el personal lo revisará el siguiente día "
        "hábil. En una emergencia, marque 911.",
    )


def await_message(exchange: Exchange, text: str) -> None:
    """Ask for the message; what comes next is kept for the staff. Who telephones ends it by hanging up."""
    conversation = exchange.conversation
    conversation.state, conversation.leaving_message = State.BOT, True
    conversation.facts.pop("telephone_asked", None)
    by_voice = conversation.on_the_telephone
    exchange.say(Reply(text=text, choices=() if by_voice else (_END, *call_me(exchange))), Sender.SYSTEM)


def leave_message(exchange: Exchange, message: IncomingMessage) -> None:
    """Take the citizen's words as a message for the staff: campaign, id, date, time, telephone, topic (L1416).

    A telephone is asked for when none was given, and once more when the answer is neither a telephone nor a «no»; what
    it is instead belongs to the message.
    """
    conversation = exchange.conversation
    asked = int(conversation.facts.get("telephone_asked", 0))
    said, original = _said(exchange, message), message.text or message.digits or ""
    if said in (_END.id, _NO_TELEPHONE.id) or said in _GIVE_UP | _DECLINES or _is_farewell(said):
        _close_message(exchange, kept=bool(asked))
        return
    if said in _NOT_A_MESSAGE and not asked:
        exchange.say(Reply(text="Escriba su mensaje, por favor.", choices=(_END,)), Sender.SYSTEM)
        return
    numbers = telephones(original) or given_in(conversation.facts).telephones or _calling_from(conversation)
    _note_message(exchange, numbers[0] if numbers else "")
    if numbers or asked == MOST_TELEPHONE_QUESTIONS:
        _close_message(exchange, kept=True)
        return
    conversation.facts["telephone_asked"] = asked + 1
    question = "¿A qué teléfono le podemos llamar? Escriba los 10 dígitos. Si no desea dejarlo, escriba «no»."
    taken = "Lo agregué a su mensaje." if asked else "Anotado."
    exchange.say(Reply(text=f"{taken} {question}", choices=(_NO_TELEPHONE,), asks=_TEN_DIGITS), Sender.SYSTEM)


def _calling_from(conversation: Conversation) -> tuple[str, ...]:
    """The number somebody calls or writes from: who left a message there is called back there (L1416)."""
    by_telephone = conversation.channel in (Channel.VOICE, Channel.WHATSAPP)
    is_number = conversation.origin.lstrip("+").isdigit()  # a call from a page has an address instead
    return telephones(conversation.origin) if by_telephone and is_number else ()


def _note_message(exchange: Exchange, telephone: str) -> None:
    """One part of the message; its words stand in the citizen's own message, the telephone is kept encrypted."""
    conversation, incoming = exchange.conversation, exchange.incoming
    data = {
        "message_id": incoming.id if incoming else None, "topic": conversation.topic,
        "window_open": exchange.campaign.people_attend(conversation.channel, exchange.now),
        "campaign": conversation.campaign, "telephone": mask_telephone(telephone) if telephone else None,
    }  # fmt: skip
    exchange.events.append(NewEvent(kind=EventKind.VOICEMAIL, data=data, secret=telephone or None))


def _close_message(exchange: Exchange, *, kept: bool) -> None:
    conversation = exchange.conversation
    conversation.leaving_message = False
    if kept:
        exchange.say(Reply(text=f"Su mensaje quedó registrado con el folio {conversation.folio}."), Sender.SYSTEM)
    closing.close(exchange, EndedBy.USER, End.COMPLETED)


def keep_waiting(exchange: Exchange, message: IncomingMessage) -> None:
    """The citizen writes while waiting: it is kept for the person, or takes one of the ways out (channels.md §2.2)."""
    handoff = exchange.conversation.handoff
    said = _said(exchange, message)
    # In an emergency nobody loses the place through a word; only an explicit choice gives it up.
    in_words = not (handoff and handoff.priority)
    if said == LEAVE.id:
        leave_for_message(exchange)
    elif said == STAY.id:
        exchange.say(Reply(text="De acuerdo. Espere un momento, por favor."), Sender.SYSTEM)
    elif said == _END.id or (in_words and _is_farewell(said)):
        _end_waiting(exchange)
    elif said == _RESUME.id or (in_words and said in _GIVE_UP):
        resume_bot(exchange)
    elif in_words and "gracias" in said.split() and set(said.split()) <= _POLITE:
        text = "Para servirle. Usted sigue en la fila; si ya no necesita a una persona, elija una opción."
        exchange.say(Reply(text=text, choices=_ways_out(exchange)), Sender.SYSTEM)
    else:
        _acknowledge(exchange)


def leave_for_message(exchange: Exchange) -> None:
    """Out of the queue, to leave a message instead (L8212)."""
    leave_queue(exchange, "message")
    if exchange.conversation.on_the_telephone:
        text = exchange.campaign.prompts.get("buzon_de_voz", VOICEMAIL_PROMPT)
    else:
        text = "Escriba su mensaje y un teléfono. El personal le contactará."
    await_message(exchange, text)


def _said(exchange: Exchange, message: IncomingMessage) -> str:
    """The id of the option taken, whether by touch, by key or by its words; else what was said, folded."""
    choice = chosen(message, exchange.conversation.offered)
    if choice or message.choice:
        return choice.id if choice else message.choice or ""
    said = folded(message.text or message.digits or "")
    named = (one.id for one in (_RESUME, LEAVE, STAY, _END) if said == folded(one.title))
    return next(named, said)


def _is_farewell(said: str) -> bool:
    """«adiós», «bye», «ok, gracias, hasta luego»; a longer text that only mentions such a word is none."""
    return said in _FAREWELL or any(
        said.endswith(f" {word}") and set(said.removesuffix(word).split()) <= _POLITE for word in _FAREWELL
    )


def _ways_out(exchange: Exchange) -> tuple[Choice, ...]:
    resume = (_RESUME,) if exchange.campaign.has_bot else ()
    return (*resume, LEAVE, _END, *call_me(exchange))


def call_me(exchange: Exchange) -> tuple[Choice, ...]:
    """«Que me llamen», where the campaign calls who asks for it on the web (channels.md §7)."""
    on_web = exchange.conversation.channel is Channel.WEBCHAT
    return (CALL_ME,) if on_web and slots(exchange.campaign, exchange.now) else ()


def leave_queue(exchange: Exchange, to: str) -> None:
    """The citizen stops waiting, after so long, and goes where `to` says."""
    since = exchange.conversation.handoff.since if exchange.conversation.handoff else exchange.now
    exchange.note(
        EventKind.LEFT_QUEUE, level="user", to=to, waited_seconds=round((exchange.now - since).total_seconds())
    )


def withdraw(exchange: Exchange, to: str) -> None:
    """Nobody attended: the transfer did not happen."""
    conversation = exchange.conversation
    leave_queue(exchange, to)
    conversation.handoff, conversation.transferred_to_human = None, False
    conversation.state, conversation.offered = State.BOT, ()


def _end_waiting(exchange: Exchange) -> None:
    withdraw(exchange, "end")
    if exchange.conversation.served:
        closing.ask_survey(exchange, EndedBy.USER)
    else:
        closing.close(exchange, EndedBy.USER)


def resume_bot(exchange: Exchange) -> None:
    """Back to the bot with its menu; the question that led to the person is not asked again."""
    conversation, campaign = exchange.conversation, exchange.campaign
    if not campaign.has_bot:
        _end_waiting(exchange)
        return
    withdraw(exchange, "bot")
    conversation.facts = {key: value for key, value in conversation.facts.items() if key not in ("task", "pending")}
    exchange.say(Reply(text="De acuerdo, dejo de buscar a una persona."), Sender.SYSTEM)
    text = campaign.prompts.get("como_apoyarle", "¿Cómo puedo apoyarle?")
    exchange.say(Reply(text=text, choices=campaign.greeting_choices))


def _acknowledge(exchange: Exchange) -> None:
    """Answer the first message of somebody who waits, then every third one or after two minutes, in varied words."""
    conversation, now = exchange.conversation, exchange.now
    handoff = conversation.handoff or Handoff(reason=HandoffReason.USER_REQUEST, since=now)
    last, unanswered = handoff.acknowledged_at, handoff.unanswered + 1
    due = last is None or unanswered >= ACKNOWLEDGED_EVERY or now - last >= ACKNOWLEDGED_AFTER
    update: dict[str, object] = {"unanswered": unanswered}
    if due:
        text = _KEPT[handoff.acknowledged % len(_KEPT)]
        if now - handoff.since > ACKNOWLEDGED_AFTER:
            text += " Le ofrezco una disculpa por la espera."
        choices = () if handoff.priority else _ways_out(exchange)
        exchange.say(Reply(text=text, choices=choices), Sender.SYSTEM)
        update = {"unanswered": 0, "acknowledged": handoff.acknowledged + 1, "acknowledged_at": now}
    conversation.handoff = handoff.model_copy(update=update)


def _last_words(exchange: Exchange) -> str:
    return exchange.incoming.text if exchange.incoming else ""


def tell_how_to_reach(exchange: Exchange, target: Campaign | None) -> None:
    """For campaigns that no bot may front: say how to call and when, and stop (campaigns.md §3.23)."""
    if target is None:
        exchange.say(Reply(text="Ese servicio no está disponible aquí.", choices=exchange.campaign.greeting_choices))
        return
    text = target.prompts.get("como_llamar", "")
    if not text:
        phones = " o ".join(target.phones) or "el 800 623 23 23"
        text = f"{target.name} se atiende solo por teléfono: {phones}."
    exchange.conversation.path.append(target.id)
    exchange.conversation.withholding = True
    exchange.say(Reply(text=text, choices=exchange.campaign.greeting_choices))


def take(exchange: Exchange, agent: str, agent_name: str, level: Level | None = None) -> None:
    """A person answers the waiting citizen, who is told so."""
    answer(exchange, agent, level)
    exchange.say(Reply(text=f"Le atiende {agent_name}."), Sender.SYSTEM)


def answer(exchange: Exchange, agent: str | None, level: Level | None = None) -> None:
    """A person has the conversation; the level is written now, since payment and survey rest on it (L1876).

    `agent` is None where the telephone exchange connected somebody whom the desk does not know.
    """
    conversation = exchange.conversation
    conversation.state, conversation.agent = State.HUMAN, agent
    handoff = conversation.handoff
    since = (handoff.queued_at or handoff.since) if handoff else exchange.now
    waited = round((exchange.now - since).total_seconds())
    if conversation.handoff:
        answered = {"offer": None, "answered_at": exchange.now}
        conversation.handoff = conversation.handoff.model_copy(update=answered)
    if level and conversation.levels[-1:] != [level]:
        conversation.levels.append(level)
    served = {"agent_level": level} if level else {}
    exchange.note(EventKind.ANSWERED, level="human", agent=agent, waited_seconds=waited, **served)
