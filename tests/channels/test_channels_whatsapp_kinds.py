"""Kinds of messages of WhatsApp other than words and buttons: what is kept, what is read, what is answered."""

import io
from pathlib import Path
from typing import Any

import pytest
import soundfile
from live_application import until
from whatsapp_bench import Bench, Start

from channels.whatsapp_hearing import LONGEST_SECONDS, NotHeard, decoded
from conversation.conversation import State
from conversation.handoff import HandoffReason
from conversation.message import Reply
from conversation.ports import Answered, HandOff
from ledger.attachments import MAX_BYTES

pytest_plugins = ("whatsapp_fixtures",)
SPEECH = Path(__file__).resolve().parents[1] / "data" / "speech"
MODEL = Path(__file__).resolve().parents[1] / "data" / "vosk-model-es-sintetico"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
PDF = b"%PDF-1.7\n" + b"\0" * 64


def voice_note(name: str) -> bytes:
    """A recording as WhatsApp sends it: Ogg Opus, mono."""
    samples, rate = soundfile.read(SPEECH / f"{name}.wav", dtype="int16")
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="OGG", subtype="OPUS")
    return file.getvalue()


def test_a_voice_note_is_taken_as_words_and_kept(start: Start) -> None:
    with start(voice_model=str(MODEL), voice_test_model=True) as bench:
        phone, note = bench.phone(), voice_note("agent")
        phone.deliver(phone.file("audio", note, "audio/ogg; codecs=opus", voice=True))
        bench.hears(phone, "Le escucho.")
        assert [turn.text for turn in bench.engine.turns] == ["quiero hablar con una persona"]
        kept = bench.attachments.of_conversation(bench.conversation(phone).id)
        assert [one.kind for one in kept] == ["audio/ogg"] and bench.attachments.content(kept[0]) == note
        phone.deliver(phone.file("audio", voice_note("noise"), "audio/ogg; codecs=opus", voice=True))
        bench.hears(phone, "No pude escuchar su nota de voz")
        assert len(bench.engine.turns) == 1


def test_without_a_model_a_voice_note_is_kept_and_words_are_asked_for(bench: Bench) -> None:
    phone = bench.phone()
    phone.deliver(phone.file("audio", voice_note("agent"), "audio/ogg; codecs=opus", voice=True))
    answer = bench.hears(phone, "No pude escuchar su nota de voz")
    assert "911" in answer.text and bench.engine.turns == []
    assert "user: [Nota de voz]" in bench.transcript(phone)


def test_a_photo_and_its_caption(bench: Bench, tmp_path: Path) -> None:
    phone = bench.phone()
    phone.deliver(phone.file("image", PNG, "image/png", caption="¿esto qué significa?"))
    bench.hears(phone, "Le escucho.")
    assert [turn.text for turn in bench.engine.turns] == ["¿esto qué significa?"]
    (kept,) = bench.attachments.of_conversation(bench.conversation(phone).id)
    assert (kept.name, kept.kind, kept.size) == ("foto.png", "image/png", len(PNG))
    (file,) = (tmp_path / "attachments").iterdir()
    assert PNG not in file.read_bytes(), "encrypted at rest"
    assert "user: [Foto] foto.png" in bench.transcript(phone)


def test_a_caption_may_tell_of_an_emergency(bench: Bench) -> None:
    phone = bench.phone()
    phone.deliver(phone.file("image", PNG, "image/png", caption="mi papá se desmayó y no respira"))
    bench.hears(phone, "911")


def test_a_document_waits_for_the_agent_by_its_name(bench: Bench) -> None:
    phone = bench.phone()
    hand_off = {"replies": (Reply(text="Le comunico."),), "outcome": HandOff(reason=HandoffReason.USER_REQUEST)}
    bench.engine.will(Answered.model_validate(hand_off))
    phone.says("una persona")
    until(lambda: bench.conversations(phone) and bench.conversation(phone).state is State.QUEUED)
    phone.deliver(phone.file("document", PDF, "application/pdf", filename="../../mi alta.PDF"))
    bench.hears(phone, "La persona que le atienda lo verá")
    assert "user: [Documento] mi alta.pdf" in bench.transcript(phone)
    bench.desk().act(bench.conversation(phone).id, "take")
    bench.hears(phone, "Le atiende")
    before = len(phone.received())
    phone.deliver(phone.file("document", PDF + b"2", "application/pdf", filename="otro.pdf"))
    until(lambda: "user: [Documento] otro.pdf" in bench.transcript(phone))
    until(lambda: bench.inbox()[-1] == "done")
    assert len(phone.received()) == before, "while a person attends nobody else answers"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"MZ\x90\0" + b"\0" * 200, "Solo puedo guardar"), (b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_BYTES, "más de 10 MB")],
)
def test_what_may_not_be_kept_is_said(bench: Bench, content: bytes, says: str) -> None:
    phone = bench.phone()
    phone.deliver(phone.file("document", content, "application/pdf", filename="factura.pdf"))
    bench.hears(phone, says)
    assert bench.attachments.of_conversation(bench.conversation(phone).id) == []


def test_a_file_that_cannot_be_had_is_asked_for_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.whatsapp_graph.DOWNLOAD_PAUSE_SECONDS", 0.0)
    phone = bench.phone()
    delivery = phone.file("image", PNG, "image/png")
    bench.graph.media.clear()
    phone.deliver(delivery)
    bench.hears(phone, "No pude recibir su archivo")


def test_a_place_is_for_people(bench: Bench) -> None:
    phone = bench.phone()
    phone.deliver(phone.message("location", {"latitude": 19.4326, "longitude": -99.1332, "name": "Zócalo"}))
    bench.hears(phone, "solo puedo leer texto")
    assert "user: [Ubicación compartida] Zócalo (19.4326; -99.1332)" in bench.transcript(phone)


def test_a_reaction_asks_for_no_answer(bench: Bench) -> None:
    phone = bench.phone()
    phone.deliver(phone.message("reaction", {"message_id": "wamid.x", "emoji": "👍"}))
    phone.deliver(phone.message("revoke", {"original_message_id": "wamid.x"}))
    phone.deliver(phone.message("text", {"body": "en un grupo"}, group_id="Y2FwaV9ncm91cDox"))
    until(lambda: bench.inbox() == ["done"] * 2)
    assert bench.conversations(phone) == [] and bench.graph.attempts == 0


@pytest.mark.parametrize(
    ("kind", "content", "more"),
    [
        ("unsupported", {"type": "poll_creation"}, {"errors": [{"code": 131051, "title": "Unsupported"}]}),
        ("contacts", None, {"contacts": [{"name": {"formatted_name": "Ana"}}]}),
        ("order", {"catalog_id": "1"}, {}),
        ("text", {"body": "   "}, {}),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow"}}, {}),
        ("algo_nuevo", {"de": 2027}, {}),
    ],
)
def test_what_cannot_be_read_is_answered_honestly(
    bench: Bench, kind: str, content: dict[str, Any] | None, more: dict[str, Any]
) -> None:
    phone = bench.phone()
    phone.deliver(phone.message(kind, content, **more))
    bench.hears(phone, "No puedo leer ese tipo de mensaje")
    assert bench.engine.turns == []


def test_several_messages_and_statuses_in_one_delivery(bench: Bench) -> None:
    one, other = bench.phone(1), bench.phone(2)
    both = one.text("uno")
    both["entry"][0]["changes"].append(other.text("dos")["entry"][0]["changes"][0])
    both["entry"].append(one.text("tres")["entry"][0])
    for phone in (one, other):
        bench.graph.heard[phone.number] = 1e12
    assert one.deliver(both).status_code == 200
    until(lambda: bench.inbox() == ["done"] * 3)
    assert [line for line in bench.transcript(one) if line.startswith("user")] == ["user: uno", "user: tres"]
    assert "user: dos" in bench.transcript(other)


def test_sound_is_decoded_whatever_it_comes_as() -> None:
    assert len(decoded(voice_note("yes"))) == pytest.approx(0.8 * 32000, rel=0.2)
    for wrong in (b"", b"OggS" + b"\0" * 100, PNG):
        with pytest.raises(NotHeard):
            decoded(wrong)
    long = io.BytesIO()
    soundfile.write(long, [0.0] * int(8000 * (LONGEST_SECONDS + 1)), 8000, format="OGG", subtype="OPUS")
    with pytest.raises(NotHeard, match="s long"):
        decoded(long.getvalue())


def test_what_meta_leaves_empty_is_no_word(bench: Bench) -> None:
    phone = bench.phone()
    phone.deliver(phone.file("document", PDF, "application/pdf", caption=None, filename=None))
    bench.hears(phone, "Guardé lo que envió")
    assert bench.engine.turns == [] and not any("None" in line for line in bench.transcript(phone))
