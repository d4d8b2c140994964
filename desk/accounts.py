"""Accounts of human agents: a YAML file with slow password hashes; no default account exists (OWASP ASVS 6.3)."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from content.files import ContentError, HotFile, misfit, parse_yaml
from content.replacing import replace_text
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

    def works_with(self, campaigns: tuple[str, ...] | None) -> bool:
        """Whether somebody who serves these campaigns (None: all) shares one with this person."""
        return self.skills is None or campaigns is None or any(one in self.skills for one in campaigns)

    @property
    def campaigns(self) -> tuple[str, ...] | None:
        """Campaigns served; None: all."""
        return None if self.skills is None else tuple(self.skills)


class Accounts:
    """Checks names and passwords; locks a name for a minute after five failures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passwords = Passwords()
        self._file = HotFile(path, parse_accounts)

    def all(self) -> dict[str, Agent]:
        """Every account by user name; none when the file does not exist. Read again when the file changes.

        Raises:
            ContentError: the file was never readable; after a later slip the last good accounts stay in force.
        """
        return dict(self._file.get()) if self._path.exists() else {}

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
        replace_text(self._path, yaml.safe_dump(entries, allow_unicode=True), 0o600)
        return agent

    def check(self, username: str, password: str) -> Agent | None:
        """The agent, when name and password match and the name is not locked."""
        agent = self.all().get(username)
        admitted = self._passwords.admits(username, agent.password_hash if agent else None, password)
        return agent if admitted else None


def parse_accounts(text: str, path: Path) -> dict[str, Agent]:
    """Read the file of accounts: a list of them.

    Raises:
        ContentError: names the file, the place in it and what is wrong.
    """
    entries = parse_yaml(text, path) or []
    if not isinstance(entries, list):
        raise ContentError(f"{path}: must be a list of accounts.")
    try:
        return {agent.username: agent for agent in map(Agent.model_validate, entries)}
    except ValidationError as error:
        raise misfit(error, str(path)) from error
