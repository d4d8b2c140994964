"""Interactions by folio: who sees what masked, opens originals with a reason, hears recordings; all of it is logged."""

import io
import wave
from datetime import timedelta

import pytest
from admin_room import Browser, LogIn, Room
from synthetic_months import MONTH, SAID, add_call, add_interactions

from admin.byte_ranges import wanted_range

PAGE = "/admin/interactions"
REASON = "Queja 118: verificar el NSS dictado"


@pytest.fixture
def folio(room: Room) -> str:
    return add_call(room.record, room.recordings)


def lines(room: Room, action: str) -> list[tuple[str, str | None, str]]:
    """Who did it, to which folio, with which result; the newest first."""
    return [(one.actor, one.folio, one.result) for one in room.log.entries(action=action)]


def test_it_is_found_by_folio_and_never_by_what_stands_in_an_address(room: Room, log_in: LogIn, folio: str) -> None:
    carla = log_in("carla")
    assert folio in carla.get(PAGE).text
    assert carla.post(PAGE, {"folio": f" {folio.lower()} "}).headers["location"] == f"{PAGE}/{folio}"
    mistaken = carla.post(PAGE, {"folio": "00058500018"})
    assert mistaken.status_code == 422 and "Escriba el folio completo" in mistaken.text
    assert carla.get(f"{PAGE}/VEN-20261015-0000099-1").status_code == 404
    assert carla.get(f"{PAGE}/00058500018").status_code == 404
    page = carla.get(f"{PAGE}/{folio}").text
    assert "*******0018" in page and "00058500018" not in page and "******1234" in page
    assert lines(room, "interaction_seen") == [("carla", folio, "done")]


def test_another_campaigns_interaction_stays_closed(room: Room, log_in: LogIn, folio: str) -> None:
    ciro = log_in("ciro")
    assert folio not in ciro.get(PAGE).text
    for path in ("", "/recordings/1", "/recordings/1/file"):
        assert ciro.get(f"{PAGE}/{folio}{path}").status_code == 403
    assert ciro.post(f"{PAGE}/{folio}/originals", {"reason": REASON}).status_code == 403
    assert room.log.entries(folio=folio) == [], "nothing was shown, and nothing was logged as shown"


def test_a_reviewer_opens_what_is_in_a_sample_and_nothing_else(room: Room, log_in: LogIn, folio: str) -> None:
    eva = log_in("eva")
    assert eva.get(f"{PAGE}/{folio}").status_code == 403
    [sampled] = add_interactions(room.record, 1)
    draw = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "size": "5", "seed": "1"}
    assert eva.post("/admin/samples", draw).status_code == 303
    assert eva.get(f"{PAGE}/{sampled}").status_code == 200
    assert eva.get(PAGE).status_code == 403
    assert lines(room, "sample_drawn") == [("eva", None, "done")]


def test_originals_are_opened_with_a_reason_that_is_logged_first(room: Room, log_in: LogIn, folio: str) -> None:
    sara, tomas = log_in("sara"), log_in("tomas")
    assert "Ver sin máscara" in sara.get(f"{PAGE}/{folio}").text
    assert "Ver sin máscara" not in tomas.get(f"{PAGE}/{folio}").text
    assert tomas.post(f"{PAGE}/{folio}/originals", {"reason": REASON}).status_code == 403
    for reason in ("", "porque sí", "x" * 301):
        refused = sara.post(f"{PAGE}/{folio}/originals", {"reason": reason})
        assert refused.status_code == 422 and "Escriba para qué" in refused.text and "00058500018" not in refused.text
    assert lines(room, "unmasked") == []
    shown = sara.post(f"{PAGE}/{folio}/originals", {"reason": f"{REASON} 00058500018"})
    assert shown.status_code == 200 and SAID in shown.text and "sin máscara.</strong>" in shown.text
    [line] = room.log.entries(action="unmasked")
    assert (line.actor, line.role, line.folio, line.campaign) == ("sara", "supervisor", folio, "derechohabiente")
    assert line.reason == f"{REASON} *******0018"
    assert SAID not in sara.get(f"{PAGE}/{folio}").text, "the next view is masked again"


def test_when_the_log_cannot_be_written_nothing_is_shown(room: Room, log_in: LogIn, folio: str) -> None:
    sara = log_in("sara")
    with room.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'x'); END")
    for ask in (
        lambda: sara.get(f"{PAGE}/{folio}"),
        lambda: sara.post(f"{PAGE}/{folio}/originals", {"reason": REASON}),
        lambda: sara.get(f"{PAGE}/{folio}/recordings/1"),
    ):
        with pytest.raises(Exception, match="IntegrityError"):
            ask()


def test_a_recording_is_heard_in_stereo_from_any_place(room: Room, log_in: LogIn, folio: str) -> None:
    sara, path = log_in("sara"), f"{PAGE}/{folio}/recordings/1"
    assert f'<audio controls controlslist="nodownload" preload="none" src="{path}"' in sara.get(f"{PAGE}/{folio}").text
    whole = sara.get(path)
    assert (whole.status_code, whole.headers["content-type"], whole.headers["accept-ranges"]) == (
        200, "audio/wav", "bytes",
    )  # fmt: skip
    with wave.open(io.BytesIO(whole.content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 16_000)
    length = len(whole.content)
    for header, start, end in (
        ("bytes=0-", 0, length), ("bytes=100-199", 100, 200), ("bytes=40000-", 40_000, length),
        ("bytes=-10", length - 10, length), (f"bytes={length - 1}-{length + 5}", length - 1, length),
    ):  # fmt: skip
        part = sara.get(path, headers={"Range": header})
        assert part.status_code == 206 and part.content == whole.content[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{length}"
    beyond = sara.get(path, headers={"Range": f"bytes={length}-"})
    assert beyond.status_code == 416 and beyond.headers["content-range"] == f"bytes */{length}"
    assert sara.get(path, headers={"Range": "bytes=0-1,5-6"}).status_code == 200
    for number in (0, 2, -1):
        assert sara.get(f"{PAGE}/{folio}/recordings/{number}").status_code == 404
    assert sara.get(f"{PAGE}/{folio}/recordings/uno").status_code == 422


def test_every_listening_is_logged_once_however_often_somebody_seeks(room: Room, log_in: LogIn, folio: str) -> None:
    sara, path = log_in("sara"), f"{PAGE}/{folio}/recordings/1"
    sara.get(path, headers={"Range": "bytes=50000-"})
    assert lines(room, "recording_heard") == [("sara", folio, "done")], "who skips the beginning is logged too"
    sara.get(path, headers={"Range": "bytes=100-"})
    assert len(lines(room, "recording_heard")) == 1
    sara.get(path, headers={"Range": "bytes=0-"})
    assert len(lines(room, "recording_heard")) == 2
    log_in("aura").get(path, headers={"Range": "bytes=100-"})
    assert lines(room, "recording_heard")[0] == ("aura", folio, "done"), "another person's listening is another one"
    room.now[0] += timedelta(minutes=20)
    sara.get(path, headers={"Range": "bytes=100-"})
    assert len(lines(room, "recording_heard")) == 4
    [entry] = room.recordings.of(folio)
    assert {(one.object, one.after_sha256) for one in room.log.entries(action="recording_heard")} == {
        (entry.file, entry.sha256)
    }


def test_only_some_may_take_it_home(room: Room, log_in: LogIn, folio: str) -> None:
    carla, sara = log_in("carla"), log_in("sara")
    assert "Descargar" in carla.get(f"{PAGE}/{folio}").text and "Descargar" not in sara.get(f"{PAGE}/{folio}").text
    assert sara.get(f"{PAGE}/{folio}/recordings/1/file").status_code == 403
    taken = carla.get(f"{PAGE}/{folio}/recordings/1/file")
    assert taken.content == sara.get(f"{PAGE}/{folio}/recordings/1").content
    assert taken.headers["content-disposition"] == f'attachment; filename="{folio}-1.wav"'
    assert lines(room, "recording_downloaded") == [("carla", folio, "done")]
    for nobody in ("tomas", "oscar"):
        assert "<audio" not in log_in(nobody).get(f"{PAGE}/{folio}").text


@pytest.mark.parametrize("damage", ["cut short", "changed", "key destroyed", "gone"])
def test_a_recording_that_cannot_be_opened_says_so_and_is_logged(
    room: Room, log_in: LogIn, folio: str, damage: str
) -> None:
    [entry] = room.recordings.of(folio)
    path = room.recordings.path(entry)
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "changed":
        path.write_bytes(b"VENREC1\n" + bytes(1000))
    elif damage == "gone":
        path.unlink()
    else:
        room.recordings.keys.destroy(entry.key)
    answer = log_in("sara").get(f"{PAGE}/{folio}/recordings/1")
    assert answer.status_code == 503 and "no se puede abrir" in answer.text
    assert lines(room, "recording_heard") == [("sara", folio, "failed")]


def test_who_may_read_the_log_reads_it(room: Room, log_in: LogIn, folio: str) -> None:
    add_interactions(room.record, 1, "cita_medica")
    other = next(
        one for one in log_in("ciro").get(PAGE).text.split('href="/admin/interactions/')[1:]
    ).split('"')[0]  # fmt: skip
    log_in("ciro").get(f"{PAGE}/{other}")
    log_in("sara").post(f"{PAGE}/{folio}/originals", {"reason": "<b>" + REASON})
    carla, aura = log_in("carla").get("/admin/audit").text, log_in("aura").get("/admin/audit").text
    assert folio in carla and "&lt;b&gt;Queja 118" in carla and "Supervisor" in carla
    assert other not in carla and "Entró" not in carla.split("<tbody>")[1], "what is of no campaign is not its business"
    assert folio in aura and other in aura and "Entró" in aura.split("<tbody>")[1]
    only = log_in("aura").get(f"/admin/audit?folio={folio}").text.split("<tbody>")[1]
    assert folio in only and other not in only
    kind = log_in("aura").get("/admin/audit?kind=unmasked").text.split("<tbody>")[1]
    assert "Vio los datos sin máscara" in kind and "Entró" not in kind
    assert log_in("aura").get("/admin/audit?kind=nada&folio=00058500018&before=1").status_code == 200


def test_a_long_log_is_read_page_by_page(room: Room, log_in: LogIn, folio: str) -> None:
    carla: Browser = log_in("carla")
    for _ in range(103):
        carla.get(f"{PAGE}/{folio}")
    first = carla.get("/admin/audit").text
    assert "Anteriores" in first and first.count("<tr>") == 101
    older = carla.get(first.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")).text
    assert older.count("<tr>") == 4 and "Anteriores" not in older


def test_coming_and_going_are_logged_without_what_was_typed(room: Room, log_in: LogIn) -> None:
    eva = log_in("eva")
    eva.post("/admin/logout")
    client = room.client()
    token = client.get("/admin/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    for username in ("eva", "una-contraseña-en-el-campo-equivocado"):
        form = {"username": username, "password": "no es", "csrf_token": token}
        assert client.post("/admin/login", data=form).status_code == 401
    told = [(one.action, one.actor, one.role, one.result) for one in reversed(room.log.entries())]
    assert told == [
        ("log_in", "eva", "evaluador", "done"), ("log_out", "eva", "evaluador", "done"),
        ("log_in_refused", "eva", "", "refused"), ("log_in_refused", "desconocido", "", "refused"),
    ]  # fmt: skip
    assert room.log.entries()[0].ip and room.log.verify().problem is None


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None), ("", None), ("bytes=5-2", None), ("bytes=a-b", None), ("items=0-1", None), ("bytes=-", None),
        ("bytes=0-0", (0, 1)), ("bytes = 3 - 4", (3, 5)), ("bytes=-100", (0, 10)), ("bytes=9-", (9, 10)),
    ],
)  # fmt: skip
def test_ranges_are_those_of_the_standard(header: str | None, part: tuple[int, int] | None) -> None:
    assert wanted_range(header, 10) == part
