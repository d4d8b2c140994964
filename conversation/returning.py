"""A telephone call that comes back from the exchange under its folio, and what the exchange tells of it meanwhile.

The exchange queues calls and connects people; the interaction is ours from the first ring to the survey (L1719). So the
call comes back for the survey after a person attended, now and then while it waits, to leave a message when nobody
does, or to go on with the bot. Each function changes one conversation under its lock (`ConversationService.attend`).
"""

from datetime import datetime
from enum import StrEnum

from conversation import attending, closing
from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.message import Reply, Sender
from conversation.refusal import ConversationError
from conversation.staff import Level
from conversation.waiting import interlude, wait_in_words

ALL_BUSY = "Por el momento todas las personas que atienden están ocupadas o no están en servicio."


class Purpose(StrEnum):
    """Why a call comes (back) to the bot."""

    CALL = ""
    """It is new."""
    SURVEY = "survey"
    """A person attended and has hung up."""
    WAITING = "waiting"
    """It waits in the queue of people: tell how long, and let the caller choose (L8207, L8212)."""
    VOICEMAIL = "voicemail"
    """Nobody attends, or the caller chose it."""
    BOT = "bot"
    """The person, or the caller, wants the bot again."""


def resume(exchange: Exchange, purpose: Purpose, wait: tuple[int, int | None]) -> None:
    """Go on with the interaction for this purpose.

    Args:
        exchange: of the interaction.
        purpose: what the exchange says.
        wait: place in the line and estimated minutes (`conversation.waiting.wait_of`), for `Purpose.WAITING`.

    Raises:
        ConversationError: `conversation_closed`.
    """
    if exchange.conversation.is_closed:
        raise ConversationError("conversation_closed", "La conversación ya terminó.")
    if purpose is Purpose.SURVEY:
        _survey(exchange)
    elif purpose is Purpose.WAITING:
        _still_waiting(exchange, wait)
    elif purpose is Purpose.VOICEMAIL:
        _take_message(exchange)
    else:
        _back_to_bot(exchange)


def goes_on_in_writing(exchange: Exchange) -> None:
    """A call from a page: whoever attends writes, as in a chat, and so does the citizen."""
    exchange.conversation.in_writing = True


def _survey(exchange: Exchange) -> None:
    """The exit survey; for who was served nothing there is nothing to ask about."""
    conversation = exchange.conversation
    if conversation.state is State.QUEUED:
        person_answers(exchange)  # the exchange says so now, and had not said it before
    if conversation.state is State.HUMAN:
        _attended(exchange)
    if conversation.state is State.SURVEY:  # the person closed it at the desk before hanging up
        closing.put_question(exchange)
    elif conversation.served:
        closing.ask_survey(exchange, EndedBy.AGENT)
    else:
        closing.close(exchange, EndedBy.USER)


def _still_waiting(exchange: Exchange, wait: tuple[int, int | None]) -> None:
    conversation = exchange.conversation
    if conversation.state is State.HUMAN:  # taken at the desk, and the telephone there has not rung yet
        exchange.say(Reply(text="Una persona está por atenderle. Espere un momento, por favor."), Sender.SYSTEM)
        return
    if conversation.state is not State.QUEUED:
        _back_to_bot(exchange)
        return
    handoff = conversation.handoff
    times = handoff.acknowledged if handoff else 0
    if handoff:
        update = {"acknowledged": times + 1, "acknowledged_at": exchange.now}
        conversation.handoff = handoff.model_copy(update=update)
    text = f"{interlude(times)} {wait_in_words(*wait)}"
    exchange.say(Reply(text=text, choices=(attending.STAY, attending.LEAVE)), Sender.SYSTEM)


def _take_message(exchange: Exchange) -> None:
    """Out of the queue and into the list of messages; in an emergency 911 is said first (campaigns.md §2.4)."""
    conversation, campaign = exchange.conversation, exchange.campaign
    if conversation.state is State.HUMAN:
        _attended(exchange)
    if conversation.handoff and conversation.handoff.priority:
        exchange.say(Reply(text="En una emergencia, marque 911."), Sender.SYSTEM)
    if conversation.state is State.QUEUED:
        attending.leave_queue(exchange, "message")
    if not campaign.people_attend(conversation.channel, exchange.now):
        opening = campaign.next_opening_in_words(conversation.channel, exchange.now)
        busy = campaign.prompts.get("fuera_de_horario", "Atendemos nuevamente {apertura}.").format(apertura=opening)
    else:
        busy = campaign.prompts.get("personas_ocupadas", ALL_BUSY)
    prompt = campaign.prompts.get("buzon_de_voz", attending.VOICEMAIL_PROMPT)
    conversation.offered = ()
    attending.await_message(exchange, f"{busy} {prompt}")


def _back_to_bot(exchange: Exchange) -> None:
    conversation, campaign = exchange.conversation, exchange.campaign
    if conversation.state is State.QUEUED:
        attending.resume_bot(exchange)
        return
    if conversation.state is State.HUMAN:
        _attended(exchange)
    conversation.state, conversation.leaving_message = State.BOT, False
    conversation.facts = {key: value for key, value in conversation.facts.items() if key not in ("task", "pending")}
    text = campaign.prompts.get("como_apoyarle", "¿Cómo puedo apoyarle?")
    exchange.say(Reply(text=text, choices=campaign.greeting_choices))


def tell_wait(exchange: Exchange, wait: tuple[int, int | None]) -> None:
    """Say the place in the line to somebody who has just entered it (L8207)."""
    if exchange.conversation.state is State.QUEUED:
        exchange.say(Reply(text=wait_in_words(*wait)), Sender.SYSTEM)


def notice_heard(exchange: Exchange) -> None:
    """Greeting and privacy notice of a call were said whole: part of the evidence."""
    exchange.note(EventKind.NOTICE_HEARD)


def person_answers(exchange: Exchange, agent: str | None = None, level: Level | None = None) -> None:
    """A person has the call on the telephone. Told twice, after the desk said so, or too late, it changes nothing.

    Args:
        exchange: of the interaction.
        agent: user name at the desk; None when the exchange connected somebody whom the desk does not know.
        level: of the agent.
    """
    if exchange.conversation.state is State.QUEUED:
        attending.answer(exchange, agent, level)


def caller_left(exchange: Exchange) -> None:
    """The caller hung up while the exchange had the call: in the queue, or after a person had attended.

    Told of what is closed, it changes nothing.
    """
    conversation = exchange.conversation
    if conversation.is_closed:
        return
    if conversation.state is State.HUMAN:
        _attended(exchange)
        closing.close(exchange, EndedBy.USER, End.COMPLETED)
    elif conversation.state is State.QUEUED:
        attending.withdraw(exchange, "hangup")
        closing.close(exchange, EndedBy.USER, End.USER_HANGUP)
    else:
        closing.close(exchange, EndedBy.USER)


def _attended(exchange: Exchange) -> None:
    """The person's part is over. Its tipificaciones may follow at the desk, while the caller is surveyed (L6737)."""
    conversation = exchange.conversation
    began = _answered_at(exchange)
    talked = round((exchange.now - began).total_seconds()) if began else None
    exchange.note(EventKind.ATTENDED, level="human", agent=conversation.agent, talked_seconds=talked)
    conversation.to_typify = conversation.agent is not None


def _answered_at(exchange: Exchange) -> datetime | None:
    handoff = exchange.conversation.handoff
    return handoff.answered_at if handoff else None
