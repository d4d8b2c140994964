"""Authorised answers: `knowledge/<campaign>/<topic>.md`, Markdown with front matter. See knowledge/README.md."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from content.files import APPROVED, ContentError, HotFile, misfit, parse_yaml
from conversation.message import Document

ONLINE = "Trámite en línea"
"""Title of the page where an article's trámite is done."""


class Article(BaseModel):
    """What may be said about one topic; nothing else is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    title: str
    normativa: str
    tramite: str
    approval: str
    version: int
    link: str | None = None
    related: tuple[str, ...] = ()
    body: str

    @field_validator("link")
    @classmethod
    def _can_be_opened(cls, link: str | None) -> str | None:
        return Document(title=ONLINE, url=link).url if link else None

    @property
    def document(self) -> Document | None:
        """Where the trámite is done online."""
        return Document(title=ONLINE, url=self.link) if self.link else None

    @property
    def as_said(self) -> str:
        """Word for word what is answered, for what is heard: the body, and where the trámite is done online."""
        return f"{self.body}\n{ONLINE}: {self.link}" if self.link else self.body


class Articles:
    """The articles of a folder, read afresh when they change."""

    def __init__(self, root: Path, approved_only: bool = False) -> None:
        """`approved_only`: content without the institution's approval counts as none (production)."""
        self._root, self._approved_only = root, approved_only
        self._files: dict[Path, HotFile[Article]] = {}

    def get(self, campaign: str, topic: str) -> Article | None:
        """The article of a topic; None when the campaign has none (then a person answers).

        Raises:
            ContentError: the article exists and cannot be read.
        """
        path = self._root / campaign / f"{topic}.md"
        if not path.exists():
            return None
        article = self._files.setdefault(path, HotFile(path, parse_article)).get()
        return None if self._approved_only and article.approval != APPROVED else article

    def of(self, campaign: str) -> list[Article]:
        """Every article of a campaign that may be used here, by topic.

        Raises:
            ContentError: an article was never good.
        """
        found = (self.get(campaign, path.stem) for path in sorted((self._root / campaign).glob("*.md")))
        return [article for article in found if article is not None]

    def problems(self) -> list[ContentError]:
        """What is wrong with articles whose last good version stays in force."""
        return [file.problem for file in self._files.values() if file.problem]


def parse_article(text: str, path: Path) -> Article:
    """Read one article.

    Raises:
        ContentError: names the file and the missing or wrong field.
    """
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ContentError(f"{path}: must begin with front matter between two lines of «---».")
    data = parse_yaml(parts[1], path)
    if not isinstance(data, dict):
        raise ContentError(f"{path}: the front matter must hold «key: value» pairs.")
    try:
        return Article.model_validate({**data, "body": parts[2].strip()})
    except ValidationError as error:
        raise misfit(error, str(path)) from error
