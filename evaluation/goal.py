"""A citizen with a goal: answers whatever the bot asks from the persona, as people do who read no script."""

import random
import re
from dataclasses import dataclass
from typing import Any, Literal

from evaluation.suite import Goal
from evaluation.variation import Variation, varied

_NSS, _BIRTH = "nss", "fecha"
_ASKS = (
    (_BIRTH, re.compile(r"fecha de nacimiento|No pude leer la fecha", re.IGNORECASE)),
    ("curp", re.compile(r"\bCURP\b")),
    ("agregado", re.compile(r"agregado médico", re.IGNORECASE)),
    (_NSS, re.compile(r"\bNSS\b|Número de Seguridad Social", re.IGNORECASE)),
)
_ANYTHING_ELSE = re.compile(r"¿hay algo más", re.IGNORECASE)
_ANSWERS_YES = ("offer:accept", "answer:yes", "confirm:yes")
_THANKS = ("no, es todo, gracias", "no gracias", "es todo")
_YES = ("sí", "si, está bien", "sí por favor", "ok")
_SAID_WITH = {_NSS: ("{0}", "mi nss es {0}", "es el {0}"), _BIRTH: ("{0}", "nací el {0}", "es {0}")}
WRONG_BIRTH_DATE = "03/04/1972"


@dataclass(frozen=True)
class Move:
    """One message of the citizen."""

    kind: Literal["text", "choice", "digits"]
    said: str


class GoalCitizen:
    """Decides the next message from what was last heard. Same goal, persona, variation and seed: same decisions."""

    def __init__(self, goal: Goal, data: dict[str, str], variation: Variation | None, chance: random.Random) -> None:
        """`data` holds the persona's nss, fecha (DD/MM/AAAA), curp and agregado."""
        self._goal, self._variation, self._chance = goal, variation, chance
        self._data = {**data, **goal.answers}
        self._opening = chance.choice(goal.openings)
        self._conduct_shown = False
        self._wants_it_after_all = False
        self._thanked = False
        """Said good-bye: has what was wanted, and leaves whatever is answered."""
        self._lost = 0
        self._said = 0

    def first(self) -> Move:
        """The request."""
        request = self._opening
        if self._variation is Variation.TODO_JUNTO:
            request += f", mi nss es {self._data[_NSS]} y nací el {self._data[_BIRTH]}"
        return self._say(request)

    def next(self, messages: list[dict[str, Any]]) -> Move | None:
        """The answer to what was said last; None when the citizen is done or gives up."""
        if self._said >= self._goal.patience or self._thanked:
            return None
        heard = [message for message in messages if message["sender"] != "user"]
        if not heard:
            return None
        if self._wants_it_after_all:
            self._wants_it_after_all = False
            return self._say(self._opening)
        last = heard[-1]
        asked = self._asked(last)
        if asked:
            return self._give(asked)
        if _ANYTHING_ELSE.search(last["text"]) and not self._wants_one_of(last["choices"]):
            self._thanked = True
            return self._say(self._chance.choice(_THANKS))
        if last["choices"]:
            return self._choose(last["choices"])
        self._lost += 1
        return self._say(self._opening if self._lost == 1 else "quiero hablar con una persona")

    def _asked(self, message: dict[str, Any]) -> str | None:
        decides = [choice for choice in message["choices"] if not choice["id"].startswith("hablar_con_agente")]
        if decides:
            return None
        return next((datum for datum, words in _ASKS if words.search(message["text"])), None)

    def _give(self, datum: str) -> Move:
        """The datum, or first what the variation of conduct makes of being asked."""
        conduct = None if self._conduct_shown else self._shown_when_asked(datum)
        if conduct is not None:
            self._conduct_shown = True
            self._wants_it_after_all = self._variation is Variation.CAMBIO_DE_OPINION
            return conduct
        form = self._chance.choice(_SAID_WITH.get(datum, ("{0}",)))
        return self._say(form.format(self._data.get(datum, "")))

    def _shown_when_asked(self, datum: str) -> Move | None:
        corrected = f"{WRONG_BIRTH_DATE}, no perdón, es {self._data[_BIRTH]}"
        wrong_nss = self._data[_NSS][:-1] + str((int(self._data[_NSS][-1:] or 0) + 1) % 10)
        said = {
            Variation.SILENCIO: "...",
            Variation.PIDE_PERSONA: "mejor quiero hablar con una persona",
            Variation.CAMBIO_DE_OPINION: "ya no, mejor olvídelo",
            Variation.IMPACIENCIA: "ya dígame rápido por favor, tengo prisa",
            Variation.NSS_EQUIVOCADO: wrong_nss if datum == _NSS else None,
            Variation.CORRECCION: corrected if datum == _BIRTH else None,
        }.get(self._variation) if self._variation else None  # fmt: skip
        return self._say(said) if said else None

    def _wants_one_of(self, choices: list[dict[str, Any]]) -> bool:
        return any(self._fits(choice, wish) for wish in self._goal.prefers for choice in choices)

    def _choose(self, choices: list[dict[str, Any]]) -> Move:
        """A preferred choice, else yes, else the first. Taken by button, key or words, as the seed will."""
        for wish in (*self._goal.prefers, *_ANSWERS_YES):
            taken = next((choice for choice in choices if self._fits(choice, wish)), None)
            if taken:
                break
        else:
            self._lost += 1
            if self._lost > 1:
                return self._say("quiero hablar con una persona")
            return self._say(self._opening)
        manner = self._chance.choice(("choice", "digits", "text"))
        if manner == "digits" and taken.get("key"):
            return self._move("digits", taken["key"])
        if manner == "text" and taken["id"] in _ANSWERS_YES:
            return self._say(self._chance.choice(_YES))
        return self._move("choice", taken["id"])

    @staticmethod
    def _fits(choice: dict[str, Any], wish: str) -> bool:
        return wish in (choice["id"], choice["id"].partition(":")[2]) or wish.lower() in choice["title"].lower()

    def _say(self, text: str) -> Move:
        return self._move("text", varied(text, self._variation, self._chance))

    def _move(self, kind: Literal["text", "choice", "digits"], said: str) -> Move:
        self._said += 1
        return Move(kind, said)
