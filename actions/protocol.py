"""The protocol that every action follows, whatever its topic.

Rasa decides which action answers an intent. Before the action serves its topic, the open question has its say: the
message may answer it, correct what was given before, change the subject, or miss. The order, one line each, is in
`Protocol.converse`; every action of every campaign runs through it.
"""

import logging
import re
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import reading
from actions.consent import asks_about_offer, asks_to_wait
from actions.questions import DATA, ask_again, explain_datum, open_question, read_pending, remind, take
from actions.second_topic import certainty, keep_second, promise_second
from actions.turn import Ask, Turn, TurnEnds
from content.catalogue import Catalogue
from conversation.folding import folded
from conversation.handoff import HandoffReason
from conversation.message import Choice
from dialogue.scrubbing import scrubbed

logger = logging.getLogger(__name__)
PRIVACY_NOTICE = re.compile(
    r"\b(aviso|politica) (de |d )?privacidad\b"
    r"|\b((que|q) hacen|quien(es)? (ve|usa)n?|"
    r"(para|pa) (que|q) (quieren|usan|ocupan|piden|son))\b.*\bmis d\w{2,4}s\b"
)
WHO_ARE_YOU = re.compile(
    r"\b(eres|es usted|es|hablo con|estoy hablando con) (un |una )?(robot|bot|maquina|persona real|humano|programa)\b"
    r"|\b(como te llamas|como se llama usted|quien eres|quien es usted)\b"
)
MAIN_MENU = re.compile(r"\bmenu (principal|inicial|general)\b")

UPSET_CHOICES = (
    Choice(id="upset:yes", title="Sí, con una persona", key="1"),
    Choice(id="upset:no", title="No, seguir aquí", key="2"),
)
NAMING_WORDS = frozenset(
    {
        "ah", "entonces", "a", "con", "la", "las", "los", "el", "lo", "de", "quiero", "quisiera", "ir", "para", "mejor",
        "en", "pero", "no", "si", "pues", "bueno", "comuniqueme", "paseme", "campana", "servicio", "llevame", "lleveme",
    }
)  # fmt: skip
"""What may stand before the name of a campaign when the message names it, rather than asks something about it."""


class CampaignAction(Action):
    """An action that a rule of `bots/` names. Subclasses say what they serve; the protocol does the rest."""

    action_name: str
    interrupts = False
    """May be asked for at any moment, also while a question is open (a person, help, repeat, drop it)."""
    changes_subject = False
    """A topic of its own: said while a question is open, it is a change of mind."""

    def __init__(self, protocol: "Protocol") -> None:
        self.protocol = protocol

    def name(self) -> str:
        """The name that rules.yml uses."""
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Serve one turn; called by rasa-sdk."""
        turn = Turn(tracker, self.protocol.catalogue)
        await self.protocol.converse(turn, self)
        turn.deliver(dispatcher)
        facts = turn.facts
        slots = {
            # Trackers tell that a datum is known, never the datum.
            "nss": "conocido" if facts.nss else None, "task": facts.task,
            "pending": facts.pending.name if facts.pending else None,
            "fecha_nacimiento": "conocida" if facts.fecha_nacimiento else None,
        }  # fmt: skip
        return [SlotSet(name, value) for name, value in slots.items() if tracker.get_slot(name) != value]

    async def serve(self, turn: Turn, topic: str) -> None:
        """Serve the topic. Called again from the top after each answer, so that each step may ask and stop.

        Raises:
            TurnEnds: a question was put, or the turn is over.
        """
        raise NotImplementedError

    def tell_aside(self, turn: Turn, topic: str) -> bool:
        """Serve the topic in the middle of a transaction, which is left as it is; False when it is more than telling.

        Raises:
            TurnEnds: only a person can tell it.
        """
        return False


class Protocol:
    """Runs actions; knows which one serves which transaction, so that an answer goes on with it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._tasks: dict[str, CampaignAction] = {}
        self.everywhere: dict[str, CampaignAction] = {}
        """Actions that a key calls in any campaign, by name."""

    def register_task(self, topic: str, action: CampaignAction) -> None:
        """The action that goes on with a transaction of this topic."""
        self._tasks[topic] = action

    async def converse(self, turn: Turn, action: CampaignAction) -> None:
        """One turn. The order is the protocol."""
        two_topics = False
        try:
            self._calm(turn)
            action = self._keyed(turn, action)
            self._person_only(turn)
            if turn.facts.pending and await self._answer_pending(turn, action):
                return
            self._relative(turn)
            told_only_data = not scrubbed(turn.text) or not (action.interrupts or self._certain(turn))
            if self._volunteered(turn) and told_only_data:
                turn.say("Gracias, ya tengo ese dato. ¿Qué trámite necesita?", turn.campaign.greeting_choices)
                return
            two_topics = action.changes_subject and keep_second(turn)
            await action.serve(turn, turn.intent)
        except Ask as ask:
            if two_topics:
                promise_second(turn)
            open_question(turn, ask.pending)
        except TurnEnds:
            pass

    def _calm(self, turn: Turn) -> None:
        """An insult, or anger twice: apologise once and offer a person at once (campaigns.md §2.2)."""
        self._answer_offer_of_person(turn)
        rude, angry = reading.is_rude(turn.text), reading.is_angry(turn.text)
        turn.facts.anger = turn.facts.anger + 1 if rude or angry else 0
        if turn.intent == "hablar_con_agente" or not (rude or turn.facts.anger >= 2):
            if angry and not turn.facts.apologised:
                turn.facts.apologised = True
                turn.say(turn.prompt("disculpa"))
            return
        if turn.facts.apologised and rude:
            turn.hand_off(HandoffReason.UPSET_USER)
        turn.facts.apologised = turn.facts.person_offered = True
        turn.say(turn.prompt("persona_molesta"), UPSET_CHOICES)
        raise TurnEnds("upset")

    def _answer_offer_of_person(self, turn: Turn) -> None:
        """The answer to «¿Desea que le comunique con una persona?» after an insult."""
        facts = turn.facts
        if not facts.person_offered:
            return
        facts.person_offered = False
        if turn.choice == "upset:yes" or (not turn.choice and reading.read_yes_no(turn.text) is True):
            turn.hand_off(HandoffReason.UPSET_USER)
        if turn.choice == "upset:no" or (not turn.choice and reading.read_yes_no(turn.text) is False):
            pending = facts.pending
            turn.say("De acuerdo, sigamos.")
            turn.say(*(pending.prompt, pending.choices) if pending else self._menu(turn))
            raise TurnEnds("upset:no")

    @staticmethod
    def _menu(turn: Turn) -> tuple[str, tuple[Choice, ...]]:
        return turn.prompt("como_apoyarle"), turn.campaign.greeting_choices

    def _keyed(self, turn: Turn, action: CampaignAction) -> CampaignAction:
        """What means the same everywhere: 0 a person, * repeat, main menu, privacy notice (campaigns.md §2.3, §2.5)."""
        said, plain, pending = turn.text.strip(), folded(turn.text), turn.facts.pending
        waits_for_datum = pending is not None and pending.kind == "datum"
        if said == "*":
            return self.everywhere["action_repetir"]
        if plain in ("terminar", "salir", "fin", "finalizar"):
            return self.everywhere["action_despedida"]
        if said == "0" and not waits_for_datum:
            return self.everywhere["action_hablar_con_agente"]
        if PRIVACY_NOTICE.search(plain):
            turn.intent, turn.confidence = "aviso_privacidad", 1.0
            return self.everywhere["action_informar"]
        if WHO_ARE_YOU.search(plain):
            turn.say(f"Soy el {turn.campaign.bot_name}: un programa, no una persona.")
            turn.say(*(pending.prompt, pending.choices) if pending else self._menu(turn))
            raise TurnEnds("who")
        home = turn.settings.routes.get("menu_principal")
        if home and MAIN_MENU.search(plain):
            turn.move_to(home, forward=False)
        named = None if waits_for_datum or turn.choice else self._campaign_named(turn, plain)
        if named:
            turn.move_to(named, forward=False)
        return action

    def _campaign_named(self, turn: Turn, said: str) -> str | None:
        """Another campaign that a short message names («ah, entonces guarderías») and no topic of this one leads to."""
        known = {turn.campaign.id, *turn.settings.routes.values()}
        for name, campaign in self.catalogue.names().items():
            if said.endswith(name) and campaign not in known and NAMING_WORDS.issuperset(said[: -len(name)].split()):
                return campaign
        return None

    def _person_only(self, turn: Turn) -> None:
        """Matters of the campaign's topics that only a person may handle (disputes, payments, clinical questions)."""
        said = folded(turn.text)
        for rule in turn.settings.person_only:
            if re.search(rule.pattern, said):
                if rule.topic:
                    turn.mark(rule.topic)
                turn.say(rule.say)
                turn.hand_off(HandoffReason.RESTRICTED_TOPIC)

    def _relative(self, turn: Turn) -> None:
        """Another person of the family is meant, once somebody is identified: nothing of theirs is told (§3.7.2.5)."""
        facts = turn.facts
        born = reading.read_birth_date(turn.text, turn.today)
        another = born is not None and facts.patient is not None and born != facts.fecha_nacimiento
        another = another and reading.read_nss(turn.text) in (None, facts.nss)
        if not another or turn.intent == "cita_familiar" or reading.is_correction(turn.text):
            return
        book = turn.campaign.topic("cita_familiar")
        choices = (Choice(id=book.id, title=book.label),) if book else ()
        turn.say(
            "Por aquí solo puedo darle información de la persona que ya se identificó. Para otra persona de su familia "
            "le ayuda una persona.", (*choices, Choice(id="hablar_con_agente", title="Hablar con una persona")),
        )  # fmt: skip
        raise TurnEnds("relative")

    async def _answer_pending(self, turn: Turn, action: CampaignAction) -> bool:
        """Let the open question have its say; True when it settled the turn."""
        pending = turn.facts.pending
        assert pending is not None
        if turn.choice and turn.choice.startswith(("menu:", "go:")):
            turn.facts.drop_task()
            return False
        value = read_pending(turn)
        is_datum = pending.kind == "datum"
        if value is not None and (is_datum or not action.interrupts or action.action_name == "action_cancelar"):
            take(turn, value)
            self._volunteered(turn)
            await self._go_on(turn)
            return True
        if asks_to_wait(turn.text):
            turn.say("Aquí le espero.")
            return True
        if pending.name == "offer" and asks_about_offer(turn.text):
            remind(turn)
            return True
        if is_datum and action.action_name == "action_ayuda" and explain_datum(turn):
            return True
        if pending.name == "cancel" and turn.intent in ("cancelar", "cancelar_cita"):
            remind(turn, "Para no equivocarme, conteste sí o no:")
            return True
        if self._speaks_of_data(turn) and (self._corrected(turn) or self._volunteered(turn)):
            await self._take_up(turn)
            return True
        if action.interrupts:
            return False
        if self._corrected(turn):
            await self._go_on(turn)
            return True
        if action.changes_subject and self._certain(turn) and turn.intent != turn.facts.task:
            await self._change_subject(turn, action)
            return True
        if turn.intent == turn.facts.task or turn.intent == "saludo":
            remind(turn)
            return True
        if not is_datum and pending.name == "offer":
            # The contract: any other answer to the offer goes to a person (L5737); the task decides.
            turn.facts.answers["offer"] = "offer:unclear"
            turn.facts.pending = None
            await self._go_on(turn)
            return True
        if is_datum and explain_datum(turn):
            return True
        ask_again(turn)
        return True

    @staticmethod
    def _speaks_of_data(turn: Turn) -> bool:
        """Whether the message holds an identifier or a date, so that it may give or correct a datum."""
        return bool(re.search(r"\d", reading.in_digits(turn.text))) and turn.text != scrubbed(turn.text)

    async def _take_up(self, turn: Turn) -> None:
        """A datum came that was not asked for: go on with what is known now. What was offered to others is gone."""
        pending = turn.facts.pending
        if pending is not None and pending.kind == "datum" and getattr(turn.facts, pending.name) is None:
            turn.say(f"Gracias, ya tengo ese dato. {pending.prompt}")
            return
        turn.facts.pending = None
        await self._go_on(turn)

    async def _go_on(self, turn: Turn) -> None:
        """Go on with the transaction under way."""
        task = turn.facts.task
        if task is None or task not in self._tasks:
            logger.warning("no transaction to go on with after a question")
            turn.facts.drop_task()
            turn.say(turn.prompt("como_apoyarle"), turn.campaign.greeting_choices)
            return
        await self._tasks[task].serve(turn, task)

    async def resume(self, turn: Turn, task: str) -> None:
        """Take a transaction up again, e.g. to repeat it with corrected data."""
        turn.facts.begin(task)
        await self._go_on(turn)

    async def begin_topic(self, turn: Turn, choice: str) -> None:
        """Serve what was offered: a topic of this campaign, or the way to another one (`go:…`)."""
        if choice.startswith("go:"):
            turn.move_to(choice.removeprefix("go:"), forward=False)
        topic = turn.campaign.topic(choice)
        told = "action_enrutar" if topic and topic.kind == "route" else "action_informar"
        await self._tasks.get(choice, self.everywhere[told]).serve(turn, choice)

    async def _change_subject(self, turn: Turn, action: CampaignAction) -> None:
        """Another topic in the middle of a transaction: information is given and the question asked again."""
        pending = turn.facts.pending
        if pending is not None and action.tell_aside(turn, turn.intent):
            label = turn.campaign.topic(turn.facts.task or "")
            turn.say(f"Sigamos con {label.label.lower() if label else 'su trámite'}. {pending.prompt}", pending.choices)
            return
        turn.facts.drop_task()
        turn.say("De acuerdo, cambiamos de tema.")
        self._volunteered(turn)
        await action.serve(turn, turn.intent)

    def _certain(self, turn: Turn) -> bool:
        return turn.confidence >= certainty(turn)

    def _corrected(self, turn: Turn) -> bool:
        """«No, perdón, mi NSS es …»: replace a datum given before, or take the last one back to ask it anew."""
        facts = turn.facts
        if not (turn.intent == "corregir" or reading.is_correction(turn.text)):
            return False
        for name, datum in DATA.items():
            value = datum.read(turn)
            if value is not None and value != getattr(facts, name):
                facts.forget(name)
                setattr(facts, name, value)
                facts.pending = None
                turn.say("Gracias por la corrección.")
                return True
        if turn.intent == "corregir" and facts.last_given and facts.pending and facts.pending.kind == "datum":
            facts.forget(facts.last_given)
            facts.pending = None
            turn.say("De acuerdo, lo corregimos.")
            return True
        return False

    def _volunteered(self, turn: Turn) -> bool:
        """Keep data that came along unasked («mi NSS es … y nací el …»), so that nothing is asked twice.

        True when something new was learnt that answers a question still to come.
        """
        facts = turn.facts
        if not turn.text:
            return False
        before = (facts.nss, facts.fecha_nacimiento, facts.curp)
        nss = reading.read_nss(reading.last_meant(turn.text))
        of_another = facts.patient is not None and not reading.is_correction(turn.text)
        if nss and nss != facts.nss:
            facts.forget("nss")
            facts.nss = nss
        birth = reading.read_birth_date(reading.last_meant(turn.text), turn.today)
        asked_nss = facts.pending is not None and facts.pending.name == "nss"
        bare_date = (facts.nss is not None or asked_nss) and not scrubbed(turn.text)
        meant = bare_date or reading.speaks_of_birth(turn.text)
        if birth and birth != facts.fecha_nacimiento and meant and (nss or not of_another):
            facts.forget("fecha_nacimiento")
            facts.fecha_nacimiento = birth
        curp = reading.read_curp(turn.text)
        if curp:
            facts.curp = curp
        facts.nombre = reading.read_name(turn.text) or facts.nombre
        facts.preference = reading.read_preference(turn.text) or facts.preference
        return (facts.nss, facts.fecha_nacimiento, facts.curp) != before
