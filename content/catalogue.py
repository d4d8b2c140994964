"""The campaigns of this installation: those with a bot (`bots/<id>/`) and those only referred to (the directory)."""

import logging
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from content.articles import Articles
from content.files import APPROVED, ContentError, HotFile, misfit, parse_yaml, unapproved
from content.forms import Form, parse_form
from content.menus import Menu, parse_menu
from content.styles import Style
from content.surveys import merged_survey, parse_survey
from conversation.campaign import Campaign
from conversation.emergency import EmergencyWords
from conversation.folding import folded
from conversation.survey import SurveyQuestions

logger = logging.getLogger(__name__)


class PersonOnly(BaseModel):
    """A matter that only a person may handle, found by a pattern in the folded words of the citizen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    say: str
    topic: str | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"«{pattern}» is not a regular expression: {error}") from error
        return pattern


class BotSettings(BaseModel):
    """The part of `campaign.yml` that the actions and the pages read; the rest is `Campaign`."""

    model_config = ConfigDict(frozen=True)

    routes: dict[str, str] = Field(default_factory=dict)
    """Intent -> campaign it leads to."""
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    person_only: tuple[PersonOnly, ...] = ()
    business_rules: dict[str, Any] = Field(default_factory=dict)
    identifiers_on_whatsapp: bool = False
    """Whether NSS, dates and the like may be asked for on WhatsApp; only with a written authorisation (L751)."""
    style: Style = Field(default_factory=Style)
    """How its web chat looks."""


class _Prompts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    approval: str
    prompts: dict[str, str]


class _BotFiles:
    def __init__(self, folder: Path, *, approved_only: bool) -> None:
        self.campaign = HotFile(folder / "campaign.yml", _mapping)
        self.menu = HotFile(folder / "menu.yml", parse_menu)
        self.form = HotFile(folder / "form.yml", partial(parse_form, approved_only=approved_only))
        self.survey = HotFile(folder / "survey.yml", partial(parse_survey, approved_only=approved_only))


@dataclass(frozen=True)
class _Built:
    """A campaign as its files said when they were last good."""

    version: str
    campaign: Campaign
    settings: BotSettings


class Catalogue:
    """Implements the conversation's `Campaigns` port over files."""

    def __init__(self, root: Path, environment: str = "sandbox") -> None:
        """Read `bots/` and `knowledge/` below `root`.

        Raises:
            ContentError: a file is missing or wrong, or content is not approved and this is production.
        """
        self._bots = root / "bots"
        self.articles = Articles(root / "knowledge", approved_only=environment == "productivo")
        shared = self._bots / "shared"
        self._approved_only = environment == "productivo"
        self._prompts = HotFile(shared / "prompts.yml", self._parse_prompts)
        self._directory = HotFile(shared / "directory.yml", _mapping)
        self._survey = HotFile(shared / "survey.yml", partial(parse_survey, approved_only=self._approved_only))
        self._emergency = HotFile(shared / "emergency.yml", _parse_emergency)
        self._files = {
            path.parent.name: _BotFiles(path.parent, approved_only=self._approved_only)
            for path in sorted(self._bots.glob("*/campaign.yml"))
        }
        self._built: dict[str, _Built] = {}
        self._problems: dict[str, ContentError] = {}
        self._prompts.get()
        self.with_bot()
        self._emergency.get()
        for campaign_id in self._files:
            self.form(campaign_id)

    def get(self, campaign_id: str) -> Campaign | None:
        """One campaign, as its files say now; None when this installation does not know it.

        Raises:
            ContentError: its files were never good; later slips leave the last good version in force.
        """
        if campaign_id not in self._files and campaign_id not in self._directory.get():
            return None
        return self._current(campaign_id).campaign

    def with_bot(self) -> list[Campaign]:
        """Campaigns that have a bot here, by id."""
        return [self._current(campaign_id).campaign for campaign_id in sorted(self._files)]

    def names(self) -> dict[str, str]:
        """Every campaign's id, by its name without accents and capitals."""
        known = [*self._files, *self._directory.get()]
        return {folded(self._current(one).campaign.name): one for one in known}

    def menu(self, campaign_id: str) -> Menu:
        """The menu tree of a campaign with a bot."""
        return self._files[campaign_id].menu.get()

    def settings(self, campaign_id: str) -> BotSettings:
        """Routes, thresholds and business rules of a campaign with a bot."""
        return self._current(campaign_id).settings

    def form(self, campaign_id: str) -> Form | None:
        """The form before a campaign's web chat; None when it has none."""
        own = self._files.get(campaign_id)
        return own.form.get() if own and own.form.path.exists() else None

    def survey(self, campaign_id: str) -> SurveyQuestions:
        """The exit survey of a campaign: the shared one, changed by its own."""
        own, shared = self._files.get(campaign_id), self._survey.get()
        return merged_survey(shared, own.survey.get()) if own and own.survey.path.exists() else shared

    def emergency(self) -> EmergencyWords:
        """Words and prompt of the emergency rule."""
        return self._emergency.get()

    def problems(self) -> list[str]:
        """What administrators must mend: files whose last good version is in force instead of what they say now."""
        files: list[HotFile[Any]] = [self._prompts, self._directory, self._emergency, self._survey]
        for own in self._files.values():
            files += [own.campaign, own.menu, *(one for one in (own.form, own.survey) if one.path.exists())]
        found = [file.problem for file in files if file.problem] + self.articles.problems()
        return [str(problem) for problem in (*found, *self._problems.values())]

    def _parse_prompts(self, text: str, path: Path) -> _Prompts:
        try:
            prompts = _Prompts.model_validate(_mapping(text, path))
        except ValidationError as error:
            raise misfit(error, str(path)) from error
        if self._approved_only and prompts.approval != APPROVED:
            raise unapproved(path, "the texts are", prompts.approval)
        return prompts

    def _current(self, campaign_id: str) -> _Built:
        kept = self._built.get(campaign_id)
        try:
            data, menu, version, source = self._sources(campaign_id)
            if kept is None or kept.version != version:
                kept = _Built(version, *self._build(campaign_id, data, menu, version, source))
                self._built[campaign_id] = kept
                self._problems.pop(campaign_id, None)
        except ContentError as error:
            if kept is None:
                raise
            if str(self._problems.get(campaign_id)) != str(error):
                logger.error("content refused, the last good version stays in force: %s", error)
            self._problems[campaign_id] = error
        return kept

    def _sources(self, campaign_id: str) -> tuple[dict[str, Any], Menu | None, str, Path]:
        """Data, menu, version and file of a campaign; reading them is what notices a change."""
        self._prompts.get()
        if campaign_id in self._files:
            own = self._files[campaign_id]
            data, menu = own.campaign.get(), own.menu.get()
            self.survey(campaign_id)
            version = f"{own.campaign.version}-{own.menu.version}-{self._prompts.version}-{self._survey.version}"
            version += f"-{own.survey.version}" if own.survey.path.exists() else ""
            return data, menu, version, own.campaign.path
        data = self._directory.get()[campaign_id]
        return data, None, f"{self._directory.version}-{self._prompts.version}", self._directory.path

    def _build(
        self, campaign_id: str, data: dict[str, Any], menu: Menu | None, version: str, source: Path
    ) -> tuple[Campaign, BotSettings]:
        own = {key: value for key, value in data.items() if key not in BotSettings.model_fields}
        prompts = _worded(self._prompts.get().prompts, own.pop("prompts", None) or {})
        computed = {
            "id": campaign_id, "prompts": prompts, "greeting_choices": menu.choices() if menu else (),
            "version": version, "has_bot": menu is not None, "survey": self.survey(campaign_id),
        }  # fmt: skip
        try:
            settings = {key: value for key, value in data.items() if key in BotSettings.model_fields}
            return Campaign.model_validate({**own, **computed}), BotSettings.model_validate(settings)
        except ValidationError as error:
            raise misfit(error, f"{source}, campaign «{campaign_id}»") from error


def _worded(shared: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """All prompts of a campaign: what it words itself also holds by telephone, unless it words that too (`…_voz`)."""
    replaced = {f"{name}_voz" for name in own}
    return {**{name: text for name, text in shared.items() if name not in replaced}, **own}


def _mapping(text: str, path: Path) -> dict[str, Any]:
    data = parse_yaml(text, path)
    if not isinstance(data, dict):
        raise ContentError(f"{path}: must hold «key: value» pairs at its top.")
    return data


def _parse_emergency(text: str, path: Path) -> EmergencyWords:
    try:
        return EmergencyWords.model_validate(_mapping(text, path))
    except ValidationError as error:
        raise misfit(error, str(path)) from error
