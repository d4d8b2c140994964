"""Whose turn it is: when the caller begins to speak, has finished, interrupts the bot, or says nothing.

Fed with frames of 20 ms, it counts them and needs no clock. Times are milliseconds of sound; the figures are those of
the specification of voice and of channels.md §4 (silence of 6 s -> repeat), all of them settings.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from voice.activity import VoiceActivity
from voice.transport import FRAME_MS

_END_OF_SPEECH = {
    "yes_no": 500, "choice": 600, "free": 900, "digits": 1400, "nss": 1400, "date": 1400, "message": 2500
}  # fmt: skip
_INTERRUPTIONS = {"free": 600, "yes_no": 400, "choice": 400, "digits": 400, "nss": 400, "date": 400}
_SHORT_ANSWERS = {"yes_no": 120, "choice": 140, "digits": 120, "nss": 120, "date": 140}


@dataclass(frozen=True)
class TurnTiming:
    """Settings, in milliseconds; kinds are those of what the dialogue expects next."""

    speech: int = 200
    """Speech that it takes to be somebody speaking while the bot is silent; less is a cough or a click."""
    short_answer: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_SHORT_ANSWERS))
    """The same where an answer may be one short word («no», «tres»)."""
    interruption: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_INTERRUPTIONS))
    """Speech that stops the bot; less means that it should go on. Of synthetic voices «ajá» counts 520 to 720 ms, since
    the detector ends 100 to 250 ms late; so does «no», hence less where one word is an answer. The bot is silent from
    `suspicion` on, so that waiting costs who interrupts nothing."""
    suspicion: int = 100
    """Speech at which the bot pauses, until there is so much that it stops or it was «mm-hm» after all."""
    breath: int = 100
    """Pauses up to this belong to the beginning of speech: the closures of p, t, k."""
    pre_roll: int = 300
    """Sound before the detector noticed, which is handed on with the speech: the first syllable is soft."""
    end_of_speech: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_END_OF_SPEECH))
    """Silence after which the caller has finished; people pause between groups of digits."""
    no_input: int = 6000
    unheard: int = 600
    """So long without a frame of the caller is silence: some lines send none while nobody speaks. A network's hiccup is
    shorter."""
    longest: int = 30_000
    """An utterance is closed after so much, as if the caller had paused: a television talks for ever."""
    longest_message: int = 120_000
    """The same for a message that is left for the staff."""


class Bot(Enum):
    """What the bot is doing while a frame arrives."""

    SILENT = "silent"
    SPEAKING = "speaking"
    """It can be interrupted."""
    PROTECTED = "protected"
    """It says what must be heard whole, such as the privacy notice; speech is not listened to."""


@dataclass(frozen=True)
class SpeechStarted:
    """The caller speaks. Feed the recogniser with `pcm`, then with each frame while `TurnTaking.in_speech`."""

    pcm: bytes
    """Everything up to now, pre-roll included."""
    interrupts: bool
    """The bot was speaking: stop it (barge-in)."""


@dataclass(frozen=True)
class SpeechSuspected:
    """Somebody may be beginning to interrupt the bot: pause it, so that they need not speak against it."""


@dataclass(frozen=True)
class SpeechDismissed:
    """What was suspected broke off, as «mm-hm» does: the bot goes on where it was."""


class EndReason(Enum):
    """Why an utterance was closed."""

    SILENCE = "silence"
    LONGEST = "longest"
    CLOSED = "closed"


@dataclass(frozen=True)
class SpeechEnded:
    """The caller has finished."""

    pcm: bytes
    """The utterance: pre-roll, speech, and the silence that ended it."""
    first_frame: int
    """Where it begins, counted in frames of the call from 0; with `len(pcm)` the range in the recording."""
    speech_ms: int
    """How much of it was speech."""
    reason: EndReason


@dataclass(frozen=True)
class NoInput:
    """Nobody spoke or pressed a key in time."""

    after_ms: int


TurnEvent = SpeechSuspected | SpeechDismissed | SpeechStarted | SpeechEnded | NoInput


class TurnTaking:
    """The state machine of one call."""

    def __init__(self, activity: VoiceActivity, timing: TurnTiming | None = None) -> None:
        self._activity = activity
        self._timing = timing or TurnTiming()
        self._kind = "free"
        self._frame = 0
        self._recent: deque[bytes] = deque(maxlen=_frames(self._timing.pre_roll))
        self._candidate: list[bytes] = []
        self._in_speech = self._suspected = False
        self._speech = self._silence = self._waited = 0

    @property
    def in_speech(self) -> bool:
        """Whether an utterance has begun and has not ended."""
        return self._in_speech

    def expect(self, kind: str) -> None:
        """What comes next: `yes_no`, `choice`, `free`, `digits`, `nss`, `date` or `message`; the wait begins again."""
        self._kind = kind
        self._waited = 0

    def hear(self, frame: bytes, bot: Bot = Bot.SILENT) -> TurnEvent | None:
        """Take the caller's next frame, and say what it changed."""
        speech = self._activity.speech(frame)
        self._frame += 1
        event = self._speaking(frame, speech) if self._in_speech else self._listening(frame, speech, bot)
        self._recent.append(frame)
        return event

    def key_pressed(self) -> None:
        """A key has the word: what was being said is dropped, and the wait begins again."""
        self._drop()
        self._waited = 0

    def close(self) -> SpeechEnded | None:
        """End the utterance now: the recogniser has all it wanted, such as the last digit of an NSS."""
        return self._ended(EndReason.CLOSED) if self._in_speech else None

    def _listening(self, frame: bytes, speech: bool, bot: Bot) -> TurnEvent | None:
        if bot is not Bot.SILENT:
            self._waited = 0
        if bot is Bot.PROTECTED:
            self._drop()
            return None
        if self._candidate or speech:
            return self._perhaps_speech(frame, speech, bot)
        if bot is Bot.SILENT:
            self._waited += FRAME_MS
            if self._waited >= self._timing.no_input:
                self._waited = 0
                return NoInput(self._timing.no_input)
        return None

    def _perhaps_speech(
        self, frame: bytes, speech: bool, bot: Bot
    ) -> SpeechStarted | SpeechSuspected | SpeechDismissed | None:
        """Something was heard: speech once there is enough of it, forgotten when it breaks off before."""
        if not self._candidate:
            self._candidate = list(self._recent)
        self._candidate.append(frame)
        self._count(speech)
        if self._silence > self._timing.breath:
            suspected = self._suspected
            self._drop()
            return SpeechDismissed() if suspected else None
        if speech and self._speech >= self._enough(bot):
            self._in_speech = True
            return SpeechStarted(b"".join(self._candidate), bot is Bot.SPEAKING)
        if bot is Bot.SPEAKING and not self._suspected and self._speech >= self._timing.suspicion:
            self._suspected = True
            return SpeechSuspected()
        return None

    def _enough(self, bot: Bot) -> int:
        if bot is Bot.SPEAKING:
            return self._timing.interruption.get(self._kind, self._timing.interruption["free"])
        return self._timing.short_answer.get(self._kind, self._timing.speech)

    def _speaking(self, frame: bytes, speech: bool) -> SpeechEnded | None:
        self._candidate.append(frame)
        self._count(speech)
        if self._silence >= self._timing.end_of_speech.get(self._kind, self._timing.end_of_speech["free"]):
            return self._ended(EndReason.SILENCE)
        longest = self._timing.longest_message if self._kind == "message" else self._timing.longest
        if len(self._candidate) >= _frames(longest):
            return self._ended(EndReason.LONGEST)
        return None

    def _count(self, speech: bool) -> None:
        if speech:
            self._speech += FRAME_MS
            self._silence = 0
        else:
            self._silence += FRAME_MS

    def _ended(self, reason: EndReason) -> SpeechEnded:
        ended = SpeechEnded(b"".join(self._candidate), self._frame - len(self._candidate), self._speech, reason)
        self._drop()
        self._waited = 0
        return ended

    def _drop(self) -> None:
        self._candidate = []
        self._in_speech = self._suspected = False
        self._speech = self._silence = 0


def _frames(milliseconds: int) -> int:
    return milliseconds // FRAME_MS


class Miss(Enum):
    """How an attempt to understand the caller failed."""

    NO_INPUT = "sin_respuesta"
    NO_MATCH = "no_entendido"
    DEAF = "solo_teclas"
    """There is no recogniser, or no more: only keys can be understood."""


@dataclass(frozen=True)
class Reprompt:
    """Ask again. `prompt` names the text: `voz_sin_respuesta_1`, `voz_no_entendido_2`…; the second offers the keys."""

    prompt: str


@dataclass(frozen=True)
class CallAPerson:
    """The attempts are used up."""


class Attempts:
    """How often one question was asked in vain: words change each time, the third failure goes to a person."""

    def __init__(self, most: int = 3) -> None:
        self._most = most
        self._failed = 0

    def failed(self, how: Miss) -> Reprompt | CallAPerson:
        """Count a failure, of whatever kind, and say what follows."""
        self._failed += 1
        if self._failed >= self._most:
            return CallAPerson()
        return Reprompt(f"voz_{how.value}" if how is Miss.DEAF else f"voz_{how.value}_{self._failed}")

    def understood(self) -> None:
        """An answer was understood: the next question has all its attempts again."""
        self._failed = 0


class Tellings:
    """How often each piece of information was told: twice at most, then the call ends politely (L1531)."""

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._told: dict[str, int] = {}

    def may_tell(self, what: str) -> bool:
        """Count one telling of this text or menu; False when it has been heard often enough: say farewell."""
        told = self._told.get(what, 0)
        if told >= self._most:
            return False
        self._told[what] = told + 1
        return True
