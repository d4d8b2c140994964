"""Which content files an administrator may change: those that are in force as soon as they are saved.

Names are looked up in what is there, never built from what somebody typed, so that no address leads out of `bots/` and
`knowledge/`. What the dialogue learns from is listed too, with the reason why it is not edited here.
"""

from dataclasses import dataclass
from pathlib import Path

SHARED = "shared"
"""The folder of what all campaigns have in common; it is nobody's campaign."""
_CAMPAIGN = {
    "campaign.yml": "Campaña: horarios, días festivos, textos y reglas",
    "menu.yml": "Menú: opciones, teclas y submenús",
    "form.yml": "Formulario antes del chat",
    "survey.yml": "Encuesta de salida: lo que cambia en esta campaña",
    "canned.yml": "Respuestas rápidas de quienes atienden",
}
_SHARED = {
    "prompts.yml": "Textos de todas las campañas",
    "canned.yml": "Respuestas rápidas de todas las campañas",
    "emergency.yml": "Palabras de emergencia",
    "survey.yml": "Encuesta de salida de todas las campañas",
    "directory.yml": "Campañas que atienden solo personas",
}
_OPTIONAL = ("form.yml", "canned.yml", "survey.yml")
TRAINED = ("domain.yml", "rules.yml", "stories.yml", "config.yml", "nlu.yml", "train.yml", "test.yml")
"""What a model is made of (services.md §5): changing it needs training, tests and a release."""


@dataclass(frozen=True)
class ContentFile:
    """A file that may be changed."""

    campaign: str
    """Id of the campaign, or `SHARED`."""
    name: str
    """As addresses have it: «menu.yml», «que_llevar.md»."""
    path: str
    """Below the root, with slashes."""
    title: str
    optional: bool = False
    """Whether a campaign may do without it; an empty one is then no file at all."""

    def read(self, root: Path) -> str:
        """What it says now; empty when it does not exist.

        Raises:
            OSError, UnicodeDecodeError: it cannot be read.
        """
        try:
            with (root / self.path).open(encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError:
            return ""


def campaigns_with_files(root: Path) -> list[str]:
    """Ids of the campaigns that have a folder of their own."""
    return sorted(path.parent.name for path in (root / "bots").glob("*/campaign.yml"))


def content_files(root: Path, campaign: str) -> list[ContentFile]:
    """The files of a campaign or of `SHARED`; none for what is no campaign here."""
    if campaign == SHARED:
        return [ContentFile(SHARED, name, f"bots/{SHARED}/{name}", title, name == "canned.yml")
                for name, title in _SHARED.items()]  # fmt: skip
    if campaign not in campaigns_with_files(root):
        return []
    own = [
        ContentFile(campaign, name, f"bots/{campaign}/{name}", title, name in _OPTIONAL)
        for name, title in _CAMPAIGN.items()
    ]
    articles = sorted((root / "knowledge" / campaign).glob("*.md"))
    return own + [
        ContentFile(campaign, one.name, f"knowledge/{campaign}/{one.name}", f"Respuesta: {one.stem}")
        for one in articles
    ]


def content_file(root: Path, campaign: str, name: str) -> ContentFile | None:
    """One file by its name; None when there is no such file to be changed."""
    return next((one for one in content_files(root, campaign) if one.name == name), None)


def every_file(root: Path) -> list[ContentFile]:
    """All files of this installation that may be changed."""
    return [one for campaign in (SHARED, *campaigns_with_files(root)) for one in content_files(root, campaign)]
