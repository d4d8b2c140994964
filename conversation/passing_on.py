"""Passing on what a person attends: to a level, a campaign, a colleague or back to the bot; and notes for staff only.

A transfer carries its motivo and what the next person should know (L2121, L6739; the daily report to the second level
needs the motivo, L7767). What the citizen already told goes along; nobody has to repeat it.
"""

from dataclasses import dataclass

from conversation import attending
from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.handoff import Handoff, HandoffReason
from conversation.masking import mask
from conversation.message import Reply, Sender
from conversation.refusal import ConversationError
from conversation.staff import Level


@dataclass(frozen=True)
class Target:
    """Where it goes; what is None stays as it is or is decided by the queue."""

    level: Level | None = None
    campaign: Campaign | None = None
    agent: str | None = None


def pass_on(exchange: Exchange, agent: str, target: Target, reason: HandoffReason, note: str) -> None:
    """To another queue, at the head of those who came later than the citizen did; or refuse where nobody attends now.

    Raises:
        ConversationError: `not_yours`, `on_the_telephone` (the exchange transfers calls), or `nobody_attends` there.
    """
    conversation = exchange.conversation
    _refuse_other(conversation, agent)
    campaign = target.campaign or exchange.campaign
    if not campaign.people_attend(conversation.channel, exchange.now):
        opening = campaign.next_opening_in_words(conversation.channel, exchange.now)
        raise ConversationError("nobody_attends", f"{campaign.name} no atiende ahora. Atiende de nuevo {opening}.")
    before = conversation.handoff
    _note_passing(
        exchange, agent, reason, note, to_level=target.level, to_campaign=target.campaign and target.campaign.id,
        to_agent=target.agent,
    )  # fmt: skip
    if campaign.id != conversation.campaign:
        conversation.campaign = campaign.id
        conversation.path.append(campaign.id)
        exchange.campaign = campaign
    conversation.handoff = Handoff(
        reason=reason, note=mask(note), since=before.since if before else exchange.now, queued_at=exchange.now,
        priority=bool(before and before.priority), words=before.words if before else "", level=target.level,
        to_agent=target.agent, transferred_by=agent,
    )  # fmt: skip
    conversation.state, conversation.agent = State.QUEUED, None
    attending.say_in_queue(
        exchange, "Le comunico con otra persona. Ya tiene lo que usted me dijo. Espere un momento, por favor."
    )


def give_to_bot(exchange: Exchange, agent: str, reason: HandoffReason, note: str) -> None:
    """Back to the campaign's bot, with its menu; a person remains a choice away.

    Raises:
        ConversationError: `not_yours`, `on_the_telephone`, or `campaign_without_bot`.
    """
    conversation, campaign = exchange.conversation, exchange.campaign
    _refuse_other(conversation, agent)
    if not campaign.has_bot:
        raise ConversationError("campaign_without_bot", f"{campaign.name} no tiene asistente virtual.")
    _note_passing(exchange, agent, reason, note, to_bot=True)
    conversation.state, conversation.agent, conversation.handoff = State.BOT, None, None
    conversation.facts = {key: value for key, value in conversation.facts.items() if key not in ("task", "pending")}
    exchange.say(Reply(text=f"Le atiende de nuevo el {campaign.bot_name}."), Sender.SYSTEM)
    text = campaign.prompts.get("como_apoyarle", "¿Cómo puedo apoyarle?")
    exchange.say(Reply(text=text, choices=campaign.greeting_choices))


def take_over(exchange: Exchange, supervisor: str, name: str) -> None:
    """A supervisor goes on in the place of whoever attends (L1696, L8103).

    Raises:
        ConversationError: `not_attended` by anybody now, or `on_the_telephone`.
    """
    conversation = exchange.conversation
    if conversation.state is not State.HUMAN or conversation.agent in (None, supervisor):
        raise ConversationError("not_attended", "Nadie más atiende ahora esa conversación.")
    _refuse_call(conversation)
    before = conversation.agent
    _note_passing(exchange, before or "", HandoffReason.OUT_OF_KNOWLEDGE, "", to_agent=supervisor, taken_over=True)
    attending.take(exchange, supervisor, name, Level.SUPERVISOR)


def add_note(exchange: Exchange, author: str, text: str, *, whisper: bool = False) -> None:
    """A note for staff, append-only, with author and date (L8098); a whisper is a supervisor's to whoever attends."""
    masked = mask(text)
    exchange.note(EventKind.NOTE, level="human", agent=author, text=masked, whisper=whisper)
    if masked != text:
        exchange.events[-1] = exchange.events[-1].model_copy(update={"secret": text})


def _note_passing(exchange: Exchange, agent: str, reason: HandoffReason, note: str, **to: object) -> None:
    levels = exchange.conversation.levels
    said = {key: value for key, value in to.items() if value}
    exchange.note(
        EventKind.PASSED_ON, level="human", agent=agent, reason=reason, note=mask(note),
        agent_level=levels[-1] if levels else None, **said,
    )  # fmt: skip


def _refuse_other(conversation: Conversation, agent: str) -> None:
    if conversation.state is not State.HUMAN or conversation.agent != agent:
        raise ConversationError("not_yours", "Usted no tiene asignada esta conversación.")
    _refuse_call(conversation)


def _refuse_call(conversation: Conversation) -> None:
    if conversation.on_the_telephone:
        raise ConversationError("on_the_telephone", "Una llamada se transfiere desde el teléfono.")
