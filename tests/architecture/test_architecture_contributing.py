"""CONTRIBUTING.md adds a campaign in full: built here from the page, it must pass what the others must pass."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from content.catalogue import Catalogue
from conversation.message import Channel
from evaluation.intents import Judged, held_out, macro_f1
from evaluation.suite import read_suite

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = "yo_crezco"
DIRECTORY = "bots/shared/directory.yml"
BLOCK = re.compile(
    r"^```(?:yaml|markdown)\n(?:# |<!-- )([\w/]+\.(?:yml|md))(?: -->)?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
ENTRY = re.compile(rf"^{CAMPAIGN}:\n(?:[ #].*\n)+", re.MULTILINE)
LEAST_SENTENCES, LEAST_F1 = 12, 0.80


def blocks() -> dict[str, str]:
    """Path -> content of every file on the page."""
    return dict(BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's content, changed as the page says; also where somebody has just followed the page."""
    copy = tmp_path_factory.mktemp("project")
    for folder in ("bots", "knowledge", "nlu_data"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns(CAMPAIGN))
    directory = (copy / DIRECTORY).read_text(encoding="utf-8")
    followed = (ROOT / "bots" / CAMPAIGN).exists()
    assert len(ENTRY.findall(directory)) == (0 if followed else 1), "step 1 deletes an entry that is there"
    (copy / DIRECTORY).write_text(ENTRY.sub("", directory), encoding="utf-8")
    for name, content in blocks().items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return copy


def intent_of(keywords: list[tuple[str, str]], text: str) -> str:
    """As Rasa's KeywordIntentClassifier does: the first keyword found decides."""
    found = (intent for keyword, intent in keywords if re.search(rf"\b{keyword}\b", text, re.IGNORECASE))
    return next(found, "nlu_fallback")


def test_the_page_has_every_file_that_a_campaign_needs() -> None:
    needed = {f"bots/{CAMPAIGN}/{name}.yml" for name in ("campaign", "config", "domain", "rules", "menu")}
    needed |= {f"nlu_data/{CAMPAIGN}/{name}.yml" for name in ("train", "test")}
    needed |= {
        f"knowledge/{CAMPAIGN}/{name}.md" for name in ("informacion_programa", "transferir_sat", "aviso_privacidad")
    }
    assert set(blocks()) == {*needed, f"evaluation/suites/{CAMPAIGN}/menu.yml"}


def test_it_loads_and_leads_where_the_page_says(project: Path) -> None:
    catalogue = Catalogue(project)
    campaign = catalogue.get(CAMPAIGN)
    assert campaign is not None and campaign.has_bot and campaign.agent_type == "basico"
    assert [choice.key for choice in campaign.greeting_choices] == ["1", "2", "3", "4", "5", "0"]
    assert not campaign.mode(Channel.WEBCHAT).bot_serves
    assert catalogue.settings(CAMPAIGN).routes["ir_contribuyente"] == "contribuyente"
    assert catalogue.settings("recepcion").routes["ir_yo_crezco"] == CAMPAIGN, "the main menu leads to it"
    article = catalogue.articles.get(CAMPAIGN, "transferir_sat")
    assert article is not None and "800 463 67 28" in article.body


def test_it_passes_the_checks_of_the_repositorys_own_campaigns(project: Path) -> None:
    shutil.copytree(ROOT / "tests" / "content", project / "tests" / "content")
    checks = "tests/content/test_content_repository.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", CAMPAIGN, checks]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 10


def test_its_intents_are_declared(project: Path) -> None:
    domains = [yaml.safe_load((project / "bots" / name / "domain.yml").read_text()) for name in ("shared", CAMPAIGN)]
    declared = {intent for domain in domains for intent in domain["intents"]}
    for name in ("train", "test"):
        assert {intent for _, intent in held_out(project / "nlu_data" / CAMPAIGN / f"{name}.yml")} <= declared


def test_no_keyword_is_dropped_by_rasa(project: Path) -> None:
    keywords = held_out(project / "nlu_data" / CAMPAIGN / "train.yml")
    texts = [keyword for keyword, _ in keywords]
    assert len(texts) == len(set(texts))
    dropped = [
        (keyword, other)
        for keyword, intent in keywords
        for other, other_intent in keywords
        if intent != other_intent and re.search(rf"\b{keyword}\b", other, re.IGNORECASE)
    ]
    assert dropped == []
    assert [text for text in texts if re.search(r"\][(\[{]", text)] == [], "Rasa would read an entity"


def test_its_keywords_understand_the_held_out_sentences(project: Path) -> None:
    keywords = held_out(project / "nlu_data" / CAMPAIGN / "train.yml")
    sentences = held_out(project / "nlu_data" / CAMPAIGN / "test.yml")
    intents = [intent for _, intent in sentences]
    assert min(intents.count(intent) for intent in intents) >= LEAST_SENTENCES
    judged = [Judged(text, intent, intent_of(keywords, text), 1.0) for text, intent in sentences]
    assert macro_f1(judged) >= LEAST_F1, [one for one in judged if one.expected != one.predicted]


def test_its_suite_is_one_and_promises_what_the_page_shows(project: Path) -> None:
    suite = read_suite(project / "evaluation" / "suites" / CAMPAIGN / "menu.yml")
    assert suite.campaign == CAMPAIGN
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    number = len(suite.cases)
    assert re.search(rf"^{CAMPAIGN} · chat web +{number} +{number} de {number} ", page, re.MULTILINE)
    catalogue = Catalogue(project)
    for case in suite.cases:
        assert case.expect.campaign is None or catalogue.get(case.expect.campaign) is not None
