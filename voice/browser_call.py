"""A call from the web page: sound as 8 kHz 16-bit little-endian mono both ways, everything else as JSON.

page -> {"type": "key", "digit"} | {"type": "hangup"}
us   -> {"type": "caption", "text"} | {"type": "flush"}, and at the end what `goodbye` holds
The page resamples (web/static/call_worklet.js); what comes may be cut anywhere.
"""

import json

from voice.websocket_call import BadMessage, WebSocketCall


class BrowserCall(WebSocketCall):
    """One call over an accepted web socket that has shown its token."""

    def caption(self, text: str) -> None:
        """What is about to be said, for who cannot hear it."""
        if not self._inbox.ended:
            self._tell(json.dumps({"type": "caption", "text": text}, ensure_ascii=False))

    def flush(self) -> None:
        """The caller interrupts: the page, too, holds some sound against the jitter of the network."""
        self._drop_unsent_sound()
        if not self._inbox.ended:
            self._tell('{"type": "flush"}')

    def _control(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        match message:
            case {"type": "key", "digit": str(digit)}:
                self._inbox.key(digit)
            case {"type": "hangup"}:
                self._end("the caller hung up")
            case _:
                raise BadMessage("text that is no message of the page")
