"""What a run will do: every case of its suites, plain and varied, as often as asked; and what there is to cover."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.catalogue import Catalogue
from evaluation.suite import Case, Suite
from evaluation.variation import Variation

WEBCHAT, VOICE = "webchat", "voice"
Key = tuple[str, str, str, int]
"""Campaign, channel, case with its variation, repetition (ConversationResult.key)."""


@dataclass(frozen=True)
class PlannedConversation:
    """One conversation to hold."""

    campaign: str
    channel: str
    case: Case
    variation: Variation | None
    repetition: int
    seed: int

    @property
    def case_id(self) -> str:
        """The case's id, with its variation."""
        return f"{self.case.id}~{self.variation}" if self.variation else self.case.id

    @property
    def key(self) -> Key:
        """The key of its result."""
        return self.campaign, self.channel, self.case_id, self.repetition

    def chance(self) -> random.Random:
        """The dice of this conversation: the same for the same seed, case, variation and repetition."""
        return random.Random("/".join(map(str, (self.seed, *self.key))))


@dataclass(frozen=True)
class Options:
    """How a run is made."""

    seed: int = 1
    repetitions: int = 1
    channel: str = WEBCHAT
    only: str | None = None
    """Only cases whose id contains this."""
    varied: bool = True
    """Whether cases also undergo their variations."""


def plan(suites: Sequence[Suite], options: Options) -> list[PlannedConversation]:
    """Every conversation of a run, in a fixed order."""
    return [
        PlannedConversation(suite.campaign, options.channel, case, variation, repetition, options.seed)
        for repetition in range(1, options.repetitions + 1)
        for suite in suites
        for case in suite.cases
        for variation in (None, *(suite.variations(case) if options.varied else ()))
        if not options.only or options.only in (f"{case.id}~{variation}" if variation else case.id)
    ]


def fingerprints(paths: Sequence[Path], root: Path) -> dict[str, str]:
    """SHA-256 of each suite file, by its path below `root` where it lies there."""
    return {
        str(path.resolve().relative_to(root) if path.resolve().is_relative_to(root) else path): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in paths
    }


def coverage_of(catalogue: Catalogue, campaign_id: str) -> tuple[str, ...]:
    """Everything of a campaign that a suite should go through: its topics, menu options and rules."""
    return tuple(sorted(_coverage(catalogue, campaign_id)))


def _coverage(catalogue: Catalogue, campaign_id: str) -> Iterator[str]:
    campaign = catalogue.get(campaign_id)
    if campaign is None:
        return
    yield from (f"topic:{topic.id}" for topic in campaign.topics)
    yield from (f"menu:{choice_id}" for choice_id, _ in catalogue.menu(campaign_id).leaves())
    yield from (f"rule:{name}" for name in catalogue.settings(campaign_id).business_rules)
