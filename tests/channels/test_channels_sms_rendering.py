"""What a turn looks like as an SMS, and what it costs."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms_rendering import Encoding, cheapest, measured, plainly, render
from conversation.message import Choice, Document, Message, Sender

YES_NO = (Choice(id="answer:yes", title="Sí", key="1"), Choice(id="answer:no", title="No", key="2"))


def said(text: str, *choices: Choice, sender: Sender = Sender.BOT, document: Document | None = None) -> Message:
    at = datetime(2026, 10, 15, tzinfo=UTC)
    return Message(id="1", sender=sender, text=text, choices=choices, document=document, at=at)


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("a" * 160, Encoding.GSM7, 1),
        ("a" * 161, Encoding.GSM7, 2),
        ("a" * 306, Encoding.GSM7, 2),
        ("a" * 307, Encoding.GSM7, 3),
        ("¿Mañana? ¡Sé!", Encoding.GSM7, 1),
        ("€" * 80, Encoding.GSM7, 1),
        ("€" * 81, Encoding.GSM7, 2),
        ("€" * 153, Encoding.GSM7, 3),  # 76 of two units in a part of 153: none is parted
        ("í" * 70, Encoding.UCS2, 1),
        ("í" * 71, Encoding.UCS2, 2),
        ("í" * 135, Encoding.UCS2, 3),
        ("😀" * 35, Encoding.UCS2, 1),
        ("😀" * 36, Encoding.UCS2, 2),
        ("si\u0301", Encoding.UCS2, 1),
    ],
)
def test_segments_are_counted_as_the_network_does(text: str, encoding: Encoding, segments: int) -> None:
    sms = measured(text)
    assert (sms.encoding, sms.segments) == (encoding, segments)


def test_accents_go_only_where_they_would_cost_a_segment() -> None:
    short, long = "Su cita está confirmada.", "Su cita está confirmada para el día y la hora que se indican. " * 2
    assert cheapest(short).text == short
    plain = cheapest(long)
    assert plain.encoding is Encoding.GSM7 and plain.segments == 1 and "esta confirmada para el dia" in plain.text


def test_what_has_no_likeness_stays() -> None:
    assert plainly("Elija «sí» — ¿mañana?…") == 'Elija "si" - ¿mañana?...'
    assert plainly("日") == "日"


def test_options_are_answered_by_number() -> None:
    sms = render([said("mi cita", sender=Sender.USER), said("¿Confirma su cita?", *YES_NO)])
    assert sms is not None and sms.text == "¿Confirma su cita?\nResponda 1 Sí, 2 No."
    many = tuple(Choice(id=str(number), title="Medicina Familiar") for number in range(1, 6))
    listed = render([said("Elija", *many)])
    assert listed is not None and "Responda con el numero:\n1 Medicina Familiar\n2 Medicina" in listed.text


def test_a_page_is_its_address_alone() -> None:
    page = Document(title="Trámite en línea", url="https://www.imss.gob.mx/t")
    own = Document(title="Aviso", url="/aviso")
    sms = render([said("Por internet:", document=page), said("Aviso:", document=own)], site="https://chat.example/")
    assert sms is not None
    assert sms.text == "Por internet:\nhttps://www.imss.gob.mx/t\nAviso:\nhttps://chat.example/aviso"
    without = render([said("Aviso:", document=own)])
    assert without is not None and without.text == "Aviso:"
    assert render([]) is None


@given(st.text(alphabet="aéíñ€😀«[ ", max_size=500))
def test_the_cheapest_is_never_dearer_and_segments_hold_the_text(text: str) -> None:
    whole, best = measured(text), cheapest(text)
    assert best.segments <= whole.segments
    units = {Encoding.GSM7: 160, Encoding.UCS2: 70}[best.encoding]
    assert best.segments >= len(best.text) / units
