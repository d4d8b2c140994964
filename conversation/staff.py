"""Human agents as the rest of the system sees them: levels, states with their times, and how many are in service.

The states are those of the contract (L2150-2153, L7672; channels.md §5.4). «En atención» is never chosen: whoever is
available and has conversations is attending. The person's accounts and screen are the desk's; what is recorded here
stands in the ledger, so that chat, telephone and reports read the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Level(StrEnum):
    """Who somebody is at the desk: first level, the same with special knowledge, the institution's own, supervisor."""

    PS_I = "ps_i"
    PS_I_ESP = "ps_i_esp"
    PS_P = "ps_p"
    SUPERVISOR = "supervisor"

    @property
    def is_first(self) -> bool:
        """Whether conversations from the bot come here first (L2121)."""
        return self in (Level.PS_I, Level.PS_I_ESP)

    @property
    def label(self) -> str:
        """As staff read it."""
        return _LEVELS[self]


_LEVELS = {
    Level.PS_I: "PS-I", Level.PS_I_ESP: "PS-I especializado", Level.PS_P: "PS-P", Level.SUPERVISOR: "Supervisión",
}  # fmt: skip


class AgentState(StrEnum):
    """What an agent is doing."""

    AVAILABLE = "disponible"
    ATTENDING = "en_atencion"
    AFTER_WORK = "tiempo_posterior"
    TRANSFER = "transferencia"
    MEAL = "comida"
    BATHROOM = "bano"
    PERSONAL = "asuntos_personales"
    TRAINING = "asesoria_capacitacion"
    FEEDBACK = "retroalimentacion"
    UNAVAILABLE = "no_disponible"
    OUT = "fuera"

    @property
    def label(self) -> str:
        """As staff read it."""
        return _STATES[self]


_STATES = {
    AgentState.AVAILABLE: "Disponible", AgentState.ATTENDING: "En atención",
    AgentState.AFTER_WORK: "Tiempo posterior", AgentState.TRANSFER: "Transferencia", AgentState.MEAL: "Comida",
    AgentState.BATHROOM: "Baño", AgentState.PERSONAL: "Asuntos personales",
    AgentState.TRAINING: "Asesoría y capacitación", AgentState.FEEDBACK: "Retroalimentación",
    AgentState.UNAVAILABLE: "No disponible", AgentState.OUT: "Fuera",
}  # fmt: skip
CHOOSABLE = tuple(state for state in AgentState if state not in (AgentState.ATTENDING, AgentState.OUT))
IN_SERVICE = (AgentState.AVAILABLE, AgentState.AFTER_WORK, AgentState.TRANSFER)
"""Those who attend now or in a moment: they count for the estimated wait."""


class Cause(StrEnum):
    """Why a state was entered."""

    LOGIN = "login"
    LOGOUT = "logout"
    CHOSEN = "chosen"
    CONFIRMED = "confirmed"
    """The agent said that he or she is there again after not answering (L1573)."""
    TOOK = "took"
    """The agent took a conversation from the list: whoever works is available."""
    NO_ANSWER = "no_answer"
    IDLE = "idle"
    """Ten minutes without any sign of the agent (L2066, L7017)."""


class StateEntry(BaseModel):
    """The moment in which an agent entered a state; it lasts until the next one."""

    model_config = ConfigDict(frozen=True)

    number: int = 0
    """Given by the record, rising."""
    agent: str
    state: AgentState
    cause: Cause
    at: datetime
    level: Level
    campaigns: tuple[str, ...] | None = None
    """Campaigns that the agent served then; None: all."""


class AgentLog(Protocol):
    """The agents' states over time, append-only."""

    def enter(self, entry: StateEntry) -> StateEntry:
        """Record that an agent enters a state; the entry with its number."""
        ...

    def latest(self) -> dict[str, StateEntry]:
        """The last entry of every agent that ever had one, by user name."""
        ...

    def last_of(self, agent: str) -> StateEntry | None:
        """The last entry of one agent."""
        ...

    def last_logout(self, agent: str) -> int:
        """The number of the agent's last log-out; 0 before the first."""
        ...

    def entries(self, start: datetime, end: datetime) -> Sequence[StateEntry]:
        """Entries in [start, end), in order; reports make durations of them."""
        ...


class StaffMessage(BaseModel):
    """A message between an agent and the supervisors; citizens never see it (L1702, L6742)."""

    model_config = ConfigDict(frozen=True)

    number: int = 0
    at: datetime
    sender: str
    recipient: str | None
    """None: for all supervisors."""
    text: str


class StaffMessages(Protocol):
    """Messages between agents and supervisors, kept."""

    def add(self, message: StaffMessage) -> StaffMessage:
        """Keep a message; with its number."""
        ...

    def of(self, agent: str, since: datetime, *, supervisor: bool) -> list[StaffMessage]:
        """What somebody sent or received since then, in order; supervisors also what was sent to all of them."""
        ...


class Staffing(Protocol):
    """What the estimated wait needs to know: `position × mean handling / agents in service` (channels.md §2.2)."""

    def agents_in_service(self, campaign: str) -> int:
        """Agents of a campaign who attend now or in a moment, breaks and supervisors left out."""
        ...

    def mean_handling(self, campaign: str, window: timedelta) -> timedelta | None:
        """Mean time from the answer to the end of what people ended within the last `window`; None: nothing ended."""
        ...
