"""The repository's own campaigns, menus, rules and articles hold together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.booking_rules import BookingRules
from actions.server import all_actions
from actions.services.institution import institution
from content.articles import Article, parse_article
from content.catalogue import Catalogue
from content.menus import MenuOption
from conversation.campaign import Automation, OutOfHours
from conversation.message import Channel
from ledger.database import migrate, open_database
from ledger.services import ServiceLedger

ROOT = Path(__file__).resolve().parents[2]
BOTS = sorted(path.parent.name for path in (ROOT / "bots").glob("*/campaign.yml"))
DIRECTORY = sorted(yaml.safe_load((ROOT / "bots" / "shared" / "directory.yml").read_text(encoding="utf-8")))
ARTICLES = sorted(path for path in (ROOT / "knowledge").glob("*/*.md"))
WORDLESS_ROUTES = {"menu_principal"}  # reached by a key or by words, not by an intent


def read(name: str) -> dict[str, Any]:
    """A YAML file of the repository."""
    data: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return data


def declared(bot: str, kind: str) -> set[str]:
    """Intents or actions of a campaign's own and the shared domain."""
    return {*read("bots/shared/domain.yml")[kind], *read(f"bots/{bot}/domain.yml").get(kind, ())}


def steps(bot: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every step of every rule and story of a campaign, with the file it stands in."""
    for name in ("bots/shared/rules.yml", f"bots/{bot}/rules.yml", f"bots/{bot}/stories.yml"):
        if (ROOT / name).exists():
            data = read(name)
            for entry in (*data.get("rules", ()), *data.get("stories", ())):
                for step in entry["steps"]:
                    yield f"{name}: {entry.get('rule') or entry.get('story')}", step


def options(level: tuple[MenuOption, ...]) -> Iterator[MenuOption]:
    """Every option of a menu, submenus included."""
    for option in level:
        yield option
        yield from options(option.options)


def levels(level: tuple[MenuOption, ...]) -> Iterator[tuple[MenuOption, ...]]:
    """Every menu and submenu."""
    yield level
    for option in level:
        if option.options:
            yield from levels(option.options)


@pytest.fixture(scope="session")
def action_names(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the actions that the action server serves."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"
    migrate(url)
    services = institution("http://127.0.0.1:1", "token", "sandbox", ServiceLedger(open_database(url)))
    return {action.name() for action in all_actions(catalogue, services)}


@pytest.mark.parametrize("campaign_id", [*BOTS, *DIRECTORY])
def test_every_campaign_loads(catalogue: Catalogue, campaign_id: str) -> None:
    campaign = catalogue.get(campaign_id)
    assert campaign is not None and campaign.name and campaign.version
    assert campaign.has_bot is (campaign_id in BOTS)
    for channel in Channel:
        campaign.mode(channel)
    for window in campaign.windows:
        for spans in (*window.weekly.values(), window.holiday):
            assert list(spans) == sorted(spans), f"{window.id}: spans in order"
            assert all(re.fullmatch(r"([01]\d|2[0-4]):[0-5]\d", edge) for span in spans for edge in span)
            assert all(start < end for start, end in spans)


def test_no_campaign_is_both_a_bot_and_only_referred_to() -> None:
    assert not set(BOTS) & set(DIRECTORY)


def test_route_only_campaigns_have_no_bot(catalogue: Catalogue) -> None:
    fronted = [one for one in catalogue.with_bot() if one.automation is Automation.ROUTE_ONLY]
    assert fronted == []


@pytest.mark.parametrize("bot", BOTS)
def test_every_prompt_can_be_said(catalogue: Catalogue, bot: str) -> None:
    campaign = catalogue.get(bot)
    assert campaign is not None
    values = {"saludo": "Buenos días", "bot": "asistente", "folio": "VEN-1", "apertura": "mañana"}
    for name, text in campaign.prompts.items():
        said = text.format(**values)
        assert said.strip() and "{" not in said and "\n\n" not in said, name


@pytest.mark.parametrize("bot", BOTS)
def test_every_menu_has_keys_of_its_own_within_its_limits(catalogue: Catalogue, bot: str) -> None:
    for level in levels(catalogue.menu(bot).options):
        keys = [option.key for option in level]
        assert len(keys) == len(set(keys)), f"a key of «{level[0].title}» and its siblings is used twice"


@pytest.mark.parametrize("bot", BOTS)
def test_every_menu_option_leads_to_an_intent_or_a_campaign(catalogue: Catalogue, bot: str) -> None:
    intents = declared(bot, "intents")
    for option in options(catalogue.menu(bot).options):
        if option.topic:
            assert option.topic in intents, f"«{option.title}» leads to no intent"
        if option.to:
            assert catalogue.get(option.to) is not None, f"«{option.title}» leads to no campaign"


@pytest.mark.parametrize("bot", BOTS)
def test_every_choice_id_is_unique_and_every_submenu_opens(catalogue: Catalogue, bot: str) -> None:
    menu = catalogue.menu(bot)
    ids = [choice_id for choice_id, _ in menu.leaves()]
    assert len(ids) == len(set(ids))
    for choice in menu.choices():
        if choice.id.startswith("menu:"):
            assert menu.choices(choice.id.removeprefix("menu:"))
    with pytest.raises(KeyError):
        menu.choices("99")


@pytest.mark.parametrize("bot", BOTS)
def test_rules_name_intents_and_actions_that_exist(bot: str, action_names: set[str]) -> None:
    intents, actions = declared(bot, "intents"), declared(bot, "actions")
    for place, step in steps(bot):
        if "intent" in step:
            assert step["intent"] in intents, place
        if "action" in step:
            assert step["action"] in actions and step["action"] in action_names, place


@pytest.mark.parametrize("bot", BOTS)
def test_every_intent_has_exactly_one_rule(bot: str) -> None:
    ruled = [step["intent"] for place, step in steps(bot) if "intent" in step and "stories.yml" not in place]
    assert sorted(ruled) == sorted(declared(bot, "intents"))


@pytest.mark.parametrize("bot", BOTS)
def test_every_declared_action_is_served(bot: str, action_names: set[str]) -> None:
    assert declared(bot, "actions") <= action_names


@pytest.mark.parametrize("bot", BOTS)
def test_every_topic_can_be_reached(catalogue: Catalogue, bot: str) -> None:
    campaign = catalogue.get(bot)
    assert campaign is not None
    intents = declared(bot, "intents")
    missing = [
        topic.id for topic in campaign.topics if topic.id not in intents and topic.id != campaign.emergency_topic
    ]
    assert missing == []


@pytest.mark.parametrize("bot", BOTS)
def test_routes_lead_from_intents_to_campaigns(catalogue: Catalogue, bot: str) -> None:
    settings = catalogue.settings(bot)
    for intent, target in settings.routes.items():
        assert intent in declared(bot, "intents") | WORDLESS_ROUTES
        assert catalogue.get(target) is not None
    for rule in settings.person_only:
        assert rule.topic is None or rule.topic in declared(bot, "intents")


@pytest.mark.parametrize("bot", BOTS)
def test_every_routed_intent_leads_somewhere(catalogue: Catalogue, bot: str) -> None:
    routed = {
        entry["steps"][0]["intent"]
        for entry in read(f"bots/{bot}/rules.yml")["rules"]
        if entry["steps"][-1].get("action") == "action_enrutar"
    }
    nowhere = [
        intent for intent in routed
        if intent not in catalogue.settings(bot).routes and catalogue.menu(bot).submenu_of(intent) is None
    ]  # fmt: skip
    assert nowhere == []


def test_business_rules_are_ones_the_bot_knows(catalogue: Catalogue) -> None:
    written = catalogue.settings("cita_medica").business_rules
    rules = BookingRules.model_validate(written)
    assert set(written) == set(BookingRules.model_fields), "every setting can be seen by its administrator"
    assert (rules.min_lead_hours, rules.max_horizon_days, rules.max_per_nucleo_familiar) == (12, 90, 3)


@pytest.mark.parametrize("bot", BOTS)
def test_every_information_topic_has_its_article(catalogue: Catalogue, bot: str) -> None:
    campaign = catalogue.get(bot)
    assert campaign is not None
    information = [topic.id for topic in campaign.topics if topic.kind == "information"]
    assert [topic for topic in information if catalogue.articles.get(bot, topic) is None] == []


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_article_keeps_the_rules_of_its_readme(catalogue: Catalogue, path: Path) -> None:
    article: Article = parse_article(path.read_text(encoding="utf-8"), path)
    campaign = catalogue.get(path.parent.name)
    assert campaign is not None and article.topic == path.stem
    assert 0 < len(article.body) <= 700 and "\n\n" not in article.body
    assert not re.search(r"https?://|www\.|\*\*|^\|", article.body, re.MULTILINE)
    assert len(article.related) <= 3 and article.topic not in article.related
    assert all(campaign.topic(related) for related in article.related), article.related
    assert article.approval in ("ejemplo", "aprobado")


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_article_can_be_asked_for(path: Path) -> None:
    assert path.stem in declared(path.parent.name, "intents")


@pytest.mark.parametrize("bot", BOTS)
def test_the_privacy_notice_can_be_read_again_at_any_time(catalogue: Catalogue, bot: str) -> None:
    assert "aviso_privacidad" in declared(bot, "intents")
    assert catalogue.articles.get(bot, "aviso_privacidad") is not None


@pytest.mark.parametrize("bot", BOTS)
def test_hours_of_the_contract(catalogue: Catalogue, bot: str) -> None:
    campaign = catalogue.get(bot)
    assert campaign is not None and campaign.windows
    weekday = {window.weekly["mon"] for window in campaign.windows if "web_chat" in window.applies_to}
    expected = (("00:00", "24:00"),) if bot == "recepcion" else (("08:00", "20:00"),)
    assert weekday == {expected}
    assert campaign.mode(Channel.WEBCHAT) is (OutOfHours.PER_TARGET if bot == "recepcion" else OutOfHours.MESSAGE)
