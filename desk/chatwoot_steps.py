"""What Chatwoot's people do, as steps of one conversation under its lock (`ConversationService.attend`)."""

from conversation import attending, closing, passing_on
from conversation.conversation import Conversation, State
from conversation.events import EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.message import Reply, Sender
from conversation.staff import Level

_PREFIX = "chatwoot:"
NOBODY = f"{_PREFIX}0"
"""Whoever ended a conversation in Chatwoot without being assigned to it."""
_DELAYED = (
    "Por una falla nuestra, su mensaje tarda en llegar a la persona que le atiende. Está guardado y lo seguimos "
    "enviando. En una emergencia, marque 911."
)
_STILL_WAITING = (
    "Por una falla nuestra, tardamos en comunicarle con una persona. Usted conserva su lugar en la fila y lo seguimos "
    "intentando. Si lo prefiere, elija una opción. En una emergencia, marque 911."
)


def agent_name(author: int) -> str:
    """A person of Chatwoot as the record names agents."""
    return f"{_PREFIX}{author}"


def attends_elsewhere(agent: str | None) -> bool:
    """Whether who attends sits at Chatwoot, not at the embedded desk."""
    return agent is not None and agent.startswith(_PREFIX)


def speaks(exchange: Exchange, author: int, name: str, text: str, source: str, *, announced: bool) -> None:
    """A person wrote to the citizen. The first to write takes the conversation; `announced` tells the citizen who.

    What comes after the attention ended is still said; after the close it is kept as a note: nothing is lost.
    """
    conversation = exchange.conversation
    agent = agent_name(author)
    if conversation.is_closed:
        passing_on.add_note(exchange, agent, text)
    else:
        if _is_free_for(conversation, agent):
            _takes(exchange, agent, name, announced=announced)
        exchange.say(Reply(text=text), Sender.HUMAN, agent)
    exchange.events[-1] = exchange.events[-1].model_copy(update={"source_id": source})


def left_to_people(exchange: Exchange) -> None:
    """Chatwoot's people have opened what was the bot's: it says no more, and who has it is seen when they write."""
    if exchange.conversation.state is State.BOT:
        _takes(exchange, NOBODY, "", announced=False)


def _is_free_for(conversation: Conversation, agent: str) -> bool:
    """Whether a person of Chatwoot may take it now; not from somebody at the embedded desk, nor after the end."""
    if conversation.state is State.HUMAN:
        return conversation.agent != agent and attends_elsewhere(conversation.agent)
    return conversation.state in (State.BOT, State.QUEUED)


def _takes(exchange: Exchange, agent: str, name: str, *, announced: bool) -> None:
    conversation = exchange.conversation
    if conversation.state is State.HUMAN:
        exchange.note(EventKind.PASSED_ON, level="human", agent=conversation.agent, to_agent=agent, taken_over=True)
    conversation.transferred_to_human, conversation.leaving_message = True, False
    if announced:
        attending.take(exchange, agent, name, Level.PS_I)
    else:
        attending.answer(exchange, agent, Level.PS_I)


def resolves(exchange: Exchange, author: int, labels: tuple[str, ...], default_topic: str) -> None:
    """A person ended the attention: typified by the labels that are topics, else by what is known; then the survey."""
    conversation, campaign = exchange.conversation, exchange.campaign
    if conversation.state not in (State.QUEUED, State.HUMAN):
        return
    if conversation.state is State.HUMAN and not attends_elsewhere(conversation.agent):
        return  # taken at the embedded desk; Chatwoot was told to let go
    if conversation.state is State.QUEUED:
        attending.answer(exchange, agent_name(author), Level.PS_I)
    known = [label for label in labels if campaign.topic(label)][:5]
    topics = known or [one for one in (conversation.topic, default_topic) if one and campaign.topic(one)][:1]
    if topics:
        exchange.note(
            EventKind.TYPIFIED, level="human", agent=conversation.agent, topics=sorted(set(topics)), note="",
            agent_level=Level.PS_I, by_label=bool(known),
        )  # fmt: skip
    closing.ask_survey(exchange, EndedBy.AGENT)


def returns_to_bot(exchange: Exchange) -> None:
    """A person set the conversation back to `pending`: the bot goes on with its menu."""
    conversation = exchange.conversation
    if conversation.state is not State.HUMAN or not attends_elsewhere(conversation.agent) or not conversation.handoff:
        return
    if exchange.campaign.has_bot:
        passing_on.give_to_bot(exchange, conversation.agent or "", conversation.handoff.reason, "")


def tell_of_delay(exchange: Exchange) -> None:
    """Chatwoot does not take what it should: say so honestly, with the ways out of the queue."""
    if exchange.conversation.state is State.QUEUED:
        attending.say_in_queue(exchange, _STILL_WAITING)
    elif exchange.conversation.state is State.HUMAN:
        exchange.say(Reply(text=_DELAYED), Sender.SYSTEM)
