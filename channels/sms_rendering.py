"""What a turn looks like as an SMS: one text, its encoding, and how many segments it costs.

A segment carries 160 characters of the GSM 7 bit alphabet, or 70 when one character is outside it (3GPP TS 23.038);
a longer text is sent in parts of 153 or 67 that the telephone joins (TS 23.040 §9.2.3.24.1). The alphabet has é and ñ
but not á, í, ó, ú: where they would cost a further segment they lose their accent.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from channels.document_address import public_address
from conversation.choices import key_of
from conversation.message import Choice, Message, Sender

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Of two characters' length: an escape stands before each."""
_IN_PLACE_OF = {
    "«": '"', "»": '"', "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-",
    "º": "o", "ª": "a", "\t": " ", "\u00a0": " ",
}  # fmt: skip
MAX_GSM7, MAX_GSM7_PART = 160, 153
MAX_UCS2, MAX_UCS2_PART = 70, 67


class Encoding(StrEnum):
    """How the characters travel."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True)
class Sms:
    """One text to send, and its price in segments."""

    text: str
    encoding: Encoding
    segments: int


def render(messages: Sequence[Message], site: str = "") -> Sms | None:
    """One turn as an SMS; None when there is nothing to say. What the citizen wrote is left out.

    `site` is the public `https://host` of this installation; a site-relative document is left out without it.
    """
    said = [message for message in messages if message.sender is not Sender.USER]
    choices = next((message.choices for message in reversed(said) if message.choices), ())
    lines = [line for message in said for line in (message.text.strip(), _address(message, site)) if line]
    text = "\n".join([*lines, *([options(choices)] if choices else [])])
    return cheapest(text) if text else None


def options(choices: tuple[Choice, ...]) -> str:
    """«Responda 1 Sí, 2 No.» for few short ones, else one a line."""
    keyed = [f"{key_of(choice, place)} {choice.title}" for place, choice in enumerate(choices, start=1)]
    joined = f"Responda {', '.join(keyed)}."
    return joined if len(joined) <= MAX_UCS2 else "\n".join(["Responda con el número:", *keyed])


def cheapest(text: str) -> Sms:
    """The text as it stands, or without what the GSM alphabet lacks when that takes fewer segments."""
    whole, plain = measured(text), measured(plainly(text))
    return plain if plain.segments < whole.segments else whole


def measured(text: str) -> Sms:
    """Encoding and segments of a text as it stands."""
    text = unicodedata.normalize("NFC", text)
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return Sms(text, Encoding.GSM7, _segments([_gsm7_length(one) for one in text], MAX_GSM7, MAX_GSM7_PART))
    return Sms(text, Encoding.UCS2, _segments([1 + (ord(one) > 0xFFFF) for one in text], MAX_UCS2, MAX_UCS2_PART))


def plainly(text: str) -> str:
    """The text in the GSM alphabet as far as it goes: what has a likeness there takes it, the rest stays."""
    return "".join(map(_likeness, unicodedata.normalize("NFC", text)))


def _likeness(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return _IN_PLACE_OF.get(character) or (base if base in _BASIC else character)


def _gsm7_length(character: str) -> int:
    return 2 if character in _EXTENDED else 1


def _segments(lengths: list[int], whole: int, part: int) -> int:
    """Segments of a text; a character of two units is never parted."""
    if sum(lengths) <= whole:
        return 1
    if all(length == 1 for length in lengths):
        return math.ceil(len(lengths) / part)
    segments, filled = 1, 0
    for length in lengths:
        if filled + length > part:
            segments, filled = segments + 1, 0
        filled += length
    return segments


def _address(message: Message, site: str) -> str | None:
    """The bare address: the words before it say what it is, and each character counts."""
    return public_address(message.document, site) if message.document else None
