"""Adds an approval to a policy file and leaves every other character of it as it was, comments included."""

import json
from datetime import datetime

import yaml

from evaluation.settlement.policy import Approval, read_policy


class NotInserted(ValueError):
    """The approval could not be written into a file that is laid out in an unforeseen way."""


def approve(text: str, party: str, role: str, at: datetime) -> str:
    """Return the policy file `text` with an approval of its present content (L2911) added.

    Approvals of earlier contents stay: they are void, and show what was agreed when. Raises `InputRefused` when the
    policy is refused, `pydantic.ValidationError` when party or role is, and `NotInserted` with the lines to add by
    hand when the place for them was not found.
    """
    policy = read_policy(text)
    approval = Approval(party=party, role=role, at=at, policy_sha256=policy.sha256())
    approved = _insert(text, _written(approval))
    try:
        result = read_policy(approved)
    except ValueError as error:
        raise NotInserted(f"approvals:\n- {_written(approval)}") from error
    if result.sha256() != policy.sha256() or result.approvals != (*policy.approvals, approval):
        raise NotInserted(f"approvals:\n- {_written(approval)}")
    return approved


def _written(approval: Approval) -> str:
    """One line of YAML; JSON's quotes are YAML's too."""
    fields = {
        "party": approval.party,
        "role": approval.role,
        "at": approval.at.isoformat(timespec="seconds"),
        "policy_sha256": approval.policy_sha256,
    }
    return "{" + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()) + "}"


def _insert(text: str, item: str) -> str:
    """Put `item` after the last approval, or into the empty list, or at the end of the file."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    known = next((value for key, value in entries if key.value == "approvals"), None)
    if known is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}approvals:\n- {item}\n"
    if not known.value:  # an empty list is always written []
        return f"{text[: known.start_mark.index]}[\n  {item},\n  ]{text[known.end_mark.index :]}"
    end = _end(known.value[-1])
    if known.flow_style:
        return f"{text[:end]},\n  {item}{text[end:]}"
    line_end = text.find("\n", end)
    rest = "\n" if line_end < 0 else text[line_end:]
    kept = text if line_end < 0 else text[:line_end]
    return f"{kept}\n{' ' * known.start_mark.column}- {item}{rest}"


def _end(node: yaml.Node) -> int:
    """Where `node` ends. The mark of a block lies after the comments that follow it, so its last leaf is asked."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    end: int = node.end_mark.index
    return end
