"""Suites of simulated conversations in YAML; see evaluation/suites/README.md for the format by example."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from conversation.conversation import State
from conversation.handoff import HandoffReason
from evaluation import strict_yaml
from evaluation.settlement.refusal import field_problems
from evaluation.variation import Variation

MOST_PROBLEMS = 20
"""Of one file, that are told at once."""


class SuiteError(Exception):
    """A suite cannot be used; the text names file, case and field."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(StrEnum):
    """What a case should come to."""

    RESOLVED = "resolved"
    """Served by the bot to its end."""
    TRANSFERRED = "transferred"
    """Handed to a person."""
    ROUTED = "routed"
    """Taken to another campaign."""
    REFUSED = "refused"
    """Rightly not done, without a person."""
    MESSAGE = "message_left"
    """Nobody attended and a message was taken."""


class Step(_Part):
    """One message of the citizen, and what must be true right after it."""

    say: str | None = None
    choose: str | None = None
    """A choice by its id."""
    digits: str | None = None
    contains: tuple[str, ...] = ()
    """Phrases the answer must hold (capitals and accents count)."""
    absent: tuple[str, ...] = ()
    state: State | None = None
    clock: datetime | None = None
    """Moment set before this step."""
    fault: dict[str, Any] | None = None
    """Fault put into the institution before this step (services.md §10, 16)."""
    repeat_id: bool = False
    """Send it twice under one `client_message_id`, as a flaky connection does."""
    interrupts: bool = False
    """By telephone: say or key it while the bot still speaks. (`say: ""` stays silent.)"""

    @model_validator(mode="after")
    def _one_message(self) -> "Step":
        if sum(value is not None for value in (self.say, self.choose, self.digits)) != 1:
            raise ValueError("lleva exactamente uno de say, choose y digits")
        return self


class Goal(_Part):
    """What a citizen wants, who then answers whatever the bot asks from the persona."""

    openings: tuple[str, ...] = Field(min_length=1)
    """Ways of asking for it; the seed takes one."""
    prefers: tuple[str, ...] = ()
    """Choices to take when offered, by id (or its end) or part of the title, the first that is there; else yes."""
    answers: dict[str, str] = Field(default_factory=dict)
    """Answers that differ from the persona's: nss, fecha, curp, agregado."""
    patience: int = Field(default=14, ge=2, le=40)
    """Messages after which the citizen gives up."""


class Backend(_Part):
    """What the institution's agenda must show, compared with before the conversation."""

    booked: int = 0
    cancelled: int = 0
    confirmed: int = 0
    service: str | None = None
    """Service of the new appointment."""
    start: datetime | None = None
    """Start of the new appointment."""


class Expectation(_Part):
    """What must be true when the conversation is over."""

    outcome: Outcome
    topic: str | None = None
    campaign: str | None = None
    """Campaign that has the conversation at the end."""
    reason: HandoffReason | None = None
    """Motivo of the hand-over."""
    backend: Backend = Backend()
    appointment_states: tuple[str, ...] | None = None
    """States our own booking ledger went through."""
    said: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()


class Case(_Part):
    """One conversation: a script (`steps`) or a citizen with a goal (`goal`)."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    persona: str | None = None
    """Id of a synthetic person (`ventanilla sandbox people`); its data fill {nss}, {fecha}, {curp}, {agregado}."""
    clock: datetime | None = None
    faults: tuple[dict[str, Any], ...] = ()
    steps: tuple[Step, ...] = ()
    goal: Goal | None = None
    noise_db: float = 25.0
    """By telephone: how far the voice stands above the noise of the line."""
    vary: tuple[Variation, ...] = ()
    """Variations that the case undergoes besides its plain form."""
    rules: tuple[str, ...] = ()
    """Rules that it covers: names of `business_rules`, error codes, sections of the specification."""
    deviation: str | None = None
    """Key of the deviation when the answer is wrong; by default topic and kind of mistake."""
    resolved: bool | None = True
    """Answer to the survey when the bot served it to the end; None leaves the survey unanswered."""
    expect: Expectation

    @model_validator(mode="after")
    def _script_or_goal(self) -> "Case":
        if bool(self.steps) == (self.goal is not None):
            raise ValueError("lleva steps o goal, uno de los dos")
        conduct = [one.value for one in self.vary if not one.of_words]
        if conduct and self.goal is None:
            raise ValueError(f"solo un ciudadano con goal se comporta de otro modo ({', '.join(conduct)})")
        return self

    @property
    def is_exclusive(self) -> bool:
        """Whether it sets the clock, which all conversations share: then nothing else may run beside it."""
        return self.clock is not None or any(step.clock for step in self.steps)

    @property
    def has_faults(self) -> bool:
        """Whether it makes the institution fail on purpose."""
        return bool(self.faults) or any(step.fault for step in self.steps)


class Suite(_Part):
    """Cases of one campaign."""

    campaign: str
    vary: tuple[Variation, ...] = ()
    """Variations that every case of the suite undergoes, where it can."""
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> "Suite":
        ids = [case.id for case in self.cases]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"estos id de caso aparecen dos veces: {', '.join(twice)}")
        return self

    def variations(self, case: Case) -> tuple[Variation, ...]:
        """The variations of one of its cases, each once, in the order of their declaration."""
        wanted = {*case.vary, *(one for one in self.vary if one.of_words or case.goal)}
        return tuple(one for one in Variation if one in wanted)


def read_suite(path: Path) -> Suite:
    """One suite.

    Raises:
        SuiteError: not YAML, or not a suite; names file, case and field of everything that is wrong.
    """
    try:
        data = strict_yaml.load(path.read_text(encoding="utf-8"))
        return Suite.model_validate(data)
    except OSError as error:
        raise SuiteError(f"{path}: no se puede leer ({error.strerror}).") from error
    except ValidationError as error:
        found = field_problems(error)
        # A list whose entries are wrong is said to be too short as well: only what lies deepest is told.
        deepest = [(place, why) for place, why in found if not any(_lies_in(other, place) for other, _ in found)]
        told = [f"{path}, {_place(place, data)}: {why}" for place, why in deepest[:MOST_PROBLEMS]]
        raise SuiteError("\n".join(told)) from error
    except yaml.YAMLError as error:
        raise SuiteError(f"{path}: {strict_yaml.why(error)}.") from error
    except ValueError as error:  # not in UTF-8, or a date that is none
        raise SuiteError(f"{path}: no es un archivo de casos ({error}).") from error


def _lies_in(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _place(location: tuple[int | str, ...], data: Any) -> str:
    words = [str(part) for part in location]
    if len(location) > 1 and location[0] == "cases" and isinstance(location[1], int):
        case = data["cases"][location[1]]
        named = isinstance(case, dict) and "id" in case
        words[:2] = [f"caso «{case['id']}»" if named else f"caso número {location[1] + 1}"]
    return " > ".join(words) or "(archivo)"


def json_schema() -> dict[str, Any]:
    """The format as JSON Schema, for editors; kept in suites/suite.schema.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Suite.model_json_schema()}


def find_suites(paths: list[Path]) -> list[Path]:
    """Suite files among files and folders, each once.

    Raises:
        SuiteError: a path does not exist, or nothing was found.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise SuiteError(f"{path}: no existe ese archivo o carpeta.")
        for one in sorted(path.rglob("*.yml")) if path.is_dir() else [path]:
            found.setdefault(one.resolve(), one)
    if not found:
        raise SuiteError(f"{', '.join(map(str, paths))}: no hay casos (*.yml).")
    return list(found.values())
