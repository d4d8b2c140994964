"""The keys of one call: those that answer the open question, and those that were typed before it was asked."""

from voice.keypad import Keypad, KeypadEvent, KeypadRule


class CallKeys:
    """Keys are taken under the rule of the open question; what comes earlier is kept for it."""

    def __init__(self) -> None:
        self._keypad = Keypad()
        self._rule: KeypadRule | None = None
        self._early = ""

    @property
    def entering(self) -> bool:
        """Whether an entry has begun."""
        return self._keypad.entering

    def expect(self, rule: KeypadRule) -> None:
        """A new question."""
        self._rule = rule
        self._keypad.expect(rule)

    def takes(self, key: str) -> bool:
        """Whether the key means anything now."""
        return self._keypad.takes(key)

    def press(self, key: str) -> KeypadEvent | None:
        """Take a key."""
        return self._keypad.press(key)

    def pass_time(self, seconds: float) -> KeypadEvent | None:
        """Let time go by; the entry that a pause has ended, if it has."""
        return self._keypad.pass_time(seconds)

    def keep(self, key: str) -> None:
        """Typed while nothing can be answered: a digit is kept."""
        self._early += key if key.isdigit() else ""

    def kept(self) -> str:
        """What was kept, given back once."""
        keys, self._early = self._early, ""
        return keys

    def kept_for_number(self) -> str:
        """The same where digits are asked for, so that no entry lacks its first.

        For a menu they are dropped: a «1» would accept an offer that was not heard. A single one is a slip.
        """
        keys = self.kept()
        if self._rule is None or self._rule.menu or len(keys) == 1:
            return ""
        return keys[: self._rule.max_digits]
