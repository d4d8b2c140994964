"""What the pages of content show: differences, versions and the parts of forms, as plain values for templates."""

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from admin.content_forms import DAY_NAMES, NEW_PHRASES, Fields, Section, option_fields
from admin.content_rules import PARTY_NAMES
from admin.pages import Problem, moment_words
from admin.ports import CampaignDirectory
from content.editable import SHARED, ContentFile
from content.files import ContentError
from content.findings import Finding
from content.located import Located, located
from content.prompt_rules import FILLED_IN
from content.yaml_edits import OptionEdit, canned, hours, menu
from ledger.content_versions import ContentVersion, Decided, Origin, Standing

STANDINGS = {
    Standing.PRELIMINARY: ("PRELIMINAR", "is-waiting"), Standing.SCHEDULED: ("Programada", "is-waiting"),
    Standing.APPLIED: ("Publicada", ""), Standing.REFUSED: ("Rechazada", "is-bad"),
    Standing.WITHDRAWN: ("Retirada", ""), Standing.CONFLICT: ("No se aplicó", "is-bad"),
}  # fmt: skip
ORIGINS = {Origin.PAGE: "en estas páginas", Origin.FILE: "por archivo", Origin.BACK: "por retiro de un cambio"}
DECISIONS = {
    Decided.APPROVED: "Aprobada", Decided.APPLIED: "Publicada", Decided.REFUSED: "Rechazada",
    Decided.WITHDRAWN: "Retirada", Decided.CONFLICT: "No se aplicó",
}  # fmt: skip
CHANNEL_NAMES = {"voice": "teléfono", "web_chat": "chat web", "whatsapp": "WhatsApp"}
MOST_LINES = 2000
"""Lines of a difference that a page shows."""


def difference(before: str, after: str) -> list[dict[str, str]]:
    """Lines that went and came, with three around them."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    kinds = {"+": "added", "-": "removed", "@": "place"}
    shown = [{"kind": kinds.get(line[:1], "same"), "text": line[1:]} for line in list(lines)[2 : MOST_LINES + 2]]
    for line in shown:
        if line["kind"] == "place":
            line["text"] = "renglón " + line["text"].split("+")[-1].split(",")[0].split(" ")[0]
    return shown


def version_view(version: ContentVersion, in_force: ContentVersion | None) -> dict[str, Any]:
    """A version for a list or its page."""
    words, tone = STANDINGS[version.standing]
    if in_force and in_force.number == version.number:
        words, tone = "En vigor", "is-good"
    return {
        "number": version.number, "href": f"/admin/content/versions/{version.number}", "path": version.path,
        "at": moment_words(version.at), "author": version.author, "origin": ORIGINS[version.origin],
        "reason": version.reason, "standing": words, "tone": tone, "before": version.before_sha256,
        "after": version.after_sha256, "missing": [PARTY_NAMES[party] for party in version.missing],
        "effective": moment_words(version.effective_at) if version.effective_at else "",
        "decisions": [
            {"words": DECISIONS[one.kind], "party": PARTY_NAMES.get(one.party, ""), "actor": one.actor,
             "at": moment_words(one.at), "note": one.note}
            for one in version.decisions
        ],
    }  # fmt: skip


def finding_problems(findings: Sequence[Finding], file: ContentFile, field_of: Mapping[int, str]) -> list[Problem]:
    """Errors of the check as things to correct, each at its field where there is one."""
    return [
        Problem(
            field_of.get(one.line, field_of.get(0, "")) if one.path.as_posix() == file.path else "",
            f"{one.path.as_posix()}, línea {one.line}: {one.message}",
        )
        for one in findings
    ]


def lines_of(section: Section, file: ContentFile, text: str, seen: str, fields: Fields) -> dict[int, str]:
    """The field of the form that stands for a line of the changed text, as far as lines have fields."""
    try:
        tree = located(text, Path(file.path))
    except ContentError:
        return {}
    if section.id == "textos":
        found = tree.get("prompts")
        return {value.line: f"p_{name}" for name, value in (found.entries if found else {}).items()}
    if section.id == "menu":
        return {_option(tree, places).line: field for places, field in option_fields(seen, fields)}
    return {}


def _option(tree: Located, places: Sequence[int]) -> Located:
    for place in places:
        options = tree.get("options")
        if options is None:
            break
        tree = options.items[place]
    return tree


def section_view(
    section: Section, campaign: str, text: str, values: Mapping[str, str], campaigns: CampaignDirectory
) -> dict[str, Any]:
    """What a form needs beside its values."""
    if section.id == "horarios":
        windows = [
            {"place": place, "id": one.id, "channels": ", ".join(CHANNEL_NAMES.get(n, n) for n in one.applies_to)}
            for place, one in enumerate(hours(text))
        ]
        return {"windows": windows, "days": DAY_NAMES}
    if section.id == "textos":
        return {"prompts": _prompt_rows(campaign, values, campaigns)}
    if section.id == "frases":
        return {"rows": range(len(canned(text)) + NEW_PHRASES)}
    return {"level": menu(text), "targets": _targets(campaign, menu(text), campaigns)}


def _prompt_rows(campaign: str, values: Mapping[str, str], campaigns: CampaignDirectory) -> list[dict[str, Any]]:
    """Every text that may be worded, with what is said when the campaign has no words of its own."""
    found = campaigns.get(campaign)
    said = found.prompts if found and campaign != SHARED else {}
    names = dict.fromkeys([*said, *(name[2:] for name in values if name.startswith("p_"))])
    return [
        {"name": name, "field": f"p_{name}", "said": said.get(name, ""),
         "places": [f"{{{place}}}" for place in sorted(FILLED_IN.get(name, ()))]}
        for name in names
    ]  # fmt: skip


def _targets(campaign: str, level: Sequence[OptionEdit], campaigns: CampaignDirectory) -> list[tuple[str, str]]:
    """Where an option may lead: topics of the campaign and other campaigns; topics that the menu names besides."""
    own = campaigns.get(campaign)
    topics = {topic.id: topic.label for topic in own.topics} if own else {}
    topics = {**{one: one for one in _topics_in(level)}, **topics}
    known = [found for one in campaigns.names().values() if one != campaign and (found := campaigns.get(one))]
    return [(f"topic:{one}", f"Tema: {label}") for one, label in topics.items()] + [
        (f"to:{one.id}", f"Campaña: {one.name}") for one in sorted(known, key=lambda one: one.name)
    ]


def _topics_in(level: Sequence[OptionEdit]) -> list[str]:
    return [topic for one in level for topic in (*([one.topic] if one.topic else []), *_topics_in(one.options))]
