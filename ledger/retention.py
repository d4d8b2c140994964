"""For how long personal data are kept: profiles as data, and the day from which an interaction may be erased.

The periods are the contract's where it names one, and our defaults where it is silent or contradicts itself
(security.md §5, §20). What else must be true before anything is erased stands in `ledger.erasure_plan`.
"""

import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.periods import CENTRE

PROPOSED = Path(__file__).with_name("retention.yml")
"""The policy as proposed; an installation may have a file of its own."""


class RetentionRefused(Exception):
    """The policy cannot be read; the text (Spanish) says where and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Profile(_Part):
    """One way of keeping."""

    counted_from: Literal["month", "quarter", "contract"]
    months: int = Field(default=0, ge=0, le=120)
    days: int = Field(default=0, ge=0, le=3650)
    online_days: int = Field(default=0, ge=0, le=3650)
    """After the interaction itself, never less."""
    authorisation: bool = True
    """Whether two people must order each erasure."""


class RetentionPolicy(_Part):
    """Which campaign is kept in which way."""

    profiles: dict[str, Profile]
    default: str
    campaigns: dict[str, str] = {}
    ended: dict[str, date] = {}
    """Last day of a campaign."""
    contract_end: date | None = None

    @model_validator(mode="after")
    def _every_profile_exists(self) -> Self:
        for name in (self.default, *self.campaigns.values()):
            if name not in self.profiles:
                raise ValueError(f"no hay un perfil «{name}»")
        return self

    def profile(self, campaign: str) -> Profile:
        """The profile of a campaign."""
        return self.profiles[self.campaigns.get(campaign, self.default)]

    def due(self, campaign: str, opened_at: datetime) -> date | None:
        """First day (central time) on which an interaction may be erased; None while nobody can tell.

        The end of its campaign or of the contract comes before any later day of the profile (L10145, L5310).
        """
        profile, opened = self.profile(campaign), opened_at.astimezone(CENTRE).date()
        ends = [one for one in (self.ended.get(campaign), self.contract_end) if one]
        last_day = min(ends) + timedelta(days=1) if ends else None
        end = {"month": _next_month(opened), "quarter": _next_quarter(opened), "contract": last_day}[
            profile.counted_from
        ]
        if end is None:
            return None
        kept = _add_months(end, profile.months) + timedelta(days=profile.days)
        kept = max(kept, opened + timedelta(days=profile.online_days))
        return min(kept, last_day) if last_day and last_day > opened else kept

    def sha256(self) -> str:
        """Of its content as canonical JSON: what the two parties approve."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_retention(path: Path) -> RetentionPolicy:
    """The policy in a file.

    Raises:
        RetentionRefused: it is not there, no YAML, or not a policy.
    """
    try:
        return RetentionPolicy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise RetentionRefused(f"No se pudo leer {path}: {error}.") from error
    except yaml.YAMLError as error:
        raise RetentionRefused(f"{path} no es YAML: {error}") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(str(part) for part in wrong["loc"]) or "el archivo"
        raise RetentionRefused(f"{path}, {place}: {wrong['msg']}. Compare con ledger/retention.yml.") from error


def _next_month(day: date) -> date:
    return _add_months(day.replace(day=1), 1)


def _next_quarter(day: date) -> date:
    return _add_months(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3)


def _add_months(first: date, months: int) -> date:
    """The first day of a month, some months later; another day keeps its number where the month has it."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, 28))
