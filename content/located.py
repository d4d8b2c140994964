"""YAML with the line of every value, so that what is wrong can be pointed at; the lines are the parser's own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from content.files import ContentError


class NotYaml(ContentError):
    """A file is not YAML."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: not valid YAML ({problem}).")
        self.line, self.problem = line, problem


@dataclass(frozen=True)
class Located:
    """A value and where it begins: a scalar has `text`, a mapping `entries`, a sequence `items`."""

    line: int
    """Counted from 1."""
    text: str | None = None
    entries: dict[str, "Located"] = field(default_factory=dict)
    items: tuple["Located", ...] = ()
    doubled: tuple[tuple[str, int], ...] = ()
    """Keys of a mapping that stand there twice, each with the line of its repetition; YAML keeps the last."""

    def get(self, key: str) -> "Located | None":
        """The value of a key; None when there is none."""
        return self.entries.get(key)

    def word(self, key: str) -> str | None:
        """The scalar of a key, as it is written; None when there is none."""
        value = self.entries.get(key)
        return value.text if value else None

    def inside(self) -> Iterator["Located"]:
        """This value and all values in it."""
        yield self
        for part in (*self.entries.values(), *self.items):
            yield from part.inside()


def located(text: str, path: Path, before: int = 0) -> Located:
    """The document of a YAML text that begins after `before` lines of its file.

    Raises:
        NotYaml: with the line where the parser stopped.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = before + (mark.line + 1 if mark else 1)
        raise NotYaml(path, line, str(getattr(error, "problem", error))) from error
    return _of(node, before) if node is not None else Located(before + 1)


def _of(node: yaml.Node, before: int) -> Located:
    line = before + node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Located] = {}
        doubled: list[tuple[str, int]] = []
        for key, value in node.value:
            name = str(key.value)
            if name in entries:
                doubled.append((name, before + key.start_mark.line + 1))
            entries[name] = _of(value, before)
        return Located(line, entries=entries, doubled=tuple(doubled))
    if isinstance(node, yaml.SequenceNode):
        return Located(line, items=tuple(_of(one, before) for one in node.value))
    return Located(line, text=None if node.tag == "tag:yaml.org,2002:null" else str(node.value))
