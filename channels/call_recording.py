"""The recording of one call, from its folio to the evidence. A disk that fails costs the recording, never the call."""

import asyncio
import logging

from conversation.conversation import Conversation
from conversation.service import ConversationService
from voice.recogniser import Transcript
from voice.recording import Recording, RecordingFailure
from voice.recording_index import Recordings
from voice.spoken_cards import holds_card_number, numbers_span

logger = logging.getLogger(__name__)


class CallRecording:
    """Does nothing where calls are not recorded."""

    def __init__(self, recordings: Recordings | None) -> None:
        self._recordings = recordings
        self._recording: Recording | None = None

    @property
    def seconds(self) -> float:
        """How much there is."""
        return self._recording.seconds if self._recording else 0.0

    def begin(self, conversation: Conversation) -> None:
        """From the folio on; from now on where a call has come back."""
        if self._recordings is None:
            return
        try:
            began = conversation.last_activity
            self._recording = self._recordings.open(conversation.folio, conversation.campaign, began)
        except RecordingFailure:
            logger.exception("the call %s is not recorded", conversation.folio)

    def caller(self, frame: bytes) -> None:
        """20 ms of the caller."""
        if self._recording:
            self._recording.caller(frame)

    def bot(self, frame: bytes) -> None:
        """20 ms of the bot."""
        if self._recording:
            self._recording.bot(frame)

    def cut_card(self, heard: Transcript, seconds: float, until: float, *, only_numbers: bool) -> None:
        """Silence the number of a payment card, if one is in what was heard in the `seconds` before `until`.

        With `only_numbers` the rest stays: a message for the staff. An answer has nothing else worth keeping.
        """
        if self._recording and holds_card_number(heard.text):
            start, end = numbers_span(heard) if only_numbers else (0.0, seconds)
            self._recording.cut(until - seconds + start, until - seconds + end)

    async def keep(self, service: ConversationService, conversation: Conversation) -> None:
        """Into the evidence, by its hash; a recording that failed is noted as one that is not whole."""
        if self._recordings is None:
            return
        file, seconds, sha256, whole = "", 0.0, "", False
        if self._recording:
            try:
                kept = await asyncio.to_thread(self._recordings.close, self._recording)
                file, seconds, sha256, whole = kept.file, kept.seconds, kept.sha256, kept.whole
            except RecordingFailure:
                logger.exception("the recording of %s is lost or not whole", conversation.folio)
        await service.keep_recording(conversation.id, file, seconds, sha256, whole=whole)
