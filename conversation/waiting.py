"""What somebody who waits for a person is told: the place in the line and, where it is known, how long it may take.

Pure, so that telephone, chat and desk say the same (channels.md §2.2; L6767, L8207).
"""

import math
from collections.abc import Sequence
from datetime import timedelta

from conversation.conversation import Conversation
from conversation.staff import Staffing

HANDLING_WINDOW = timedelta(minutes=30)
"""How far back handling times are looked at."""
_INTERLUDES = (
    "Gracias por esperar.",
    "Seguimos buscando a la persona que le va a atender. Gracias por su paciencia.",
    "Le ofrezco una disculpa por la espera.",
    "Su llamada es atendida en el orden en que llegó.",
)  # varied: L1574


def estimated_wait(position: int, mean_handling: timedelta | None, agents: int) -> int | None:
    """Minutes that the citizen in this place of the line may wait: `position × mean handling / agents in service`.

    Rounded up to the minute, never below 1. None where nothing was handled lately or nobody is in service: no number is
    said rather than a guess.

    Args:
        position: place in the line, from 1.
        mean_handling: mean time of what people ended within the last `HANDLING_WINDOW`.
        agents: people in service for the campaign.

    Raises:
        ValueError: a place below 1.
    """
    if position < 1:
        raise ValueError(f"The first place in the line is 1, not {position}.")
    if mean_handling is None or mean_handling <= timedelta() or agents < 1:
        return None
    return max(1, math.ceil(position * mean_handling / agents / timedelta(minutes=1)))


def place_in_line(conversation: Conversation, waiting: Sequence[Conversation]) -> int:
    """Its place among those who wait for its campaign (`Record.waiting`, in order); the last when it is not there."""
    same = [one.id for one in waiting if one.campaign == conversation.campaign]
    return same.index(conversation.id) + 1 if conversation.id in same else len(same) + 1


def wait_of(
    conversation: Conversation, waiting: Sequence[Conversation], staffing: Staffing | None
) -> tuple[int, int | None]:
    """Place in the line and estimated minutes of one conversation; without `staffing` only the place is known."""
    place = place_in_line(conversation, waiting)
    if staffing is None:
        return place, None
    mean = staffing.mean_handling(conversation.campaign, HANDLING_WINDOW)
    return place, estimated_wait(place, mean, staffing.agents_in_service(conversation.campaign))


def wait_in_words(place: int, minutes: int | None) -> str:
    """`Hay 2 personas antes que usted. El tiempo aproximado de espera es de 5 minutos.`"""
    ahead = place - 1
    line = (
        "Usted es la siguiente persona en la fila."
        if not ahead
        else "Hay 1 persona antes que usted."
        if ahead == 1
        else f"Hay {ahead} personas antes que usted."
    )
    if minutes is None:
        return line
    return f"{line} El tiempo aproximado de espera es de {minutes} minuto{'' if minutes == 1 else 's'}."


def interlude(times: int) -> str:
    """What is said the n-th time that somebody still waits, in varied words."""
    return _INTERLUDES[times % len(_INTERLUDES)]
