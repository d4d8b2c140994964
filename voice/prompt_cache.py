"""Prompts that need not be rendered again: a cache before any synthesiser.

What is said to everybody (menus, questions, articles) is kept on disk, by content, for all processes. What is said to
one person (a folio, an appointment) is kept in memory only, for «repita»: speech on disk would be personal data outside
the encrypted evidence, and nobody else will ever hear it.
"""

import asyncio
import hashlib
import logging
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from voice.synthesiser import Synthesiser, SynthesisFailed

MOST_BYTES_ON_DISK = 200_000_000
"""3.5 hours of speech at 16 000 bytes per second."""
MOST_BYTES_IN_MEMORY = 32_000_000
_DIGEST_BYTES = hashlib.sha256().digest_size
_LEFT_BEHIND_SECONDS = 3600
logger = logging.getLogger(__name__)


@dataclass
class CacheFigures:
    """How often the cache was asked, and where the sound came from."""

    from_memory: int = 0
    from_disk: int = 0
    synthesised: int = 0


@dataclass
class _Memory:
    """Sounds by key, the least recently used dropped first."""

    most_bytes: int
    sounds: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)
    size: int = 0

    def get(self, key: str) -> bytes | None:
        if key not in self.sounds:
            return None
        self.sounds.move_to_end(key)
        return self.sounds[key]

    def keep(self, key: str, pcm: bytes) -> None:
        self.size += len(pcm) - len(self.sounds.pop(key, b""))
        self.sounds[key] = pcm
        while self.size > self.most_bytes:
            self.size -= len(self.sounds.popitem(last=False)[1])


class PromptFiles:
    """Sounds on disk: `<key>.pcm` is the SHA-256 of the sound, then the sound. Safe for several processes at once."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES_ON_DISK) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def read(self, key: str) -> bytes | None:
        """The sound, now the most recently used; None when it is absent or corrupt."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("cached prompt not readable, it is rendered again: %s", error)
            return None
        digest, pcm = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(pcm).digest() == digest:
            return pcm
        logger.warning("cached prompt %s is corrupt, it is rendered again", path.name)
        return None

    def holds(self, key: str) -> bool:
        """Whether there is a file, be it corrupt."""
        return self._path(key).exists()

    def write(self, key: str, pcm: bytes) -> None:
        """Keep the sound; written aside and renamed, so that nobody reads half of it. A full disk is no failure."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".tmp", delete=False) as file:
                aside = Path(file.name)
                try:
                    file.write(hashlib.sha256(pcm).digest() + pcm)
                    file.close()
                    aside.replace(self._path(key))
                finally:
                    aside.unlink(missing_ok=True)
            self._make_room()
        except OSError as error:
            logger.warning("prompt not kept on disk: %s", error)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.pcm"

    def _make_room(self) -> None:
        """Remove the least recently used files beyond the bound, and what a crash left half written."""
        files = []
        for path in self._folder.iterdir():
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # another process was quicker
            if path.suffix == ".pcm":
                files.append((status.st_mtime_ns, status.st_size, path))
            elif path.suffix == ".tmp" and time.time() - status.st_mtime > _LEFT_BEHIND_SECONDS:
                path.unlink(missing_ok=True)
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


class PromptCache:
    """A `Synthesiser` that asks another one only for what it does not have."""

    def __init__(
        self, synthesiser: Synthesiser, files: PromptFiles, most_bytes_in_memory: int = MOST_BYTES_IN_MEMORY
    ) -> None:
        self._synthesiser, self._files, self._memory = synthesiser, files, _Memory(most_bytes_in_memory)
        self._for_everybody: set[str] = set()
        self._under_way: dict[str, asyncio.Task[bytes]] = {}
        self.figures = CacheFigures()

    @property
    def identity(self) -> str:
        """As the synthesiser's."""
        return self._synthesiser.identity

    async def speech(self, text: str) -> bytes:
        """The sound of the text (see `Synthesiser`), rendered once however many ask at once.

        Raises:
            SynthesisFailed: it had to be rendered and could not be.
        """
        key = self.key(text)
        if (pcm := self._memory.get(key)) is not None:
            self.figures.from_memory += 1
            return pcm
        if key not in self._under_way:
            task = asyncio.create_task(self._found_or_rendered(key, text))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # A caller who hangs up cancels only their own waiting: others may wait for the same prompt.
        return await asyncio.shield(self._under_way[key])

    async def prerender(self, texts: Iterable[str], progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Have these texts, which are said to everybody, ready on disk; gives back those that failed.

        Args:
            texts: as they are said (`voice.speaking.spoken`).
            progress: told how many are done, and of how many.
        """
        wanted = list(dict.fromkeys(texts))
        self._for_everybody.update(self.key(text) for text in wanted)
        failed = []
        for done, text in enumerate(wanted, start=1):
            try:
                pcm = await self.speech(text)
                if not self._files.holds(self.key(text)):  # it was asked for before, and is in memory only
                    await asyncio.to_thread(self._files.write, self.key(text), pcm)
            except SynthesisFailed as failure:
                logger.warning("prompt %d of %d could not be rendered: %s", done, len(wanted), failure)
                failed.append(text)
            if progress:
                progress(done, len(wanted))
        return failed

    async def close(self) -> None:
        """Wait for what is under way to be dropped, and close the synthesiser."""
        under_way = list(self._under_way.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._synthesiser.close()

    def key(self, text: str) -> str:
        """SHA-256 over what shapes the sound: the text, and the synthesiser's engine, versions and voice."""
        return hashlib.sha256(f"{self.identity}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()

    async def _found_or_rendered(self, key: str, text: str) -> bytes:
        pcm = await asyncio.to_thread(self._files.read, key)
        if pcm is not None:
            self.figures.from_disk += 1
        else:
            pcm = await self._synthesiser.speech(text)
            self.figures.synthesised += 1
            if key in self._for_everybody or self._files.holds(key):  # it may be corrupt
                await asyncio.to_thread(self._files.write, key, pcm)
        self._memory.keep(key, pcm)
        return pcm

    def _finished(self, key: str, task: asyncio.Task[bytes]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen: whoever asked may have hung up, and asyncio would complain
