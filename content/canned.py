"""Phrases for the people at the desk: `bots/<campaign>/canned.yml`, beside those of `bots/shared/canned.yml`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from content.files import ContentError, HotFile, misfit, parse_yaml


class Phrase(BaseModel):
    """One phrase that may be put into the answer, and changed there before it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field(min_length=1, max_length=40)
    """Saludo, espera, despedida … as staff look for it."""
    text: str = Field(min_length=1, max_length=1000)


class CannedPhrases:
    """The phrases of a folder of campaigns, read afresh when they change."""

    def __init__(self, bots: Path) -> None:
        self._bots = bots
        self._files: dict[Path, HotFile[tuple[Phrase, ...]]] = {}

    def of(self, campaign: str) -> list[Phrase]:
        """The campaign's own phrases, then those that all share.

        Raises:
            ContentError: a file exists and was never good.
        """
        paths = [self._bots / folder / "canned.yml" for folder in (campaign, "shared")]
        files = [self._files.setdefault(path, HotFile(path, parse_canned)) for path in paths if path.exists()]
        return [phrase for file in files for phrase in file.get()]


def parse_canned(text: str, path: Path) -> tuple[Phrase, ...]:
    """Read a file of phrases: a list of `{group, text}`.

    Raises:
        ContentError: names the file, the place in it and what is wrong.
    """
    data = parse_yaml(text, path)
    if not isinstance(data, list):
        raise ContentError(f"{path}: must be a list of «{{group: …, text: …}}».")
    try:
        return tuple(Phrase.model_validate(one) for one in data)
    except ValidationError as error:
        raise misfit(error, str(path)) from error
