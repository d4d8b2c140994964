"""Reads a source of interactions line by line: every line is an interaction, or the problems it is refused for."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from pydantic import ValidationError

from evaluation.settlement.interaction import Interaction
from evaluation.settlement.refusal import Problem, dotted, field_problems

LONGEST_LINE = 1_000_000
"""Bytes. An interaction is some hundreds of them; a file without line ends must not be read into memory whole."""


@dataclass(frozen=True)
class Reading:
    """What one line held. `folio` is set whenever it could be read, to find the one that occurs twice."""

    number: int
    interaction: Interaction | None
    folio: str | None
    problems: tuple[Problem, ...] = ()


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of `file`; of one longer than `LONGEST_LINE`, only the beginning, which is then refused."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)


def read_json_lines(lines: Iterable[bytes]) -> Iterator[Reading]:
    """Read JSON Lines in UTF-8, one object a line; blank lines are skipped."""
    for number, line in enumerate(lines, start=1):
        if number == 1:
            line = line.removeprefix(BOM_UTF8)  # Windows begins text files with it
        if not line.strip():
            continue
        try:
            record = _parse(line)
        except ValueError as error:
            yield Reading(number, None, None, (Problem(number, "(registro)", str(error)),))
        else:
            yield _checked(number, record)


def read_records(records: Iterable[Mapping[str, object]]) -> Iterator[Reading]:
    """Read records that are already objects; their problems name the folio, or else the place in the sequence."""
    for number, record in enumerate(records, start=1):
        reading = _checked(number, dict(record))
        if reading.problems:
            problems = tuple(replace(problem, folio=reading.folio) for problem in reading.problems)
            reading = replace(reading, problems=problems)
        yield reading


def _checked(number: int, record: object) -> Reading:
    try:
        interaction = Interaction.model_validate(record)
    except ValidationError as error:
        found = [Problem(number, dotted(path), reason) for path, reason in field_problems(error)]
        folio_is_wrong = any(problem.field == "folio" for problem in found)
        folio = record.get("folio") if isinstance(record, dict) and not folio_is_wrong else None
        return Reading(number, None, folio, tuple(found))
    return Reading(number, interaction, interaction.folio)


def _parse(line: bytes) -> object:
    """Parse one line; raise `ValueError` with the reason in Spanish, which never repeats the line's data."""
    if len(line) > LONGEST_LINE:
        raise ValueError("la línea pasa de un millón de bytes")
    try:
        return _decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"no está en UTF-8 (byte {error.start + 1})") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no es JSON válido (columna {error.colno})") from error
    except RecursionError as error:
        raise ValueError("no es JSON válido (demasiados niveles)") from error


def _without_repeated_fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("un campo aparece dos veces en el mismo objeto")
    return record


_decode = json.JSONDecoder(object_pairs_hook=_without_repeated_fields).decode
