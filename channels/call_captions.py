"""What is said in a call, as it is written, for whoever calls from a page and reads along; nothing on the telephone."""

from collections.abc import Mapping, Sequence

from channels.voice_words import written_out
from conversation.message import Message
from voice.transport import CallTransport, ShowsWords


class Captions:
    """The captions of one call."""

    def __init__(self, transport: CallTransport, prompts: Mapping[str, str]) -> None:
        self._page = transport if isinstance(transport, ShowsWords) else None
        self._prompts = prompts

    def show(self, before: str, messages: Sequence[Message] = (), after: str = "") -> None:
        """Messages between two prompts of the call, each by its name, if there is one."""
        if self._page is None:
            return
        written = (self._prompts.get(before, ""), *map(written_out, messages), self._prompts.get(after, ""))
        for text in filter(None, written):
            self._page.caption(text)
