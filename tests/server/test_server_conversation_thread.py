"""A disk that takes its time holds up the conversation that waits for it, and no sound."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from content.catalogue import Catalogue
from conversation.message import Channel, IncomingMessage
from conversation.service import ConversationError
from ledger.record import LedgerRecord
from server.conversation_thread import ConversationsBeside, OwnThread

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "conversation"))
from scripted_dialogue import KEY, Counter, says  # noqa: E402

from ledger.vault import Vault  # noqa: E402


class SlowDisk(LedgerRecord):
    """A ledger whose next write waits until somebody says that the disk is free."""

    free: threading.Event | None = None

    def write(self, *arguments: object) -> list[object]:  # type: ignore[override]
        free, self.free = self.free, None
        if free and not free.wait(timeout=20):
            raise AssertionError("nobody could free the disk: the loop was held up")
        return super().write(*arguments)  # type: ignore[arg-type, return-value]


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[tuple[ConversationsBeside, SlowDisk, Counter]]:
    counter, thread = Counter(tmp_path, Catalogue(ROOT)), OwnThread("conversations")
    record = SlowDisk(counter.database, Vault(KEY))
    yield ConversationsBeside(thread, record, counter.engine, Catalogue(ROOT), counter.clock), record, counter
    thread.close()


async def test_the_loop_goes_on_while_the_ledger_waits_for_the_disk(
    beside: tuple[ConversationsBeside, SlowDisk, Counter],
) -> None:
    service, record, counter = beside
    opened = await service.open("derechohabiente", Channel.VOICE, "5500001234", "")
    record.free = free = threading.Event()
    counter.engine.will(says("Con gusto."))
    answering = asyncio.create_task(service.receive(opened.conversation.id, IncomingMessage(text="quiero mi vigencia")))
    for _ in range(10):
        await asyncio.sleep(0.01)  # frames go out meanwhile
        assert not answering.done()
    free.set()
    assert "Con gusto." in [message.text for message in (await answering).messages]
    assert (await service.close(opened.conversation.id)).conversation.is_closed


async def test_what_is_refused_there_is_raised_here(beside: tuple[ConversationsBeside, SlowDisk, Counter]) -> None:
    service, *_ = beside
    with pytest.raises(ConversationError):
        await service.receive("no such conversation", IncomingMessage(text="hola"))
    with pytest.raises(ConversationError):
        await service.open("no such campaign", Channel.VOICE, "", "")


async def test_who_hangs_up_cancels_what_was_asked(beside: tuple[ConversationsBeside, SlowDisk, Counter]) -> None:
    service, _, counter = beside
    opened = await service.open("derechohabiente", Channel.VOICE, "5500001234", "")
    asked, cancelled = threading.Event(), threading.Event()

    async def never(turn: object) -> None:
        asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    counter.engine.will(never)  # type: ignore[arg-type]
    answering = asyncio.create_task(service.receive(opened.conversation.id, IncomingMessage(text="hola")))
    assert await asyncio.to_thread(asked.wait, 10)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert await asyncio.to_thread(cancelled.wait, 10)
