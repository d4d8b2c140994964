"""One turn of a dialogue, seen from the actions: what was said, what is known, what will be answered."""

from datetime import date, datetime
from typing import Any, NoReturn

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.facts import Facts, Lookup, Pending
from content.catalogue import BotSettings, Catalogue
from content.menus import Menu
from conversation.campaign import Campaign
from conversation.handoff import HandoffReason
from conversation.message import Choice, Document, Reply
from dialogue.wire import FinishReport, HandOffReport, MoveReport, TurnMetadata, TurnReport
from ledger.services import Interaction


class TurnEnds(Exception):
    """Nothing more is done in this turn: it was handed over, moved or answered."""


class Ask(TurnEnds):
    """A question must be answered before the task can go on."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(pending.name)
        self.pending = pending


class Turn:
    """What an action works with. Replies are collected and delivered at the end."""

    def __init__(self, tracker: Tracker, catalogue: Catalogue) -> None:
        """Read the turn from Rasa's tracker.

        Raises:
            ValidationError: the message did not come from the conversation (no valid metadata).
            LookupError: the campaign is not known.
        """
        latest: dict[str, Any] = tracker.latest_message
        self.metadata = TurnMetadata.model_validate(latest.get("metadata") or {})
        self.facts = Facts.model_validate(self.metadata.facts)
        self.choice = self.metadata.choice
        self.text = "" if self.choice else self.metadata.said
        self.intent: str = latest.get("intent", {}).get("name") or "nlu_fallback"
        self.confidence: float = latest.get("intent", {}).get("confidence") or 0.0
        self.ranking: list[dict[str, Any]] = latest.get("intent_ranking") or []
        self.suggested, self.facts.suggested = self.facts.suggested, None
        self._catalogue = catalogue
        campaign = catalogue.get(self.metadata.campaign)
        if campaign is None:
            raise LookupError(f"no campaign {self.metadata.campaign}")
        self.campaign: Campaign = campaign
        self.settings: BotSettings = catalogue.settings(campaign.id)
        self.menu: Menu = catalogue.menu(campaign.id)
        self.replies: list[Reply] = []
        self.topic: str | None = None
        self.outcome: HandOffReport | MoveReport | FinishReport | None = None

    @property
    def now(self) -> datetime:
        """The conversation's present."""
        return self.metadata.now

    @property
    def today(self) -> date:
        """The conversation's day, in the zone its clock carries (America/Mexico_City)."""
        return self.metadata.now.date()

    @property
    def interaction(self) -> Interaction:
        """The interaction, for the ledger and the institution's headers."""
        data = self.metadata
        return Interaction(
            conversation_id=data.conversation, folio=data.folio, campaign=data.campaign, channel=data.channel
        )

    def prompt(self, name: str, **values: object) -> str:
        """One of the campaign's texts.

        Raises:
            KeyError: bots/shared/prompts.yml does not have it.
        """
        return self.campaign.prompts[name].format(**values)

    def say(self, text: str, choices: tuple[Choice, ...] = (), document: Document | None = None) -> None:
        """Say something; at most the last thing said carries choices."""
        self.replies.append(Reply(text=text, choices=choices, document=document))

    def hand_off(self, reason: HandoffReason, note: str = "") -> NoReturn:
        """Give the conversation to a person.

        Raises:
            TurnEnds: always.
        """
        self.facts.pending = None
        second, self.facts.also = self.facts.also, None
        if second and second.id not in self.facts.served:
            note = f"{note}. También mencionó: {second.title}".removeprefix(". ")
        self.outcome = HandOffReport(reason=reason, note=note)
        raise TurnEnds(reason)

    def move_to(self, campaign: str, *, forward: bool) -> NoReturn:
        """Go on in another campaign; `forward` gives it these same words.

        Raises:
            TurnEnds: always.
        """
        self.facts.drop_task()
        self.facts.last_task = None  # another campaign cannot take it up
        self.facts.also = self._reachable_from(campaign)
        self.outcome = MoveReport(campaign=campaign, forward=forward)
        raise TurnEnds(campaign)

    def _reachable_from(self, campaign: str) -> Choice | None:
        """The other topic that was named, as another campaign can offer it: the way to the one that serves it."""
        second = self.facts.also
        if second is None:
            return None
        routed = self.settings.routes.get(second.id)
        target = routed or (second.id if second.id.startswith("go:") else self.campaign.id).removeprefix("go:")
        known = self._catalogue.get(target)
        if known is None or target == campaign:
            return None
        return Choice(id=f"go:{target}", title=known.name if routed else second.title)

    def finish(self) -> NoReturn:
        """Everything was served: on to the survey.

        Raises:
            TurnEnds: always.
        """
        self.facts.drop_task()
        self.outcome = FinishReport()
        raise TurnEnds("finish")

    def done(self, topic: str, related: tuple[Choice, ...] = ()) -> None:
        """A topic was served to its end: typify it and ask whether there is more (L4345)."""
        facts = self.facts
        facts.drop_task()
        facts.misses = 0
        self.mark(topic)
        text, second = self.prompt("algo_mas"), facts.also
        facts.also = None
        if second and second.id not in (*facts.served, f"go:{self.campaign.id}"):
            facts.suggested = second
            text = f"También mencionó «{second.title}». {text}"
            related = (second, *(choice for choice in related if choice.id != second.id))
        self.say(text, (*related, Choice(id="despedida", title="No, es todo")))

    def mark(self, topic: str) -> None:
        """Typify the turn with a topic of the catalogue."""
        self.topic = topic
        if topic not in self.facts.served:
            self.facts.served.append(topic)

    def looked_up(self, service: str, result: str) -> None:
        """Note a look-up for the person who may take over."""
        moment = self.now.strftime("%H:%M:%S")
        self.facts.lookups = [*self.facts.lookups, Lookup(service=service, at=moment, result=result)][-12:]

    def deliver(self, dispatcher: CollectingDispatcher) -> None:
        """Hand the replies and the report to Rasa."""
        if self.replies and self.intent != "repetir":
            self.facts.said = tuple(self.replies)
        for reply in self.replies:
            buttons = [{"title": c.title, "payload": c.id, "key": c.key} for c in reply.choices]
            # Rasa sends an attachment as a message of its own, right after the text it belongs to.
            attached = reply.document.model_dump_json() if reply.document else None
            # A blank line would make Rasa split one utterance in several.
            text = reply.text.replace("\n\n", "\n")
            dispatcher.utter_message(text=text, buttons=buttons, attachment=attached)
        report = TurnReport(
            topic=self.topic, intent=self.intent, confidence=round(self.confidence, 4),
            facts=self.facts.model_dump(mode="json"), outcome=self.outcome,
        )  # fmt: skip
        dispatcher.utter_message(json_message={"turn": report.model_dump(mode="json")})
