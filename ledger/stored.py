"""Rows as they are stored, for whoever must not trust them: an unreadable column is a fact, not an exception."""

import json
from typing import Any

from sqlalchemy import RowMapping, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

_JSON = ("data", "snapshot", "folios")
_BYTES = ("secret", "facts")
_NUMBERS = ("position", "chain_length", "sealed_length")


def as_stored(table: Table) -> Select[*tuple[Any, ...]]:
    """A query for all columns as the database keeps them: moments and JSON are text."""
    return select(*(type_coerce(column, NullType()).label(column.name) for column in table.columns))


def read(stored: RowMapping) -> dict[str, Any]:
    """The row with its JSON read. What cannot be read stays text, which no hash fits; a number that is none is 0."""
    row = {name: bytes(value) if isinstance(value, memoryview) else value for name, value in stored.items()}
    for name in _JSON:
        if isinstance(row.get(name), str):
            try:
                row[name] = json.loads(row[name], object_pairs_hook=_each_name_once)
            except (ValueError, RecursionError):
                pass  # the hash tells
    for name in _BYTES:
        if isinstance(text := row.get(name), str):
            row[name] = text.encode()  # else the SHA-256 of what was sealed, as text, would hash like the original
    for name in _NUMBERS:
        if name in row and not isinstance(row[name], int):
            row[name] = 0
    return row


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. One that has a name twice says one thing to Python, which takes the last, and another to SQLite."""
    read_object = dict(pairs)
    if len(read_object) != len(pairs):
        raise ValueError("a name occurs twice")
    return read_object
