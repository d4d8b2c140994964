"""Recognise an emergency by words, before any other rule and in every state (campaigns.md §2.4).

A false alarm is cheaper than a miss. What counts is data (`bots/shared/emergency.yml`) that the medical area approves:
phrases, and *signs*, pairs of what happens and to what («duele … pecho»), near each other in either order. Both are
compared by sound («pexo», «rrespira») and with one slip of the finger («respria»).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, product
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from conversation.folding import folded

MISSPELLED_FROM = 5
"""Letters from which a word may have two letters swapped, one missing or one too many."""
REPLACED_FROM = 6
"""Letters from which a word may have one letter in place of another: shorter ones turn into other words."""
LONGEST_CHECKED = 60
"""Words of a message that are checked for misspellings; all are checked as written."""
SHORTEST_STEM = 3
SHORTEST_SOUND = 2
"""Letters of the shortest stem as it sounds: «ll» and the like are one."""
_SHORTHAND = {"q": "que", "k": "que", "d": "de", "x": "por", "m": "me", "xq": "porque", "pq": "porque"}
_SOUNDS = (
    (re.compile("ch"), "x"),  # also «pexo», chat shorthand
    (re.compile("h"), ""),
    (re.compile("v"), "b"),
    (re.compile("z|c(?=[ei])"), "s"),
    (re.compile("qu|c"), "k"),
    (re.compile("g(?=[ei])"), "j"),
    (re.compile("gu(?=[ei])"), "g"),
    (re.compile("ll"), "y"),
    (re.compile("m(?=[bp])"), "n"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sounded(word: str) -> str:
    """A folded word as it sounds in Mexico, so that «combulcion» equals «convulsion»."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _beginnings(sound: str) -> list[str]:
    """What a stem that fits the word may be."""
    return [sound[:length] for length in range(SHORTEST_SOUND, len(sound) + 1)]


class Sign(BaseModel):
    """One of `any` and one of `near`, with at most `within` words between them, in either order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    any: tuple[str, ...] = Field(min_length=1)
    near: tuple[str, ...] = Field(min_length=1)
    within: int = Field(default=4, ge=0, le=12)
    weak: bool = False
    """Does not count when a word of `unless` is present."""


class _Span(NamedTuple):
    first: int
    last: int


class _Word(NamedTuple):
    """A word of a phrase, as it sounds; a stem accepts any ending."""

    sound: str
    is_stem: bool

    def fits(self, sound: str) -> bool:
        return sound.startswith(self.sound) if self.is_stem else sound == self.sound


def _readings(word: str) -> set[_Word]:
    """How a word of a phrase may sound: the last letter of «adormec*» depends on the ending."""
    if not word.endswith("*"):
        return {_Word(sounded(word), is_stem=False)}
    stem = word.removesuffix("*")
    return {_Word(sounded(stem), is_stem=True), _Word(sounded(f"{stem}e")[:-1], is_stem=True)}


class _Phrases:
    """Finds many phrases at once in a message; each phrase stands for one or more keys."""

    def __init__(self, phrases: Iterable[tuple[str, str]], gap: int) -> None:
        """`phrases` are (key, phrase) pairs; `gap` other words may stand between two words of a phrase."""
        self._gap = gap
        self._whole: dict[str, list[tuple[tuple[_Word, ...], set[str]]]] = defaultdict(list)
        self._stems: dict[str, list[tuple[tuple[_Word, ...], set[str]]]] = defaultdict(list)
        self.sounds: set[str] = set()
        self.stems: set[str] = set()
        keys: dict[tuple[_Word, ...], set[str]] = defaultdict(set)
        for key, phrase in phrases:
            for words in product(*(_readings(word) for word in phrase.split())):
                keys[words].add(key)
        for words, its_keys in keys.items():
            (self._stems if words[0].is_stem else self._whole)[words[0].sound].append((words, its_keys))
            self.sounds |= {word.sound for word in words if not word.is_stem}
            self.stems |= {word.sound for word in words if word.is_stem}

    def found_in(self, sounds: Sequence[str]) -> Iterator[tuple[str, _Span]]:
        """Every phrase that is there, with its place."""
        for first, sound in enumerate(sounds):
            candidates = self._whole.get(sound, ())
            stems = (self._stems[beginning] for beginning in _beginnings(sound) if beginning in self._stems)
            for words, keys in chain(candidates, *stems):
                last = self._end(words, sounds, first)
                if last is not None:
                    yield from ((key, _Span(first, last)) for key in keys)

    def _end(self, words: tuple[_Word, ...], sounds: Sequence[str], at: int) -> int | None:
        for word in words[1:]:
            for place in range(at + 1, min(at + 2 + self._gap, len(sounds))):
                if word.fits(sounds[place]):
                    at = place
                    break
            else:
                return None
        return at


class _Spelling:
    """Turns a word with one slip of the finger into the known word it is near to; an index, not a search."""

    def __init__(self, known: Iterable[str], right: Iterable[str]) -> None:
        """`right` are words that look like a slip of a known one and are none."""
        self._right = frozenset(right)
        self._known = {word for word in known if len(word) >= MISSPELLED_FROM}
        self._shorter: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            for shorter in self._without_one(word):
                self._shorter[shorter].append(word)

    @staticmethod
    def _without_one(word: str) -> set[str]:
        return {word[:place] + word[place + 1 :] for place in range(len(word))}

    def corrected(self, word: str) -> str:
        """The known word, or the word itself."""
        if len(word) < MISSPELLED_FROM - 1 or word in self._known or word in self._right:
            return word
        shorter = self._without_one(word)
        missing = self._shorter.get(word, [])
        too_many = [one for one in shorter if one in self._known]
        other = [one for short in shorter for one in self._shorter.get(short, ()) if self._is_slip(one, word)]
        near = sorted(one for one in (*missing, *too_many) if one[0] == word[0])
        return next(iter((*sorted(other), *near)), word)

    @staticmethod
    def _is_slip(known: str, word: str) -> bool:
        """Two neighbours swapped, or one letter in place of another."""
        if len(known) != len(word):
            return False
        places = [place for place, (one, two) in enumerate(zip(known, word, strict=True)) if one != two]
        if len(places) == 1:
            return len(known) >= REPLACED_FROM and places[0] > 0
        return len(places) == 2 and places[1] == places[0] + 1 and sorted(known) == sorted(word)


class EmergencyWords(BaseModel):
    """What tells an emergency.

    `harmless` expressions are struck out before anything is looked for («me muero de ganas»). `weak` phrases and signs
    do not count when a phrase of `unless` is present («incapacidad por parto»). `not_slips` are words that look like a
    slip of a listed one and are none («hicieron», «hirieron»). «@name» stands for a list of `lists`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    prompt: str
    words: tuple[str, ...]
    weak: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    not_slips: tuple[str, ...] = ()
    lists: dict[str, tuple[str, ...]] = {}
    signs: tuple[Sign, ...] = ()

    @field_validator("signs")
    @classmethod
    def _named_once(cls, signs: tuple[Sign, ...]) -> tuple[Sign, ...]:
        names = [sign.name for sign in signs]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two signs are named {sorted(twice)}; give each its own name")
        return signs

    @model_validator(mode="after")
    def _usable(self) -> Self:
        for phrase in {*self._all_phrases(), *(one for terms in self.lists.values() for one in terms)}:
            for word in phrase.split() or [""]:
                plain = word.removesuffix("*")
                if not plain.isascii() or not plain.isalnum() or plain != folded(plain):
                    raise ValueError(f"«{phrase}»: write small letters without accents, and «*» only at a word's end")
                if word.endswith("*") and len(plain) < SHORTEST_STEM:
                    raise ValueError(f"«{phrase}»: «{word}» would fit too many words; write {SHORTEST_STEM} letters")
        for phrase in self.words:
            if not phrase.startswith("@") and not self.found_in(phrase.replace("*", "")):
                raise ValueError(f"«{phrase}» would never count: an expression of «harmless» strikes it out")
        return self

    def _terms(self, phrases: Iterable[str]) -> Iterator[str]:
        """The phrases, with «@name» replaced by what the list holds."""
        for phrase in phrases:
            if not phrase.startswith("@"):
                yield phrase
            elif phrase[1:] in self.lists:
                yield from self.lists[phrase[1:]]
            else:
                raise ValueError(f"«{phrase}»: «lists» has no «{phrase[1:]}»")

    def _keyed(self) -> Iterator[tuple[str, str]]:
        for key, phrases in (("words", self.words), ("weak", self.weak), ("unless", self.unless)):
            yield from ((key, phrase) for phrase in self._terms(phrases))
        for sign in self.signs:
            yield from ((f"any {sign.name}", phrase) for phrase in self._terms(sign.any))
            yield from ((f"near {sign.name}", phrase) for phrase in self._terms(sign.near))

    def _all_phrases(self) -> set[str]:
        return {phrase for _, phrase in self._keyed()} | set(self._terms(self.harmless))

    @cached_property
    def _phrases(self) -> _Phrases:
        return _Phrases(self._keyed(), gap=1)

    @cached_property
    def _harmless(self) -> _Phrases:
        return _Phrases((("harmless", phrase) for phrase in self._terms(self.harmless)), gap=0)

    @cached_property
    def _spelling(self) -> _Spelling:
        words = (word for phrase in self._all_phrases() for word in phrase.split())
        return _Spelling((word for word in words if not word.endswith("*")), self.not_slips)

    def _sounds(self, text: str) -> list[str]:
        """The words of a message as they sound, slips of the finger mended, harmless expressions struck out."""
        sounds = []
        for place, word in enumerate(folded(text).split()):
            plain = _SHORTHAND.get(word, word)
            sound = sounded(plain)
            if place < LONGEST_CHECKED and not self._is_known(sound):
                sound = sounded(self._spelling.corrected(plain))
            sounds.append(sound)
        for _, span in list(self._harmless.found_in(sounds)):
            sounds[span.first : span.last + 1] = [""] * (span.last + 1 - span.first)
        return sounds

    def _is_known(self, sound: str) -> bool:
        beginnings = _beginnings(sound)
        return any(
            sound in group.sounds or not group.stems.isdisjoint(beginnings) for group in (self._phrases, self._harmless)
        )

    def told_by(self, text: str) -> str | None:
        """Name of what tells an emergency in the text («words», «weak» or a sign's name); None when nothing does."""
        found: dict[str, list[_Span]] = defaultdict(list)
        for key, span in self._phrases.found_in(self._sounds(text)):
            found[key].append(span)
        if "words" in found:
            return "words"
        excused = "unless" in found
        for sign in self.signs:
            if (sign.weak and excused) or f"any {sign.name}" not in found:
                continue
            if _near(found[f"any {sign.name}"], found.get(f"near {sign.name}", ()), sign.within):
                return sign.name
        return "weak" if "weak" in found and not excused else None

    def found_in(self, text: str) -> bool:
        """Whether the text speaks of an emergency."""
        return self.told_by(text) is not None


def _near(some: Sequence[_Span], others: Sequence[_Span], within: int) -> bool:
    """Whether two spans lie apart with at most `within` words between them."""
    gaps = (max(two.first - one.last, one.first - two.last) - 1 for one in some for two in others)
    return any(0 <= gap <= within for gap in gaps)
