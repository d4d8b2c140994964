"""Vosk itself: the model, and the decoder of one call. Blocking, and only for `voice.decoding_process` to import:
libvosk aborts or crashes on what it does not bear, and takes the process that it is in along.

Vosk's own end of utterance is not used: PyPI's 0.3.45 cannot set it, and it could not vary by question (voice.md §4).
Whoever takes turns says when an utterance is over, by `finish`.
"""

import json
from functools import lru_cache
from pathlib import Path

import vosk

from voice.decoding_messages import BYTES_PER_SAMPLE, batch_bytes
from voice.expectation import ANYTIME, Expectation
from voice.models import takes_grammar
from voice.recogniser import RecogniserFailed, Transcript, Word, transcript_of
from voice.spoken_numbers import UNKNOWN

LONGEST_UTTERANCE_SECONDS = 30.0
"""Audio kept for a second look; older is forgotten. Turn taking closes an utterance after as much."""
SURE = 0.7
"""Confidence below which speech within a grammar gets a second look without one."""
WORDS_IN_GRAMMAR = 2600
"""What is expected is listed until there are so many words, so that one `[unk]` weighs little against them.

Measured on 40 dictated NSS with the test model: 1.8 % of words wrong with each phrase once, 0.6 % from 2600 words on.
"""


class VoskModel:
    """The model in `folder`, loaded once for all calls. Raises RecogniserFailed when Vosk cannot load it."""

    def __init__(self, folder: Path) -> None:
        vosk.SetLogLevel(-1)
        try:
            self.model = vosk.Model(str(folder))
        except Exception as error:  # Vosk raises nothing narrower
            raise RecogniserFailed(f"{folder}: Vosk cannot load this model") from error
        self.takes_grammar = takes_grammar(folder)
        self.grammar = lru_cache(maxsize=256)(self._grammar)

    def _grammar(self, expectation: Expectation) -> str | None:
        """The expectation as Vosk's list of phrases, less the words that the model does not have."""
        if not self.takes_grammar:
            return None
        expected = self._known(expectation.spoken_phrases())
        if not expected:
            return None
        times = max(1, WORDS_IN_GRAMMAR // sum(len(phrase.split()) for phrase in expected))
        # libvosk does not decode \u escapes: an escaped «sí» would be dropped as a word that it does not know.
        return json.dumps([*expected * times, *self._known(ANYTIME), UNKNOWN], ensure_ascii=False)

    def _known(self, phrases: tuple[str, ...]) -> list[str]:
        """The phrases less the words that the model does not have; each once."""
        known = (
            " ".join(word for word in phrase.split() if self.model.vosk_model_find_word(word) >= 0)
            for phrase in phrases
        )
        return [phrase for phrase in dict.fromkeys(known) if phrase]


class VoskDecoder:
    """Vosk's side of one call, whose audio has `rate` samples a second; Vosk resamples to what the model wants."""

    def __init__(self, model: VoskModel, rate: int) -> None:
        self._model = model
        self._rate = rate
        self._grammar: str | None = None
        self._kaldi: vosk.KaldiRecognizer | None = None
        self._utterance = bytearray()
        self._words: list[Word] = []
        self._seconds_before = 0.0
        """Of this Kaldi recogniser, before the utterance: it counts on from one to the next."""
        self._seconds_fed = 0.0

    def expect(self, expectation: Expectation) -> None:
        """Listen for that from now on.

        A new recogniser costs as little as SetGrammar on an old one (both 0.4 to 3 ms with the test model) and has no
        state in which it refuses.
        """
        grammar = self._model.grammar(expectation)
        if grammar != self._grammar:
            self._grammar, self._kaldi, self._seconds_fed = grammar, None, 0.0
        elif self._kaldi is not None:
            self._kaldi.Reset()
        self._begin()

    def hear(self, pcm: bytes) -> str:
        """Decode whole batches; the text so far."""
        kaldi = self._fed(pcm)
        partial = json.loads(kaldi.PartialResult()).get("partial", "")  # right after a pause it has none
        heard = " ".join([*(word.text for word in self._words), partial])
        return " ".join(heard.replace(UNKNOWN, " ").split())

    def finish(self, pcm: bytes) -> Transcript:
        """Decode the rest; the whole utterance, with a second look without the grammar where it fits badly."""
        kaldi = self._fed(pcm)
        transcript = transcript_of((*self._words, *self._shifted(kaldi.FinalResult())))
        kaldi.Reset()
        if self._grammar is not None and transcript.words and transcript.confidence < SURE:
            transcript = _surer(transcript, self._second_look())
        self._begin()
        return transcript

    def _fed(self, pcm: bytes) -> vosk.KaldiRecognizer:
        if self._kaldi is None:
            self._kaldi = self._new(self._grammar)
        self._utterance += pcm
        del self._utterance[: -int(LONGEST_UTTERANCE_SECONDS * self._rate) * BYTES_PER_SAMPLE]
        self._seconds_fed += len(pcm) / (self._rate * BYTES_PER_SAMPLE)
        piece = batch_bytes(self._rate)
        for start in range(0, len(pcm), piece):  # always the same pieces: what is heard must not depend on the load
            if self._kaldi.AcceptWaveform(pcm[start : start + piece]):
                # A pause: taken out, so that the lattice stays small.
                self._words += self._shifted(self._kaldi.Result())
        return self._kaldi

    def _begin(self) -> None:
        self._utterance.clear()
        self._words = []
        self._seconds_before = self._seconds_fed

    def _new(self, grammar: str | None) -> vosk.KaldiRecognizer:
        arguments = () if grammar is None else (grammar,)
        kaldi = vosk.KaldiRecognizer(self._model.model, self._rate, *arguments)
        kaldi.SetWords(True)
        return kaldi

    def _second_look(self) -> Transcript:
        """The utterance as free speech: «no lo tengo a la mano» is an answer, too."""
        kaldi = self._new(None)
        kaldi.AcceptWaveform(bytes(self._utterance))
        return transcript_of(tuple(words_of(kaldi.FinalResult(), 0.0)))

    def _shifted(self, result: str) -> list[Word]:
        return words_of(result, self._seconds_before)


def _surer(limited: Transcript, free: Transcript) -> Transcript:
    """The surer of the two. A single word that was not expected is a cough as often as a word."""
    return free if free.confidence > limited.confidence and len(free.text.split()) > 1 else limited


def words_of(result: str, seconds_before: float) -> list[Word]:
    """The words of Vosk's JSON, their times counted from `seconds_before`."""
    return [
        Word(one["word"], one["conf"], max(0.0, one["start"] - seconds_before), max(0.0, one["end"] - seconds_before))
        for one in json.loads(result).get("result", ())
    ]
