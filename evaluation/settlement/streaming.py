"""Settles a source of any size: each line is decided as it is read, and what it pays waits on disk to be sorted.

What one interaction pays depends on no other one, so it is decided at once (`interaction_line`). Only reincidencias
need the order of time; their occurrences, a small part, are sorted with the rest (`deduction_lines`).
"""

from collections.abc import Iterable

from evaluation.settlement.lines import deduction_lines, interaction_line
from evaluation.settlement.policy import Policy
from evaluation.settlement.reader import Reading
from evaluation.settlement.refusal import InputRefused, Problem, Problems
from evaluation.settlement.rules import occurrences
from evaluation.settlement.spool import Spool
from evaluation.settlement.statement import Again, Statement
from evaluation.settlement.totals import Tally


def settle_readings(readings: Iterable[Reading], policy: Policy, spool: Spool, source: str) -> Statement:
    """Settle what was read, in any order; the statement is that of `settle`, and is valid while `spool` is open.

    Raises `InputRefused`, naming `source` (Spanish) and the first problems by line, when any line is refused or a
    folio occurs twice (L1719): then nothing is settled.
    """
    problems, tally = Problems(), Tally()
    for reading in readings:
        if reading.interaction is not None:
            line = interaction_line(reading.interaction, policy)
            tally.add(line)
            spool.add(reading.number, reading.interaction.started_at, line, occurrences(reading.interaction))
        elif reading.folio is not None:
            spool.add_refused(reading.number, reading.folio)
        for problem in reading.problems:
            problems.add(problem)
    spool.sort()
    for number, first in spool.repeated():
        problems.add(Problem(number, "folio", f"el folio ya aparece en la línea {first}"))
    if problems.count:
        raise InputRefused(source, problems.first, problems.count)
    deductions = Again(lambda: deduction_lines(spool.occurrences(), policy))
    for deduction in deductions:
        tally.deduct(deduction)
    return Statement(policy, Again(spool.lines), deductions, tally)
