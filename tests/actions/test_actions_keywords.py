"""Keyword files by the rules of Rasa's KeywordIntentClassifier, which drops keywords in silence."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def uses_keywords(config: Path) -> bool:
    """Whether the campaign understands by keywords."""
    return any(step["name"] == "KeywordIntentClassifier" for step in yaml.safe_load(config.read_text())["pipeline"])


CAMPAIGNS = sorted(path.parent.name for path in (ROOT / "bots").glob("*/config.yml") if uses_keywords(path))


def nlu(campaign: str, name: str = "train.yml") -> list[dict[str, Any]]:
    """The intents of an NLU file."""
    data = yaml.safe_load((ROOT / "nlu_data" / campaign / name).read_text(encoding="utf-8"))
    return [entry for entry in data["nlu"] if "intent" in entry]


def examples(entry: dict[str, Any]) -> list[str]:
    """The lines of one intent."""
    return [line.removeprefix("- ").strip() for line in entry["examples"].splitlines() if line.strip()]


def pairs(campaign: str) -> list[tuple[str, str]]:
    """Keyword and intent, in the order of the file."""
    return [(line, entry["intent"]) for entry in nlu(campaign) for line in examples(entry)]


def test_both_basic_campaigns_are_checked() -> None:
    assert {"cita_medica", "recepcion"} <= set(CAMPAIGNS)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_every_keyword_is_a_regular_expression_that_rasa_reads_as_text(campaign: str) -> None:
    for keyword, _ in pairs(campaign):
        re.compile(rf"\b{keyword}\b", re.IGNORECASE)
        assert not re.search(r"\][\[({]", keyword), f"«{keyword}» would be read as an entity"


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_no_keyword_has_two_intents(campaign: str) -> None:
    intents: dict[str, set[str]] = {}
    for keyword, intent in pairs(campaign):
        intents.setdefault(keyword, set()).add(intent)
    assert {keyword: found for keyword, found in intents.items() if len(found) > 1} == {}


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_no_keyword_matches_inside_a_keyword_of_another_intent(campaign: str) -> None:
    found = pairs(campaign)
    conflicts = [
        f"«{one}» ({intent}) inside «{other}» ({owner})"
        for one, intent in found
        for other, owner in found
        if intent != owner and re.search(rf"\b{one}\b", other, re.IGNORECASE)
    ]
    assert conflicts == []


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_keywords_belong_to_intents_of_the_domain(campaign: str) -> None:
    domains = [
        yaml.safe_load((ROOT / "bots" / name / "domain.yml").read_text())["intents"] for name in ("shared", campaign)
    ]
    assert {intent for _, intent in pairs(campaign)} <= {*domains[0], *domains[1]}


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_no_keyword_matches_the_empty_message(campaign: str) -> None:
    assert [keyword for keyword, _ in pairs(campaign) if re.search(rf"\b{keyword}\b", "")] == []


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_menu_titles_are_understood_or_chosen_by_their_words(campaign: str) -> None:
    """A keyword never gives a menu option's own title to another topic."""
    menu = yaml.safe_load((ROOT / "bots" / campaign / "menu.yml").read_text(encoding="utf-8"))
    todo, wrong = list(menu["options"]), []
    while todo:
        option = todo.pop()
        todo += option.get("options", [])
        hits = [
            intent
            for keyword, intent in pairs(campaign)
            if re.search(rf"\b{keyword}\b", option["title"], re.IGNORECASE)
        ]
        if option.get("topic") and hits and hits[0] != option["topic"]:
            wrong.append((option["title"], option["topic"], hits[0]))
    assert wrong == []


LEARNING = sorted(path.parent.name for path in (ROOT / "bots").glob("*/config.yml") if not uses_keywords(path))


@pytest.mark.parametrize("campaign", LEARNING)
def test_held_out_examples_are_never_trained_on(campaign: str) -> None:
    trained = {line.casefold() for name in (campaign, "shared") for entry in nlu(name) for line in examples(entry)}
    held_out = [line for entry in nlu(campaign, "test.yml") for line in examples(entry)]
    assert held_out
    # «hola», «sí», «no gracias»: everyday words of up to three cannot be unique.
    assert [line for line in held_out if line.casefold() in trained and len(line.split()) > 3] == []
