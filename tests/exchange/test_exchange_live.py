"""The whole system on the telephone: baresip, the exchange, voice process, engine, institution, ledger."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heard_in_call import heard_by
from sip_exchange import SipExchange, free_ports
from sip_telephone import SipTelephone

from channels.voice_words import in_words
from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.message import Channel, Message, Sender
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault
from voice.prompt_cache import PromptFiles

ROOT = Path(__file__).resolve().parents[2]
CALLER, DIALLED = "5500009876", "8006232323"


async def test_a_telephone_hears_the_bot_and_its_keys_reach_the_dialogue(
    system: Any, world: Any, tmp_path: Path
) -> None:
    record = LedgerRecord(open_database(system.database_url), Vault(system.secrets["VENTANILLA_LEDGER_KEY"]))
    url, key = f"http://127.0.0.1:{system.ports.voice}", system.secrets["VENTANILLA_VOICE_KEY"]
    ports = free_ports()
    exchange = SipExchange(ports, url, key, system.ports.audiosocket)
    prompts = PromptFiles(ROOT / "var" / "prompts-voice")
    async with exchange.running(), SipTelephone.on(tmp_path / "baresip", CALLER, ports + 20) as telephone:
        telephone.dial(DIALLED, exchange.port)
        await telephone.told("CALL_ESTABLISHED")
        conversation = await held_by_voice(record)
        assert conversation.campaign == "derechohabiente"
        greeting, *_ = record.messages(conversation.id)
        await heard_by(telephone, in_words(greeting), prompts)
        telephone.press("1")
        await heard_by(telephone, in_words(await answer(record, conversation)), prompts)
        telephone.hang_up()
        (call,) = exchange.calls
        await asyncio.wait_for(call.over.wait(), 10)
        assert (call.caller, call.keys, call.ended_by) == (CALLER, "1", "caller")
        while not record.events(conversation.id, EventKind.RECORDED):
            await asyncio.sleep(0.1)
    found = record.load(conversation.id)
    assert found is not None and found.is_closed


async def held_by_voice(record: LedgerRecord) -> Conversation:
    """The only call of this caller, once it has been greeted."""
    while True:
        open_ones = record.idle_since(datetime(2100, 1, 1, tzinfo=UTC))
        calls = [one for one in open_ones if (one.channel, one.origin) == (Channel.VOICE, CALLER)]
        if calls and record.messages(calls[0].id):
            return calls[0]
        await asyncio.sleep(0.1)


async def answer(record: LedgerRecord, conversation: Conversation) -> Message:
    """What the bot said to the first thing that the caller did."""
    while True:
        messages = record.messages(conversation.id)
        done = next((place for place, one in enumerate(messages) if one.sender is Sender.USER), len(messages))
        if said := [one for one in messages[done:] if one.sender is not Sender.USER]:
            return said[0]
        await asyncio.sleep(0.1)
