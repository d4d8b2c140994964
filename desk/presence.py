"""Who is at the desk and in which state: every change is recorded in the ledger before it counts (L2066, L2150)."""

import time
from collections.abc import Callable
from datetime import datetime

from conversation.ports import Clock, Record
from conversation.refusal import ConversationError
from conversation.staff import CHOOSABLE, AgentLog, AgentState, Cause, StateEntry
from desk.accounts import Accounts, Agent

IDLE_SECONDS = 600.0
"""Without any sign of the agent: the session ends, and with it what is billed (L2066, L7017)."""
WARN_SECONDS = 540.0


class Presence:
    """States of the agents of this installation. One web process holds it; what it knows is read from the ledger."""

    def __init__(
        self, accounts: Accounts, log: AgentLog, record: Record, clock: Clock, ticks: Callable[[], float] | None = None
    ) -> None:
        self._accounts, self._log, self._record, self._clock = accounts, log, record, clock
        self._ticks = ticks or time.monotonic
        self._entries = log.latest()
        self._outs: dict[str, int] = {}
        self._seen: dict[str, float] = dict.fromkeys(self._entries, self._ticks())
        self._warned: set[str] = set()

    def log_in(self, agent: Agent) -> int:
        """The agent is here and available; the number of the log-in, which its session carries."""
        self._touched(agent.username)
        entry = self._enter(agent, AgentState.AVAILABLE, Cause.LOGIN)
        return entry.number

    def log_out(self, username: str, cause: Cause = Cause.LOGOUT) -> None:
        """The agent is gone; sessions opened before are worth nothing any more."""
        before = self._entries.get(username)
        if before is None or before.state is AgentState.OUT:
            return
        entry = before.model_copy(update={"state": AgentState.OUT, "cause": cause, "at": self._clock()})
        self._entries[username] = self._log.enter(entry)
        self._outs[username] = self._entries[username].number

    def holds(self, username: str, login: int) -> bool:
        """Whether a session that began with this log-in still counts."""
        if username not in self._outs:
            self._outs[username] = self._log.last_logout(username)
        entry = self.entry(username)
        return entry is not None and entry.state is not AgentState.OUT and login > self._outs[username]

    def entry(self, username: str) -> StateEntry | None:
        """The state an agent chose or was put into, and since when; None: never here."""
        if username not in self._entries and (found := self._log.last_of(username)):
            self._entries[username] = found
        return self._entries.get(username)

    def present(self) -> list[StateEntry]:
        """The states of all who are logged in."""
        return [one for one in self._entries.values() if one.state is not AgentState.OUT]

    def choose(self, agent: Agent, state: AgentState) -> StateEntry:
        """The agent changes state.

        Raises:
            ConversationError: `bad_state`: it is entered by attending or by logging out, not by choice.
        """
        if state not in CHOOSABLE:
            raise ConversationError("bad_state", f"«{state.label}» no se elige: cambia por sí solo.")
        missed = self.must_confirm(agent.username)
        cause = Cause.CONFIRMED if missed and state is AgentState.AVAILABLE else Cause.CHOSEN
        return self._change(agent, state, cause)

    def took(self, agent: Agent) -> None:
        """Whoever takes a conversation works: a break, or a missed offer, is over."""
        entry = self.entry(agent.username)
        if entry is None or entry.state in (AgentState.AVAILABLE, AgentState.OUT):
            return
        self._change(agent, AgentState.AVAILABLE, Cause.TOOK)

    def missed(self, agent: Agent) -> None:
        """An offer rang in vain: nothing more comes until the agent confirms to be there (L1573)."""
        self._change(agent, AgentState.UNAVAILABLE, Cause.NO_ANSWER)

    def must_confirm(self, username: str) -> bool:
        """Whether the agent missed an offer and has not said anything since."""
        entry = self.entry(username)
        return entry is not None and entry.cause is Cause.NO_ANSWER

    def shown(self, username: str) -> AgentState:
        """The state as staff see it: available with conversations is attending."""
        entry = self.entry(username)
        if entry is None:
            return AgentState.OUT
        if entry.state is AgentState.AVAILABLE and self._record.attended_by(username):
            return AgentState.ATTENDING
        return entry.state

    def since(self, username: str) -> datetime | None:
        """Since when the state that is shown lasts: attending began with the first of the conversations at hand."""
        entry = self.entry(username)
        if entry is None or self.shown(username) is not AgentState.ATTENDING:
            return entry.at if entry else None
        handoffs = [one.handoff for one in self._record.attended_by(username)]
        taken = [one.answered_at for one in handoffs if one and one.answered_at]
        return max(entry.at, min(taken, default=entry.at))

    def touch(self, username: str) -> None:
        """A sign of the agent: a key, the mouse, anything done."""
        if self._is_here(username):
            self._touched(username)

    def idle(self) -> list[str]:
        """Agents without a sign for ten minutes."""
        return [one.agent for one in self.present() if self._silence(one.agent) >= IDLE_SECONDS]

    def to_warn(self) -> list[str]:
        """Agents without a sign for nine minutes who were not warned yet; asking counts as warning."""
        found = [
            one.agent
            for one in self.present()
            if self._silence(one.agent) >= WARN_SECONDS and one.agent not in self._warned
        ]
        self._warned.update(found)
        return found

    def _silence(self, username: str) -> float:
        return self._ticks() - self._seen.setdefault(username, self._ticks())

    def _touched(self, username: str) -> None:
        self._seen[username] = self._ticks()
        self._warned.discard(username)

    def _is_here(self, username: str) -> bool:
        entry = self.entry(username)
        return entry is not None and entry.state is not AgentState.OUT

    def _change(self, agent: Agent, state: AgentState, cause: Cause) -> StateEntry:
        entry = self.entry(agent.username)
        if entry and (entry.state, entry.cause is Cause.NO_ANSWER) == (state, cause is Cause.NO_ANSWER):
            return entry
        return self._enter(agent, state, cause)

    def _enter(self, agent: Agent, state: AgentState, cause: Cause) -> StateEntry:
        entry = StateEntry(
            agent=agent.username, state=state, cause=cause, at=self._clock(), level=agent.level,
            campaigns=agent.campaigns,
        )  # fmt: skip
        self._entries[agent.username] = self._log.enter(entry)
        return self._entries[agent.username]
