"""A real telephone: baresip without a sound card. It plays a file into the call and records what it hears.

Driven through its module ctrl_tcp: JSON in netstrings, `{"command": "dial", "params": "sip:..."}`.
"""

import asyncio
import json
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

SAMPLE_RATE = 8000
_MODULES = "/usr/lib/baresip/modules"
_CALL_SECONDS = 180
"""Silence after what is said: when the file that it plays ends, baresip hangs up."""
_CONFIG = """\
sip_listen {host}:{sip_port}
rtp_ports {rtp_port}-{rtp_end}
audio_source aufile,{says}
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {records}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control_port}
"""


class SipTelephone:
    """One baresip; `SipTelephone.on(...)` starts and ends it."""

    def __init__(self, folder: Path, control: tuple[Any, Any]) -> None:
        self._folder = folder
        self._reader, self._writer = control
        self.events: list[str] = []
        """What baresip told, such as CALL_ESTABLISHED and CALL_CLOSED."""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    @asynccontextmanager
    async def on(cls, folder: Path, number: str, ports: int) -> AsyncIterator[Self]:
        """A telephone with this number, whose user says nothing until `say`.

        `ports` is the first of twenty: of SIP and its TLS, its control, and ten for RTP.
        """
        sip_port, control_port, rtp_port = ports, ports + 2, ports + 4
        records = folder / "records"
        records.mkdir(parents=True)
        says = spoken_file(folder / "silence.wav", b"")
        settings = _CONFIG.format(
            host="127.0.0.1", sip_port=sip_port, control_port=control_port, rtp_port=rtp_port, rtp_end=rtp_port + 10,
            says=says, records=records, modules=_MODULES,
        )  # fmt: skip
        (folder / "config").write_text(settings)
        (folder / "accounts").write_text(f"<sip:{number}@127.0.0.1;transport=udp>;regint=0;audio_codecs=pcmu\n")
        (folder / "contacts").touch()  # without it baresip writes an example with people of its own
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            telephone = cls(folder, await _connected(control_port, process, folder / "log"))
            yield telephone
            telephone._listening.cancel()
            telephone._writer.close()
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    def dial(self, number: str, exchange_port: int) -> None:
        """Call a number by way of the exchange."""
        self._order("dial", f"sip:{number}@127.0.0.1:{exchange_port}")

    def say(self, pcm: bytes) -> None:
        """Say this now, in the call; 8 kHz, 16-bit, mono."""
        file = spoken_file(self._folder / f"says-{len(list(self._folder.glob('says-*')))}.wav", pcm)
        self._order("ausrc", f"aufile,{file}")

    def press(self, key: str) -> None:
        """Press one key and let go of it."""
        self._order("sndcode", key)

    def hang_up(self) -> None:
        """End the call."""
        self._order("hangup", "")

    async def told(self, event: str, within_s: float = 30.0) -> None:
        """Wait until baresip tells this. Raises TimeoutError."""
        await _until(lambda: event in self.events, within_s, lambda: f"no {event}, only {self.events}")

    def heard(self) -> bytes:
        """Everything received so far in the call, from baresip's own recording, which it writes as it goes."""
        recordings = sorted((self._folder / "records").glob("dump-*-dec.wav"))
        return recordings[-1].read_bytes()[44:] if recordings else b""

    def _order(self, command: str, parameters: str) -> None:
        order = json.dumps({"command": command, "params": parameters}).encode()
        self._writer.write(b"%d:%s," % (len(order), order))

    async def _listen(self) -> None:
        with suppress(asyncio.IncompleteReadError):  # the program has ended
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                told = json.loads((await self._reader.readexactly(length + 1))[:-1])
                if told.get("event"):
                    self.events.append(told["type"])


def spoken_file(path: Path, pcm: bytes) -> Path:
    """A file that baresip plays: the sound, then silence for the rest of any call."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm + bytes(2 * SAMPLE_RATE * _CALL_SECONDS))
    return path


async def _connected(
    port: int, process: asyncio.subprocess.Process, log: Path
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(200):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if process.returncode is not None:
                break
            await asyncio.sleep(0.05)
    raise AssertionError(f"baresip did not start: {log.read_text(errors='replace')[-800:]}")


async def _until(true: Callable[[], bool], within_s: float, otherwise: Callable[[], str]) -> None:
    for _ in range(int(within_s / 0.05)):
        if true():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(otherwise())
