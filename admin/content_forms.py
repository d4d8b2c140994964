"""The structured forms for content: what stands in a file as fields, and fields as a change of the file."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from admin.pages import Problem
from content.yaml_edits import (
    DAYS,
    HOLIDAY,
    OptionEdit,
    Spans,
    canned,
    holidays,
    hours,
    menu,
    prompts,
    set_canned,
    set_holidays,
    set_hours,
    set_menu,
    set_prompts,
)
from conversation.campaign import is_span

Fields = Mapping[str, str]
DAY_NAMES = {
    "mon": "Lunes", "tue": "Martes", "wed": "Miércoles", "thu": "Jueves", "fri": "Viernes", "sat": "Sábado",
    "sun": "Domingo", HOLIDAY: "Días festivos",
}  # fmt: skip
NEW_PHRASES = 2
"""Empty rows for new phrases."""
MOST_HOLIDAYS = 100
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|a)\s*(\d{1,2}):(\d{2})")


class FormWrong(Exception):
    """Fields that cannot be read."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Section:
    """A form over one file of a campaign."""

    id: str
    title: str
    file: str
    values: Callable[[str], dict[str, str]]
    """Fields, as they stand in the text of the file."""
    change: Callable[[str, Fields], str]
    """The text with what the fields say; raises `FormWrong`."""


def hours_values(text: str) -> dict[str, str]:
    """Fields of the hours and holidays."""
    found = {
        f"w{place}_{day}": ", ".join(f"{start}-{end}" for start, end in spans)
        for place, window in enumerate(hours(text))
        for day, spans in window.days.items()
    }
    return {**found, "holidays": "\n".join(f"{day:%d/%m/%Y}" for day in holidays(text))}


def change_hours(text: str, fields: Fields) -> str:
    """The text with the hours and holidays of the fields.

    Raises:
        FormWrong: hours or dates that cannot be read; names the field.
    """
    problems: list[Problem] = []
    windows: list[dict[str, Spans]] = []
    for place, window in enumerate(hours(text)):
        read: dict[str, Spans] = {}
        for day in (*DAYS, HOLIDAY):
            name = f"w{place}_{day}"
            try:
                read[day] = read_spans(fields.get(name, ""))
            except ValueError as error:
                problems.append(Problem(name, f"{DAY_NAMES[day]}, horario «{window.id}»: {error}"))
        windows.append(read)
    try:
        days = read_days(fields.get("holidays", ""))
    except ValueError as error:
        problems.append(Problem("holidays", str(error)))
    if problems:
        raise FormWrong(problems)
    return set_holidays(set_hours(text, windows), days)


def read_spans(text: str) -> Spans:
    """«08:00-14:00, 15:00-20:00» as pairs; none when people do not attend.

    Raises:
        ValueError: not hours, a span that ends before it begins, or spans that overlap; says so in Spanish.
    """
    spans: list[tuple[str, str]] = []
    for part in filter(None, (one.strip() for one in re.split(r"[,;\n]", text))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise ValueError(f"«{part}» no es un horario. Escriba, por ejemplo, 08:00-20:00; vacío si no se atiende.")
        start, end = f"{int(match[1]):02}:{match[2]}", f"{int(match[3]):02}:{match[4]}"
        if not is_span(start, end):
            raise ValueError(f"«{part}» no es posible: termina antes de empezar o no existe esa hora.")
        if spans and start < spans[-1][1]:
            raise ValueError(f"«{part}» se encima con el turno anterior. Escriba los turnos en orden.")
        spans.append((start, end))
    return tuple(spans)


def read_days(text: str) -> list[date]:
    """Dates, one a line, as 25/12/2026 or 2026-12-25; sorted, each once.

    Raises:
        ValueError: not a date, or too many; says so in Spanish.
    """
    days: set[date] = set()
    for line in filter(None, (one.strip() for one in text.splitlines())):
        form = "%Y-%m-%d" if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", line) else "%d/%m/%Y"
        try:
            days.add(datetime.strptime(line, form).date())
        except ValueError:
            raise ValueError(f"«{line}» no es una fecha. Escriba una por renglón, por ejemplo 25/12/2026.") from None
    if len(days) > MOST_HOLIDAYS:
        raise ValueError(f"Son {len(days)} días; caben {MOST_HOLIDAYS}.")
    return sorted(days)


def prompt_values(text: str) -> dict[str, str]:
    """Fields of the texts."""
    return {f"p_{name}": value for name, value in prompts(text).items()}


def change_prompts(text: str, fields: Fields) -> str:
    """The text with the prompts of the fields; an empty field takes a campaign's own wording out."""
    return set_prompts(text, {name[2:]: _line(value) for name, value in fields.items() if name.startswith("p_")})


def change_shared_prompts(text: str, fields: Fields) -> str:
    """As `change_prompts`, for the texts that every campaign needs.

    Raises:
        FormWrong: one is empty.
    """
    known = prompts(text)
    empty = [name for name in known if not _line(fields.get(f"p_{name}", ""))]
    if empty:
        raise FormWrong([Problem(f"p_{name}", f"Escriba el texto «{name}»: lo usan las campañas.") for name in empty])
    return change_prompts(text, {name: value for name, value in fields.items() if name[2:] in known})


def menu_values(text: str) -> dict[str, str]:
    """Fields of the options: `o-0-title`, those of its submenu `o-0-o-1-title`."""
    return dict(_option_values(menu(text), "o"))


def _option_values(level: Sequence[OptionEdit], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for place, one in enumerate(level):
        name = f"{prefix}-{place}"
        target = f"topic:{one.topic}" if one.topic else f"to:{one.to}" if one.to else ""
        found += [(f"{name}-order", str(place + 1)), (f"{name}-key", one.key), (f"{name}-title", one.title),
                  (f"{name}-target", target)]  # fmt: skip
        found += _option_values(one.options, f"{name}-o")
    return found


def change_menu(text: str, fields: Fields) -> str:
    """The text with the options of the fields.

    Raises:
        FormWrong: an option without title, or a place that is no number.
    """
    problems: list[Problem] = []
    options = _read_level(menu(text), "o", fields, problems)
    if not options and not problems:
        problems.append(Problem("o-n-title", "Deje al menos una opción."))
    if problems:
        raise FormWrong(problems)
    return set_menu(text, options)


def _read_level(
    level: Sequence[OptionEdit], prefix: str, fields: Fields, problems: list[Problem]
) -> tuple[OptionEdit, ...]:
    rows: list[tuple[float, OptionEdit]] = []
    for place, one in enumerate((*level, None)):
        name = f"{prefix}-{place}" if one else f"{prefix}-n"
        title = _line(fields.get(f"{name}-title", ""))
        if fields.get(f"{name}-gone") or (one is None and not title):
            continue
        order = fields.get(f"{name}-order", "") or str(place + 1)
        if not re.fullmatch(r"\d{1,2}", order):
            problems.append(Problem(f"{name}-order", f"«{order}» no es un lugar: escriba 1, 2, 3…"))
            continue
        if not title:
            problems.append(Problem(f"{name}-title", "Escriba el título de la opción, o márquela para quitarla."))
            continue
        if not (fields.get(f"{name}-target") or (one and one.options)):
            problems.append(Problem(f"{name}-target", f"Elija a dónde lleva la opción «{title}»."))
            continue
        kind, _, target = fields.get(f"{name}-target", "").partition(":")
        made = OptionEdit(
            fields.get(f"{name}-key", ""), title, target if kind == "topic" else None, target if kind == "to" else None,
            one.was if one else None,
        )  # fmt: skip
        if one and one.options:
            made = replace(made, options=_read_level(one.options, f"{name}-o", fields, problems))
        rows.append((int(order), made))
    return tuple(option for _, option in sorted(rows, key=lambda row: row[0]))


def option_fields(text: str, fields: Fields) -> list[tuple[tuple[int, ...], str]]:
    """Where each option will stand in the changed file (places from the top down), and the field of its title."""
    return list(_places(_read_level(menu(text), "o", fields, []), "o", ()))


def _places(level: Sequence[OptionEdit], prefix: str, above: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str]]:
    for place, one in enumerate(level):
        name = f"{prefix}-{'n' if one.was is None else one.was}"
        yield (*above, place), f"{name}-title"
        yield from _places(one.options, f"{name}-o", (*above, place))


def canned_values(text: str) -> dict[str, str]:
    """Fields of the phrases: `c0_group`, `c0_text`; empty ones for new phrases."""
    rows = [*canned(text), *[("", "")] * NEW_PHRASES]
    return {f"c{place}_{part}": value for place, row in enumerate(rows)
            for part, value in zip(("group", "text"), row, strict=True)}  # fmt: skip


def change_canned(text: str, fields: Fields) -> str:
    """The text with the phrases of the fields; one without words is taken out.

    Raises:
        FormWrong: words without a group.
    """
    kept = len(canned(text))
    rows: list[tuple[int | None, str, str]] = []
    problems = []
    for place in range(kept + NEW_PHRASES):
        group, words = (_line(fields.get(f"c{place}_{part}", "")) for part in ("group", "text"))
        if words and not group:
            problems.append(Problem(f"c{place}_group", "Escriba el grupo de la frase: Saludo, Espera…"))
        elif words:
            rows.append((place if place < kept else None, group, words))
    if problems:
        raise FormWrong(problems)
    return set_canned(text, rows)


def _line(text: str) -> str:
    """What was typed, with the line ends of a file."""
    return text.replace("\r\n", "\n").strip()


OWN_SECTIONS = (
    Section("horarios", "Horarios y días festivos", "campaign.yml", hours_values, change_hours),
    Section("textos", "Textos del asistente", "campaign.yml", prompt_values, change_prompts),
    Section("menu", "Menú", "menu.yml", menu_values, change_menu),
    Section("frases", "Respuestas rápidas", "canned.yml", canned_values, change_canned),
)
SHARED_SECTIONS = (
    Section("textos", "Textos de todas las campañas", "prompts.yml", prompt_values, change_shared_prompts),
    Section("frases", "Respuestas rápidas de todas las campañas", "canned.yml", canned_values, change_canned),
)
