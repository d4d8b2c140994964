"""What a message asks for, from what the dialogue knows: the question that is open, or the choices on offer.

Nobody states it by hand with each reply. The dialogue says with its open question in what form the datum comes
(`Pending.asks` of actions/facts.py); a pair of choices that mean yes and no tells it by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from conversation.message import AskKind, Asks, Choice, Reply

_YES, _NO = frozenset({"yes", "accept", "si"}), frozenset({"no", "reject"})
"""Last part of the id of a choice that means yes, or no."""
YES_NO = Asks(kind=AskKind.YES_NO)


def asked_by_facts(facts: Mapping[str, Any]) -> Asks | None:
    """The form of the datum that the dialogue waits for; None when it waits for none, or for one of any form.

    Raises:
        ValidationError: the open question does not have the form of `Asks`.
    """
    pending = facts.get("pending") or {}
    return Asks.model_validate(pending["asks"]) if pending.get("asks") else None


def asked_by_choices(choices: Sequence[Choice]) -> Asks | None:
    """Yes or no, when the choices are just these two."""
    meanings = {choice.id.rsplit(":", 1)[-1] for choice in choices}
    return YES_NO if len(choices) == 2 and meanings & _YES and meanings & _NO else None


def with_open_question(replies: Sequence[Reply], facts: Mapping[str, Any]) -> list[Reply]:
    """The replies of a turn; the last one carries what the dialogue waits for when it is done."""
    asks = asked_by_facts(facts)
    if not replies or asks is None:
        return list(replies)
    return [*replies[:-1], replies[-1].model_copy(update={"asks": replies[-1].asks or asks})]
