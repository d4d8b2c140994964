"""What one evaluation run found, as data: every report, gate and figure is computed from this and nothing else.

A run is a folder: `run.json` (RunHeader), `results.jsonl` (one ConversationResult a line, appended as conversations
end, so that a run killed half-way can be resumed), and the reports made from them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from evaluation.settlement.interaction import WRONG_VERDICTS, Verdict

HEADER, RESULTS = "run.json", "results.jsonl"


class RunError(Exception):
    """A run's folder cannot be used; the text names file, line and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    """How one conversation went."""

    PASSED = "passed"
    FAILED = "failed"
    INFRASTRUCTURE = "infrastructure"
    """Something other than the bot failed, twice; says nothing about the bot and is never counted as its."""


class Question(_Part):
    """One thing the bot answered, or should have: the verdict, and the deviation when it was wrong."""

    topic: str
    verdict: Verdict
    deviation: str | None = None
    intent: str | None = None
    confidence: float | None = None
    """Of the intent, 0 to 1, as the engine gave it when the topic was served."""

    @property
    def is_wrong(self) -> bool:
        """Whether the answer pays nothing (L2058-2059)."""
        return self.verdict in WRONG_VERDICTS


class Line(_Part):
    """One line of a transcript; synthetic people only, nothing is masked."""

    sender: str
    """user, bot, human or system."""
    text: str


class ConversationResult(_Part):
    """One simulated conversation and its judgement."""

    campaign: str
    channel: str
    case: str
    """Id of the case, `~variation` behind it when one was applied."""
    title: str
    variation: str | None
    repetition: int
    """1 to k."""
    seed: int
    status: Status
    expected_outcome: str
    outcome: str
    """resolved, transferred, routed, refused, message_left or interrupted."""
    expected_topic: str | None
    served_topics: tuple[str, ...]
    problems: tuple[str, ...]
    """Everything that was not as expected, in words; empty when passed."""
    questions: tuple[Question, ...]
    covers: tuple[str, ...]
    """What the conversation went through: `topic:<id>`, `menu:<option id>`, `rule:<name>`, `reason:<motivo>`."""
    folio: str | None
    turns: int
    """Messages of the citizen."""
    seconds: float
    transcript: tuple[Line, ...]
    interaction: dict[str, Any] | None
    """The ledger's payment record with the run's verdicts (payment.md, «Data in»)."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it one of a kind within its run."""
        return self.campaign, self.channel, self.case, self.repetition

    @property
    def is_wrong(self) -> bool:
        """Whether the bot answered anything wrongly."""
        return any(question.is_wrong for question in self.questions)


class RunHeader(_Part):
    """What a run is: enough to repeat it."""

    run_id: str
    started_at: datetime
    seed: int
    repetitions: int
    channel: str
    only: str | None = None
    """Only cases whose id contains this."""
    varied: bool = True
    suites: dict[str, str]
    """SHA-256 of each suite file, by its path."""
    planned: int
    """Conversations in all."""
    expected_coverage: dict[str, tuple[str, ...]] = {}
    """By campaign: every topic, menu option and rule there is to cover, in the words of `covers`."""
    bot_versions: dict[str, str] = {}
    agent_types: dict[str, str] = {}


class Run(_Part):
    """A run and what it has found so far."""

    header: RunHeader
    results: tuple[ConversationResult, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every planned conversation was held."""
        return len(self.results) == self.header.planned

    def campaigns(self) -> list[str]:
        """Campaigns that have results, in alphabetical order."""
        return sorted({one.campaign for one in self.results})

    def of(self, campaign: str) -> list[ConversationResult]:
        """Results of one campaign."""
        return [one for one in self.results if one.campaign == campaign]


def write_header(folder: Path, header: RunHeader) -> None:
    """Begin a run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HEADER).write_text(header.model_dump_json(indent=1) + "\n", encoding="utf-8")


def append_result(folder: Path, result: ConversationResult) -> None:
    """Keep one result; a run that is killed after this does not hold the conversation again."""
    with (folder / RESULTS).open("a", encoding="utf-8") as lines:
        lines.write(result.model_dump_json() + "\n")


def drop_cut_off_line(folder: Path) -> None:
    """Take away a last line that a kill cut off, so that what is appended begins on a line of its own."""
    path = folder / RESULTS
    kept = path.read_bytes() if path.exists() else b""
    if kept and not kept.endswith(b"\n"):
        path.write_bytes(kept[: kept.rfind(b"\n") + 1])


def read_run(folder: Path) -> Run:
    """A run from its folder.

    A last line that was cut off by a kill is passed over; of two results of one conversation the later counts.

    Raises:
        RunError: no such run, or a damaged file; names file and line.
    """
    try:
        header = RunHeader.model_validate_json((folder / HEADER).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(
            f"{folder / HEADER}: no se puede leer ({error.strerror}). ¿Es la carpeta de una corrida?"
        ) from error
    except ValueError as error:
        raise RunError(f"{folder / HEADER}: no es el encabezado de una corrida.") from error
    path = folder / RESULTS
    # Bytes: a kill may cut a letter in two, and to text a line also ends at separators that people may write.
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return Run(header=header, results=tuple(_results(path, lines)))


def _results(path: Path, lines: Sequence[bytes]) -> Iterable[ConversationResult]:
    found: dict[tuple[str, str, str, int], ConversationResult] = {}
    for number, line in enumerate(lines, start=1):
        try:
            result = ConversationResult.model_validate_json(line)
        except ValidationError as error:
            if number == len(lines) and not line.endswith(b"\n"):
                break  # cut off by a kill; the conversation is held again
            raise RunError(
                f"{path}, línea {number}: no es el resultado de una conversación; quítela o repárela."
            ) from error
        found[result.key] = result
    return found.values()
