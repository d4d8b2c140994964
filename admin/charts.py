"""Geometry of a line chart, for an inline SVG: the pages allow no script of others and no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 12, 12, 20
_GRID = (0, 25, 50, 75, 100)

Value = Decimal | float | None
"""A percentage; None leaves a gap."""


@dataclass(frozen=True)
class Dot:
    """One value, and what it says when pointed at."""

    x: float
    y: float
    title: str


@dataclass(frozen=True)
class GridLine:
    """A horizontal line and its label."""

    y: float
    label: str


@dataclass(frozen=True)
class Series:
    """One line of the chart."""

    index: int
    label: str
    paths: tuple[str, ...]
    """Points of each unbroken piece, as `polyline` wants them."""
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    series: tuple[Series, ...]
    grid: tuple[GridLine, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


def percent_chart(lines: Sequence[tuple[str, Sequence[Value]]], names: Sequence[str]) -> Chart:
    """Percentages over a sequence of things with names; `lines` are labels with one value per name.

    The axis begins at 0, or lower when a value does (deductivas can take more than was earned).

    Raises:
        ValueError: a line has more or fewer values than there are names.
    """
    values = [float(value) for _, line in lines for value in line if value is not None]
    bottom = min([0.0, *values])
    bottom = 25 * (bottom // 25)
    scale = (HEIGHT - _TOP - _BOTTOM) / (100 - bottom)
    step = (WIDTH - _LEFT - _RIGHT - 24) / max(1, len(names) - 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return round(_LEFT + 12 + at * step, 1), round(HEIGHT - _BOTTOM - (value - bottom) * scale, 1)

    ticks = [bottom, *(tick for tick in _GRID if tick > bottom)]
    grid = tuple(GridLine(place(0, tick)[1], f"{tick:.0f} %") for tick in ticks)
    series = []
    for index, (label, line) in enumerate(lines):
        dots, pieces = [], [""]
        for at, (name, value) in enumerate(zip(names, line, strict=True)):
            if value is None:
                pieces.append("")
                continue
            x, y = place(at, float(value))
            dots.append(Dot(x, y, f"{name}: {label} {float(value):.1f} %"))
            pieces[-1] += f"{x},{y} "
        series.append(Series(index, label, tuple(piece.strip() for piece in pieces if piece), tuple(dots)))
    return Chart(tuple(series), grid)
