"""What would be wrong if a content file said something else: lint and a dry run, on a copy (channels.md §10)."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from content.catalogue import Catalogue
from content.files import ContentError, parse_yaml
from content.findings import Finding
from content.located import Located, located
from content.menus import Menu, parse_menu
from content.prompt_rules import UNWRITTEN
from server.content_lint import lint

_PROMPTS = Path("bots/shared/prompts.yml")
_NEEDS_TRAINING = "requiere entrenamiento: pídalo al equipo técnico (CONTRIBUTING.md)"


def check_change(root: Path, changes: Mapping[str, str], environment: str = "sandbox") -> list[Finding]:
    """Errors and warnings of the changed files, and errors that the change makes elsewhere.

    Production takes approved content only, and says so here. An empty text stands for no file. What was wrong elsewhere
    before does not hold up an administrator.
    """
    with tempfile.TemporaryDirectory(prefix="ventanilla-content-") as folder:
        copy = Path(folder)
        for name in ("bots", "knowledge"):
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("*.wav"))
        for path, text in changes.items():
            (copy / path).unlink(missing_ok=True)
            if text:
                (copy / path).write_text(text, encoding="utf-8", newline="")
        found = [*_everything(copy), *_lost_prompts(root, copy)]
        if environment == "productivo" and not any(one.is_error for one in found):
            found += _unapproved(copy, changes)
    of_change = [one for one in found if one.path.as_posix() in changes]
    elsewhere = [one for one in found if one.path.as_posix() not in changes and one.is_error]
    before = {_known(one) for one in _everything(root)} if elsewhere else set()
    return of_change + [one for one in elsewhere if _known(one) not in before]


def _known(one: Finding) -> tuple[Path, str, str]:
    return one.path, one.rule, one.message


def _everything(root: Path) -> list[Finding]:
    return [*lint(root), *dry_run(root)]


def _lost_prompts(root: Path, changed: Path) -> Iterator[Finding]:
    """Texts of all campaigns that a change takes away: the code says them, and would have nothing to say."""
    named = [_mapping(one / _PROMPTS).get("prompts") for one in (root, changed)]
    before, after = (set(one) if isinstance(one, dict) else set() for one in named)
    for name in sorted(before - after - UNWRITTEN):
        message = f"Falta el texto «{name}», que las campañas dicen: cambie sus palabras, no lo quite."
        yield Finding(_PROMPTS, 1, "texto-faltante", message)


def _unapproved(root: Path, changes: Mapping[str, str]) -> Iterator[Finding]:
    """What production would not serve, although it is well-formed."""
    try:
        catalogue = Catalogue(root, "productivo")
        for path in (Path(one) for one in changes if one.startswith("knowledge/")):
            catalogue.articles.get(path.parent.name, path.stem)
    except ContentError as error:
        yield Finding(Path("bots"), 1, "contenido", str(error))


def dry_run(root: Path) -> Iterator[Finding]:
    """Walk every menu as a citizen could: each option leads to what there is. A file that is wrong is `lint`'s to tell.

    It reads each campaign by itself, so that what is wrong in one does not keep another from being looked at.
    """
    own = sorted(path.parent.name for path in (root / "bots").glob("*/campaign.yml"))
    known = frozenset(own) | frozenset(_mapping(root / "bots" / "shared" / "directory.yml"))
    for campaign in own:
        intents = _intents(root, campaign)
        yield from _menu_problems(root, campaign, known, intents)
        yield from _campaign_problems(root, campaign, known, intents)


def _menu_problems(root: Path, campaign: str, known: frozenset[str], intents: frozenset[str]) -> Iterator[Finding]:
    path = Path("bots") / campaign / "menu.yml"
    try:
        text = (root / path).read_text(encoding="utf-8")
        menu, lines = parse_menu(text, path), located(text, path)
    except (ContentError, OSError, UnicodeDecodeError):
        return
    for keys, option in menu.walk():
        place = f"La opción {' > '.join(keys)} «{option.title}» lleva a «{option.to or option.topic}»"
        message = ""
        if option.to and option.to not in known:
            message = f"{place}, y no hay tal campaña."
        elif option.topic and not option.to and not option.options and option.topic not in intents:
            message = f"{place}, y el asistente no tiene ese tema: nadie contestaría. Un tema nuevo {_NEEDS_TRAINING}."
        if message:
            yield Finding(path, _line_of(lines, menu, keys), "menu-sin-destino", message)


def _campaign_problems(root: Path, campaign: str, known: frozenset[str], intents: frozenset[str]) -> Iterator[Finding]:
    path = Path("bots") / campaign / "campaign.yml"
    try:
        data = located((root / path).read_text(encoding="utf-8"), path)
    except (ContentError, OSError, UnicodeDecodeError):
        return
    topics, routes = data.get("topics"), data.get("routes")
    for intent, target in (routes.entries if routes else {}).items():
        if target.text not in known:
            message = f"El tema «{intent}» lleva a «{target.text}», y no hay tal campaña."
            yield Finding(path, target.line, "ruta-sin-destino", message)
    for topic in topics.items if topics else ():
        name = topic.word("id") or ""
        if name not in intents and not name.startswith("emergencia"):
            message = f"El tema «{name}» no lo conoce el asistente; un tema nuevo {_NEEDS_TRAINING}."
            yield Finding(path, topic.line, "tema-sin-entrenar", message)


def _intents(root: Path, campaign: str) -> frozenset[str]:
    """What the dialogue of a campaign was made for."""
    found: set[str] = set()
    for folder in ("shared", campaign):
        intents = _mapping(root / "bots" / folder / "domain.yml").get("intents") or ()
        found |= {next(iter(one)) if isinstance(one, dict) else one for one in intents}
    return frozenset(found)


def _mapping(path: Path) -> dict[str, Any]:
    """A file's mapping; empty when it cannot be read, which `lint` or the engine tells."""
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"), path)
    except (ContentError, OSError, UnicodeDecodeError):
        return {}
    return data if isinstance(data, dict) else {}


def _line_of(lines: Located, menu: Menu, keys: str) -> int:
    level, line, options = lines, 1, menu.options
    for key in keys:
        place = next(number for number, option in enumerate(options) if option.key == key)
        entries = level.get("options")
        if entries is None or place >= len(entries.items):
            return line
        level, options = entries.items[place], options[place].options
        line = level.line
    return line
