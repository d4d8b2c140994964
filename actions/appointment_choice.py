"""Which of several appointments is meant: «la segunda», «la de mañana», «la del viernes», «la de las 7:45»."""

import re
from datetime import date, timedelta

from conversation.folding import folded
from conversation.message import Choice

_ORDINALS = {"primera": 0, "primer": 0, "primero": 0, "segunda": 1, "segundo": 1, "tercera": 2, "ultima": -1}
_WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_TITLE = re.compile(r"(\d{2})/(\d{2}) (\d{2}):(\d{2})$")
_HOUR = re.compile(r"\b(?:a|de) las (\d{1,2})(?: (\d{2}))?\b")


def appointment_meant(text: str, today: date, choices: tuple[Choice, ...]) -> Choice | None:
    """The one appointment that the words fit; None when they fit none, or more than one.

    `choices` carry titles that end in `DD/MM HH:MM`, as `actions.cita_medica.short` writes them.
    """
    plain = folded(text)
    ordinals = {_ORDINALS[word] for word in plain.split() if word in _ORDINALS}
    if len(ordinals) == 1:
        position = ordinals.pop()
        return choices[position] if position < len(choices) else None
    fitting = [choice for choice in choices if _fits(plain, today, choice.title)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(plain: str, today: date, title: str) -> bool:
    found = _TITLE.search(title)
    if not found:
        return False
    day, month, hour, minute = (int(part) for part in found.groups())
    moment = date(today.year + ((month, day) < (today.month, today.day)), month, day)
    words = plain.split()
    tests = [
        moment == today if "hoy" in words else None,
        moment == today + timedelta(days=1) if re.search(r"\b(la|cita) (de )?manana\b", plain) else None,
        next((moment.weekday() == number for number, name in enumerate(_WEEKDAYS) if name in words), None),
        moment.day == int(named.group(1)) if (named := re.search(r"\b(?:el|del|dia) (\d{1,2})\b", plain)) else None,
        _at(hour, minute, clock) if (clock := _HOUR.search(plain)) else None,
        next((kind in folded(title) for kind in ("estomatologia", "familiar") if kind in words), None),
        "estomatologia" in folded(title) if re.search(r"\bdentista\b", plain) else None,
    ]
    given = [test for test in tests if test is not None]
    return bool(given) and all(given)


def _at(hour: int, minute: int, clock: "re.Match[str]") -> bool:
    said = int(clock.group(1))
    return said in (hour, hour - 12) and (clock.group(2) is None or int(clock.group(2)) == minute)
