"""How fast people must answer, by campaign, as data: the contract has two formulas and several levels.

They are those of reports-sla.md §6 and §7. Both parties agreed on them (security.md §10), so they come with a release
and no page edits them.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).with_name("service_levels.yml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceLevel(_Part):
    """At least `percent` of what was answered, or received, is answered in less than `seconds`."""

    seconds: int = Field(gt=0)
    percent: float = Field(gt=0, le=100)
    of: Literal["atendidas", "recibidas"]
    line: str = Field(pattern=r"^L[0-9]+$")
    """Where the contract says so."""

    def share(self, received: int, answered: int, in_time: int) -> float | None:
        """The percentage reached; None while there is nothing to take a share of."""
        counted = answered if self.of == "atendidas" else received
        return 100 * in_time / counted if counted else None


class ServiceLevels(_Part):
    """The general level and the campaigns that have one of their own."""

    general: ServiceLevel
    campaigns: dict[str, ServiceLevel]

    def of(self, campaign: str) -> ServiceLevel:
        """The level that holds for a campaign."""
        return self.campaigns.get(campaign, self.general)


@cache
def service_levels() -> ServiceLevels:
    """The levels of the contract."""
    return ServiceLevels.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
