"""The survey's last question by telephone: 0 to 10, one digit and «#» or two digits (channels.md §8)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from channels.voice_questions import OpenQuestion, open_question
from conversation.conversation import Conversation, State
from conversation.message import Channel, Choice
from voice.keypad import Keypad, KeysEntered

NOW = datetime(2026, 10, 15, 10, 0, tzinfo=ZoneInfo("America/Mexico_City"))
MARKS = tuple(Choice(id=f"survey:{mark}", title=str(mark), key=str(mark)) for mark in range(1, 6))


def asked(*offered: Choice) -> OpenQuestion:
    return open_question(
        Conversation(
            id="c",
            folio="VEN-20261015-0000001-8",
            campaign="derechohabiente",
            channel=Channel.VOICE,
            origin="5500001234",
            bot_campaign="derechohabiente",
            agent_type="avanzado_a",
            bot_version="1",
            opened_at=NOW,
            last_activity=NOW,
            state=State.SURVEY,
            offered=offered,
        )  # fmt: skip
    )


@pytest.mark.parametrize(("keys", "digits"), [("10", "10"), ("7#", "7"), ("0#", "0")])
def test_a_recommendation_is_keyed_with_two_digits_or_the_hash(keys: str, digits: str) -> None:
    keypad = Keypad(asked().keys)
    entered = [event for key in keys if (event := keypad.press(key))]
    assert [event.digits for event in entered if isinstance(event, KeysEntered) and event.enough] == [digits]
    assert asked().expectation.kind == "digits"


def test_a_mark_is_one_key() -> None:
    question = asked(*MARKS)
    entered = Keypad(question.keys).press("4")
    assert isinstance(entered, KeysEntered) and entered.digits == "4" and question.expectation.kind == "choice"
