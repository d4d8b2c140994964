"""What a caller may answer now, from the state of the conversation: what to listen for and which keys count."""

from dataclasses import dataclass

from conversation.asking import asked_by_choices, asked_by_facts
from conversation.conversation import Conversation, State
from conversation.message import AskKind, Asks, Choice
from voice.expectation import Expectation
from voice.keypad import KeypadRule
from voice.spoken_numbers import normalise

NSS_DIGITS, BIRTH_DATE_DIGITS, TELEPHONE_DIGITS = 11, 8, 10
TEN_DIGITS = 2
"""Digits of «10», the highest of the survey's last question."""
MENU = KeypadRule()


@dataclass(frozen=True)
class OpenQuestion:
    """How the next answer will come."""

    expectation: Expectation
    keys: KeypadRule
    pace: str = ""
    """How long its pauses may be, where that is not said by what is expected (`voice.turn_taking`)."""

    @property
    def pauses(self) -> str:
        """The kind of answer, as taking turns knows it."""
        return self.pace or self.expectation.kind


def open_question(conversation: Conversation) -> OpenQuestion:
    """The question that is open: a datum, a choice, a message for the staff, or anything."""
    pending = conversation.facts.get("pending") or {}
    if conversation.leaving_message:
        return OpenQuestion(Expectation(), KeypadRule(TELEPHONE_DIGITS, TELEPHONE_DIGITS), "message")
    if conversation.state is State.SURVEY and not conversation.offered:  # 0 to 10: two digits, or one and «#»
        return OpenQuestion(Expectation("digits", max_digits=TEN_DIGITS), KeypadRule(TEN_DIGITS))
    if conversation.state in (State.QUEUED, State.SURVEY):  # what was pending before does not count now
        return OpenQuestion(_of_choices(conversation.offered), MENU)
    if pending.get("kind") == "datum":
        return _of_datum(asked_by_facts(conversation.facts))
    if not conversation.offered:
        return OpenQuestion(Expectation(), MENU)
    return OpenQuestion(_of_choices(conversation.offered), MENU)


def _of_datum(asks: Asks | None) -> OpenQuestion:
    if asks and asks.kind is AskKind.DATE:
        return OpenQuestion(Expectation("date"), KeypadRule(BIRTH_DATE_DIGITS, BIRTH_DATE_DIGITS))
    if asks and asks.kind is AskKind.DIGITS and asks.max_digits:
        of_nss = asks.max_digits == NSS_DIGITS
        expected = Expectation("nss") if of_nss else Expectation("digits", max_digits=asks.max_digits)
        return OpenQuestion(expected, KeypadRule(asks.max_digits, asks.min_digits or 1))
    return OpenQuestion(Expectation(), MENU)


def _of_choices(offered: tuple[Choice, ...]) -> Expectation:
    if asked_by_choices(offered):
        return Expectation("yes_no", tuple(choice.title for choice in offered))
    # A menu is answered in whole sentences too: the titles help only where one of few words is expected.
    if all(choice.title.isdigit() for choice in offered):
        return Expectation("choice", tuple(choice.title for choice in offered))
    return Expectation()


def is_whole_answer(heard: str, question: OpenQuestion) -> bool:
    """Whether a number of known length has all its digits."""
    said = normalise(heard, question.expectation).strip()
    return said.isdigit() and len(said) == question.expectation.digits_wanted


def told_and_done(conversation: Conversation) -> bool:
    """Whether nothing is left half-way: who says nothing more has what they called for, or has left their message."""
    if conversation.state is State.SURVEY or conversation.leaving_message:
        return True
    return conversation.served and not conversation.facts.get("pending")
