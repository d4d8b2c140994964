"""What is wrong with content, and where: what `ventanilla lint` reports."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One rule that a text, a menu or a file breaks. The message says what to do, in the words of who edits content."""

    rule: str
    message: str
    is_error: bool = True
    """An error is refused; a warning tells how the channel will show it instead."""
    at: int = 0
    """Where in the text it begins, in characters."""


@dataclass(frozen=True, order=True)
class Finding:
    """A problem in its place."""

    path: Path
    line: int
    """Counted from 1."""
    rule: str
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'error' if self.is_error else 'aviso'} [{self.rule}] {self.message}"


def found(problem: Problem, path: Path, line: int) -> Finding:
    """A problem in its place."""
    return Finding(path, line, problem.rule, problem.message, problem.is_error)
