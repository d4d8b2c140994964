"""The menu tree of a campaign (`menu.yml`), the same data for buttons, lists and keypad."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from content.files import ContentError, parse_yaml
from conversation.message import Choice

MAX_OPTIONS = 10
"""Nine options and 0 (campaigns.md §2.3, own design)."""


class MenuOption(BaseModel):
    """One option: serves a topic, leads to a campaign, or opens a submenu."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[0-9*]$")
    title: str = Field(min_length=1, max_length=200)
    topic: str | None = None
    to: str | None = None
    options: tuple["MenuOption", ...] = Field(default=(), max_length=MAX_OPTIONS)
    keywords: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "MenuOption":
        if not (self.topic or self.to or self.options):
            raise ValueError(f"option {self.key} «{self.title}» leads nowhere: give it topic, to or options")
        keys = [option.key for option in self.options]
        if len(keys) != len(set(keys)):
            raise ValueError(f"the submenu of «{self.title}» uses a key twice")
        return self


class Menu(BaseModel):
    """The tree; choice ids are the topic, `go:<campaign>`, or `menu:<path of keys>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: tuple[MenuOption, ...] = Field(min_length=1, max_length=MAX_OPTIONS)

    @model_validator(mode="after")
    def _keys_once(self) -> "Menu":
        keys = [option.key for option in self.options]
        if len(keys) != len(set(keys)):
            raise ValueError("the top of the menu uses a key twice")
        return self

    def choices(self, path: str = "") -> tuple[Choice, ...]:
        """The choices of the menu at a path of keys («» is the top, «7» the submenu of key 7).

        Raises:
            KeyError: no submenu there (any more).
        """
        level = self.options
        for key in path:
            found = next((option for option in level if option.key == key and option.options), None)
            if found is None:
                raise KeyError(path)
            level = found.options
        return tuple(Choice(id=_choice_id(option, path), title=option.title, key=option.key) for option in level)

    def submenu_of(self, topic: str) -> str | None:
        """Path of the submenu that stands for a topic, e.g. `ir_servicios_dir` -> «7»."""
        for path, option in self.walk():
            if option.topic == topic and option.options:
                return path
        return None

    def leaves(self) -> Iterator[tuple[str, MenuOption]]:
        """Every option that is not a submenu, with its choice id."""
        for path, option in self.walk():
            if not option.options:
                yield _choice_id(option, path[:-1]), option

    def walk(self) -> Iterator[tuple[str, MenuOption]]:
        """Every option of the menu and its submenus, with its path of keys."""
        yield from _below(self.options, "")


def _below(level: tuple[MenuOption, ...], path: str) -> Iterator[tuple[str, MenuOption]]:
    for option in level:
        yield path + option.key, option
        yield from _below(option.options, path + option.key)


def _choice_id(option: MenuOption, path: str) -> str:
    if option.options:
        return f"menu:{path}{option.key}"
    return option.topic or f"go:{option.to}"


def parse_menu(text: str, path: Path) -> Menu:
    """Read a `menu.yml`.

    Raises:
        ContentError: names the file, the option and what is wrong with it.
    """
    try:
        return Menu.model_validate(parse_yaml(text, path))
    except ValidationError as error:
        first = error.errors()[0]
        place = " > ".join(str(part) for part in first["loc"])
        raise ContentError(f"{path}, {place or 'menu'}: {first['msg']}") from error
