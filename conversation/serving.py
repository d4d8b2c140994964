"""The bot's part: greet, look for emergencies, ask the engine and follow its outcome."""

from conversation import attending, calling_back, closing
from conversation.asking import with_open_question
from conversation.campaign import Automation, Campaign
from conversation.choices import chosen
from conversation.conversation import State
from conversation.events import EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.handoff import HandoffReason
from conversation.message import IncomingMessage, Reply, Sender
from conversation.ports import (
    Answered,
    Campaigns,
    DialogueEngine,
    Finish,
    HandOff,
    MoveTo,
    NotAnswered,
    Turn,
)

MAX_MOVES = 2
"""Campaign changes within one message; more would be a loop between two bots."""


def day_part(hour: int) -> str:
    """`Buenos días`, `Buenas tardes` or `Buenas noches` (campaigns.yml, `dayparts`)."""
    if 5 <= hour < 12:
        return "Buenos días"
    return "Buenas tardes" if 12 <= hour < 19 else "Buenas noches"


def greet(exchange: Exchange, *, with_menu: bool = True) -> None:
    """Greeting with the bot's name, emergency sentence, privacy notice and menu; or the closed message.

    Without the menu, what the citizen already said is answered next.
    """
    campaign, conversation = exchange.campaign, exchange.conversation
    hello = day_part(exchange.now.hour)
    exchange.prompt(
        "bienvenida",
        "{saludo}. Soy el {bot} del Instituto Mexicano del Seguro Social; no soy una persona. Su folio es {folio}.",
        saludo=hello, bot=campaign.bot_name, folio=conversation.folio,
    )  # fmt: skip
    exchange.prompt("aviso_privacidad", "Sus datos se usan solo para atenderle.")
    if conversation.facts.get("pending"):
        return  # who answers a question that was put before, such as a reminder, is heard at any hour
    open_now = campaign.people_attend(conversation.channel, exchange.now)
    if not (open_now or campaign.mode(conversation.channel).bot_serves):
        attending.offer_to_leave_message(exchange)
    elif with_menu:
        offer_menu(exchange)


def offer_menu(exchange: Exchange) -> None:
    """«¿Cómo puedo apoyarle?» with the campaign's menu as choices."""
    text = exchange.campaign.prompts.get("como_apoyarle", "¿Cómo puedo apoyarle?")
    exchange.say(Reply(text=text, choices=exchange.campaign.greeting_choices))


async def handle(
    exchange: Exchange, message: IncomingMessage, engine: DialogueEngine, campaigns: Campaigns,
    is_call_asked: calling_back.IsAsked,
) -> None:  # fmt: skip
    """One message in whatever state the conversation is; the emergency rule comes before all others."""
    conversation = exchange.conversation
    if message.text and campaigns.emergency().found_in(message.text):
        attending.emergency(exchange, campaigns.emergency().prompt)
    elif conversation.state is State.HUMAN:
        calling_back.forget(conversation)  # recorded and published already: the desk has it
    elif calling_back.is_meant(exchange, message):
        calling_back.arrange(exchange, message, is_call_asked)
    elif conversation.state is State.QUEUED:
        attending.keep_waiting(exchange, message)
    elif conversation.state is State.SURVEY and closing.answers_survey(exchange, message):
        closing.read_survey(exchange, message)
    elif conversation.state is State.SURVEY:
        closing.leave_survey(exchange)  # something new came to mind: the survey is asked again at the end
        await ask_engine(exchange, message, engine, campaigns)
    elif conversation.leaving_message:
        attending.leave_message(exchange, message)
    else:
        await ask_engine(exchange, message, engine, campaigns)


async def ask_engine(
    exchange: Exchange, message: IncomingMessage, engine: DialogueEngine, campaigns: Campaigns
) -> None:
    """Ask the campaign's bot and follow what it says, through at most two changes of campaign."""
    conversation = exchange.conversation
    choice = chosen(message, conversation.offered)
    if message.choice is not None and choice is None:
        still = conversation.offered or exchange.campaign.greeting_choices
        exchange.say(Reply(text="Esa opción ya no está disponible. Estas son las opciones:", choices=still))
        return
    conversation.offered = ()
    if choice:
        conversation.path.append(choice.id)
    text, choice_id, moved_from = message.text or message.digits, choice.id if choice else None, None
    for moves in range(MAX_MOVES + 1):
        answer = await engine.ask(
            Turn(
                conversation=conversation.id, folio=conversation.folio, campaign=conversation.campaign,
                channel=conversation.channel, now=exchange.now, text=text, choice=choice_id,
                facts=conversation.facts, moved_from=moved_from,
            )
        )  # fmt: skip
        follow(exchange, answer)
        if not (isinstance(answer, Answered) and isinstance(answer.outcome, MoveTo)):
            return
        if moves == MAX_MOVES:
            break
        moved_from = conversation.campaign
        if not move(exchange, answer.outcome, campaigns):
            return
        if not answer.outcome.forward:
            offer_menu(exchange)
            return
        choice_id = None
    attending.hand_off(exchange, HandoffReason.LOW_CONFIDENCE)


def follow(exchange: Exchange, answer: Answered | NotAnswered) -> None:
    """Take over what the engine answered: facts, topic, replies, outcome."""
    conversation = exchange.conversation
    if isinstance(answer, NotAnswered):
        exchange.note(EventKind.NOT_ANSWERED, reason=answer.reason)
        exchange.prompt("sin_servicio", "En este momento no puedo procesar su mensaje. Le ofrezco una disculpa.")
        attending.hand_off(exchange, HandoffReason.SERVICE_UNAVAILABLE)
        return
    conversation.facts = answer.facts
    if answer.topic:
        conversation.topic, conversation.withholding = answer.topic, False
        if answer.topic not in conversation.topics:
            conversation.topics.append(answer.topic)
        exchange.note(EventKind.TOPIC, topic=answer.topic, intent=answer.intent, confidence=answer.confidence)
    for reply in with_open_question(answer.replies, answer.facts):
        exchange.say(reply)
    if isinstance(answer.outcome, HandOff):
        attending.hand_off(exchange, answer.outcome.reason, answer.outcome.note)
    elif isinstance(answer.outcome, Finish):
        if conversation.served:
            closing.ask_survey(exchange, EndedBy.BOT)
        else:
            closing.close(exchange, EndedBy.USER)


def moving_text(target: Campaign) -> str:
    """What is said on the way to another campaign."""
    return (
        f"Le atiende ahora el {target.bot_name}." if target.has_bot else f"Para {target.name} le atiende una persona."
    )


def move(exchange: Exchange, outcome: MoveTo, campaigns: Campaigns) -> bool:
    """Go on in another campaign, with folio and facts kept. False when no bot goes on there.

    Hours of the target are checked before the transfer (campaigns.md §3.1).
    """
    conversation = exchange.conversation
    target = campaigns.get(outcome.campaign)
    if target is None or target.automation is Automation.ROUTE_ONLY:
        attending.tell_how_to_reach(exchange, target)
        return False
    exchange.note(EventKind.TRANSFERRED, to=target.id, origin=conversation.campaign)
    conversation.path.append(target.id)
    conversation.campaign = target.id
    exchange.campaign = target
    if not target.has_bot:
        exchange.say(Reply(text=moving_text(target)), Sender.SYSTEM)
        attending.hand_off(exchange, HandoffReason.RESTRICTED_TOPIC)
        return False
    if (
        not target.people_attend(conversation.channel, exchange.now)
        and not target.mode(conversation.channel).bot_serves
    ):
        attending.offer_to_leave_message(exchange)
        return False
    conversation.bot_campaign, conversation.agent_type = target.id, target.agent_type
    conversation.bot_version = target.version
    exchange.say(Reply(text=moving_text(target)), Sender.SYSTEM)
    return True
