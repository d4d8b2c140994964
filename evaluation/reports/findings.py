"""Everything that the reports of a run say, computed once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.gates import GateResult
from evaluation.reports.payment import Payment, pay_or_refusal
from evaluation.results import ConversationResult, Run, Status
from evaluation.settlement.policy import Policy
from evaluation.statistics import Tally, counted, repetitions_of, tallies, tally
from evaluation.thresholds import (
    Bin,
    Calibration,
    Choice,
    brier_score,
    calibration_error,
    choose,
    pairs_of,
    reliability,
)
from ledger.recontact import Recontact


@dataclass(frozen=True)
class Confusion:
    """How often a topic was expected and another served."""

    expected: str
    served: str | None
    """None: no topic at all."""
    times: int
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Topics:
    """Expected against served topics of one campaign."""

    expected: int
    """Conversations that expected a topic."""
    right: int
    confusions: tuple[Confusion, ...]
    """Most frequent first."""


@dataclass(frozen=True)
class Coverage:
    """Which topics, menu options or rules of a campaign the run went through."""

    campaign: str
    kind: str
    """topic, menu, rule or reason."""
    expected: int
    missing: tuple[str, ...]

    @property
    def covered(self) -> int:
        """How many were gone through."""
        return self.expected - len(self.missing)


@dataclass(frozen=True)
class Confidence:
    """How far the confidences of one campaign can be trusted, and what to make of them."""

    answers: int
    bins: tuple[Bin, ...]
    error: float
    """Expected calibration error."""
    brier: float
    calibration: Calibration
    choice: Choice


@dataclass(frozen=True)
class Findings:
    """All that a run showed."""

    run: Run
    gates: tuple[GateResult, ...]
    total: Tally
    tallies: dict[tuple[str, str], Tally]
    policy: Policy
    payment: Payment | str
    """The settlement, or why there is none (Spanish)."""
    topics: dict[str, Topics]
    coverage: tuple[Coverage, ...]
    confidence: dict[str, Confidence]
    recontacts: tuple[Recontact, ...]

    @property
    def failed_gates(self) -> list[GateResult]:
        """The gates that were not passed."""
        return [gate for gate in self.gates if not gate.passed]

    @property
    def failures(self) -> dict[tuple[str, str, str], list[ConversationResult]]:
        """The failed conversations by campaign, channel and case."""
        return repetitions_of(one for one in self.run.results if one.status is Status.FAILED)

    @property
    def infrastructure(self) -> list[ConversationResult]:
        """The conversations that say nothing about the bot."""
        return sorted((one for one in self.run.results if one.status is Status.INFRASTRUCTURE), key=lambda one: one.key)


def find(run: Run, policy: Policy, gates: Sequence[GateResult] = (), recontacts: Sequence[Recontact] = ()) -> Findings:
    """Compute everything once; the order in which conversations ended makes no difference."""
    results = sorted(run.results, key=lambda one: one.key)
    by_campaign = {name: [one for one in results if one.campaign == name] for name in run.campaigns()}
    confidences = {name: _confidence(of_campaign) for name, of_campaign in by_campaign.items()}
    return Findings(
        run=Run(header=run.header, results=tuple(results)),
        gates=tuple(gates),
        total=tally(results),
        tallies=tallies(run),
        policy=policy,
        payment=pay_or_refusal(results, policy),
        topics={name: _topics(of_campaign) for name, of_campaign in by_campaign.items()},
        coverage=tuple(_coverage(run)),
        confidence={name: found for name, found in confidences.items() if found},
        recontacts=tuple(recontacts),
    )


def _topics(results: Iterable[ConversationResult]) -> Topics:
    """A conversation that served the expected topic is right, whatever else it served; else its first one counts."""
    cases: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for one in counted(results):
        if one.expected_topic is not None:
            right = one.expected_topic in one.served_topics
            served = one.expected_topic if right else next(iter(one.served_topics), None)
            cases[one.expected_topic, served].append(one.case)
    wrong = [
        Confusion(expected, served, len(names), tuple(sorted(set(names))))
        for (expected, served), names in cases.items()
        if expected != served
    ]
    return Topics(
        expected=sum(len(names) for names in cases.values()),
        right=sum(len(names) for (expected, served), names in cases.items() if expected == served),
        confusions=tuple(sorted(wrong, key=lambda one: (-one.times, one.expected, one.served or ""))),
    )


def _coverage(run: Run) -> Iterable[Coverage]:
    for campaign, expected in sorted(run.header.expected_coverage.items()):
        covered = {item for one in counted(run.of(campaign)) for item in one.covers}
        for kind in sorted({item.partition(":")[0] for item in expected}):
            of_kind = {item for item in expected if item.partition(":")[0] == kind}
            missing = sorted(item.partition(":")[2] for item in of_kind - covered)
            yield Coverage(campaign, kind, len(of_kind), tuple(missing))


def _confidence(results: Iterable[ConversationResult]) -> Confidence | None:
    pairs = pairs_of(results)
    error, brier, choice = calibration_error(pairs), brier_score(pairs), choose(pairs)
    if error is None or brier is None or choice is None:
        return None
    return Confidence(len(pairs), tuple(reliability(pairs)), error, brier, Calibration(pairs), choice)
