"""One telephone call: what the caller says and keys goes through the one door, what comes back is spoken.

The conversation is the same as by chat; this file only takes turns. It reads every event of the call at once and does
everything that takes time in tasks of its own, so that sound never stops flowing.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from channels.call_captions import Captions
from channels.call_dialogue import CallDialogue, NextStep, Saying
from channels.call_keys import CallKeys
from channels.call_recording import CallRecording
from channels.voice_ears import Ears
from channels.voice_questions import OpenQuestion, is_whole_answer, open_question
from channels.voice_words import TEXTS, in_words
from conversation.returning import notice_heard
from conversation.service import ConversationService
from voice.activity import VoiceActivity
from voice.audio import seconds
from voice.keypad import KeypadEvent, KeysEntered, PersonAsked, RepeatAsked
from voice.playback import Player, Prompt
from voice.recogniser import RecogniserFailed, SpeechRecogniser, Transcript
from voice.recorded_prompts import RecordedPrompts
from voice.recording_index import Recordings
from voice.speaking import spoken
from voice.spoken_numbers import normalise
from voice.synthesiser import Synthesiser, SynthesisFailed
from voice.transport import FRAME_MS, SAMPLE_RATE, SILENCE, AudioFrame, CallTransport, HungUp, KeyPressed
from voice.turn_taking import (
    Bot,
    Miss,
    NoInput,
    SpeechDismissed,
    SpeechEnded,
    SpeechStarted,
    SpeechSuspected,
    TurnTaking,
    TurnTiming,
)

logger = logging.getLogger(__name__)

HOLD_SECONDS, HOLD_AGAIN_SECONDS = 2.0, 8.0
"""Of waiting for the institution, before the caller is told so (services.md §3), and told again."""
LAST_EXCHANGE_SECONDS = 10.0
"""What was said just before a hang-up is still answered, for the record; no longer than this."""
AFTER_LIMIT_SECONDS = 180.0
"""For a message, once a call that was too long could not be given to a person."""
LEAST_CONFIDENCE = 0.35
"""Below it what was heard is no match: better asked again than guessed."""


@dataclass(frozen=True)
class Voice:
    """What calls speak and listen with."""

    synthesiser: Synthesiser
    recogniser: SpeechRecogniser | None = None
    """None: no model is installed, and calls are served by keys."""
    recordings: Recordings | None = None
    timing: TurnTiming = field(default_factory=TurnTiming)
    prompts: RecordedPrompts | None = None
    """Recordings of the campaigns that replace synthesis."""
    longest_s: float = 3600.0
    """Of one call with the bot; then a person, or a polite end."""


class VoiceCall:
    """One caller, from the first frame to the hang-up."""

    def __init__(
        self, transport: CallTransport, service: ConversationService, dialogue: CallDialogue, prompts: dict[str, str],
        voice: Voice, activity: VoiceActivity,
    ) -> None:  # fmt: skip
        self._transport, self._service, self._dialogue = transport, service, dialogue
        self._prompts, self._voice = {**TEXTS, **prompts}, voice
        self._turns, self._keys = TurnTaking(activity, voice.timing), CallKeys()
        self._ears: Ears | None = None
        self._turn: asyncio.Task[None] | None = None
        self._recording = CallRecording(voice.recordings)
        self._player = Player(transport, self._sent)
        self._question: OpenQuestion | None = None
        self._captions = Captions(transport, self._prompts)
        self._answered: list[str] = []
        self._notice: asyncio.Task[None] | None = None
        self._protected = False
        self._heard_s, self._limit_s, self._limits = 0.0, voice.longest_s, 0
        self._unheard_ms = 0
        self._failed = self._done = self._gone = False
        self._over = asyncio.Event()

    async def serve(self) -> NextStep:
        """Hold the conversation; what the exchange does next. Whoever asked hangs up."""
        if self._voice.recogniser:
            self._ears = Ears(self._voice.recogniser.session(SAMPLE_RATE))
        flowing = asyncio.create_task(self._guarded(self._player.run()))
        self._begin_turn(self._open())
        reading, over = asyncio.create_task(self._guarded(self._read())), asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._gone = True
            await self._end(reading, over, flowing)
        return self._dialogue.next_step(ended_by_us=self._over.is_set())

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        """Listening or speaking; a call that can do only one of the two ends with a person."""
        try:
            await work
        except Exception:  # whatever it is: the caller would be alone on the line
            logger.exception("the caller could not be listened to, or spoken to")
            await self._give_up()
            self._over.set()

    # ------------------------------------------------------------------ what the caller does

    async def _read(self) -> None:
        async for event in self._transport.events():
            match event:
                case AudioFrame(pcm=frame):
                    self._heard(frame)
                case KeyPressed(digit=key):
                    self._pressed(key)
                case HungUp():
                    self._gone = True

    def _sent(self, frame: bytes) -> None:
        """20 ms of ours, sound or silence, which flow whatever the caller's line sends: they are the call's clock."""
        self._recording.bot(frame)
        self._unheard_ms += FRAME_MS
        if self._unheard_ms > self._voice.timing.unheard and not self._gone:
            self._listen_to(SILENCE)

    def _heard(self, frame: bytes) -> None:
        self._recording.caller(frame)
        self._unheard_ms = 0
        self._listen_to(frame)

    def _listen_to(self, frame: bytes) -> None:
        self._heard_s += FRAME_MS / 1000
        if self._turn is not None or self._done or self._protected:
            self._turns.hear(frame, Bot.PROTECTED)  # only so that the next utterance has its own sound before it
            return
        if self._heard_s >= self._limit_s:
            self._end_soon()
            return
        leaves_message = self._turns.in_speech and self._dialogue.takes_message  # which a stray key must not cut off
        if not leaves_message and (entered := self._keys.pass_time(FRAME_MS / 1000)):
            self._keyed(entered)
            return
        event = self._turns.hear(frame, Bot.SPEAKING if self._player.playing or self._keys.entering else Bot.SILENT)
        match event:
            case SpeechSuspected():
                self._player.pause()
            case SpeechDismissed():
                self._player.resume()
            case SpeechStarted(pcm=pcm, interrupts=interrupts):
                if interrupts:
                    self._player.stop()
                self._listen(pcm)
            case SpeechEnded():
                self._begin_turn(self._understand(event, self._recording.seconds))
            case NoInput():
                self._begin_turn(self._saying(self._dialogue.missed(Miss.NO_INPUT)))
            case None if self._turns.in_speech:
                self._listen(frame)
                self._close_when_whole()

    def _listen(self, pcm: bytes) -> None:
        if self._ears:
            self._ears.hear(pcm)

    def _close_when_whole(self) -> None:
        """All digits of an NSS are there and nothing was added: the long silence after digits need not be waited."""
        settled = self._ears.settled() if self._ears else ""
        if settled and self._question and is_whole_answer(settled, self._question) and (ended := self._turns.close()):
            self._begin_turn(self._understand(ended, self._recording.seconds))

    def _pressed(self, key: str) -> None:
        if self._done:
            return
        if self._turn is not None or self._protected:
            self._keys.keep(key)
            return
        if self._dialogue.takes_message and (ended := self._turns.close()):
            self._begin_turn(self._understand(ended, self._recording.seconds))  # `#` ends a message; none is lost
            self._keys.keep(key)
            return
        if not self._keys.takes(key):
            return
        self._player.stop()
        self._drop_utterance()
        event = self._keys.press(key)
        if event:
            self._keyed(event)

    def _drop_utterance(self) -> None:
        if self._turns.in_speech and self._ears:
            self._ears.abandon()
        self._turns.key_pressed()
        self._player.resume()

    def _press_early(self) -> None:
        """Keys typed while the answer was looked up; those typed during the notices are taken when they are over."""
        if not self._protected:
            for key in self._keys.kept_for_number():
                self._pressed(key)

    async def _after(self, notice: Prompt) -> None:
        """Greeting and privacy notice are being said: neither speech nor keys cut them short.

        Keys typed meanwhile are taken when it is over, also for the menu: it is the one that people know by heart.
        """
        heard = await notice.over()
        self._protected = False
        if not heard or self._gone:
            return
        for key in self._keys.kept():
            self._pressed(key)
        await self._service.attend(self._dialogue.conversation.id, notice_heard)

    def _end_soon(self) -> None:
        """The longest time has been reached: a person; when that takes too long as well, the end."""
        self._limits += 1
        self._limit_s += AFTER_LIMIT_SECONDS
        self._player.stop()
        self._begin_turn(self._saying(self._dialogue.too_long(self._limits)))

    def _keyed(self, event: KeypadEvent) -> None:
        match event:
            case RepeatAsked():
                self._begin_turn(self._saying(self._dialogue.repeat()))
            case PersonAsked():
                self._begin_turn(self._saying(self._dialogue.person()))
            case KeysEntered(digits=digits, enough=True):
                self._dialogue.understood()
                self._begin_turn(self._saying(self._dialogue.answer(digits=digits)))
            case KeysEntered():
                self._begin_turn(self._saying(self._dialogue.missed(Miss.NO_MATCH)))

    # ------------------------------------------------------------------ turns: one at a time

    def _begin_turn(self, work: Coroutine[None, None, None]) -> None:
        self._drop_utterance()
        self._turn = asyncio.create_task(self._one_turn(work))

    async def _one_turn(self, work: Coroutine[None, None, None]) -> None:
        """Whatever happens in a turn, the caller hears something, and the line is listened to again."""
        try:
            await work
        except Exception:  # whatever it is becomes a hand-over: a caller must not be left in silence
            logger.exception("a turn of the call failed")
            await self._give_up()
        finally:
            self._turn = None
        if self._done and not self._gone:
            self._over.set()
        self._press_early()

    async def _open(self) -> None:
        info = self._transport.info
        saying = await self._dialogue.open(info.caller, "" if self._ears else "voz_solo_teclas", info.token_hash)
        if self._dialogue.begun:
            self._recording.begin(self._dialogue.begun)
        await self._tell(saying)

    async def _understand(self, ended: SpeechEnded, until: float) -> None:
        """From sound to words to an answer; `until` is where the recording was when the caller had finished."""
        heard = await self._transcript()
        if heard:
            self._recording.cut_card(heard, seconds(ended.pcm), until, only_numbers=self._dialogue.takes_message)
        if self._dialogue.takes_message:
            text = heard.text if heard and heard.confidence >= LEAST_CONFIDENCE else ""
            await self._saying(self._dialogue.leave(text))
            return
        if heard is None or self._question is None:
            await self._saying(self._dialogue.missed(Miss.DEAF))
            return
        said = normalise(heard.text, self._question.expectation).strip()
        if not said or heard.confidence < LEAST_CONFIDENCE:
            await self._tell(await self._dialogue.missed(Miss.NO_MATCH))
            return
        self._dialogue.understood()
        await self._saying(self._dialogue.answer(text=said))

    async def _transcript(self) -> Transcript | None:
        """What was said; None when nobody listens, from now on or from the beginning."""
        if self._ears is None:
            return None
        try:
            return await self._ears.finish()
        except RecogniserFailed:
            logger.exception("the recogniser of a call failed: it goes on by keys")
            await self._ears.close()
            self._ears = None
            return None

    async def _saying(self, answering: Coroutine[None, None, Saying]) -> None:
        """Say what comes back, with a word to the caller when the institution takes its time."""
        asking = asyncio.create_task(answering)
        pause, prompt = HOLD_SECONDS, "voz_un_momento"
        while not (await asyncio.wait({asking}, timeout=pause))[0]:
            if not self._gone:
                self._captions.show(prompt)
                with suppress(SynthesisFailed):  # the answer is what counts
                    await self._speak(self._words(prompt))
            pause, prompt = HOLD_AGAIN_SECONDS, "voz_sigo_consultando"
        await self._tell(await asking)

    async def _tell(self, saying: Saying) -> None:
        """Say it; then listen, hand over to a queue, or end."""
        self._done = self._dialogue.is_over
        texts = [self._words(saying.prompt)] if saying.prompt else []
        if saying.outcome is None:
            self._captions.show(saying.prompt)
            again = self._answered if saying.whole else self._answered[-1:]
            await self._say([*texts, *([] if self._done else again)])
            return
        messages = self._dialogue.audible(saying.outcome)
        said, onward = list(map(in_words, messages)), self._onward()
        self._answered = said[saying.notices :] or self._answered
        self._captions.show(saying.prompt, messages, onward)
        if not saying.notices:
            await self._say([*texts, *said, *([self._words(onward)] if onward else [])])
            return
        recorded = [self._words("voz_grabacion")] if self._voice.recordings else []
        notices = [*texts, *said[: saying.notices], *recorded]
        await self._say([*notices, *said[saying.notices :]], notices=len(notices))

    def _onward(self) -> str:
        """Who calls from a browser is told that a person goes on in writing: no exchange can pass the call on."""
        passed_on = self._done and self._dialogue.next_step(ended_by_us=True).action == "queue"
        return "voz_sigue_por_escrito" if passed_on and self._transport.info.token_hash else ""

    async def _say(self, texts: list[str], notices: int = 0) -> None:
        """Speak, and be ready for the answer.

        The first `notices` of the texts are heard whole, whatever the caller says or keys.
        """
        if self._gone:
            return
        prompts = [await self._speak(text) for text in texts if text]
        if notices and prompts and not self._done:
            self._protected = True
            self._notice = asyncio.create_task(self._after(prompts[min(notices, len(prompts)) - 1]))
        if self._done:
            for prompt in prompts:
                await prompt.over()
            return
        self._question = open_question(self._dialogue.conversation)
        self._keys.expect(self._question.keys)
        self._turns.expect(self._question.pauses)
        if self._ears:
            self._ears.expect(self._question.expectation)

    async def _speak(self, text: str) -> Prompt:
        """Play the campaign's recording of this text, else synthesis."""
        recorded = self._voice.prompts
        found = await asyncio.to_thread(recorded.find, self._dialogue.campaign, text) if recorded else None
        speech = await self._voice.synthesiser.speech(text) if found is None else found
        return self._player.play(speech)

    async def _give_up(self) -> None:
        """Our own failure: an honest word, as far as we can still speak, and a person. The second one ends the call."""
        again, self._failed = self._failed, True
        try:
            if not again:
                await self._tell(await self._dialogue.failed())
                return
        except Exception:  # the exchange's queue is all that is left
            logger.exception("the call could not be handed over in the record")
        self._done = True

    # ------------------------------------------------------------------ the end

    def _words(self, name: str) -> str:
        return spoken(self._prompts[name])

    async def _end(self, *going_on: "asyncio.Task[Any]") -> None:
        """The caller hung up, or we are done: nothing that was said is lost, and nothing goes on."""
        if self._turn is not None:
            await asyncio.wait({self._turn}, timeout=LAST_EXCHANGE_SECONDS)
        for task in filter(None, (self._turn, *going_on, self._notice)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._ears:
            await self._ears.close()
        conversation = self._dialogue.begun
        if conversation is None:
            return
        try:
            if self._dialogue.next_step(ended_by_us=self._over.is_set()).action == "hangup":
                await self._dialogue.hung_up()
        finally:  # what was recorded is kept, whatever becomes of the record
            await self._recording.keep(self._service, conversation)
