"""Recordings: what is on disk after a call, a kill, a full disk, a cut, and a retention run."""

import hashlib
import io
import os
import resource
import subprocess
import sys
import wave
from array import array
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from voice.recording import FailureKind, Recording, RecordingFailure
from voice.recording_cipher import FRAME_BYTES as SECOND
from voice.recording_cipher import STORED_FRAME, SoundDamaged
from voice.recording_index import RecordingEntry, Recordings
from voice.recording_keys import KeyMissing, RecordingKeys
from voice.transport import FRAME_BYTES, SAMPLES_PER_FRAME

FOLIO = "VEN-20261015-0000042-7"
STARTED = datetime(2026, 10, 15, 15, 0, tzinfo=UTC)
CAMPAIGN, KEY = "cita_medica", "cita_medica_2026-10"
ROOT = bytes(range(32))


def frame(value: int) -> bytes:
    return array("h", [value] * SAMPLES_PER_FRAME).tobytes()


def store_in(folder: Path, root: bytes = ROOT) -> Recordings:
    return Recordings(folder, RecordingKeys(folder / "keys", root))


def wav_of(store: Recordings, entry: RecordingEntry) -> bytes:
    return b"".join(store.wav(entry).read())


def sides(store: Recordings, entry: RecordingEntry) -> tuple[list[int], list[int]]:
    """The first sample of each frame, left and right."""
    with wave.open(io.BytesIO(wav_of(store, entry))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = array("h", file.readframes(file.getnframes()))
    return list(both[0 :: 2 * SAMPLES_PER_FRAME]), list(both[1 :: 2 * SAMPLES_PER_FRAME])


def talk(recording: Recording, frames: int) -> None:
    """Both sides, frame by frame: the caller 1, 2, 3…, the bot -1, -2, -3…"""
    for number in range(1, frames + 1):
        recording.caller(frame(number))
        recording.bot(frame(-number))


def recorded(store: Recordings, frames: int = 120, folio: str = FOLIO, started: datetime = STARTED) -> RecordingEntry:
    recording = store.open(folio, CAMPAIGN, started)
    talk(recording, frames)
    return store.close(recording)


def test_both_sides_are_there_and_found_by_folio(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    entry = recorded(store)
    left, right = sides(store, entry)
    assert left == list(range(1, 121))
    assert right == [-number for number in left]
    assert (entry.folio, entry.started, entry.seconds, entry.whole) == (FOLIO, STARTED, 2.4, True)
    assert store.path(entry).stat().st_mode & 0o777 == 0o600
    assert store_in(tmp_path).of(FOLIO) == store.of(FOLIO) == (entry,)
    assert store.of("VEN-20261015-0000043-5") == ()
    assert store.intact(entry)
    store.path(entry).write_bytes(b"changed")
    assert not store.intact(entry)


def test_a_call_that_comes_back_has_a_second_recording(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = recorded(store, 5), recorded(store, 6)
    assert store.of(FOLIO) == (first, second)
    assert first.file != second.file


def test_nothing_the_caller_says_is_lost_while_the_bot_stands_still(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    recording = store.open(FOLIO, CAMPAIGN, STARTED)
    for number in range(1, 101):
        recording.caller(frame(number))
    recording.bot(frame(-1))
    left, right = sides(store, store.close(recording))
    assert left == list(range(1, 101))
    assert [value for value in right if value] == [-1]


def test_the_bot_is_recorded_while_the_caller_sends_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    recording = store.open(FOLIO, CAMPAIGN, STARTED)
    for number in range(1, 61):
        recording.bot(frame(-number))
    left, right = sides(store, store.close(recording))
    assert left == [0] * 60 and right == [-number for number in range(1, 61)]


@pytest.mark.parametrize("folio", ["", "../secreto", "a/b", "VEN 1"])
def test_a_folio_that_would_leave_the_folder_is_refused(tmp_path: Path, folio: str) -> None:
    with pytest.raises(ValueError):
        store_in(tmp_path).open(folio, CAMPAIGN, STARTED)


KILLED = """
import os, signal, sys, time
from datetime import datetime, UTC
from pathlib import Path
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys
folder = Path(sys.argv[1])
store = Recordings(folder, RecordingKeys(folder / "keys", bytes(range(32))))
recording = store.open(sys.argv[2], "cita_medica", datetime(2026, 10, 15, 15, 0, tzinfo=UTC))
for number in range(175):
    recording.caller(bytes([1]) * 320)
    recording.bot(bytes([2]) * 320)
while recording.path.stat().st_size < 3 * 32032:
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("torn", [0, 3, 100, 20_000])
def test_a_killed_process_leaves_its_whole_seconds_and_is_entered_at_start(tmp_path: Path, torn: int) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), FOLIO], timeout=60, check=False)
    assert killed.returncode == -9
    [path] = tmp_path.glob("*/*.vrec")
    with path.open("ab") as file:  # the next second reached the disk in part
        file.write(os.urandom(torn))
    store = store_in(tmp_path)
    [entry] = store.repair()
    assert (entry.folio, entry.started, entry.seconds, entry.whole) == (FOLIO, STARTED, 3.0, False)
    left, right = sides(store, entry)
    assert left == [0x0101] * 150 and right == [0x0202] * 150
    assert store.of(FOLIO) == (entry,) and store.intact(entry)
    assert store.repair() == ()


def test_a_second_that_was_being_silenced_when_the_process_died_becomes_silence(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), FOLIO], timeout=60, check=False).returncode
    [path] = tmp_path.glob("*/*.vrec")
    with path.open("r+b") as file:
        file.seek(STORED_FRAME + 1000)
        file.write(os.urandom(500))
    store = store_in(tmp_path)
    [entry] = store.repair()
    assert sides(store, entry)[0] == [0x0101] * 50 + [0] * 50 + [0x0101] * 50


def test_what_is_no_recording_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "2026-10-15").mkdir()
    path = tmp_path / "2026-10-15" / f"{FOLIO}_20261015T150000Z.vrec"
    for content in (b"", b"RIFF", b"VENREC1\n" + bytes(100)):
        path.write_bytes(content)
        assert store_in(tmp_path).repair() == () and path.read_bytes() == content


def test_a_torn_line_of_the_index_costs_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = recorded(store, 5)
    index = tmp_path / "index.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole + whole[:40])
    second = recorded(store, 6)
    assert store_in(tmp_path).of(FOLIO) == (first, second)


def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    recording = store.open(FOLIO, CAMPAIGN, STARTED)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, hard))  # the kernel then refuses, as a full disk does
    try:
        talk(recording, 500)
        recording.cut(0.0, 0.1)
        entry = store.close(recording)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert recording.failure is not None and recording.failure.kind is FailureKind.DISK_FULL
    assert recording.seconds == 10.0
    assert (entry.whole, entry.seconds) == (False, 2.0)
    left, _ = sides(store, entry)
    assert left[:5] == [0] * 5 and left[5:100] == list(range(6, 101))


def test_a_folder_that_cannot_be_written_is_a_failure_with_a_kind(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file where the folder should be")
    with pytest.raises(RecordingFailure) as refused:
        Recordings(tmp_path / "recordings", RecordingKeys(tmp_path / "keys", ROOT)).open(FOLIO, CAMPAIGN, STARTED)
    assert refused.value.kind is FailureKind.DISK


def test_a_span_is_cut_during_the_call(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    recording = store.open(FOLIO, CAMPAIGN, STARTED)
    talk(recording, 75)
    recording.cut(1.0, 1.2)
    talk(recording, 5)
    recording.cut(99.0, 100.0)  # not recorded yet: nothing to cut
    left, right = sides(store, store.close(recording))
    assert left == [*range(1, 51), *[0] * 10, *range(61, 76), *range(1, 6)]
    assert right == [-value for value in left]


def test_a_span_is_cut_after_the_call_and_the_hash_follows(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    before = recorded(store, 20)
    after = store.cut(before, 0.1, 0.2)
    assert sides(store, after)[0] == [*range(1, 6), *[0] * 5, *range(11, 21)]
    assert after.cuts == ((0.1, 0.2),) and after.sha256 != before.sha256
    assert store_in(tmp_path).of(FOLIO) == (after,)
    assert store.intact(after) and not store.intact(before)


def test_nothing_of_the_sound_can_be_read_on_the_disk(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    entry = recorded(store, 100)
    stored = store.path(entry).read_bytes()
    assert frame(7) not in stored and bytes(64) not in stored and CAMPAIGN.encode() in stored
    assert hashlib.sha256(stored).hexdigest() == entry.sha256, "compared without a key"
    assert entry.key == KEY and (tmp_path / "keys" / f"{KEY}.salt").stat().st_mode & 0o777 == 0o600
    again = recorded(store, 100)
    assert store.path(again).read_bytes()[len(stored) // 2 :] != stored[len(stored) // 2 :], "no two files share a key"


def test_any_part_can_be_read_by_itself(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    entry = recorded(store, 130)
    whole = wav_of(store, entry)
    assert len(whole) == store.wav(entry).length == 44 + 130 * 640
    places = [
        0,
        1,
        43,
        44,
        45,
        44 + SECOND - 1,
        44 + SECOND,
        44 + SECOND + 1,
        44 + 2 * SECOND,
        len(whole) - 1,
        len(whole),
    ]
    for start in places:
        for end in places:
            if start <= end:
                assert b"".join(store.wav(entry).read(start, end)) == whole[start:end], (start, end)


def test_a_frame_that_was_changed_moved_or_taken_away_is_noticed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    entry, other = recorded(store, 150), recorded(store, 150)
    path, whole = store.path(entry), store.path(entry).read_bytes()
    header = len(whole) - 3 * STORED_FRAME - 32  # three whole seconds, and a final frame without sound
    first, second = (whole[header + place * STORED_FRAME :][:STORED_FRAME] for place in (0, 1))
    rest = whole[header + 2 * STORED_FRAME :]
    foreign = store.path(other).read_bytes()[header : header + STORED_FRAME]
    damaged = {
        "a bit": whole[: header + 5000] + bytes([whole[header + 5000] ^ 1]) + whole[header + 5001 :],
        "order": whole[:header] + second + first + rest,
        "a second": whole[:header] + first + rest,
        "the end": whole[: header + 2 * STORED_FRAME],
        "half a second": whole[:-20_000],
        "another file's": whole[:header] + foreign + second + rest,
        "another id": whole[: header - 1] + bytes([whole[header - 1] ^ 1]) + whole[header:],
        "no header": whole[:20],
    }
    for name, content in damaged.items():
        path.write_bytes(content)
        with pytest.raises(SoundDamaged):
            pytest.fail(f"{name}: {len(wav_of(store, entry))} bytes were read")
        assert not store.intact(entry)
    path.write_bytes(whole)
    assert len(wav_of(store, entry)) == 44 + 150 * 640


def test_a_recording_cannot_pass_for_another_folios(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    mine, other = recorded(store, 60), recorded(store, 60, folio="VEN-20261015-0000043-5")
    store.path(mine).write_bytes(store.path(other).read_bytes())
    with pytest.raises(SoundDamaged):
        wav_of(store, mine)


def test_without_the_root_or_the_months_key_nothing_is_read(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    entry = recorded(store, 60)
    with pytest.raises(SoundDamaged):
        wav_of(store_in(tmp_path, bytes(32)), entry)
    store.keys.destroy(KEY)
    with pytest.raises(KeyMissing):
        store.wav(entry)
    assert store.intact(entry), "the hash is still compared"
    with pytest.raises(SoundDamaged):
        recorded(store, 5)  # the month begins anew, under another key
        wav_of(store, entry)


def test_a_campaign_that_would_leave_the_folder_of_keys_is_refused(tmp_path: Path) -> None:
    for campaign in ("../x", "", "Cita"):
        with pytest.raises(ValueError):
            store_in(tmp_path).open(FOLIO, campaign, STARTED)
    with pytest.raises(KeyMissing):
        store_in(tmp_path).keys.find("../../etc_2026-10")


def test_a_root_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        RecordingKeys(tmp_path, b"short")


def test_erasing_takes_the_sound_and_keeps_that_it_was(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    old = recorded(store, 5, started=STARTED - timedelta(days=31))
    kept = recorded(store, 5, folio="VEN-20261015-0000043-5")
    store.erase(old, STARTED)
    assert not store.path(old).exists() and store.path(kept).exists()
    again = store_in(tmp_path)
    assert again.of(FOLIO) == () and again.all() == (kept,) and again.repair() == ()
    assert old.sha256 in (tmp_path / "index.jsonl").read_text()


def test_the_key_of_a_month_goes_with_its_last_recording_and_takes_the_backups_along(tmp_path: Path) -> None:
    store, afterwards = store_in(tmp_path), STARTED + timedelta(days=40)
    first, second = recorded(store, 5), recorded(store, 5, folio="VEN-20261015-0000043-5")
    backup = store.path(first).read_bytes()
    store.erase(first, afterwards)
    assert store.destroy_keys(afterwards) == (), "the second one is still under it"
    store.erase(second, afterwards)
    assert store.destroy_keys(STARTED + timedelta(days=17)) == (), "the month has only just ended"
    assert store.destroy_keys(afterwards) == (KEY,) and store.keys.names() == ()
    store.path(first).write_bytes(backup)
    with pytest.raises(KeyMissing):
        store.wav(first)


def test_a_frame_is_what_the_telephone_gives() -> None:
    assert len(frame(1)) == FRAME_BYTES
