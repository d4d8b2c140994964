"""Hours by which nobody could be found: windows, holidays and time zone of a campaign, with file and line."""

from collections.abc import Iterator
from pathlib import Path

from content.findings import Finding
from content.located import Located
from conversation.campaign import WEEKDAYS, is_span, is_timezone


def hours_findings(path: Path, campaign: Located) -> Iterator[Finding]:
    """Problems of one campaign's hours."""
    zone = campaign.get("timezone")
    if zone and zone.text and not is_timezone(zone.text):
        message = f"«{zone.text}» no es una zona horaria; escriba, por ejemplo, America/Mexico_City."
        yield Finding(path, zone.line, "zona-horaria", message)
    windows = campaign.get("windows")
    for window in windows.items if windows else ():
        weekly, holiday = window.get("weekly"), window.get("holiday")
        for day, spans in (weekly.entries if weekly else {}).items():
            if day not in WEEKDAYS:
                message = f"No hay un día «{day}»; los días se escriben {', '.join(WEEKDAYS)}."
                yield Finding(path, spans.line, "horario-dia", message)
            yield from _span_findings(path, spans)
        yield from _span_findings(path, holiday) if holiday else ()


def _span_findings(path: Path, spans: Located) -> Iterator[Finding]:
    until = ""
    for span in spans.items:
        start, end = [one.text or "" for one in span.items] if len(span.items) == 2 else ("", "")
        if not is_span(start, end):
            message = f'«{start}-{end}» no es un horario: escriba dos horas, como ["08:00", "20:00"], en su orden.'
            yield Finding(path, span.line, "horario", message)
        elif start < until:
            message = f"«{start}-{end}» se encima con el turno anterior: escriba los turnos en orden."
            yield Finding(path, span.line, "horario", message)
        until = end
