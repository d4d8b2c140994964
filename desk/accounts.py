"""Accounts of human agents: a YAML file with slow password hashes; no default account exists (OWASP ASVS 6.3)."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from conversation.staff import Level
from desk.passwords import Passwords

DEFAULT_PRIORITY = 1
DEFAULT_LIMIT = 5


class Agent(BaseModel):
    """One person who attends. Accounts written before levels and skills existed serve every campaign as PS-I."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str = Field(pattern=r"^[a-z0-9._-]{2,40}$")
    name: str = Field(min_length=1, max_length=60)
    password_hash: str
    level: Level = Level.PS_I
    skills: dict[str, int] | None = None
    """Campaign -> priority, 1 first: 2 is asked only while nobody with 1 is free (L1575). None: all campaigns."""
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=5)
    """Most conversations at once (L1890, L6792)."""

    def serves(self, campaign: str) -> bool:
        """Whether conversations of this campaign may come here."""
        return self.skills is None or campaign in self.skills

    def priority(self, campaign: str) -> int:
        """The place of this agent's group for a campaign; 1 is asked first."""
        return (self.skills or {}).get(campaign, DEFAULT_PRIORITY)

    @property
    def campaigns(self) -> tuple[str, ...] | None:
        """Campaigns served; None: all."""
        return None if self.skills is None else tuple(self.skills)


class Accounts:
    """Checks names and passwords; locks a name for a minute after five failures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passwords = Passwords()
        self._read: tuple[tuple[int, int], dict[str, Agent]] | None = None

    def all(self) -> dict[str, Agent]:
        """Every account by user name; none when the file does not exist. Read again when the file changes."""
        if not self._path.exists():
            return {}
        found = self._path.stat()
        version = (found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != version:
            entries = yaml.safe_load(self._path.read_text(encoding="utf-8")) or []
            self._read = version, {entry["username"]: Agent.model_validate(entry) for entry in entries}
        return dict(self._read[1])

    def add(
        self, username: str, name: str, password: str, *, level: Level | None = None,
        skills: Mapping[str, int] | None = None, limit: int | None = None,
    ) -> Agent:  # fmt: skip
        """Add an account, or change its name and password; level, skills and limit only where they are given.

        Raises:
            ValidationError: the user name, the name or the limit is not as it must be.
        """
        before = self.all().get(username)
        kept = before.model_dump(include={"level", "skills", "limit"}) if before else {}
        given = {"level": level, "skills": dict(skills) if skills else None, "limit": limit}
        profile = {**kept, **{key: value for key, value in given.items() if value is not None}}
        agent = Agent(username=username, name=name, password_hash=self._passwords.hash(password), **profile)
        accounts = {**self.all(), username: agent}
        entries = [one.model_dump(mode="json", exclude_defaults=True) for one in accounts.values()]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
        self._path.chmod(0o600)
        return agent

    def check(self, username: str, password: str) -> Agent | None:
        """The agent, when name and password match and the name is not locked."""
        agent = self.all().get(username)
        admitted = self._passwords.admits(username, agent.password_hash if agent else None, password)
        return agent if admitted else None
