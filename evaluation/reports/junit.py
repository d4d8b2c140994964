"""JUnit XML of a run, as continuous integration reads it: one testsuite a campaign, one testcase a conversation."""

import re

from lxml import etree

from evaluation.reports.words import name
from evaluation.results import ConversationResult, Run, Status

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (section 2.2, Char)."""


def as_junit(run: Run) -> bytes:
    """The document, in UTF-8.

    A conversation that did not go as expected is a <failure>, one that the infrastructure made fail an <error>; both
    hold the problems and the transcript. Characters that XML cannot hold become U+FFFD.
    """
    root = etree.Element("testsuites", {"name": _clean(run.header.run_id), **_counts(list(run.results))})
    for campaign in run.campaigns():
        results = sorted(run.of(campaign), key=lambda one: one.key)
        started = run.header.started_at.isoformat(timespec="seconds")
        attributes = {"name": _clean(campaign), "timestamp": started, **_counts(results)}
        suite = etree.SubElement(root, "testsuite", attributes)
        properties = etree.SubElement(suite, "properties")
        for key, value in (("seed", run.header.seed), ("repetitions", run.header.repetitions)):
            etree.SubElement(properties, "property", {"name": key, "value": str(value)})
        for one in results:
            _add(suite, one)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _counts(results: list[ConversationResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(one.status is Status.FAILED for one in results)),
        "errors": str(sum(one.status is Status.INFRASTRUCTURE for one in results)),
        "skipped": "0",
        "time": f"{sum(one.seconds for one in results):.3f}",
    }


def _add(suite: etree._Element, one: ConversationResult) -> None:
    case = etree.SubElement(
        suite,
        "testcase",
        classname=_clean(f"{one.campaign}.{one.channel}"),
        name=_clean(f"{one.case} [{one.repetition}]"),
        time=f"{one.seconds:.3f}",
    )
    if one.status is Status.PASSED:
        return
    tag = "failure" if one.status is Status.FAILED else "error"
    message = next(iter(one.problems), str(one.status))
    mark = etree.SubElement(case, tag, message=_clean(message), type=str(one.status))
    mark.text = _clean(_story(one))


def _story(one: ConversationResult) -> str:
    lines = [one.title, f"folio: {one.folio or '—'}; semilla: {one.seed}", *(f"- {text}" for text in one.problems), ""]
    return "\n".join(lines + [f"{name(line.sender)}: {line.text}" for line in one.transcript])


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
