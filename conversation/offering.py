"""A waiting conversation rings at one agent's desk: offered, declined, left to ring, put back (L1573).

Each step changes one conversation under its lock (`ConversationService.attend`). The offer stands in the conversation
itself, so a restart in between loses neither the citizen's place nor who was asked. To answer is to take the
conversation; a first reply is not waited for, because the citizen is told at once who attends.
"""

from datetime import timedelta

from conversation import attending
from conversation.conversation import State
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.handoff import Handoff, HandoffReason, Offer
from conversation.refusal import ConversationError

_BACK = "La persona que le atendía ya no está en línea. Usted conserva su lugar en la fila y le atenderá otra persona."


def offer(exchange: Exchange, agent: str, rings: timedelta) -> None:
    """Ring at an agent's desk for as long as `rings`.

    Raises:
        ConversationError: `not_waiting`, or `already_offered` to somebody.
    """
    handoff = _waiting(exchange)
    if handoff.offer is not None:
        raise ConversationError("already_offered", "La conversación ya se está ofreciendo a otra persona.")
    ringing = Offer(agent=agent, at=exchange.now, until=exchange.now + rings)
    exchange.conversation.handoff = handoff.model_copy(update={"offer": ringing})
    exchange.note(EventKind.OFFERED, level="human", agent=agent, seconds=round(rings.total_seconds()))


def decline(exchange: Exchange, agent: str) -> None:
    """The agent does not take it; somebody else is asked, and the same one only after a while.

    Raises:
        ConversationError: `not_offered` to this agent (any more).
    """
    handoff = _waiting(exchange)
    _refuse_other(handoff, agent)
    declined = {**handoff.declined, agent: exchange.now}
    exchange.conversation.handoff = handoff.model_copy(update={"offer": None, "declined": declined})
    exchange.note(EventKind.DECLINED, level="human", agent=agent)


def withdraw(exchange: Exchange, agent: str, *, answer_was_due: bool) -> None:
    """It rang in vain, or the agent is no longer there to hear it; the next one is asked.

    Raises:
        ConversationError: `not_offered` to this agent (any more): it was taken in the last moment.
    """
    handoff = _waiting(exchange)
    _refuse_other(handoff, agent)
    rang = handoff.offer.at if handoff.offer else exchange.now
    exchange.conversation.handoff = handoff.model_copy(update={"offer": None})
    seconds = round((exchange.now - rang).total_seconds())
    exchange.note(EventKind.NO_ANSWER, level="human", agent=agent, seconds=seconds, left=not answer_was_due)


def put_back(exchange: Exchange, agent: str) -> None:
    """Whoever attended is gone: back to the queue, with the place that the original waiting time gives.

    Outside the window nobody would come, so a message is taken instead.

    Raises:
        ConversationError: `not_yours` when somebody else has it.
    """
    conversation = exchange.conversation
    if conversation.state is not State.HUMAN or conversation.agent != agent:
        raise ConversationError("not_yours", "La conversación ya no está asignada a esa persona.")
    conversation.agent = None
    exchange.note(EventKind.REQUEUED, level="human", agent=agent)
    if not exchange.campaign.people_attend(conversation.channel, exchange.now):
        attending.offer_to_leave_message(exchange)
        return
    before = conversation.handoff or Handoff(reason=HandoffReason.USER_REQUEST, since=exchange.now)
    conversation.state = State.QUEUED
    conversation.handoff = before.model_copy(update={"offer": None, "answered_at": None, "queued_at": exchange.now})
    attending.say_in_queue(exchange, _BACK)


def _waiting(exchange: Exchange) -> Handoff:
    handoff = exchange.conversation.handoff
    if exchange.conversation.state is not State.QUEUED or handoff is None:
        raise ConversationError("not_waiting", "La conversación ya no está en espera.")
    return handoff


def _refuse_other(handoff: Handoff, agent: str) -> None:
    if handoff.offer is None or handoff.offer.agent != agent:
        raise ConversationError("not_offered", "Esta conversación ya no se le ofrece a usted.")
