"""What works beside the requests goes on after an error: nobody waits for it, so nobody else would begin it again."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from guarded_house import House
from live_application import until
from sqlalchemy.exc import OperationalError

from conversation.conversation import Conversation
from ledger.record import LedgerRecord
from server import application, lifetime

OpenHouse = Callable[..., House]
BUSY = OperationalError("select", {}, Exception("database is locked"))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetime, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(application, "IDLE_SWEEP_SECONDS", 0.01)


async def test_a_job_that_breaks_off_is_begun_again_and_ends_with_the_server() -> None:
    begun, ended, lives = [], [], asyncio.Event()

    async def job() -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise BUSY
        lives.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async with lifetime.working(job):
        await asyncio.wait_for(lives.wait(), 20)
    assert begun == [0, 1, 2] and ended == [True]


def test_silent_conversations_are_closed_also_after_the_database_was_busy(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []
    look = LedgerRecord.idle_since

    def busy_at_first(self: LedgerRecord, moment: datetime) -> list[Conversation]:
        asked.append(moment)
        if len(asked) == 1:
            raise BUSY
        return look(self, moment)

    monkeypatch.setattr(LedgerRecord, "idle_since", busy_at_first)
    house = open_house()
    citizen = house.opens()
    house.passes(minutes=10)
    with house.stranger:
        until(lambda: closed(house, citizen.id))
    assert len(asked) > 1


def closed(house: House, conversation_id: str) -> Any:
    conversation = house.record.load(conversation_id)
    return conversation is not None and conversation.is_closed
