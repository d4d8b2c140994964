"""Whether what suites refer to is there: campaigns, topics, people. A slip must not pass for a failure of the bot."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from content.catalogue import Catalogue
from evaluation.suite import MOST_PROBLEMS, Case, Suite, SuiteError

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_OF_A_PERSON = ("nss", "fecha", "curp", "agregado")


def check_references(suites: Sequence[tuple[Path, Suite]], catalogue: Catalogue, people: Collection[str]) -> None:
    """Refuse suites that name what nobody knows; `people` are the ids of the synthetic people.

    Raises:
        SuiteError: names file, case and field of everything that is wrong.
    """
    found = [*_repeated(suites)]
    bots = {campaign.id: campaign for campaign in catalogue.with_bot()}
    topics = {topic.id for campaign in bots.values() for topic in campaign.topics}
    for path, suite in suites:
        if suite.campaign not in bots:
            found.append(f"{path}, campaign: no hay un asistente «{suite.campaign}»; los hay: {', '.join(bots)}")
        for case in suite.cases:
            where = f"{path}, caso «{case.id}»"
            if case.persona is not None and case.persona not in people:
                found.append(f"{where} > persona: no hay una persona «{case.persona}» en «ventanilla sandbox people»")
            if case.expect.topic is not None and case.expect.topic not in topics:
                found.append(f"{where} > expect > topic: ningún asistente tiene el tema «{case.expect.topic}»")
            if case.expect.campaign is not None and catalogue.get(case.expect.campaign) is None:
                found.append(f"{where} > expect > campaign: no hay una campaña «{case.expect.campaign}»")
            found += [f"{where} > steps: {problem}" for problem in _placeholders(case)]
    if found:
        raise SuiteError("\n".join(found[:MOST_PROBLEMS]))


def _repeated(suites: Sequence[tuple[Path, Suite]]) -> Iterator[str]:
    """Results are told apart by campaign and case, in whichever file it stands."""
    seen: dict[tuple[str, str], Path] = {}
    for path, suite in suites:
        for case in suite.cases:
            first = seen.setdefault((suite.campaign, case.id), path)
            if first != path:
                yield f"{path}, caso «{case.id}» > id: ya está en {first}"


def _placeholders(case: Case) -> Iterator[str]:
    words = (one for step in case.steps for one in (step.say, step.choose, step.digits, *step.contains, *step.absent))
    for name in sorted({name for text in words if text for name in _PLACEHOLDER.findall(text)}):
        if name not in _OF_A_PERSON:
            yield f"«{{{name}}}» no es un dato; los hay: {', '.join(_OF_A_PERSON)}"
        elif case.persona is None:
            yield f"«{{{name}}}» necesita una persona (persona)"
