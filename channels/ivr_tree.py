"""The IVR tree of a campaign as the telephone has it: its menus, what each key leads to, what is said there.

One tree and three ways to write it down: VoiceXML (`channels.voicexml`), JSON (the tree itself), and a diagram
(`channels.menu_diagram`). The trees belong to the institution (L1526), so nothing here depends on our own bots.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from channels.campaign_words import menu_texts, said_aloud
from channels.telephone_numbers import digits_of
from channels.voice_words import TEXTS
from content.catalogue import Catalogue
from content.files import APPROVED
from content.menus import MenuOption
from conversation.campaign import Campaign
from conversation.message import Channel
from conversation.serving import day_part, moving_text
from voice.speaking import spoken

TOP = "menu"
PERSON = "persona"
_PERSON_TOPIC = "hablar_con_agente"
_DIALLED_DIGITS = 10
_GREETING_KNOWS = {"saludo", "bot"}
"""What the greeting can be filled in with elsewhere: the folio is ours, and no other platform has one."""


class NoMenu(Exception):
    """There is no tree to export."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepKind(StrEnum):
    """What happens at a place of the tree."""

    MENU = "menu"
    INFORMATION = "information"
    TRANSACTION = "transaction"
    CAMPAIGN = "campaign"
    PERSON = "person"


class IvrOption(_Data):
    """One key of a menu, and the words that do the same."""

    key: str
    title: str
    words: tuple[str, ...]
    leads_to: str
    """Id of a step."""


class IvrStep(_Data):
    """One place of the tree."""

    id: str
    kind: StepKind
    title: str
    says: str = ""
    says_again: str = ""
    """A menu, the second time: only its options."""
    options: tuple[IvrOption, ...] = ()
    topic: str = ""
    needs: str = ""
    """Level of identification of a transaction."""
    destination: str = ""
    """`tel:` or `sip:` address to transfer to, or the document of another campaign."""
    approval: str = ""
    version: int = 0
    """Of the article, as its front matter says."""


class IvrField(_Data):
    """A number that a transaction asks for."""

    name: str
    digits: int
    prompt: str
    retry: str


class IvrGreeting(_Data):
    """What is said first, until an hour of the day."""

    until_hour: int
    text: str


class IvrTree(_Data):
    """The whole tree; `steps` begins with the main menu."""

    campaign: str
    name: str
    version: str
    """Hash of the files it was read from."""
    approval: str
    language: str = "es-MX"
    greetings: tuple[IvrGreeting, ...]
    texts: dict[str, str]
    """What is said at no place in particular, by the name of its prompt."""
    fields: tuple[IvrField, ...]
    submit_url: str
    person: str
    """Address of the people of this campaign."""
    steps: tuple[IvrStep, ...]

    def step(self, step_id: str) -> IvrStep:
        """The place of this id.

        Raises:
            KeyError: there is none.
        """
        return {step.id: step for step in self.steps}[step_id]


class Delivery(_Data):
    """What the export cannot know: where the other platform finds us and our people."""

    submit_url: str
    """Receives campaign, topic, level and the numbers that a transaction asked for."""
    person: str
    """Address of a campaign's people, with `{campaign}` where its id goes."""
    approval: str
    """Of the prompts, as their file says."""
    questions: dict[str, tuple[str, str]]
    """Prompt and retry of `nss` and `fecha_nacimiento`, as they are written."""


_FIELDS = {"nss": (11, ""), "fecha_nacimiento": (8, "Son ocho números: dos del día, dos del mes y cuatro del año.")}
_TEXTS = (
    "aviso_privacidad", "algo_mas", "despedida", "transferencia", "servicio_no_disponible", "voz_un_momento",
    "voz_sin_respuesta_1", "voz_sin_respuesta_2", "voz_no_entendido_1", "voz_no_entendido_2", "voz_dos_veces",
    "voz_falla",
)  # fmt: skip


def ivr_tree(catalogue: Catalogue, campaign_id: str, delivery: Delivery) -> IvrTree:
    """The tree of a campaign.

    Raises:
        NoMenu: the campaign is not known, or has no bot.
    """
    campaign = catalogue.get(campaign_id)
    if campaign is None or not campaign.has_bot:
        raise NoMenu(f"«{campaign_id}» no existe o no tiene asistente.")
    steps = tuple(_Steps(catalogue, campaign, delivery).all())
    states = [delivery.approval, *(step.approval for step in steps if step.approval)]
    return IvrTree(
        campaign=campaign.id, name=campaign.name, version=campaign.version,
        approval=next((state for state in states if state != APPROVED), APPROVED),
        greetings=tuple(_greetings(campaign)), steps=steps, submit_url=delivery.submit_url,
        texts={name: spoken({**TEXTS, **campaign.prompts}[name]) for name in _TEXTS},
        fields=tuple(_fields(campaign, delivery.questions)), person=_address(delivery, campaign.id),
    )  # fmt: skip


def _greetings(campaign: Campaign) -> Iterator[IvrGreeting]:
    sentences = re.split(r"(?<=[.?!])\s+", campaign.words("bienvenida", Channel.VOICE))
    sayable = " ".join(one for one in sentences if set(re.findall(r"\{(\w+)\}", one)) <= _GREETING_KNOWS)
    for hello, hours in groupby(range(24), key=day_part):
        text = spoken(sayable.format(saludo=hello, bot=campaign.bot_name))
        yield IvrGreeting(until_hour=max(hours) + 1, text=text)


def _fields(campaign: Campaign, questions: Mapping[str, tuple[str, str]]) -> Iterator[IvrField]:
    for name, (digits, how) in _FIELDS.items():
        prompt, retry = questions[name]
        worded = campaign.prompts.get(f"pregunta_{name}", prompt)
        yield IvrField(name=name, digits=digits, prompt=spoken(f"{worded} {how}"), retry=spoken(f"{retry} {how}"))


def _address(delivery: Delivery, campaign_id: str) -> str:
    return delivery.person.replace("{campaign}", campaign_id)


def _slug(name: str) -> str:
    """Part of an id: the menu's star and anything else that XML does not take is written out."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name.replace("*", "estrella"))


class _Steps:
    """Builds the places of one campaign's tree, each once."""

    def __init__(self, catalogue: Catalogue, campaign: Campaign, delivery: Delivery) -> None:
        self._catalogue, self._campaign, self._delivery = catalogue, campaign, delivery
        self._routes = catalogue.settings(campaign.id).routes
        self._found: dict[str, IvrStep] = {}

    def all(self) -> list[IvrStep]:
        options = dict(self._catalogue.menu(self._campaign.id).walk())
        for path, question, choices in menu_texts(self._campaign, self._catalogue):
            self._add(
                IvrStep(
                    id=_menu_id(path), kind=StepKind.MENU, title=options[path].title if path else "Menú principal",
                    says=said_aloud(question, choices), says_again=said_aloud("", choices),
                    options=tuple(self._option(path + choice.key, options[path + choice.key]) for choice in choices),
                )
            )  # fmt: skip
        person = self._person(PERSON, "Una persona", _PERSON_TOPIC)
        menus = [step for step in self._found.values() if step.kind is StepKind.MENU]
        return [*menus, *(step for step in self._found.values() if step not in menus), person]

    def _add(self, step: IvrStep) -> str:
        self._found.setdefault(step.id, step)
        return step.id

    def _option(self, path: str, option: MenuOption) -> IvrOption:
        said = (re.sub(r"[^\w\s]", "", spoken(word)).lower() for word in (option.title, *option.keywords))
        words = tuple(dict.fromkeys(said))
        leads_to = _menu_id(path) if option.options else self._destination(option)
        return IvrOption(key=option.key, title=option.title, words=words, leads_to=leads_to)

    def _destination(self, option: MenuOption) -> str:
        """What an option without a submenu leads to: an answer, a transaction, another campaign, else a person."""
        target = option.to or self._routes.get(option.topic or "")
        if target:
            return self._add(self._other_campaign(target, option.topic or ""))
        topic = option.topic or _PERSON_TOPIC
        entry = self._campaign.topic(topic)
        article = self._catalogue.articles.get(self._campaign.id, topic)
        if topic == _PERSON_TOPIC:
            return PERSON
        step_id, title = f"tema_{_slug(topic)}", option.title
        if entry and entry.kind == "transaction":
            needs = entry.needs or ""
            return self._add(IvrStep(id=step_id, kind=StepKind.TRANSACTION, title=title, topic=topic, needs=needs))
        if article is None:
            return self._add(self._person(step_id, title, topic))
        return self._add(
            IvrStep(
                id=step_id, kind=StepKind.INFORMATION, title=title, topic=topic, says=spoken(article.as_said),
                approval=article.approval, version=article.version,
            )
        )  # fmt: skip

    def _person(self, step_id: str, title: str, topic: str) -> IvrStep:
        return IvrStep(
            id=step_id, kind=StepKind.PERSON, title=title, topic=topic,
            says=spoken(self._campaign.prompts["transferencia"]),
            destination=_address(self._delivery, self._campaign.id),
        )  # fmt: skip

    def _other_campaign(self, target: str, topic: str) -> IvrStep:
        other = self._catalogue.get(target)
        name = other.name if other else target
        return IvrStep(
            id=f"ruta_{_slug(target)}", kind=StepKind.CAMPAIGN, title=name, topic=topic,
            says=spoken(moving_text(other) if other else ""), destination=self._reached_at(other, target),
        )  # fmt: skip

    def _reached_at(self, other: Campaign | None, target: str) -> str:
        """Its document where a bot serves it; else its own telephone; else its people, in our own centre."""
        if other and other.has_bot:
            return f"{target}.vxml"
        ours = {_dialled(phone) for phone in self._campaign.phones}
        # The first number is a campaign's own; others may belong to whom it transfers to.
        number = _dialled(other.phones[0]) if other and other.phones else ""
        # One that we share with them leads back to our own menu.
        dialled = len(number) == _DIALLED_DIGITS and number not in ours
        return f"tel:+52{number}" if dialled else _address(self._delivery, target)


def _dialled(phone: str) -> str:
    """`800 2222 668 (800 2222 OMT)` -> `8002222668`: what comes before any remark."""
    return digits_of(re.split(r"[^\d ]", phone)[0])


def _menu_id(path: str) -> str:
    return f"{TOP}_{_slug(path)}" if path else TOP
