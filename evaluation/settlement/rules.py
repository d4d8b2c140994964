"""The payment rules: why a folio is paid, and which wrong answers are a reincidencia.

Each rule of the 100/30/0 scheme is one function below. They are tried in the order of `RULES`; the first that
applies decides, and its decision names the contract line or the policy setting that it rests on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.settlement.interaction import AgentType, Interaction
from evaluation.settlement.policy import Policy


@dataclass(frozen=True)
class Decision:
    """What one interaction is paid and why.

    `percent` is of one full unit; `line` is the contract's (None: it is silent); `setting` names the policy
    settings that took part, joined by ", " (None: the contract alone decides); `pending` marks a folio that
    pays 0 until its quality review.
    """

    rule: str
    percent: int
    line: str | None = None
    setting: str | None = None
    pending: bool = False


def decide(interaction: Interaction, policy: Policy) -> Decision:
    """Decide what `interaction` is paid under `policy`: evidence first (L1288), then its product's rules."""
    if not interaction.has_evidence:
        return Decision("sin_evidencia", 0, line="L1288")
    if interaction.agent_type == "sin_agente_humano":
        return _minutes(interaction, policy)
    if interaction.agent_type == "basico":
        return _basico(interaction, policy)
    return next(decision for rule in RULES if (decision := rule(interaction, policy)))


# --- Avanzado A and B: 100/30/0 (L2047-2059) ---


def respuesta_incorrecta(interaction: Interaction, policy: Policy) -> Decision | None:
    """One wrong answer zeroes all (L2059); if it does not dominate, being cut or handed over goes first."""
    if not interaction.has_wrong_answer:
        return None
    cut_or_handed_over = not interaction.is_complete or interaction.transferred_to_human
    if cut_or_handed_over and not policy.wrong_answer_dominates:
        return None
    setting = "wrong_answer_dominates" if cut_or_handed_over else None
    return Decision("respuesta_incorrecta", 0, line="L2058-2059", setting=setting)


def interrumpida(interaction: Interaction, policy: Policy) -> Decision | None:
    """The interaction, or a process in it, was cut (L2053)."""
    if interaction.is_complete:
        return None
    by_user = interaction.end == "user_hangup"
    setting = _settings(wrong_answer_dominates=interaction.has_wrong_answer, user_hangup=by_user)
    return Decision("interrumpida", policy.user_hangup if by_user else 30, line="L2053", setting=setting)


def transferida(interaction: Interaction, policy: Policy) -> Decision | None:
    """Complete and handed to a human agent (L2057). A survey never turns a wrong answer into a right one."""
    if not interaction.transferred_to_human:
        return None
    wrong = interaction.has_wrong_answer
    resolved = interaction.resolved is True and not wrong
    setting = _settings(wrong_answer_dominates=wrong, transferred_but_resolved=resolved)
    percent = policy.transferred_but_resolved if resolved else 30
    return Decision("transferida", percent, line="L2057", setting=setting)


def resuelta(interaction: Interaction, policy: Policy) -> Decision | None:
    """Complete, and the exit survey says that the question was resolved (L2056)."""
    return Decision("resuelta", 100, line="L2056") if interaction.resolved is True else None


def no_resuelta(interaction: Interaction, policy: Policy) -> Decision | None:
    """Complete, not resolved by the survey, not handed over: the contract is silent."""
    if interaction.resolved is not False:
        return None
    return Decision("no_resuelta", policy.unresolved_not_transferred, setting="unresolved_not_transferred")


def sin_encuesta(interaction: Interaction, policy: Policy) -> Decision | None:
    """Complete, no survey answered: the contract is silent."""
    if policy.unanswered_survey == "pending":
        return Decision("sin_encuesta", 0, setting="unanswered_survey", pending=True)
    return Decision("sin_encuesta", policy.unanswered_survey, setting="unanswered_survey")


RULES = (respuesta_incorrecta, interrumpida, transferida, resuelta, no_resuelta, sin_encuesta)


def _settings(**takes_part: bool) -> str | None:
    return ", ".join(name for name, yes in takes_part.items() if yes) or None


# --- The other products ---


def _minutes(interaction: Interaction, policy: Policy) -> Decision:
    """TTS/STT service: its minutes are paid only when complete, never when the tool failed (L2035-2036)."""
    if interaction.is_complete:
        return Decision("minutos_completa", 100, line="L2035-2036")
    if interaction.end in ("system_cut", "error"):
        return Decision("minutos_imputable", 0, line="L2035-2036")
    percent = policy.minutes_incomplete_not_imputable
    return Decision("minutos_no_imputable", percent, line="L2036", setting="minutes_incomplete_not_imputable")


def _basico(interaction: Interaction, policy: Policy) -> Decision:
    """Básico: the contract gives a unit, "por evento" (L13936), and no percentage rule."""
    if interaction.is_complete:
        return Decision("sin_regla_contractual", policy.basico_complete, setting="basico_complete")
    return Decision("sin_regla_contractual", policy.basico_incomplete, setting="basico_incomplete")


# --- Reincidencia (L2059) ---


@dataclass(frozen=True)
class Occurrence:
    """One deviation in one interaction, however many of its questions had it."""

    folio: str
    started_at: datetime
    campaign: str
    agent_type: AgentType
    month: str
    deviation: str


@dataclass(frozen=True)
class Recurrence:
    """The same deviation once more: where it occurred, and the folio in which its series began."""

    occurrence: Occurrence
    first_folio: str


def occurrences(interaction: Interaction) -> Iterator[Occurrence]:
    """Yield the occurrences of `interaction`, by deviation; those without evidence count too.

    Only the products of the 100/30/0 rules have any: the clause is theirs, and its price is that of an
    interaction.
    """
    if interaction.agent_type in ("avanzado_a", "avanzado_b"):
        for deviation in interaction.deviations:
            yield Occurrence(
                folio=interaction.folio,
                started_at=interaction.started_at,
                campaign=interaction.campaign,
                agent_type=interaction.agent_type,
                month=interaction.month,
                deviation=deviation,
            )


def recurrences(ordered: Iterable[Occurrence], policy: Policy) -> Iterator[Recurrence]:
    """Yield every reincidencia of the occurrences, which come ordered by `started_at`, then folio.

    With a window in days, an occurrence later than that after the last begins a new series. What is remembered
    grows with the number of different deviations, not with that of interactions.
    """
    series: dict[tuple[str | None, ...], tuple[str, datetime]] = {}
    for occurrence in ordered:
        key = (
            occurrence.deviation,
            occurrence.campaign if policy.recurrence_key == "campaign_deviation" else None,
            occurrence.month if policy.recurrence_window == "month" else None,
        )
        first_folio, previous = series.get(key, (None, None))
        if first_folio is None or previous is None or _expired(previous, occurrence.started_at, policy):
            first_folio = occurrence.folio
        else:
            yield Recurrence(occurrence, first_folio)
        series[key] = (first_folio, occurrence.started_at)


def _expired(previous: datetime, now: datetime, policy: Policy) -> bool:
    window = policy.recurrence_window
    return isinstance(window, int) and now - previous > timedelta(days=window)
