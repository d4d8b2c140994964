"""Actions that every campaign shares: greeting, farewell, a person, repeat, drop, help, complaint, not understood."""

from rapidfuzz import fuzz, process

from actions import reading
from actions.protocol import CampaignAction
from actions.questions import remind
from actions.reading import looks_like_nss
from actions.second_topic import CERTAIN, SHARED_INTENTS, topics_named
from actions.turn import Turn
from conversation.folding import folded
from conversation.handoff import HandoffReason
from conversation.message import Choice

MISSES_BEFORE_PERSON = 2
"""Messages in a row that are not understood before a person is called (campaigns.md §2.6)."""
NEAREST = 3
FEW_WORDS = 3
CLOSE_ENOUGH = 86
"""Likeness (0-100) from which a misspelled word counts as a menu keyword."""
_SPOKE_OF_APPOINTMENT = frozenset(
    {"agendar_medicina_familiar", "agendar_estomatologia", "cita_familiar", "consultar_citas", "confirmar_cita"}
)


class Greet(CampaignAction):
    """A greeting in the middle of a conversation."""

    action_name = "action_saludo"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Greet and offer the menu."""
        turn.say(turn.prompt("saludo"), turn.campaign.greeting_choices)


class SayGoodbye(CampaignAction):
    """The citizen is done."""

    action_name = "action_despedida"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """On to the survey."""
        turn.finish()


class GoOn(CampaignAction):
    """Yes, no, a correction or a choice, with no question open (with one, the protocol has taken it already)."""

    action_name = "action_continuar"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Follow a menu choice, or take «no» as the end and «sí» as the wish to go on."""
        change_appointment(turn)
        choice, certain = turn.choice or "", turn.confidence >= CERTAIN
        if choice.startswith("menu:"):
            path = choice.removeprefix("menu:")
            try:
                turn.say("Elija una opción:", turn.menu.choices(path))
            except KeyError:  # the menu was changed meanwhile
                turn.say(turn.prompt("no_entendi_menu"), turn.campaign.greeting_choices)
        elif choice.startswith("go:"):
            await self.protocol.begin_topic(turn, choice)
        elif turn.text and topic in ("afirmar", "negar") and reading.read_yes_no(turn.text) is None and not certain:
            miss(turn, HandoffReason.LOW_CONFIDENCE)
            turn.say(turn.prompt("no_entendi_menu"), turn.campaign.greeting_choices)
        elif topic == "afirmar" and turn.suggested:
            await self.protocol.begin_topic(turn, turn.suggested.id)
        elif topic == "negar" and turn.facts.served:
            turn.finish()
        elif topic == "corregir" and turn.facts.last_task and turn.facts.last_given:
            task = turn.facts.last_task
            turn.facts.forget(turn.facts.last_given)
            turn.say("De acuerdo, lo corregimos.")
            await self.protocol.resume(turn, task)
        else:
            turn.say(turn.prompt("como_apoyarle"), turn.campaign.greeting_choices)


class CallPerson(CampaignAction):
    """The citizen wants a person: always granted (L2018)."""

    action_name = "action_hablar_con_agente"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Hand over."""
        if turn.campaign.topic("hablar_con_agente"):
            turn.mark("hablar_con_agente")
        task = turn.facts.task
        turn.hand_off(HandoffReason.USER_REQUEST, note=f"En curso: {task}" if task else "")


class Repeat(CampaignAction):
    """Say the last thing again."""

    action_name = "action_repetir"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Repeat word for word, choices included."""
        turn.facts.suggested = turn.suggested  # what is said again is on offer again
        if not turn.facts.said:
            turn.say(turn.prompt("como_apoyarle"), turn.campaign.greeting_choices)
        for reply in turn.facts.said:
            turn.say(reply.text, reply.choices, reply.document)


class Drop(CampaignAction):
    """«Olvídelo»: drop the transaction; nothing was done."""

    action_name = "action_cancelar"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Drop and ask whether there is something else."""
        here = turn.campaign.topic("cancelar_cita") is not None
        if here and turn.facts.task is None and _SPOKE_OF_APPOINTMENT.intersection(turn.facts.served):
            await self.protocol.resume(turn, "cancelar_cita")  # «la cancelo», right after an appointment was told
            return
        dropped = f"{turn.prompt('cancelado')} " if turn.facts.task else ""
        turn.facts.drop_task()
        turn.say(f"{dropped}{turn.prompt('como_apoyarle')}", turn.campaign.greeting_choices)


class Help(CampaignAction):
    """What can be done here; with a question open, how to answer it."""

    action_name = "action_ayuda"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Explain."""
        pending = turn.facts.pending
        if pending:
            remind(turn, "Puede escribir «cancelar» o «una persona» cuando guste.")
        else:
            turn.say(turn.prompt("ayuda"), turn.campaign.greeting_choices)


class Complain(CampaignAction):
    """A complaint is for a person, with the institution's apology (L4350)."""

    action_name = "action_queja_denuncia"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Apologise and hand over."""
        if turn.campaign.topic("queja_denuncia"):
            turn.mark("queja_denuncia")
        if not turn.facts.apologised:
            turn.facts.apologised = True
            turn.say(turn.prompt("disculpa"))
        turn.say(turn.prompt("queja"))
        turn.hand_off(HandoffReason.COMPLAINT)


class Emergency(CampaignAction):
    """An emergency that the words alone did not tell (those are found before the engine is asked)."""

    action_name = "action_emergencia_medica"
    interrupts = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """911 first, then a person with priority; no question is asked."""
        turn.facts.drop_task()
        turn.mark(turn.campaign.emergency_topic)
        turn.say(self.protocol.catalogue.emergency().prompt)
        turn.hand_off(HandoffReason.EMERGENCY)


class OffTopic(CampaignAction):
    """Not this campaign's matter: say so, never guess; the second time a person."""

    action_name = "action_fuera_de_tema"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Say what can be done here."""
        miss(turn, HandoffReason.OUT_OF_KNOWLEDGE)
        turn.say(turn.prompt("fuera_de_tema"), turn.campaign.greeting_choices)


class NotUnderstood(CampaignAction):
    """No confident answer: a menu word with a typo, one clarifying question, then a person."""

    action_name = "action_no_entendi"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Look for a misspelled menu option, else ask about the nearest topics."""
        change_appointment(turn)
        if turn.metadata.moved_from:
            turn.say(turn.prompt("como_apoyarle"), turn.campaign.greeting_choices)
            return
        if turn.facts.nss and looks_like_nss(turn.text):
            turn.say("Gracias, ya tengo ese dato. ¿Qué trámite necesita?", turn.campaign.greeting_choices)
            return
        if turn.facts.served and len(turn.text.split()) <= FEW_WORDS and reading.read_yes_no(turn.text) is False:
            turn.finish()  # «no gracuas», after «¿hay algo más?»
        found = nearest_option(turn)
        if found:
            turn.say("¿Se refiere a esto?", (found, *turn.campaign.greeting_choices[-1:]))
            return
        miss(turn, HandoffReason.LOW_CONFIDENCE)
        nearest = nearest_topics(turn)
        prompt = turn.prompt("no_entendi" if nearest else "no_entendi_menu")
        turn.say(prompt, nearest or turn.campaign.greeting_choices)


def change_appointment(turn: Turn) -> None:
    """«No, mejor el viernes», right after an appointment was told: a person can change it, the assistant cannot.

    Raises:
        TurnEnds: that is what the citizen wants; a person goes on.
    """
    wish = reading.read_other_time(turn.text)
    if wish and turn.facts.task is None and _SPOKE_OF_APPOINTMENT.intersection(turn.facts.served):
        turn.say("Su cita sigue igual. Una persona le ayuda a cambiarla.")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note=f"Quiere cambiar su cita. Prefiere: {wish}.")


def miss(turn: Turn, reason: HandoffReason) -> None:
    """Count a message that could not be served.

    Raises:
        TurnEnds: it was the second in a row; a person goes on.
    """
    turn.facts.misses += 1
    if turn.facts.misses >= MISSES_BEFORE_PERSON:
        turn.facts.misses = 0
        turn.say("Disculpe, no logro entender su solicitud.")
        turn.hand_off(reason)


def nearest_topics(turn: Turn) -> tuple[Choice, ...]:
    """The two or three most likely topics, to ask which one was meant; first those that parts of the sentence name."""
    topics = [turn.campaign.topic(entry["name"]) for entry in turn.ranking if entry["name"] not in SHARED_INTENTS]
    likely = [Choice(id=topic.id, title=topic.label) for topic in topics if topic]
    found = list(dict.fromkeys((*topics_named(turn), *likely)))[:NEAREST]
    person = Choice(id="hablar_con_agente", title="Hablar con una persona", key="0")
    return (*found, person) if found else ()


def nearest_option(turn: Turn) -> Choice | None:
    """The menu option whose title or keyword the text resembles, typos allowed."""
    words = {
        folded(name): Choice(id=choice_id, title=option.title)
        for choice_id, option in turn.menu.leaves()
        for name in (option.title, *option.keywords)
    }
    said = folded(turn.text)
    if len(said) < 4:
        return None
    best = process.extractOne(said, list(words), scorer=fuzz.partial_ratio, score_cutoff=CLOSE_ENOUGH)
    return words[best[0]] if best else None


SHARED_ACTIONS: tuple[type[CampaignAction], ...] = (
    Greet, SayGoodbye, GoOn, CallPerson, Repeat, Drop, Help, Complain, Emergency, OffTopic, NotUnderstood,
)  # fmt: skip
