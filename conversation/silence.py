"""What silence leads to: a warning, then the end (L6778). Times and words are the campaign's.

Only where the virtual agent, or the survey, waits for the citizen. Who waits in the line or is attended by a person may
be silent for as long as it takes: that is not the citizen's silence. There, and on other channels than web chat, the
installation's long limit alone ends what was abandoned.
"""

from datetime import datetime, timedelta

from conversation import closing
from conversation.conversation import Conversation, State
from conversation.events import End, EndedBy
from conversation.exchange import Exchange
from conversation.message import Channel

LONGEST_ATTENTION = timedelta(hours=4)
"""By telephone: the exchange tells when a person's call ends; this is for when it does not."""
SHORTEST = timedelta(minutes=1)
"""No campaign may warn earlier; younger silences need not be looked at."""
CLOSING_QUESTION = "despedida"
"""Id of the choice «No, es todo»: where it is on offer, the answer was given and the closing question asked."""
_WARNING = (
    "¿Sigue ahí? Si no escribe, esta conversación se cerrará {plazo}. "
    "Si necesita más tiempo, escriba cualquier mensaje."
)
_FAREWELL = "Cerramos la conversación porque no hubo respuesta. Puede iniciar otra cuando guste."


def is_by_the_campaign(conversation: Conversation) -> bool:
    """Whether the campaign's own times count for this conversation."""
    return conversation.channel is Channel.WEBCHAT and conversation.state in (State.BOT, State.SURVEY)


def act_on(exchange: Exchange, limit: timedelta, *, is_present: bool) -> None:
    """Warn or close when it is time; else nothing is said.

    Args:
        exchange: the conversation as it is now, under its lock.
        limit: the installation's own, for whatever the campaign's times do not reach.
        is_present: whether the citizen's page is connected; who waits in the line with the page open is not closed.
    """
    conversation, rules = exchange.conversation, exchange.campaign.silence
    silent = exchange.now - conversation.last_activity
    if not is_by_the_campaign(conversation):
        waits = is_present and conversation.state is State.QUEUED
        if silent > limit and not waits and not on_the_telephone(conversation, exchange.now):
            _close(exchange)
    elif silent > timedelta(minutes=rules.close_minutes):
        _close(exchange)
    elif silent > timedelta(minutes=rules.warn_minutes) and _may_warn(conversation):
        conversation.silence_warned = True
        left = max(1, round(rules.close_minutes - silent / timedelta(minutes=1)))
        soon = "en un minuto" if left == 1 else f"en {left} minutos"
        exchange.prompt("aviso_inactividad", _WARNING, plazo=soon)


def _may_warn(conversation: Conversation) -> bool:
    return conversation.state is State.BOT and not conversation.silence_warned


def _close(exchange: Exchange) -> None:
    """Nothing but a farewell; in the survey, and where nothing was left open, the interaction is complete."""
    conversation = exchange.conversation
    if conversation.state is not State.SURVEY:
        exchange.prompt("cierre_inactividad", _FAREWELL)
    closing.close(exchange, EndedBy.SYSTEM, end_of(conversation))


def end_of(conversation: Conversation) -> End:
    """`completed` if the answer had been given and the closing question asked, else `timeout`."""
    asked = any(choice.id == CLOSING_QUESTION for choice in conversation.offered)
    served = conversation.state is State.BOT and bool(conversation.topics) and asked
    return End.COMPLETED if served or conversation.state is State.SURVEY else End.TIMEOUT


def on_the_telephone(conversation: Conversation, now: datetime) -> bool:
    """Whether a person talks with the caller: no message passes here meanwhile, and it is no silence."""
    attended = conversation.on_the_telephone and conversation.state is State.HUMAN
    return attended and now - conversation.last_activity < LONGEST_ATTENTION
