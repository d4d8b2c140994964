"""Keys of the telephone: one key in a menu, or digits up to a length, an end key, or a pause (channels.md §4).

Keys are taken at any prompt, speech or not. Time is told by the caller of `pass_time`, so no clock is needed.
"""

from dataclasses import dataclass
from enum import Enum

END_KEY = "#"
REPEAT_KEY = "*"
PERSON_KEY = "0"
_SHOWN = 4
_SHOWN_FROM = 10
"""Shorter numbers, such as a birth date, are masked whole: four digits would say too much of them."""


@dataclass(frozen=True)
class KeypadRule:
    """What the keys may be. An NSS: `KeypadRule(max_digits=11, min_digits=11)`; a date, DDMMAAAA: 8."""

    max_digits: int = 1
    """Ends the entry without an end key; 1 is a menu, where `0` asks for a person."""
    min_digits: int = 1
    """Fewer, ended by `#` or a pause, are an entry that failed."""
    between_s: float = 3.0
    """Longest pause between two keys; then the entry ends."""
    total_s: float = 15.0
    """Longest time from the first key; then the entry ends."""

    @property
    def menu(self) -> bool:
        """One key decides."""
        return self.max_digits == 1


class EndedBy(Enum):
    """What ended an entry."""

    LENGTH = "length"
    END_KEY = "end_key"
    TIME = "time"


@dataclass(frozen=True)
class KeysEntered:
    """The caller's digits. Never read back whole: say `masked`."""

    digits: str
    by: EndedBy
    enough: bool
    """Whether there are as many as were asked for; otherwise the attempt failed."""

    @property
    def masked(self) -> str:
        """`00058500018` -> `*******0018`; what is shorter than a telephone number is hidden whole."""
        return masked(self.digits)


@dataclass(frozen=True)
class RepeatAsked:
    """`*`: say the prompt again; digits entered so far are forgotten."""


@dataclass(frozen=True)
class PersonAsked:
    """`0` in a menu, or nothing but it where a longer number is asked for: a person."""


KeypadEvent = KeysEntered | RepeatAsked | PersonAsked


class Keypad:
    """Collects the keys of one call under the rule of the open question."""

    def __init__(self, rule: KeypadRule | None = None) -> None:
        self._rule = rule or KeypadRule()
        self._digits = ""
        self._since_key = self._since_first = 0.0

    @property
    def entering(self) -> bool:
        """Whether an entry has begun; the no-input time does not run then, and the bot is silent."""
        return bool(self._digits)

    def expect(self, rule: KeypadRule) -> None:
        """A new question: what was entered for the last one is forgotten."""
        self._rule = rule
        self._forget()

    def takes(self, key: str) -> bool:
        """Whether the key means anything now.

        The letters of old telephones do not, nor does `#` without digits: many press it after a number that was
        already ended by its length, and must not cut off the answer with it.
        """
        return key == REPEAT_KEY or (key == END_KEY and self.entering) or (len(key) == 1 and key in "0123456789")

    def press(self, key: str) -> KeypadEvent | None:
        """Take a key; one that means nothing now is ignored."""
        if not self.takes(key):
            return None
        if key == REPEAT_KEY:
            self._forget()
            return RepeatAsked()
        if key == END_KEY:
            return self._entered(EndedBy.END_KEY)
        if key == PERSON_KEY and self._rule.menu:
            return PersonAsked()
        if not self._digits:
            self._since_first = 0.0
        self._digits += key
        self._since_key = 0.0
        return self._entered(EndedBy.LENGTH) if len(self._digits) >= self._rule.max_digits else None

    def pass_time(self, seconds: float) -> KeysEntered | PersonAsked | None:
        """Let time go by, such as 0.02 for a frame; the entry that a pause has ended, if it has."""
        if not self._digits:
            return None
        self._since_key += seconds
        self._since_first += seconds
        if self._since_key >= self._rule.between_s or self._since_first >= self._rule.total_s:
            return self._entered(EndedBy.TIME)
        return None

    def masked(self) -> str:
        """What has been entered so far, for screens and logs."""
        return masked(self._digits)

    def _entered(self, by: EndedBy) -> KeysEntered | PersonAsked:
        entered = KeysEntered(self._digits, by, len(self._digits) >= self._rule.min_digits)
        self._forget()
        return entered if entered.enough or entered.digits.strip(PERSON_KEY) else PersonAsked()

    def _forget(self) -> None:
        self._digits = ""
        self._since_key = self._since_first = 0.0


def masked(digits: str) -> str:
    """The digits with at most the last four readable (security.md §2)."""
    shown = _SHOWN if len(digits) >= _SHOWN_FROM else 0
    return "*" * (len(digits) - shown) + digits[len(digits) - shown :]
