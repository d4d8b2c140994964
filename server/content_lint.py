"""Content that the campaigns' channels cannot show or say, with file and line: what `ventanilla lint` finds.

It reads the files themselves, so that it can name lines and go on after the first slip; at the end the catalogue reads
them as the running system does. Rules of the channels are in `channels/*_rules.py`, those of prompts in `content/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from actions.booking_rules import BookingRules
from actions.questions import DATA
from channels import voice_rules, whatsapp_rules
from channels.voice_words import TEXTS
from content.canned import parse_canned
from content.catalogue import Catalogue
from content.files import ContentError
from content.findings import Finding, Problem, found
from content.located import Located, NotYaml, located
from content.prompt_rules import BEFORE_CHOICES, FILLED_IN, MAY_BE_FILLED_IN, UNWRITTEN, place_problems
from conversation.message import Channel
from server.article_lint import article_findings
from server.hours_lint import hours_findings
from server.menu_lint import menu_findings

_WINDOW_NAMES = {Channel.WEBCHAT: "web_chat", Channel.WHATSAPP: "whatsapp", Channel.VOICE: "voice"}
_ALL = frozenset(Channel)


@dataclass(frozen=True)
class _CampaignFile:
    """A campaign as its file says, as far as it can be read."""

    id: str
    path: Path
    data: Located
    channels: frozenset[Channel]
    topics: frozenset[str]


def lint(root: Path) -> list[Finding]:
    """Everything that is wrong below `root`, by file and line; paths are relative to it."""
    findings: list[Finding] = []
    campaigns = []
    for path in sorted((root / "bots").glob("*/campaign.yml")):
        data = _read(path, findings)
        if data:
            campaign = _CampaignFile(path.parent.name, path, data, _channels(data), _topics(data))
            campaigns.append(campaign)
            findings += _campaign_findings(campaign, _shared_names(root))
    findings += _shared_findings(root, frozenset().union(*(one.channels for one in campaigns)) or _ALL)
    for campaign in campaigns:
        menu = campaign.path.parent / "menu.yml"
        tree = _read(menu, findings) if menu.exists() else None
        findings += menu_findings(menu, tree, campaign.channels) if tree else ()
        for article in sorted((root / "knowledge" / campaign.id).glob("*.md")):
            findings += article_findings(article, campaign.channels, campaign.topics)
    for phrases in sorted((root / "bots").glob("*/canned.yml")):
        findings += _canned_findings(phrases) if _read(phrases, findings) else ()
    if not any(one.is_error for one in findings):
        findings += _refused_by_catalogue(root)
    return sorted({_inside(one, root) for one in findings})


def _read(path: Path, findings: list[Finding]) -> Located | None:
    """A YAML file; None when it is not one, which is noted. Keys that stand there twice are noted too."""
    try:
        data = located(path.read_text(encoding="utf-8"), path)
    except NotYaml as error:
        findings.append(Finding(path, error.line, "yaml", f"No es YAML válido: {error.problem}."))
        return None
    except UnicodeDecodeError as error:
        findings.append(Finding(path, 1, "yaml", f"No está en UTF-8 (byte {error.start}): guárdelo como UTF-8."))
        return None
    for value in data.inside():
        for name, line in value.doubled:
            findings.append(Finding(path, line, "yaml-repetido", f"«{name}» está dos veces; solo cuenta la última."))
    return data


def _channels(data: Located) -> frozenset[Channel]:
    """Where a campaign is on; all channels when its file does not say."""
    named = data.get("channels")
    known = {channel.value: channel for channel in Channel}
    return frozenset(known[one.text] for one in named.items if one.text in known) if named else _ALL


def _topics(data: Located) -> frozenset[str]:
    topics = data.get("topics")
    return frozenset(word for one in (topics.items if topics else ()) if (word := one.word("id")))


def _shared_names(root: Path) -> frozenset[str]:
    """Names of the texts that something says."""
    path = root / "bots" / "shared" / "prompts.yml"
    file = _read(path, []) if path.exists() else None
    shared = file.get("prompts") if file else None
    named = shared.entries if shared else {}
    return frozenset({*named, *TEXTS, *UNWRITTEN, *(f"pregunta_{name}" for name in DATA)})


def text_problems(text: str, channels: frozenset[Channel], *, before_choices: bool = False) -> Iterator[Problem]:
    """What of a text the channels cannot show or say."""
    if Channel.WHATSAPP in channels:
        yield from whatsapp_rules.text_problems(text, before_choices=before_choices)
    if Channel.VOICE in channels:
        yield from voice_rules.text_problems(text)


def _campaign_findings(campaign: _CampaignFile, known: frozenset[str]) -> Iterator[Finding]:
    yield from _channel_findings(campaign)
    yield from hours_findings(campaign.path, campaign.data)
    yield from _topic_findings(campaign.path, campaign.data)
    prompts = campaign.data.get("prompts")
    yield from _prompt_findings(campaign.path, prompts, campaign.channels, known)
    for rule in _items(campaign.data, "person_only"):
        said = rule.get("say")
        yield from _text_findings(campaign.path, said, campaign.channels)
    for topic in _items(campaign.data, "topics"):
        yield from _text_findings(campaign.path, topic.get("label"), campaign.channels)


def _topic_findings(path: Path, campaign: Located) -> Iterator[Finding]:
    if not _items(campaign, "topics"):
        line = campaign.entries["topics"].line if "topics" in campaign.entries else campaign.line
        message = "Falta «topics», la lista de tipificaciones: sin ella nadie podría terminar una atención."
        yield Finding(path, line, "sin-temas", message)


def _canned_findings(path: Path) -> Iterator[Finding]:
    """Phrases that do not have their form: the people at the desk would have none."""
    try:
        parse_canned(path.read_text(encoding="utf-8"), path)
    except ContentError as error:
        yield Finding(path, 1, "contenido", str(error))


def _channel_findings(campaign: _CampaignFile) -> Iterator[Finding]:
    """Channels that do not exist, and those that are on without any hours."""
    named, windows = campaign.data.get("channels"), campaign.data.get("windows")
    names = [channel.value for channel in Channel]
    for one in named.items if named else ():
        if one.text not in names:
            message = f"No hay canal «{one.text}»; los que hay son {', '.join(names)}."
            yield Finding(campaign.path, one.line, "canal-desconocido", message)
    served = {
        name.text for window in (windows.items if windows else ()) for name in _items(window, "applies_to") if name.text
    }
    line = named.line if named else campaign.data.line
    for channel in sorted(campaign.channels):
        if _WINDOW_NAMES[channel] not in served:
            message = (
                f"El canal «{channel}» está activo y ningún horario de «windows» lo nombra: agregue "
                f"«{_WINDOW_NAMES[channel]}» a «applies_to» o quítelo de «channels»."
            )
            yield Finding(campaign.path, line, "canal-sin-horario", message)


def _items(data: Located, key: str) -> tuple[Located, ...]:
    value = data.get(key)
    return value.items if value else ()


def _prompt_findings(
    path: Path, prompts: Located | None, channels: frozenset[Channel], known: frozenset[str]
) -> Iterator[Finding]:
    for name, value in (prompts.entries if prompts else {}).items():
        if name not in known:
            message = f"Nada dice un texto llamado «{name}»: revise el nombre."
            yield Finding(path, value.line, "texto-desconocido", message)
        yield from _text_findings(path, value, channels, name)


def _text_findings(
    path: Path, value: Located | None, channels: frozenset[Channel], name: str | None = None
) -> Iterator[Finding]:
    """Problems of one text; a prompt has a `name` and may have places, other texts are shown as they stand."""
    if value is None or value.text is None:
        return
    if name is not None:
        for problem in place_problems(
            value.text, FILLED_IN.get(name, frozenset()), MAY_BE_FILLED_IN.get(name, frozenset())
        ):
            yield found(problem, path, value.line)
    for problem in text_problems(value.text, channels, before_choices=name in BEFORE_CHOICES):
        yield found(problem, path, value.line)


def _shared_findings(root: Path, channels: frozenset[Channel]) -> Iterator[Finding]:
    """Texts of all campaigns: prompts, the emergency prompt, and what is said of campaigns without a bot."""
    shared = root / "bots" / "shared"
    problems: list[Finding] = []
    known = _shared_names(root)
    for name in ("prompts.yml", "emergency.yml", "directory.yml"):
        path = shared / name
        file = _read(path, problems) if path.exists() else None
        if file is None:
            continue
        problems += _prompt_findings(path, file.get("prompts"), channels, known)
        problems += _text_findings(path, file.get("prompt"), channels)
        for campaign in file.entries.values() if name == "directory.yml" else ():
            problems += _prompt_findings(path, campaign.get("prompts"), channels, known)
            problems += [*hours_findings(path, campaign), *_topic_findings(path, campaign)]
    yield from problems


def _refused_by_catalogue(root: Path) -> Iterator[Finding]:
    """What the running system refuses beyond the rules; its text names the file and the place in it."""
    try:
        catalogue = Catalogue(root)
        for campaign in catalogue.with_bot():
            BookingRules.model_validate(catalogue.settings(campaign.id).business_rules)
        for path in sorted((root / "knowledge").glob("*/*.md")):
            catalogue.articles.get(path.parent.name, path.stem)
    except (ContentError, ValidationError) as error:
        yield Finding(root / "bots", 1, "contenido", str(error))


def _inside(one: Finding, root: Path) -> Finding:
    """The finding without the folder: whoever reads it knows the files by their place below the root."""
    path = one.path.relative_to(root) if one.path.is_relative_to(root) else one.path
    return Finding(path, one.line, one.rule, one.message.replace(f"{root}/", ""), one.is_error)
