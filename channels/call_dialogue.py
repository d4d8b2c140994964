"""The conversation of one call, as taking turns needs it: what is said next after an answer, a miss, a repetition."""

import logging
import uuid
from dataclasses import dataclass

from channels.voice_questions import told_and_done
from channels.waiting_line import Coming, WaitingLine
from conversation import returning
from conversation.conversation import Conversation, State
from conversation.events import End, EndedBy
from conversation.handoff import HandoffReason
from conversation.message import Channel, IncomingMessage, Message, Sender
from conversation.returning import Purpose
from conversation.service import ConversationError, ConversationService, Outcome
from voice.keypad import PERSON_KEY
from voice.turn_taking import Attempts, CallAPerson, Miss, Tellings

logger = logging.getLogger(__name__)
_QUESTION = "question"
WITH_PEOPLE = (State.QUEUED, State.HUMAN)
UNHEARD = "[Mensaje de voz sin transcripción: escúchelo en la grabación de la llamada.]"
"""Stands in the record for a message that was recorded and not understood: it is kept all the same (L1416)."""


@dataclass(frozen=True)
class Saying:
    """What the caller hears next."""

    prompt: str = ""
    """Name of a prompt of the call, said first."""
    outcome: Outcome | None = None
    """What the conversation answered; None: the open question is asked again."""
    notices: int = 0
    """So many of its messages must be heard whole: greeting and privacy notice."""
    whole: bool = False
    """Without an outcome: the whole answer is said again, and not only its question."""


@dataclass(frozen=True)
class NextStep:
    """What the telephone exchange does with the call when the bot is done."""

    action: str
    """`queue` or `hangup`."""
    target: str = ""
    conversation: Conversation | None = None
    returned: str = ""
    """What became of the folio a call came back with: `resumed`, `closed` or `unknown`; empty for a new call."""


class CallDialogue:
    """One interaction by telephone, new or come back."""

    def __init__(
        self, service: ConversationService, line: WaitingLine, campaign: str, coming: Coming | None = None
    ) -> None:
        self._service, self._line, self._campaign = service, line, campaign
        self._coming = coming or Coming()
        self._conversation: Conversation | None = None
        self._attempts, self._tellings = Attempts(), Tellings()
        self._returned = ""
        self._choosing = self._nothing_left = False

    @property
    def begun(self) -> Conversation | None:
        """The conversation, once it has a folio."""
        return self._conversation

    @property
    def conversation(self) -> Conversation:
        """The same. Raises ConversationError where there is none."""
        if self._conversation is None:
            raise ConversationError("conversation_unknown", "La llamada no llegó a tener folio.")
        return self._conversation

    @property
    def campaign(self) -> str:
        """The campaign that serves now."""
        return self._conversation.campaign if self._conversation else self._campaign

    @property
    def is_over(self) -> bool:
        """Whether the bot is done with the call: a person waits for it, or it is closed."""
        if self._conversation is None:
            return self._nothing_left
        return self._conversation.is_closed or self.is_waiting

    @property
    def is_waiting(self) -> bool:
        """Whether the call goes (back) to the queue of people: it waits, and the caller has no choice to make."""
        with_people = self._conversation is not None and self._conversation.state in WITH_PEOPLE
        return with_people and not self._choosing

    def audible(self, outcome: Outcome) -> list[Message]:
        """What is said of it: without options for whoever goes to the queue of people, who would not hear the keys."""
        said = [one for one in outcome.messages if one.sender is not Sender.USER]
        return [one.model_copy(update={"choices": ()}) for one in said] if self.is_waiting else said

    @property
    def takes_message(self) -> bool:
        """Whether what the caller says now is a message for the staff."""
        return self._conversation is not None and self._conversation.leaving_message

    def next_step(self, *, ended_by_us: bool) -> NextStep:
        """A queue when a person is waited for, or when we failed; who hung up is not called back."""
        conversation = self._conversation
        closed = self._nothing_left if conversation is None else conversation.is_closed
        if ended_by_us and not closed:
            return NextStep("queue", self.campaign, conversation, self._returned)
        return NextStep("hangup", conversation=conversation, returned=self._returned)

    async def open(self, caller: str, prompt: str, token_hash: str = "") -> Saying:
        """Folio, greeting, menu; or the interaction that the call comes back to, as it is then.

        `token_hash` is that of a browser, which goes on in writing with it; the telephone has none.
        """
        if self._coming.purpose is Purpose.CALL:
            return await self._new(caller, prompt, token_hash)
        found = self._line.call_of(self._coming.folio, caller)
        if found and not found.is_closed:
            self._returned = "resumed"
            return await self._resume(found)
        self._returned = "closed" if found else "unknown"
        logger.warning("a call came back for «%s» with a folio that is %s", self._coming.purpose, self._returned)
        if self._coming.purpose is Purpose.SURVEY:
            self._nothing_left = True
            return Saying("voz_ya_termino")
        saying = await self._new(caller, "voz_folio_nuevo")
        wants_to_leave_message = self._coming.purpose is Purpose.VOICEMAIL and not self.takes_message
        return await self._resume(self.conversation, "voz_folio_nuevo") if wants_to_leave_message else saying

    async def _new(self, caller: str, prompt: str, token_hash: str = "") -> Saying:
        outcome = await self._service.open(self._campaign, Channel.VOICE, caller, token_hash)
        if outcome.conversation.leaving_message and prompt == "voz_solo_teclas":
            prompt = ""  # a message is recorded, understood or not
        return self._heard(outcome, prompt, notices=max(0, len(outcome.messages) - 1))

    async def _resume(self, found: Conversation, prompt: str = "") -> Saying:
        purpose, wait = self._coming.purpose, self._line.wait(found)
        outcome = await self._service.attend(found.id, lambda exchange: returning.resume(exchange, purpose, wait))
        saying = self._heard(outcome, prompt)
        self._choosing = outcome.conversation.state is State.QUEUED
        return saying

    async def answer(self, *, text: str | None = None, digits: str | None = None) -> Saying:
        """What the caller said or keyed goes through the door."""
        message = IncomingMessage(text=text, digits=digits, client_message_id=str(uuid.uuid4()))
        was, self._choosing = self.conversation.state, False
        return await self._entering_line(was, await self._service.receive(self.conversation.id, message))

    async def leave(self, text: str) -> Saying:
        """What the caller said is a message for the staff, understood or not."""
        return await self.answer(text=text or UNHEARD)

    def understood(self) -> None:
        """The caller was understood: the next question has all its attempts."""
        self._attempts.understood()

    async def missed(self, how: Miss) -> Saying:
        """Nothing, or nothing that could be understood: other words each time, the third time a person.

        Who was served and says nothing more has heard it all: the call ends politely instead (L1531). Who waits and
        makes no choice goes on waiting.
        """
        if self._choosing:
            self._choosing = False
            return Saying("voz_sigue_en_fila")
        follows = self._attempts.failed(how)
        exhausted = isinstance(follows, CallAPerson)
        if told_and_done(self.conversation) and (exhausted or not self._tellings.may_tell(_QUESTION)):
            return await self.farewell()
        if isinstance(follows, CallAPerson):
            self._attempts.understood()
            return await self.hand_over(HandoffReason.ATTEMPTS_EXHAUSTED)
        return Saying(follows.prompt)

    async def person(self) -> Saying:
        """`0`: a person (L2018). Where a number is asked for, the conversation would take it for a digit."""
        if self.takes_message:
            return await self.missed(Miss.NO_MATCH)
        pending = self.conversation.facts.get("pending") or {}
        if self.conversation.state is State.BOT and pending.get("kind") == "datum":
            return await self.hand_over(HandoffReason.USER_REQUEST)
        return await self.answer(digits=PERSON_KEY)

    async def repeat(self) -> Saying:
        """`*`: what is told is told twice at most (L1531); a question for data as often as it takes."""
        if self.conversation.facts.get("pending") or self._choosing or self._tellings.may_tell(_QUESTION):
            return Saying(whole=True)
        return await self.farewell("voz_dos_veces")

    async def hand_over(self, reason: HandoffReason, prompt: str = "") -> Saying:
        """To a person, or an honest word that nobody is there."""
        was, self._choosing = self.conversation.state, False
        if was is State.QUEUED:
            return Saying(prompt)  # it waits already, and keeps its place
        return await self._entering_line(was, await self._service.hand_over(self.conversation.id, reason), prompt)

    async def too_long(self, times: int) -> Saying:
        """The call has reached its longest time: to a person; the second time, or at the survey, it ends politely."""
        if times > 1 or self.conversation.state is State.SURVEY:
            return await self.farewell("voz_limite")
        return await self.hand_over(HandoffReason.BUSINESS_RULE, "voz_limite")

    async def failed(self) -> Saying:
        """A failure of our own: to a person; a survey that fails just ends."""
        if self.conversation.state is State.SURVEY:
            return await self.farewell("voz_falla")
        return await self.hand_over(HandoffReason.SERVICE_UNAVAILABLE, "voz_falla")

    async def farewell(self, prompt: str = "") -> Saying:
        """The bot ends the call politely."""
        conversation = self.conversation
        end = None if conversation.served or conversation.state is State.SURVEY else End.TIMEOUT
        return self._heard(await self._service.close(conversation.id, EndedBy.BOT, end), prompt)

    async def hung_up(self) -> None:
        """The caller is gone: nothing stays open."""
        conversation = self.conversation
        if conversation.state in WITH_PEOPLE:
            await self._service.attend(conversation.id, returning.caller_left)
        else:
            await self._service.close(conversation.id, EndedBy.USER)

    async def _entering_line(self, was: State, outcome: Outcome, prompt: str = "") -> Saying:
        """Whoever comes to wait for a person is told the place in the line (L8207); not in an emergency."""
        now = outcome.conversation
        urgent = now.handoff is not None and now.handoff.priority
        if now.state is State.QUEUED and was is not State.QUEUED and not urgent:
            wait = self._line.wait(now)
            told = await self._service.attend(now.id, lambda exchange: returning.tell_wait(exchange, wait))
            outcome = told.model_copy(update={"messages": [*outcome.messages, *told.messages]})
        return self._heard(outcome, prompt)

    def _heard(self, outcome: Outcome, prompt: str = "", notices: int = 0) -> Saying:
        self._conversation, self._tellings = outcome.conversation, Tellings()
        self._tellings.may_tell(_QUESTION)
        return Saying(prompt, outcome, notices)
