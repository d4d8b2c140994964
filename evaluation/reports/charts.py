"""Geometry of the report's charts: shares from 0 to 1 become coordinates, which the template draws as SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from evaluation.thresholds import Bin, Choice, Point

WIDTH, HEIGHT = 520, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 16, 58
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
LARGEST_DOT, HISTOGRAM = 9.0, 0.16


def across(share: float) -> float:
    """Horizontal coordinate."""
    return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)


def up(share: float) -> float:
    """Vertical coordinate; SVG counts downwards."""
    return round(HEIGHT - BOTTOM - min(max(share, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM), 1)


@dataclass(frozen=True)
class Dot:
    """One bin: where it lies, how sure that is, how many answers it holds."""

    x: float
    y: float
    radius: float
    low: float
    high: float
    bar: tuple[float, float, float, float]
    """x, y, width and height of its bar in the histogram."""
    label: str


def dots(bins: Sequence[Bin]) -> list[Dot]:
    """The bins that hold answers."""
    most = max((one.right.total for one in bins), default=0)
    found = []
    for one in bins:
        if one.confidence is None or one.right.share is None:
            continue
        part = one.right.total / most
        low, high = one.right.interval
        left, top = across(one.low), up(part * HISTOGRAM)
        found.append(
            Dot(
                x=across(one.confidence),
                y=up(one.right.share),
                radius=round(3 + (LARGEST_DOT - 3) * sqrt(part), 1),
                low=up(low),
                high=up(high),
                bar=(left + 1, top, round(across(one.high) - left - 2, 1), round(up(0) - top, 1)),
                label=f"confianza {one.low:.1f} a {one.high:.1f}: {one.right}",
            )
        )
    return found


def steps(choice: Choice, height: Callable[[Point], float | None]) -> str:
    """A figure over the thresholds as the path of a step line: each point holds up to its own threshold.

    A point whose `height` is None, such as the share of wrong answers when none is given, ends the line.
    """
    path: list[str] = []
    previous_x, previous_y = across(0), None
    for point in choice.curve:
        value = height(point)
        if value is None:
            break
        x, y = across(point.threshold), up(value)
        if y != previous_y or point is choice.curve[-1]:
            path.append(f"{'L' if path else 'M'}{previous_x} {y}")
        if x != previous_x or y != previous_y:
            path.append(f"L{x} {y}")
        previous_x, previous_y = x, y
    return " ".join(path)


def pay_line(choice: Choice) -> str:
    """Full interactions paid per interaction."""
    return steps(choice, lambda point: point.pay)


def answered_line(choice: Choice) -> str:
    """Share of questions that the bot answers."""
    return steps(choice, lambda point: point.answered)


def wrong_line(choice: Choice) -> str:
    """Share of wrong answers among those given."""
    return steps(choice, lambda point: point.wrong.share)


def sampled(choice: Choice) -> list[Point]:
    """The curve at 0, 0.1, … 1 and never, for people who read tables: what holds when that threshold is set."""
    wanted = [number / 10 for number in range(11)]
    found = [next(point for point in choice.curve if point.threshold >= mark or point.is_never) for mark in wanted]
    return list(dict.fromkeys([*found, choice.pay_optimal, choice.citizen_first, choice.curve[-1]]))
