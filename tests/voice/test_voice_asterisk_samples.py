"""The sample configuration of Asterisk, against what its sources and documentation know. It is run in no real PBX."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, unquote_plus, urlencode

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "asterisk"
EMPTY_CONDITIONS = {"paused", "penalty", "inuse", "ringing", "invalid", "wrapup", "unavailable", "unknown"}
"""What `joinempty` and `leavewhenempty` take (apps/app_queue.c, parse_empty_options)."""
QUEUE_OPTIONS = {
    "strategy", "ringinuse", "timeout", "autopause", "joinempty", "leavewhenempty", "context", "membergosub",
    "setinterfacevar", "announce-holdtime", "announce-position", "musicclass", "member",
}  # fmt: skip
"""Of those that app_queue knows in a queue (configs/samples/queues.conf.sample), the ones that the sample needs."""


def lines(name: str) -> list[str]:
    """The lines of a sample without their comments."""
    text = (SAMPLES / name).read_text(encoding="utf-8")
    return [line for line in (re.sub(r"(?:^|\s);.*", "", row).strip() for row in text.splitlines()) if line]


def options(name: str) -> Iterator[tuple[str, str, str]]:
    """Section, option and value of each line."""
    section = ""
    for line in lines(name):
        if line.startswith("["):
            section = line[1 : line.index("]")]
            continue
        option, value = re.split(r"\s*=>?\s*", line, maxsplit=1)
        yield section, option, value


def test_a_queue_without_people_is_known_by_conditions_that_asterisk_has() -> None:
    found = {option: value for _, option, value in options("queues.conf") if option.endswith("empty")}
    assert set(found) == {"joinempty", "leavewhenempty"}
    for value in found.values():
        assert {"paused", "invalid", "unavailable"} <= set(value.split(",")) <= EMPTY_CONDITIONS


def test_queues_have_only_options_that_queues_have() -> None:
    known = {"general": {"persistentmembers"}}
    strange = [one for one in options("queues.conf") if one[1] not in known.get(one[0], QUEUE_OPTIONS)]
    assert not strange


def test_what_travels_to_the_person_arrives_with_its_spaces() -> None:
    """`CURLOPT(hashcompat)`: only «legacy» reads the + of a form as a space (funcs/func_curl.c)."""
    sent = urlencode({"data": "NSS *******0018; user_request"})
    [mode, *_] = re.findall(r"CURLOPT\(hashcompat\)=(\w+)", "\n".join(lines("extensions.conf")))
    read = unquote_plus if mode == "legacy" else unquote
    assert read(sent.partition("=")[2]) == "NSS *******0018; user_request"


@pytest.mark.parametrize("jump", [r"Goto\(([\w-]+),", r"\?([\w-]+),s,1\)", r"b\(([\w-]+)\^s\^1\)"])
def test_every_place_that_is_gone_to_is_there(jump: str) -> None:
    dialplan = "\n".join(lines("extensions.conf"))
    places = set(re.findall(r"^\[([\w-]+)\]", dialplan, re.MULTILINE))
    found = set(re.findall(jump, dialplan))
    assert found and found <= places


def test_the_queues_lead_to_contexts_of_the_dialplan() -> None:
    dialplan = "\n".join(lines("extensions.conf"))
    named = {value for _, option, value in options("queues.conf") if option in ("context", "membergosub") and value}
    assert named and all(f"[{name}]" in dialplan for name in named)
