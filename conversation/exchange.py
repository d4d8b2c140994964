"""One exchange: what is said and what happens while one message is handled, written to the record as one."""

import json
from datetime import datetime
from typing import Any

from conversation.asking import asked_by_choices
from conversation.campaign import Campaign
from conversation.conversation import Conversation
from conversation.entrance import Entrance
from conversation.events import EventKind
from conversation.masking import mask
from conversation.message import Message, Reply, Sender
from conversation.ports import NewEvent


class Exchange:
    """Collects events for one conversation; nothing is sent until the record has them."""

    def __init__(
        self, conversation: Conversation, campaign: Campaign, now: datetime, incoming: Message | None = None
    ) -> None:
        self.conversation = conversation
        self.campaign = campaign
        self.now = now
        self.incoming = incoming
        self.events: list[NewEvent] = []

    def note(self, kind: EventKind, *, level: str = "bot", agent: str | None = None, **data: Any) -> None:
        """Something happened; `data` must not hold personal data."""
        self.events.append(NewEvent(kind=kind, data=data, level=level, agent=agent))

    def say(self, reply: Reply, sender: Sender = Sender.BOT, agent: str | None = None) -> None:
        """Say something to the citizen. The last choices said are the ones that may be taken."""
        if reply.choices:
            self.conversation.offered = reply.choices
        masked = mask(reply.text, own_words=False)
        data: dict[str, Any] = {"sender": sender, "text": masked}
        if reply.choices:
            data["choices"] = [choice.model_dump() for choice in reply.choices]
        if reply.document:
            data["document"] = reply.document.model_dump()
        if asks := reply.asks or asked_by_choices(reply.choices):
            data["asks"] = asks.model_dump(mode="json", exclude_none=True)
        if self.incoming:
            data["in_reply_to"] = self.incoming.id
        level = "human" if sender is Sender.HUMAN else "bot"
        secret = reply.text if masked != reply.text else None
        self.events.append(NewEvent(kind=EventKind.MESSAGE, data=data, secret=secret, level=level, agent=agent))

    def bring_in(self, entrance: Entrance) -> None:
        """Keep what the citizen wrote into the form before the chat; the dialogue knows it from now on."""
        if entrance.form:
            data = {"values": {one.name: one.masked for one in entrance.form}}
            secret = json.dumps({one.name: one.value for one in entrance.form}, ensure_ascii=False)
            self.events.append(NewEvent(kind=EventKind.FORM, data=data, secret=secret, level="user"))
            self.conversation.facts = {**self.conversation.facts, **entrance.facts()}

    def prompt(self, name: str, default: str, **values: object) -> None:
        """Say one of the campaign's prompts as the system; `default` when its files do not word it."""
        text = self.campaign.words(name, self.conversation.channel, default)
        self.say(Reply(text=text.format(**values)), Sender.SYSTEM)
