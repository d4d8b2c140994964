"""The live progress bar of a run, with its counts."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evaluation.results import ConversationResult, Status
from evaluation.session import Session

_WORDS = {Status.PASSED: "bien", Status.FAILED: "mal", Status.INFRASTRUCTURE: "sin juzgar"}


@contextmanager
def shown(console: Console, session: Session) -> Iterator[Callable[[ConversationResult], None]]:
    """Show the run's progress; the yielded function is told of each result."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    counts: Counter[Status] = Counter()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("conversaciones", total=len(session.left) + session.kept, completed=session.kept)

        def finished(result: ConversationResult) -> None:
            counts[result.status] += 1
            told = ", ".join(f"{counts[status]} {word}" for status, word in _WORDS.items() if counts[status])
            progress.update(task, advance=1, description=told)

        yield finished
