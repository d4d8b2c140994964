"""Gates: what a run must reach before a bot is put in front of citizens, by campaign and channel.

`gates.yml` says what is wanted, a baseline (JSON) what had been reached before. What cannot be measured fails: a gate
is passed by evidence, never by its absence.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from evaluation import strict_yaml
from evaluation.results import Run, Status
from evaluation.settlement.refusal import dotted, field_problems
from evaluation.statistics import HARD_SPACE, Tally, repetitions_of, tally

MOST_NAMED = 8
"""Cases that a finding names; the reports show all of them anyway."""


class GatesError(Exception):
    """The gates or the baseline cannot be used; the text (Spanish) names file, field and reason."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Count = Annotated[int, Field(strict=True, ge=0)]


class Gate(_Part):
    """What is wanted of one campaign on one channel; what is left out is not asked for."""

    campaign: Annotated[str, Field(min_length=1)]
    channel: Annotated[str, Field(min_length=1)]
    minimum_resolved: Annotated[float, Field(strict=True, ge=0, le=100)] | None = None
    """Percentage of conversations that are resolved or rightly handed over (pass^1)."""
    maximum_wrong: Count | None = None
    """Conversations in which something was answered wrongly."""
    minimum_cases: Count | None = None
    """Different cases that were held: a suite that shrank proves less."""
    no_regression: StrictBool = False
    """Every case that always passed in the baseline still always passes."""


class Gates(_Part):
    """The file."""

    gates: Annotated[tuple[Gate, ...], Field(min_length=1)]


class Reached(_Part):
    """How often one case passed, of how often it was held."""

    passed: Count
    held: Count


class Baseline(_Part):
    """What an earlier run reached: campaign -> channel -> case."""

    run_id: str
    cases: dict[str, dict[str, dict[str, Reached]]]


Model = TypeVar("Model", Gates, Baseline)


@dataclass(frozen=True)
class GateResult:
    """One gate, what it wanted and what was found, both in words."""

    name: str
    campaign: str | None
    """None: the gate is about the whole run."""
    channel: str | None
    wanted: str
    found: str
    passed: bool


def read_gates(path: Path) -> Gates:
    """The gates file (YAML).

    Raises:
        GatesError: cannot be read, is not YAML, has an unknown field, or asks twice for one campaign and channel.
    """
    gates = _read(path, Gates)
    seen: set[tuple[str, str]] = set()
    for number, gate in enumerate(gates.gates):
        if (gate.campaign, gate.channel) in seen:
            raise GatesError(f"{path}: campo gates.{number}: {gate.campaign} por {gate.channel} aparece dos veces")
        seen.add((gate.campaign, gate.channel))
    return gates


def read_baseline(path: Path) -> Baseline | None:
    """The baseline; None when none was written yet.

    Raises:
        GatesError: the file is there and cannot be used.
    """
    return _read(path, Baseline) if path.exists() else None


def write_baseline(path: Path, run: Run) -> None:
    """Keep what `run` reached, to be held against later runs.

    Cases are sorted and indented, so that a change of the baseline can be reviewed line by line. Replaces the file as
    a whole: cases that the run does not have are no longer asked for.

    Raises:
        GatesError: the run is not complete, or the file cannot be written.
    """
    if not run.is_complete:
        raise GatesError(f"{run.header.run_id}: una corrida incompleta no puede ser la línea base")
    cases: dict[str, dict[str, dict[str, Reached]]] = {}
    for (campaign, channel, case), held in repetitions_of(run.results).items():
        passed = sum(one.status is Status.PASSED for one in held)
        cases.setdefault(campaign, {}).setdefault(channel, {})[case] = Reached(passed=passed, held=len(held))
    baseline = Baseline(run_id=run.header.run_id, cases=cases)
    try:
        path.write_text(baseline.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise GatesError(f"{path}: no se puede escribir ({error.strerror})") from error


def check_gates(run: Run, gates: Gates, baseline: Baseline | None = None) -> list[GateResult]:
    """Hold the run against every gate; all must pass. The first result says whether the run is complete."""
    held, planned = len(run.results), run.header.planned
    complete = GateResult("complete", None, None, f"{planned} conversaciones", f"{held} de {planned}", run.is_complete)
    return [complete, *(result for gate in gates.gates for result in _check(run, gate, baseline))]


def _check(run: Run, gate: Gate, baseline: Baseline | None) -> Iterable[GateResult]:
    mine = [one for one in run.results if (one.campaign, one.channel) == (gate.campaign, gate.channel)]
    found = tally(mine)
    for name, wanted, words, passed in _figures(gate, found):
        nothing = found.cases == 0
        shown = "no hay resultados" if nothing else words
        yield GateResult(name, gate.campaign, gate.channel, wanted, shown, passed and not nothing)
    if gate.no_regression:
        words, passed = _regression(run, gate, baseline)
        yield GateResult("no_regression", gate.campaign, gate.channel, "ningún caso retrocede", words, passed)


def _figures(gate: Gate, found: Tally) -> Iterable[tuple[str, str, str, bool]]:
    """Name, what is wanted, what was found, whether that is enough."""
    right, total, wrong = found.passed.hits, found.passed.total, int(found.wrong.hits)
    if gate.minimum_resolved is not None:
        wanted = f"al menos {gate.minimum_resolved:g}{HARD_SPACE}%"
        yield "minimum_resolved", wanted, str(found.passed), 100 * right >= gate.minimum_resolved * total
    if gate.maximum_wrong is not None:
        yield "maximum_wrong", f"a lo más {gate.maximum_wrong}", str(wrong), wrong <= gate.maximum_wrong
    if gate.minimum_cases is not None:
        enough = found.cases >= gate.minimum_cases
        yield "minimum_cases", f"al menos {gate.minimum_cases} casos", f"{found.cases} casos", enough


def _regression(run: Run, gate: Gate, baseline: Baseline | None) -> tuple[str, bool]:
    """Cases that always passed before, and now fail or are gone; one without a countable result is no regression."""
    if baseline is None:
        return "no hay línea base", False
    before = baseline.cases.get(gate.campaign, {}).get(gate.channel, {})
    if not before:
        return "la línea base no tiene resultados de esta campaña y canal", False
    now = repetitions_of(run.results)
    names = {(one.campaign, one.channel, one.case) for one in run.results}
    failing, gone = [], []
    for case, reached in before.items():
        key = (gate.campaign, gate.channel, case)
        if reached.passed < reached.held or not reached.held:
            continue
        if key not in names:
            gone.append(case)
        elif any(one.status is Status.FAILED for one in now.get(key, [])):
            failing.append(case)
    words = [f"antes pasaban: {_named(failing)}"] if failing else []
    words += [f"ya no están: {_named(gone)}"] if gone else []
    return "; ".join(words) or "ninguno", not words


def _named(cases: Sequence[str]) -> str:
    more = f" y {len(cases) - MOST_NAMED} más" if len(cases) > MOST_NAMED else ""
    return ", ".join(cases[:MOST_NAMED]) + more


def _parsed(path: Path, text: str) -> Any:
    return json.loads(text) if path.suffix == ".json" else strict_yaml.load(text)


def _read(path: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate(_parsed(path, path.read_text(encoding="utf-8")))
    except OSError as error:
        raise GatesError(f"{path}: no se puede leer ({error.strerror})") from error
    except ValidationError as error:
        place, reason = field_problems(error)[0]
        raise GatesError(f"{path}: campo {dotted(place)}: {reason}") from error
    except yaml.YAMLError as error:
        raise GatesError(f"{path}: {strict_yaml.why(error)}") from error
    except ValueError as error:  # JSON's and UTF-8's own errors
        raise GatesError(f"{path}: no es un archivo válido ({error})") from error
