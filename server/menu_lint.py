"""Menus that a channel cannot show or a caller cannot follow: `menu.yml`, level by level."""

from collections.abc import Iterator
from pathlib import Path

from channels import voice_rules, whatsapp_rules
from content.findings import Finding, found
from content.located import Located
from content.menus import MAX_OPTIONS
from conversation.folding import folded
from conversation.message import Channel, Choice


def menu_findings(path: Path, menu: Located, channels: frozenset[Channel]) -> Iterator[Finding]:
    """Problems of a menu and of all its submenus."""
    options = menu.get("options")
    if options is None:
        yield Finding(path, menu.line, "menu-vacio", "Falta «options»: la lista de opciones del menú.")
        return
    yield from _level_findings(path, options, channels)
    for option in options.items:
        if option.get("options"):
            yield from menu_findings(path, option, channels)


def _level_findings(path: Path, options: Located, channels: frozenset[Channel]) -> Iterator[Finding]:
    """Problems of the options that are shown together."""
    if len(options.items) > MAX_OPTIONS:
        message = f"Son {len(options.items)} opciones y caben {MAX_OPTIONS}: pase algunas a un submenú."
        yield Finding(path, options.items[MAX_OPTIONS].line, "menu-opciones", message)
    yield from _key_findings(path, options)
    yield from _title_findings(path, options)
    choices = tuple(
        Choice(id=f"{place}", title=option.word("title") or "", key=option.word("key") or "")
        for place, option in enumerate(options.items)
    )
    if Channel.WHATSAPP in channels:
        for problem in whatsapp_rules.menu_problems(choices):
            longest = max(range(len(choices)), key=lambda place: len(choices[place].title), default=0)
            yield found(problem, path, options.items[longest].line if choices else options.line)
        for place, problem in whatsapp_rules.title_problems(choices):
            yield found(problem, path, options.items[place].line)
    if Channel.VOICE in channels:
        for problem in voice_rules.menu_problems([(one.key, one.title) for one in choices]):
            yield found(problem, path, options.line)
        for option, choice in zip(options.items, choices, strict=True):
            for problem in voice_rules.text_problems(choice.title):
                yield found(problem, path, option.line)


def _key_findings(path: Path, options: Located) -> Iterator[Finding]:
    """Keys that are missing or stand twice: a telephone has nothing else to choose by."""
    lines: dict[str, int] = {}
    for option in options.items:
        key = option.word("key")
        if not key:
            message = f"La opción «{option.word('title') or ''}» no tiene tecla: agregue «key»."
            yield Finding(path, option.line, "tecla-faltante", message)
        elif key in lines:
            message = f"La tecla {key} ya es de la opción de la línea {lines[key]}: use otra."
            yield Finding(path, option.line, "tecla-repetida", message)
        else:
            lines[key] = option.line


def _title_findings(path: Path, options: Located) -> Iterator[Finding]:
    """Titles that stand twice: whoever says or writes one could mean either."""
    lines: dict[str, int] = {}
    for option in options.items:
        title = folded(option.word("title") or "")
        if title in lines:
            message = f"«{option.word('title') or ''}» ya es el título de la línea {lines[title]}: cambie uno."
            yield Finding(path, option.line, "titulo-repetido", message)
        lines.setdefault(title, option.line)
