"""Numbers of payment cards that were said: found in what was understood, to be cut out of the recording."""

import re

from conversation.masking import luhn
from voice.expectation import Expectation
from voice.recogniser import Transcript
from voice.spoken_numbers import normalise

_LENGTHS = range(13, 20)
_DIGITS = Expectation("digits")
_MARGIN_S = 0.4
"""Beside the words: a recogniser is not exact about when a word begins."""


def is_card_number(digits: str) -> bool:
    """Whether these digits may be a payment card's, and where they were said is to be cut out."""
    return len(digits) in _LENGTHS and digits.isdigit() and luhn(digits)


def holds_card_number(said: str) -> bool:
    """Whether a card's number is among the digits of a text: as one number, or all of them together."""
    runs = re.findall(r"\d+", normalise(said, _DIGITS))
    return any(map(is_card_number, (*runs, "".join(runs))))


def numbers_span(heard: Transcript) -> tuple[float, float]:
    """From the first to the last word of an utterance that is a number, in seconds since it began."""
    numbers = [word for word in heard.words if re.search(r"\d", normalise(word.text, _DIGITS))]
    if not numbers:
        return 0.0, 0.0
    return max(0.0, numbers[0].start - _MARGIN_S), numbers[-1].end + _MARGIN_S
