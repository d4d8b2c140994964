"""What this installation's retention rests on: its policy, who approved it, which months are settled."""

import os
from collections.abc import Callable
from pathlib import Path

from admin.accounts import Role
from evaluation.settlement.versions import ALL_CAMPAIGNS, versions
from ledger.audit_log import AuditAction, AuditLog
from ledger.retention import PROPOSED, RetentionPolicy

ERASURES = Path("var/erasures")
"""Folder of the actas and of what was erased."""
PARTIES = {Role.INSTITUTION_APPROVER, Role.PROVIDER_APPROVER}


def policy_path(root: Path) -> Path:
    """The installation's own file, else the proposed one."""
    own = root / os.environ.get("VENTANILLA_RETENTION", "var/retention.yml")
    return own if own.exists() else PROPOSED


def policy_object(policy: RetentionPolicy) -> str:
    """How the audit log names exactly this policy: a change of any period is another one, which nobody approved."""
    return f"retención {policy.sha256()}"


def approving_roles(log: AuditLog, policy: RetentionPolicy) -> set[str]:
    """Roles under which exactly this policy was approved. Nobody has both (`admin.accounts`)."""
    return {
        role for line in log.of_object(AuditAction.APPROVED, policy_object(policy)) for role in line.role.split(",")
    }


def is_agreed(log: AuditLog, policy: RetentionPolicy) -> bool:
    """Whether both parties approved exactly this policy (L2911)."""
    return approving_roles(log, policy) >= PARTIES


def settled(root: Path) -> Callable[[str, str], bool]:
    """Whether a campaign's month has a kept statement on an agreed policy. Read once, for a whole run."""
    kept = root / os.environ.get("VENTANILLA_STATEMENTS", "var/statements")
    agreed = {(one.campaign, one.period) for one in versions(kept) if one.status == "ACORDADO"}
    return lambda campaign, month: (campaign, month) in agreed or (ALL_CAMPAIGNS, month) in agreed
