"""The telephone as a channel: which campaign a call is for, how many at once, and where each goes afterwards."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from channels.call_dialogue import CallDialogue, NextStep
from channels.telephone_numbers import digits_of
from channels.voice_call import Voice, VoiceCall
from channels.voice_words import IN_THE_BROWSER
from channels.waiting_line import Coming, WaitingLine
from conversation import returning
from conversation.exchange import Exchange
from conversation.ports import Campaigns
from conversation.service import ConversationService
from conversation.staff import Level
from voice.activity import Detectors
from voice.transport import CallTransport

Kept = TypeVar("Kept")
REMEMBERED = 1000
"""Calls whose next step the exchange may still ask for, and calls that were announced and have not begun."""


class Told(StrEnum):
    """What became of a notice of the exchange."""

    NOTED = "noted"
    CLOSED = "closed"
    """The interaction had ended before."""
    UNKNOWN = "unknown"
    """No interaction of this caller has this folio."""


class VoiceCalls:
    """Serves every call; `serve` is what a transport's server calls for each."""

    def __init__(
        self, service: ConversationService, line: WaitingLine, campaigns: Campaigns, numbers: Mapping[str, str],
        default: str, voice: Voice, level_of: Callable[[str], Level | None] = lambda username: None,
    ) -> None:  # fmt: skip
        """`numbers` maps dialled numbers to campaigns; any other number goes to `default`, the main menu.

        `level_of` is the level of a user name of the desk; None for who has no account there.
        """
        self._service, self._line, self._campaigns, self._voice = service, line, campaigns, voice
        self._numbers, self._default = {digits_of(number): one for number, one in numbers.items()}, default
        self._level_of, self._detectors = level_of, Detectors()
        self._next: OrderedDict[str, NextStep] = OrderedDict()
        self._coming: OrderedDict[str, Coming] = OrderedDict()

    def expect(self, call_id: str, coming: Coming) -> None:
        """The call that is announced under this id comes back to an interaction."""
        _keep(self._coming, call_id, coming)

    async def serve(self, transport: CallTransport) -> None:
        """Hold one call to its end."""
        info = transport.info
        campaign = info.campaign or self._numbers.get(digits_of(info.dialled), self._default)
        known = self._campaigns.get(campaign)
        prompts = {**(IN_THE_BROWSER if info.token_hash else {}), **(known.prompts if known else {})}
        dialogue = CallDialogue(self._service, self._line, campaign, self._coming.pop(info.call_id, None))
        async with self._detectors.lend() as activity:
            call = VoiceCall(transport, self._service, dialogue, prompts, self._voice, activity)
            step = await call.serve()
        if info.token_hash and step.action == "queue" and step.conversation:
            await self._service.attend(step.conversation.id, returning.goes_on_in_writing, by_people=False)
        _keep(self._next, info.call_id, step)
        await transport.hang_up()  # only now: the exchange asks for the next step at once

    def next_step(self, call_id: str) -> NextStep | None:
        """What the exchange does with a call that ended here; told once. None: unknown, or still being served."""
        return self._next.pop(call_id, None)

    async def person_answers(self, folio: str, caller: str, agent: str) -> Told:
        """A person has taken the call from the exchange's queue; `agent` is the user name at the desk, if known.

        Somebody without an account attends, too, but nobody at the desk could add the tipificaciones.
        """
        level = self._level_of(agent)
        known = agent if level else None
        return await self._note(folio, caller, lambda exchange: returning.person_answers(exchange, known, level))

    async def caller_left(self, folio: str, caller: str) -> Told:
        """The caller hung up while the exchange had the call."""
        return await self._note(folio, caller, returning.caller_left)

    async def _note(self, folio: str, caller: str, step: Callable[[Exchange], None]) -> Told:
        found = self._line.call_of(folio, caller)
        if found is None:
            return Told.UNKNOWN
        if found.is_closed:
            return Told.CLOSED
        await self._service.attend(found.id, step)
        return Told.NOTED


def _keep(kept: OrderedDict[str, Kept], call_id: str, value: Kept) -> None:
    kept[call_id] = value
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
