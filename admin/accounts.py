"""Accounts of the administration pages: who may do what, and for which campaigns (security.md §8).

A YAML file with slow password hashes, as the desk's; no default account exists (OWASP ASVS 6.3).
"""

from enum import StrEnum
from pathlib import Path
from typing import Self

import yaml
from argon2 import PasswordHasher
from pydantic import BaseModel, ConfigDict, Field, model_validator

from content.replacing import replace_text
from desk.passwords import Passwords

MIN_PASSWORD = 12
"""Characters of a password (ASVS 6.2.1 asks for 8 and advises more)."""
EVERY_CAMPAIGN = "*"


class Role(StrEnum):
    """What a person is here for. One person may have several roles, but never both of the approvers'."""

    REVIEWER = "evaluador"
    CAMPAIGN_ADMINISTRATOR = "administrador_campana"
    TECHNICAL_AREA = "area_tecnica"
    INSTITUTION_APPROVER = "aprobador_institucion"
    PROVIDER_APPROVER = "aprobador_proveedor"
    SUPERVISOR = "supervisor"
    PROVIDER_OPERATIONS = "operacion_proveedor"
    CUSTODIAN = "custodio_datos"
    """The one person, named in writing, who has access to personal data (L731)."""
    AUDITOR = "auditor"
    """Unannounced visits (L2912)."""

    @property
    def label(self) -> str:
        """Spanish name."""
        return _LABELS[self]


_LABELS = {
    Role.REVIEWER: "Evaluador",
    Role.CAMPAIGN_ADMINISTRATOR: "Administrador de campaña",
    Role.TECHNICAL_AREA: "Área técnica",
    Role.INSTITUTION_APPROVER: "Aprobador de la institución",
    Role.PROVIDER_APPROVER: "Aprobador del proveedor",
    Role.SUPERVISOR: "Supervisor",
    Role.PROVIDER_OPERATIONS: "Operación del proveedor",
    Role.CUSTODIAN: "Custodio de datos",
    Role.AUDITOR: "Auditor",
}
APPROVERS = (Role.INSTITUTION_APPROVER, Role.PROVIDER_APPROVER)


class Account(BaseModel):
    """One person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str = Field(pattern=r"^[a-z0-9._-]{2,40}$")
    name: str = Field(min_length=1, max_length=60)
    password_hash: str
    roles: tuple[Role, ...] = Field(min_length=1)
    campaigns: tuple[str, ...] = ()
    """Ids of the campaigns whose interactions the person may see (L3198); `*` stands for all of them."""

    @model_validator(mode="after")
    def _two_parties(self) -> Self:
        if all(role in self.roles for role in APPROVERS):
            raise ValueError("nobody approves for the institution and for the provider (L2911)")
        return self

    def has(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return any(role in self.roles for role in roles)

    def may_see(self, campaign: str) -> bool:
        """Whether the person works for this campaign."""
        return campaign in self.campaigns or EVERY_CAMPAIGN in self.campaigns


class AdminAccounts:
    """Checks names and passwords; locks a name for a minute after five failures, whether or not it exists."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        """`hasher` is argon2id with the library's costs (RFC 9106) unless a test says otherwise."""
        self._path = path
        self._passwords = Passwords(hasher)

    def all(self) -> dict[str, Account]:
        """Every account by user name; none when the file does not exist."""
        if not self._path.exists():
            return {}
        entries = yaml.safe_load(self._path.read_text(encoding="utf-8")) or []
        return {entry["username"]: Account.model_validate(entry) for entry in entries}

    def add(
        self, username: str, name: str, password: str, roles: tuple[Role, ...], campaigns: tuple[str, ...] = ()
    ) -> Account:
        """Add an account or change all of it.

        Raises:
            ValueError: the password is too short, or name, roles or campaigns are not acceptable.
        """
        if len(password) < MIN_PASSWORD:
            raise ValueError(f"a password has at least {MIN_PASSWORD} characters")
        account = Account(
            username=username, name=name, password_hash=self._passwords.hash(password), roles=roles, campaigns=campaigns
        )
        accounts = {**self.all(), username: account}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        entries = [one.model_dump(mode="json") for one in accounts.values()]
        replace_text(self._path, yaml.safe_dump(entries, allow_unicode=True, sort_keys=False), 0o600)
        return account

    def check(self, username: str, password: str) -> Account | None:
        """The account, when name and password match and the name is not locked."""
        account = self.all().get(username)
        admitted = self._passwords.admits(username, account.password_hash if account else None, password)
        return account if admitted else None
