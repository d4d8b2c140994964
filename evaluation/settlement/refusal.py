"""Refused input: every problem with its line, its field and its reason, in plain Spanish."""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

MOST_PROBLEMS_SHOWN = 20

# pydantic's kinds of error, said in Spanish; `{…}` are filled from the error's own context. The refused value
# itself is never repeated: it may be personal data.
_REASONS = {
    "missing": "falta este campo",
    "extra_forbidden": "campo desconocido; quítelo o corrija su nombre",
    "literal_error": "valor desconocido; use uno de: {expected}",
    "string_type": "debe ser un texto",
    "string_unicode": "debe ser un texto en UTF-8",
    "string_too_long": "debe tener a lo más {max_length} caracteres",
    "string_pattern_mismatch": "debe ser un texto que empiece con letra o cifra, sin caracteres de control",
    "bool_type": "debe ser true o false",
    "int_type": "debe ser un número entero",
    "decimal_type": "debe ser un número decimal entre comillas",
    "decimal_parsing": "debe ser un número decimal entre comillas",
    "decimal_max_places": "debe tener a lo más {decimal_places} decimales",
    "finite_number": "debe ser un número finito",
    "greater_than_equal": "debe ser {ge} o más",
    "less_than_equal": "debe ser {le} o menos",
    "model_type": "debe ser un objeto con sus campos",
    "dict_type": "debe ser un objeto con sus campos",
    "tuple_type": "debe ser una lista",
    "enum": "valor desconocido; use uno de: {expected}",
    "too_short": "debe tener al menos {min_length}",
    "string_too_short": "debe tener al menos {min_length} caracteres",
    "value_error": "{error}",
}
_PATTERNS = {
    r"^[0-9a-f]{64}$": "debe ser un SHA-256: 64 cifras hexadecimales en minúsculas",
    r"^[a-z0-9_]+$": "lleva solo letras minúsculas de la a a la z, cifras y guiones bajos",
}
"""What a pattern asks for, where it is not that of names."""


@dataclass(frozen=True)
class Problem:
    """One reason to refuse the input: the line (from 1; None if it has none), the field, what is wrong.

    `folio` names the interaction where a line says nothing, as in a ledger.
    """

    line: int | None
    field: str
    reason: str
    folio: str | None = None

    def __str__(self) -> str:
        place = f"folio {self.folio}, " if self.folio else "" if self.line is None else f"línea {self.line}, "
        return f"{place}campo {self.field}: {self.reason}"


class Problems:
    """Counts every problem of a source and keeps the first of them, by line.

    A file of which every line is wrong therefore takes no more memory than a file with one wrong line.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Count `problem`; among those of one line, the order in which they were added stays."""
        self.count += 1
        insort(self.first, problem, key=lambda known: known.line or 0)
        del self.first[MOST_PROBLEMS_SHOWN:]


class InputRefused(ValueError):
    """The input is missing something or contradicts itself, so nothing is settled.

    `source` says in Spanish what was read; `problems` are in the order of the lines, and `count` says how many
    were found when `problems` holds only the first.
    """

    def __init__(self, source: str, problems: Sequence[Problem], count: int | None = None) -> None:
        self.problems = tuple(problems)
        self.count = len(problems) if count is None else count
        shown = [f"  {problem}" for problem in self.problems[:MOST_PROBLEMS_SHOWN]]
        if self.count > len(shown):
            shown.append(f"  … y {self.count - len(shown)} errores más")
        super().__init__("\n".join([f"No se liquidó nada. Corrija {source}:", *shown]))


def field_problems(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """List what pydantic found wrong: the path of each field and the reason in Spanish."""
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        path = tuple(part for part in detail["loc"] if part != "[key]")
        context = detail.get("ctx", {})
        if "expected" in context:
            context["expected"] = context["expected"].replace(" or ", " o ")
        found.append((path, _reason(detail["type"], context) or detail["msg"]))
    return found


def _reason(kind: str, context: Mapping[str, Any]) -> str | None:
    """In Spanish; None when nobody has translated it."""
    if context.get("pattern") in _PATTERNS:
        return _PATTERNS[context["pattern"]]
    return _REASONS[kind].format(**context) if kind in _REASONS else None


def dotted(path: tuple[int | str, ...]) -> str:
    """Write a field's path as people read it: `questions.0.verdict`; the whole record is `(registro)`."""
    return ".".join(str(part) for part in path) or "(registro)"
