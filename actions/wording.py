"""Dates, hours and folios in words a citizen uses."""

from datetime import date, datetime

_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_SERVICES = {"MEDICINA_FAMILIAR": "Medicina Familiar", "ESTOMATOLOGIA": "Estomatología"}


def day_in_words(day: date) -> str:
    """`viernes 16 de octubre de 2026`."""
    return f"{_DAYS[day.weekday()]} {date_in_words(day)}"


def date_in_words(day: date) -> str:
    """`16 de octubre de 2026`."""
    return f"{day.day} de {_MONTHS[day.month - 1]} de {day.year}"


def hour_in_words(moment: datetime) -> str:
    """`8:45 de la mañana`; noon is `12:00 del día`."""
    if moment.hour == 12:
        return f"12:{moment:%M} del día"
    part = "de la mañana" if moment.hour < 12 else "de la tarde" if moment.hour < 19 else "de la noche"
    return f"{moment.hour % 12 or 12}:{moment:%M} {part}"


def at_hour(moment: datetime) -> str:
    """`a las 8:45 de la mañana`, `a la 1:15 de la tarde`."""
    return f"{'a la' if moment.hour % 12 == 1 else 'a las'} {hour_in_words(moment)}"


def service_in_words(service: str) -> str:
    """`MEDICINA_FAMILIAR` -> `Medicina Familiar`."""
    return _SERVICES.get(service, service.replace("_", " ").capitalize())


def appointment_in_words(service: str, start: datetime, consultorio: str | None, unit: str) -> str:
    """One appointment as a clause: service, day, hour, consultorio, unit."""
    room = f", consultorio {consultorio}" if consultorio else ""
    return f"{service_in_words(service)}, el {day_in_words(start.date())} {at_hour(start)}{room}, {unit}"
