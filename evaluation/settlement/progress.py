"""How far a long settlement is: a bar on the terminal, and nothing where no person looks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")
_EVERY = 1000
"""Items between two looks at the bar: looking at each would cost as much as settling it."""


class Steps:
    """The steps of one command, one bar each."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def lines(self, lines: Iterable[bytes], step: str, size: int | None) -> Iterator[bytes]:
        """Pass `lines` on, measured in bytes out of `size`; None is unknown."""
        return self._watch(lines, step, size, len)

    def items(self, items: Iterable[Item], step: str, count: int | None) -> Iterator[Item]:
        """Pass `items` on, counted out of `count`; None is unknown."""
        return self._watch(items, step, count, lambda item: 1)

    def _watch(
        self, items: Iterable[Item], step: str, total: int | None, size: Callable[[Item], int]
    ) -> Iterator[Item]:
        bar = self._bars.add_task(step, total=total)
        done = 0
        for number, item in enumerate(items, start=1):
            done += size(item)
            if number % _EVERY == 0:
                self._bars.update(bar, completed=done)
            yield item
        self._bars.update(bar, completed=done, total=done)


@contextmanager
def steps() -> Iterator[Steps]:
    """Bars on standard error while a person looks at it; none in a pipe or a log."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Steps(bars)
