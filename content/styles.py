"""How a campaign's chat looks (`style:` in campaign.yml, L6774): colours, font and the words of its bar.

Colours are refused when a pair of text and ground that the pages use falls below 4.5:1 (WCAG 2.2, 1.4.3).
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

LEAST_CONTRAST = 4.5
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
FontFamily = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 \-]{0,39}$")]
_WHITE, _HOVER, _BAR_STATUS, _BAR_PERSON = "#ffffff", "#eff5f2", "#e8efec", "#eeddb8"
"""Grounds and letters of the pages that no campaign changes (theme.css, chat.css)."""
_FALLBACK = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'


class Colours(BaseModel):
    """What may be changed; the rest of the pages' colours goes with any of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bar: Colour = "#13322b"
    """Ground of the bar, under white letters."""
    main: Colour = "#235b4e"
    """Buttons and the citizen's own messages, under white letters; letters of buttons and links on white."""
    accent: Colour = "#d9b36a"
    """Lines that decorate; it never carries letters."""
    page: Colour = "#f6f4ef"
    text: Colour = "#17231f"

    @model_validator(mode="after")
    def _legible(self) -> "Colours":
        for what, letters, ground in self._pairs():
            ratio = contrast(letters, ground)
            if ratio < LEAST_CONTRAST:
                raise ValueError(
                    f"{what}: {letters} on {ground} has a contrast of {ratio:.2f}:1, and 4.5:1 is the least "
                    "(WCAG 1.4.3). Choose a darker or a lighter colour."
                )
        return self

    def _pairs(self) -> Iterator[tuple[str, str, str]]:
        yield "bar", _WHITE, self.bar
        yield "bar (who attends)", _BAR_STATUS, self.bar
        yield "bar (a person attends)", _BAR_PERSON, self.bar
        yield "main", _WHITE, self.main
        yield "main (a button under the pointer)", self.main, _HOVER
        yield "main on page (links)", self.main, self.page
        yield "text on white", self.text, _WHITE
        yield "text on page", self.text, self.page


class Style(BaseModel):
    """The look of one campaign; nothing given is the look of the installation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    colours: Colours | None = None
    fonts: tuple[FontFamily, ...] = ()
    """Families by preference, as installed on the citizen's device; none is fetched from elsewhere."""
    logo_text: str = Field(default="Ventanilla", min_length=1, max_length=40)
    """The words in the place of a logo."""

    def css(self) -> str:
        """A style sheet of custom properties, for the pages and for the widget's shadow root."""
        values: dict[str, str] = {}
        if self.colours:
            values = {
                "--green-900": self.colours.bar, "--green-800": self.colours.main, "--green-700": self.colours.main,
                "--gold-400": self.colours.accent, "--paper": self.colours.page, "--ink": self.colours.text,
                "--ink-soft": self.colours.text,
            }  # fmt: skip
        if self.fonts:
            values["--font"] = ", ".join([*(f'"{name}"' for name in self.fonts), _FALLBACK])
        lines = "".join(f"  {name}: {value};\n" for name, value in values.items())
        return f":root, :host {{\n{lines}}}\n"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, «contrast ratio»)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
