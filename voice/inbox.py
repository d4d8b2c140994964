"""What came from a caller and has not been read yet: whole frames, keys, the end. Every transport keeps one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from voice.transport import FRAME_BYTES, AudioFrame, HungUp, Inbound, KeyPressed

KEYS = frozenset("0123456789*#ABCD")


class Inbox:
    """For one reader. One that is late loses the oldest sound, never a key."""

    def __init__(self, most_unread: int) -> None:
        """`most_unread`: events kept for a reader that is late, sound of 20 ms as a rule."""
        self._most_unread = most_unread
        self._unread: deque[Inbound] = deque()
        self._arrived = asyncio.Event()
        self._partial = bytearray()
        self.ended = ""
        """Why the call is over; empty while it goes on."""
        self.lost_frames = 0
        """Frames of the caller that nobody read in time."""

    async def events(self) -> AsyncIterator[Inbound]:
        """Everything, in order; ends after `HungUp`."""
        while True:
            while self._unread:
                event = self._unread.popleft()
                yield event
                if isinstance(event, HungUp):
                    return
                if self._unread:
                    await asyncio.sleep(0)  # what has piled up is heard frame by frame: sound goes out in between
            self._arrived.clear()
            await self._arrived.wait()

    def sound(self, pcm: bytes) -> None:
        """More of the caller's sound, cut anywhere, even in the middle of a sample; the next part goes on there."""
        self._partial += pcm
        whole = len(self._partial) // FRAME_BYTES * FRAME_BYTES
        for place in range(0, whole, FRAME_BYTES):
            self._add(AudioFrame(bytes(self._partial[place : place + FRAME_BYTES])))
        del self._partial[:whole]

    def key(self, digit: str) -> None:
        """A key that was pressed; whatever no telephone has is ignored."""
        if digit.upper() in KEYS:
            self._add(KeyPressed(digit.upper()))

    def end(self, reason: str) -> None:
        """The call is over. Told once; nothing is taken after it."""
        if not self.ended:
            self.ended = reason
            self._unread.append(HungUp(reason))
            self._arrived.set()

    def _add(self, event: Inbound) -> None:
        if self.ended:
            return
        if len(self._unread) >= self._most_unread:
            stale = next((one for one in self._unread if isinstance(one, AudioFrame)), None)
            if stale is None:
                return  # a flood of keys from a caller nobody reads: no telephone does that
            self._unread.remove(stale)
            self.lost_frames += 1
        self._unread.append(event)
        self._arrived.set()
