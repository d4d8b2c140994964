"""Data files that are in force as soon as they are saved: no restart, no training (L6925)."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

T = TypeVar("T")
logger = logging.getLogger(__name__)
APPROVED = "aprobado"
"""What `approval` says in content that the institution has approved."""


class ContentError(Exception):
    """A data file cannot be used; the text names the file, the place in it and what to do."""


class HotFile(Generic[T]):
    """A parsed file that is parsed again when it changes.

    A change that cannot be parsed is refused and the last good content stays in force, so that a slip of the pen
    never takes a campaign off the air; `problem` tells what is wrong until it is mended.
    """

    def __init__(self, path: Path, parse: Callable[[str, Path], T]) -> None:
        self.path, self._parse = path, parse
        self._stamp: tuple[int, int] | None = None
        self._value: T | None = None
        self.version = ""
        self.problem: ContentError | None = None

    def get(self) -> T:
        """The content in force.

        Raises:
            ContentError: the file was never readable.
        """
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._read(stamp)
        except FileNotFoundError:
            self._refuse(ContentError(f"{self.path}: the file is missing. Create it."))
        except UnicodeDecodeError as error:
            self._refuse(ContentError(f"{self.path}: not UTF-8 at byte {error.start}. Save it as UTF-8."))
        except ContentError as error:
            self._refuse(error)
        if self._value is None:
            raise self.problem or ContentError(f"{self.path}: empty. Write its content.")
        return self._value

    def _read(self, stamp: tuple[int, int]) -> None:
        self._stamp = stamp
        text = self.path.read_text(encoding="utf-8")
        self._value, self.problem = self._parse(text, self.path), None
        self.version = hashlib.sha256(text.encode()).hexdigest()[:12]

    def _refuse(self, problem: ContentError) -> None:
        if str(problem) != str(self.problem):
            logger.error("content refused, the last good version stays in force: %s", problem)
        self.problem = problem


def parse_yaml(text: str, path: Path) -> Any:
    """The YAML document of a file.

    Raises:
        ContentError: not YAML; names file, line and column.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContentError(f"{path}{place}: not valid YAML ({getattr(error, 'problem', error)}).") from error


def misfit(error: ValidationError, where: str) -> ContentError:
    """What was read does not fit its schema: the first place in it that is wrong, and why."""
    first = error.errors()[0]
    return ContentError(f"{where}, {'.'.join(map(str, first['loc'])) or 'top'}: {first['msg']}")


def unapproved(path: Path, what: str, approval: str) -> ContentError:
    """Content that production may not show because of its `approval`; `what` is subject and verb («the form is»)."""
    return ContentError(
        f"{path}: {what} marked «{approval}». Production serves only approved content: have the institution approve it "
        f"and write «approval: {APPROVED}»."
    )
