"""What the administration pages need of others, and adapters provide."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from conversation.campaign import Campaign
from ledger.board import BoardNow

MOST_REPETITIONS = 10


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CampaignDirectory(Protocol):
    """The campaigns of this installation (`content.catalogue.Catalogue`)."""

    def get(self, campaign_id: str) -> Campaign | None:
        """One campaign; None when it is not known."""
        ...

    def with_bot(self) -> Sequence[Campaign]:
        """Those that have a bot, by id."""
        ...

    def names(self) -> Mapping[str, str]:
        """Ids of all campaigns, with a bot or without, by folded name."""
        ...


class Board(Protocol):
    """What goes on now (`ledger.board.LedgerBoard`)."""

    def now(self, campaigns: Sequence[str] | None) -> BoardNow:
        """The board of these campaigns; None: all."""
        ...


class RunOptions(_Part):
    """What to run."""

    campaigns: tuple[str, ...] = Field(min_length=1)
    """Ids of campaigns that have suites."""
    seed: int = Field(ge=0, lt=2**31)
    repetitions: int = Field(ge=1, le=MOST_REPETITIONS)


class RunState(StrEnum):
    """Whether a run goes on."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """It ended before all conversations were held; `problem` says why."""


class RunProgress(_Part):
    """How far a run is."""

    run_id: str
    state: RunState
    done: int
    planned: int
    """Conversations in all; 0 while they are being counted."""
    passed: int = 0
    failed: int = 0
    infrastructure: int = 0
    """Conversations that something other than the bot spoilt."""
    problem: str = ""
    """Why it stopped and what to do, in Spanish."""


class RunRefused(Exception):
    """A run cannot be started now; the text says why and what to do, in Spanish."""


class RunStarter(Protocol):
    """Starts evaluation runs and knows how far they are. Methods are called from several threads."""

    def campaigns(self) -> Sequence[str]:
        """Ids of the campaigns that have suites."""
        ...

    def start(self, options: RunOptions) -> str:
        """Begin a run in the background; its id, which is also the name of its folder.

        Raises:
            RunRefused: not now, e.g. because another one is running.
        """
        ...

    def progress(self, run_id: str) -> RunProgress | None:
        """How far a run is; None when there is no such run."""
        ...

    def list(self) -> Sequence[RunProgress]:
        """All runs, the newest first."""
        ...
