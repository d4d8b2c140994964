"""The run in a terminal: what a person wants to know before opening the report."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evaluation.reports.findings import Findings
from evaluation.reports.words import about, money, name, number, percentage, threshold, verdict
from evaluation.statistics import Rate, Tally

MOST_FAILURES = 20


def print_summary(console: Console, findings: Findings) -> None:
    """Print figures by campaign, gates, payment, thresholds and what failed; the report has the transcripts."""
    console.print(_figures(findings))
    _print_gates(console, findings)
    _print_payment(console, findings)
    _print_thresholds(console, findings)
    _print_failures(console, findings)
    style = "bold green" if findings.run.is_complete and not findings.failed_gates else "bold red"
    console.print(escape(verdict(findings)), style=style)


def _figures(findings: Findings) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Campaña y canal")
    for title in ("Casos", "pass^1 (95 %)", "pass^4", "Incorrectas", "Infraestructura"):
        table.add_column(title, justify="right")
    for (campaign, channel), found in findings.tallies.items():
        table.add_row(escape(f"{campaign} · {name(channel)}"), *_cells(found))
    if len(findings.tallies) > 1:
        table.add_row("Todo", *_cells(findings.total), style="bold")
    return table


def _cells(found: Tally) -> list[str]:
    always: Rate | None = found.always_passed
    wrong = f"{found.wrong.hits:g}"
    return [str(found.cases), str(found.passed), always.headline if always else "—", wrong, str(found.infrastructure)]


def _print_gates(console: Console, findings: Findings) -> None:
    for gate in findings.gates:
        sign, style = ("✓", "green") if gate.passed else ("✗", "red")
        text = f"{sign} {about(gate)}: {name(gate.name)}: se pide {gate.wanted}; se encontró {gate.found}"
        console.print(escape(text), style=style, highlight=False)


def _print_payment(console: Console, findings: Findings) -> None:
    payment = findings.payment
    if isinstance(payment, str):
        console.print(escape(payment), style="red", highlight=False)
        return
    pay = payment.total
    held = number(pay.interactions, "interacción", "interacciones")
    deducted = number(pay.deductions, "deductiva", "deductivas")
    figures = (
        f"{percentage(pay.percent)} del pago completo en {held}; {deducted}, con ellas {percentage(pay.net_percent)}"
    )
    _line(console, f"Pago: {figures}; neto {money(pay.net)} ({payment.statement.status})")


def _print_thresholds(console: Console, findings: Findings) -> None:
    for campaign, found in findings.confidence.items():
        if not found.choice.is_flat:
            both = (("el que más paga", found.choice.pay_optimal), ("primero el ciudadano", found.choice.citizen_first))
            words = [
                f"{title} {threshold(point)} (paga {percentage(100 * point.pay)}, errores {point.wrong.headline})"
                for title, point in both
            ]
            _line(console, f"{campaign}, umbral de transferencia: {'; '.join(words)}")


def _print_failures(console: Console, findings: Findings) -> None:
    failures = findings.failures
    for (campaign, _, case), results in list(failures.items())[:MOST_FAILURES]:
        reason = next(iter(results[0].problems), "sin motivo registrado")
        _line(console, f"✗ {campaign}/{case} ({number(len(results), 'vez', 'veces')}): {reason}")
    if len(failures) > MOST_FAILURES:
        _line(console, f"… y {number(len(failures) - MOST_FAILURES, 'caso', 'casos')} más en el informe")


def _line(console: Console, text: str) -> None:
    console.print(escape(text), highlight=False)
