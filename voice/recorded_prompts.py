"""Recordings by a voice that the institution authorised, said in the place of synthesis (L1526, L1530, L1789).

`bots/<campaign>/prompts/prompts.yml` lists them beside their files; `bots/shared/prompts/` is for every campaign. A
recording belongs to its text, not to a name: once the text changes, the old recording is not said any more. An approval
belongs to the file's SHA-256: once the sound changes, it is not approved any more.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice.audio import WrongFormat, read_wav, resampled
from voice.speaking import spoken

INDEX, SHARED = "prompts.yml", "shared"
logger = logging.getLogger(__name__)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Approval(_Data):
    """Who let callers hear it, and when."""

    by: str = Field(min_length=1)
    date: date
    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$")
    """Of the file that was heard and approved."""


class VoiceApproval(_Data):
    """The same for a synthetic voice, which has no file."""

    by: str = Field(min_length=1)
    date: date


class PromptRecording(_Data):
    """One recording: mono, 16 bits, 8 or 16 kHz."""

    file: str = Field(pattern=r"^[\w-]+\.wav$")
    """In the same folder; nothing else can be named."""
    text: str = Field(min_length=1)
    """As in the campaign's prompts, or as it is said; it replaces the synthesis of exactly this text."""
    voice: str
    """Who speaks."""
    version: int = Field(ge=1)
    approval: Approval | None = None


class SyntheticVoice(_Data):
    """The engine that says what was not recorded; production speaks with it only once it is approved (L1530)."""

    voice: str
    """Its `Synthesiser.identity`."""
    approval: VoiceApproval | None = None


class PromptIndex(_Data):
    """`prompts.yml`; `synthesis` stands in the shared one."""

    prompts: tuple[PromptRecording, ...] = ()
    synthesis: SyntheticVoice | None = None


@dataclass(frozen=True)
class _Listed:
    """An index as it was when its file had this stamp."""

    stamp: tuple[int, int]
    index: PromptIndex
    problem: str = ""


@dataclass(frozen=True)
class _Sound:
    """A file as it was when it had this stamp."""

    stamp: tuple[int, int]
    sha256: str
    pcm: bytes
    problem: str = ""


class RecordedPrompts:
    """The recordings of an installation, read again when their files change. Reads files: not on the event loop."""

    def __init__(self, bots: Path, *, approved_only: bool) -> None:
        """`bots` holds a folder per campaign. With `approved_only` (production) nothing else is said."""
        self._bots, self._approved_only = bots, approved_only
        self._indexes: dict[Path, _Listed] = {}
        self._sounds: dict[Path, _Sound] = {}
        self._told: set[str] = set()

    def find(self, campaign: str, text: str) -> bytes | None:
        """The recording of this text, as it is said (`voice.speaking.spoken`); None: let it be synthesised.

        The campaign's own comes before the shared one. What may not be said, or cannot, is logged once.
        """
        for folder in (campaign, SHARED):
            for one, path in self._recordings(folder):
                if spoken(one.text) == text and (pcm := self._usable(one, path)) is not None:
                    return pcm
        return None

    def faults(self) -> list[str]:
        """Indexes and files that cannot be read or played, anywhere; each is named, with what is expected."""
        listed = [self._listed(path).problem for path in self._index_paths()]
        return [problem for problem in (*listed, *(self._sound(path).problem for _, path in self._all())) if problem]

    def unapproved(self) -> list[str]:
        """Recordings that production does not use, because nobody approved them as they are now."""
        return [problem for one, path in self._all() if (problem := self._not_approved(one, path))]

    def problems(self) -> list[str]:
        """All that keeps a recording from being used in production."""
        return [*self.faults(), *self.unapproved()]

    def voice_problem(self, identity: str) -> str:
        """Why this synthetic voice may not be heard in production; empty when it may."""
        place = f"bots/{SHARED}/prompts/{INDEX}"
        synthesis = self._listed(self._bots / SHARED / "prompts" / INDEX).index.synthesis
        if synthesis is None or synthesis.approval is None:
            return (
                f"{place}: la voz sintética «{identity}» no está aprobada. Agregue synthesis con voice y "
                "approval: {by, date}."
            )
        if synthesis.voice != identity:
            return f"{place}: se aprobó la voz «{synthesis.voice}» y la instalada es «{identity}»."
        return ""

    def _index_paths(self) -> list[Path]:
        return sorted(self._bots.glob(f"*/prompts/{INDEX}"))

    def _all(self) -> Iterator[tuple[PromptRecording, Path]]:
        for path in self._index_paths():
            yield from self._recordings(path.parent.parent.name)

    def _recordings(self, folder: str) -> Iterator[tuple[PromptRecording, Path]]:
        index_path = self._bots / folder / "prompts" / INDEX
        for one in self._listed(index_path).index.prompts:
            yield one, index_path.with_name(one.file)

    def _usable(self, one: PromptRecording, path: Path) -> bytes | None:
        sound, refused = self._sound(path), self._not_approved(one, path)
        problem = sound.problem or refused
        if problem and problem not in self._told:
            self._told.add(problem)
            logger.log(logging.ERROR if self._approved_only or sound.problem else logging.WARNING, "%s", problem)
        return None if sound.problem or (refused and self._approved_only) else sound.pcm

    def _not_approved(self, one: PromptRecording, path: Path) -> str:
        name, approval = self._name(path), one.approval
        if approval is None:
            return f"{name}: la grabación no está aprobada. Agregue approval: {{by, date, sha256}} en {INDEX}."
        sound = self._sound(path)
        if not sound.problem and approval.sha256.lower() != sound.sha256:
            return f"{name}: cambió después de que {approval.by} la aprobó el {approval.date:%d/%m/%Y}."
        return ""

    def _listed(self, path: Path) -> _Listed:
        stamp = _stamp(path)
        kept = self._indexes.get(path)
        if kept is None or kept.stamp != stamp:
            kept = self._indexes[path] = self._read_index(path, stamp)
            if kept.problem:
                logger.error("%s", kept.problem)
        return kept

    def _read_index(self, path: Path, stamp: tuple[int, int]) -> _Listed:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            return _Listed(stamp, PromptIndex.model_validate(content or {}))
        except FileNotFoundError:
            return _Listed(stamp, PromptIndex())
        except ValidationError as error:
            first = error.errors()[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            problem = str(error).splitlines()[0]
        return _Listed(stamp, PromptIndex(), f"{self._name(path)}: no se puede leer: {problem}")

    def _sound(self, path: Path) -> _Sound:
        stamp = _stamp(path)
        kept = self._sounds.get(path)
        if kept is None or kept.stamp != stamp:
            try:
                pcm = resampled(*read_wav(path))
                kept = _Sound(stamp, hashlib.sha256(path.read_bytes()).hexdigest(), pcm)
            except (WrongFormat, OSError) as error:
                kept = _Sound(stamp, "", b"", f"{self._name(path.parent)}/{error}")
            self._sounds[path] = kept
        return kept

    def _name(self, path: Path) -> str:
        return f"bots/{path.relative_to(self._bots)}"


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does; (0, 0) for none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
