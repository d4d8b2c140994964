"""Who may change content, and whose approval a change needs (security.md §8, §10; channels.md §10; L10245, L2911).

Nobody approves an own change. The default is what the specification asks for: another person of the institution
approves every change; what feeds indicators of the service level (hours, tipificaciones) needs a person of each party.
In the sandbox, where nothing feeds a payment, the campaign's administrator publishes at once; a proposal of the
provider waits for the institution even there, because the provider may only propose.
"""

from enum import StrEnum

from admin.accounts import Role
from admin.gate import Visitor
from admin.permissions import APPROVE_FOR_INSTITUTION, APPROVE_FOR_PROVIDER
from content.files import ContentError
from content.yaml_edits import protected_part

INSTITUTION, PROVIDER = "institucion", "proveedor"
PARTY_NAMES = {INSTITUTION: "la institución", PROVIDER: "el proveedor"}
DECIDE = {INSTITUTION: APPROVE_FOR_INSTITUTION, PROVIDER: APPROVE_FOR_PROVIDER}


class Approvals(StrEnum):
    """What an installation asks for."""

    NONE = "ninguna"
    """An administrator publishes at once: the sandbox."""
    SPECIFIED = "norma"


def needed(approvals: Approvals, visitor: Visitor, before: str, after: str) -> tuple[str, ...]:
    """Parties that must approve a change before it is in force."""
    administers = visitor.has(Role.CAMPAIGN_ADMINISTRATOR)
    if approvals is Approvals.NONE:
        return () if administers else (INSTITUTION,)
    return (INSTITUTION, PROVIDER) if _is_protected(before, after) else (INSTITUTION,)


def party_for(visitor: Visitor, missing: tuple[str, ...]) -> str | None:
    """The first party of those missing that the visitor may approve for; None: none."""
    return next((party for party in missing if visitor.has(*DECIDE[party])), None)


def _is_protected(before: str, after: str) -> bool:
    """Whether what two parties guard differs; what cannot be read counts as guarded."""
    try:
        return protected_part(before) != protected_part(after)
    except ContentError:
        return True
