"""Changes of content files that leave everything else as it stands: comments, order, quotes and line breaks.

The YAML files stay the one source of truth; pages change single values in them (ruamel.yaml reads and writes what a
person wrote). Every function takes the text of a file and returns the new text.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from content.files import ContentError, parse_yaml

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
Spans = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WindowHours:
    """The hours of one window: by day of the week, and on holidays under `HOLIDAY`."""

    id: str
    applies_to: tuple[str, ...]
    days: dict[str, Spans]


@dataclass(frozen=True)
class OptionEdit:
    """An option of a menu as the page has it."""

    key: str
    title: str
    topic: str | None = None
    to: str | None = None
    was: int | None = None
    """Its place in the file; None: a new one."""
    options: tuple["OptionEdit", ...] = field(default=())


def hours(text: str) -> list[WindowHours]:
    """The windows of a campaign.yml.

    Raises:
        ContentError: as all functions here: the file is not YAML.
    """
    found = []
    for window in _load(text).get("windows") or ():
        days = {day: _spans((window.get("weekly") or {}).get(day)) for day in DAYS}
        days[HOLIDAY] = _spans(window.get(HOLIDAY))
        found.append(WindowHours(str(window.get("id", "")), tuple(map(str, window.get("applies_to") or ())), days))
    return found


def set_hours(text: str, windows: Sequence[Mapping[str, Spans]]) -> str:
    """The text with the hours of its windows, in order; only days that differ are touched."""
    data = _load(text)
    for window, wanted in zip(data.get("windows") or (), windows, strict=True):
        for day, spans in wanted.items():
            holder = window if day == HOLIDAY else window.setdefault("weekly", CommentedMap())
            if _spans(holder.get(day)) != spans:
                holder[day] = _flow([_flow([_quoted(start), _quoted(end)]) for start, end in spans])
    return _dump(data, text)


def holidays(text: str) -> list[date]:
    """The holidays of a campaign.yml."""
    return [one for one in _load(text).get("holidays") or () if isinstance(one, date)]


def set_holidays(text: str, days: Sequence[date]) -> str:
    """The text with these holidays, in their order."""
    data = _load(text)
    if holidays(text) != list(days):
        if "holidays" in data:
            data["holidays"] = _flow(list(days))
        else:
            after = list(data).index("windows") + 1 if "windows" in data else len(data)
            data.insert(after, "holidays", _flow(list(days)))
    return _dump(data, text)


def prompts(text: str) -> dict[str, str]:
    """The texts of a campaign.yml or prompts.yml, by name."""
    return {str(name): str(value) for name, value in (_load(text).get("prompts") or {}).items()}


def set_prompts(text: str, wanted: Mapping[str, str]) -> str:
    """The text with these prompts; an empty one is taken out, one that is not named stays."""
    data = _load(text)
    held = data.get("prompts")
    if held is None:
        held = data["prompts"] = CommentedMap()
    for name, value in wanted.items():
        if not value:
            held.pop(name, None)
        elif held.get(name) != value:
            held[name] = _quoted(value)
    if not held:
        del data["prompts"]
    return _dump(data, text)


def protected_part(text: str) -> str:
    """What of a file feeds indicators or prices: hours, holidays, tipificaciones, the product (security.md §10)."""
    data = parse_yaml(text, Path("campaign.yml")) if not text.startswith("---") else None
    if not isinstance(data, dict):
        return ""
    campaigns = [data, *(one for one in data.values() if isinstance(one, dict))]  # the directory holds several
    guarded = ("windows", "holidays", "timezone", "topics", "agent_type")
    return repr([{name: one.get(name) for name in guarded} for one in campaigns])


def menu(text: str) -> tuple[OptionEdit, ...]:
    """The options of a menu.yml."""
    return _options(_load(text).get("options") or ())


def set_menu(text: str, wanted: Sequence[OptionEdit]) -> str:
    """The text with these options, in this order; keywords and comments of those that stay are kept."""
    data = _load(text)
    data["options"] = _arranged(data.get("options"), wanted)
    return _dump(data, text)


def canned(text: str) -> list[tuple[str, str]]:
    """Group and text of the phrases of a canned.yml; none of an empty one."""
    return [(str(one.get("group", "")), str(one.get("text", ""))) for one in _load(text, list_wanted=True)]


def set_canned(text: str, wanted: Sequence[tuple[int | None, str, str]]) -> str:
    """The text with these phrases: place in the file (None: new), group, text. None left: an empty text."""
    data = _load(text, list_wanted=True)
    rows = [data[was] if was is not None else _row() for was, _, _ in wanted]
    for row, (_, group, words) in zip(rows, wanted, strict=True):
        _put(row, "group", group)
        _put(row, "text", words)
    _rearrange(data, rows)
    return _dump(data, text or "- ") if rows else ""


def _options(level: Sequence[Mapping[str, Any]]) -> tuple[OptionEdit, ...]:
    return tuple(
        OptionEdit(
            str(one.get("key", "")), str(one.get("title", "")), one.get("topic"), one.get("to"), place,
            _options(one.get("options") or ()),
        )
        for place, one in enumerate(level)
    )  # fmt: skip


def _arranged(level: Any, wanted: Sequence[OptionEdit]) -> Any:
    level = CommentedSeq() if level is None else level
    rows = [level[one.was] if one.was is not None else _row() for one in wanted]
    for row, one in zip(rows, wanted, strict=True):
        for name, value in (("key", one.key), ("title", one.title), ("topic", one.topic), ("to", one.to)):
            _put(row, name, value)
        if one.options or "options" in row:
            row["options"] = _arranged(row.get("options"), one.options)
    _rearrange(level, rows)
    return level


def _put(row: Any, name: str, value: str | None) -> None:
    """Set a value only if it differs, so that its quotes and comments stay; topics and campaigns are plain words."""
    if not value:
        row.pop(name, None)
    elif row.get(name) != value:
        row[name] = value if name in ("topic", "to", "group") else _quoted(value)


def _rearrange(level: Any, rows: list[Any]) -> None:
    """Put the rows in order, each with the comment that stands before it."""
    before = {id(row): level.ca.items.get(place) for place, row in enumerate(level)}
    if [id(row) for row in rows] == [id(row) for row in level]:
        return
    level[:] = []
    level.extend(rows)
    level.ca.items.clear()
    for place, row in enumerate(rows):
        if before.get(id(row)):
            level.ca.items[place] = before[id(row)]


def _spans(value: Any) -> Spans:
    return tuple((str(pair[0]), str(pair[1])) for pair in value or () if len(pair) == 2)


def _quoted(text: str) -> DoubleQuotedScalarString:
    made: DoubleQuotedScalarString = DoubleQuotedScalarString(text)
    return made


def _flow(values: list[Any]) -> CommentedSeq:
    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _row() -> CommentedMap:
    made = CommentedMap()
    made.fa.set_flow_style()
    return made


def _yaml(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    is_list = text.startswith("- ") or "\n- " in text
    yaml.indent(mapping=2, sequence=2 if is_list else 4, offset=0 if is_list else 2)
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml


def _load(text: str, *, list_wanted: bool = False) -> Any:
    try:
        data = _yaml(text).load(text)
    except YAMLError as error:
        raise ContentError(f"not valid YAML ({getattr(error, 'problem', error)}).") from error
    wanted = CommentedSeq if list_wanted else CommentedMap
    if data is None:
        return wanted()
    if not isinstance(data, wanted):
        raise ContentError("the file does not have the form that its page expects: use the text editor.")
    return data


def _dump(data: Any, text: str) -> str:
    out = io.StringIO()
    _yaml(text).dump(data, out)
    return out.getvalue()
