"""What a turn looks like on WhatsApp: few messages, within Meta's limits, and nothing lost."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.cutting import pieces, shortened
from channels.whatsapp_rendering import (
    BY_NUMBER,
    MAX_BODY,
    MAX_BUTTON_TITLE,
    MAX_BUTTONS,
    MAX_ROW_DESCRIPTION,
    MAX_ROW_TITLE,
    MAX_ROWS,
    MAX_TEXT,
    SHORT_BODY,
    WhatsAppButton,
    WhatsAppButtons,
    WhatsAppLink,
    WhatsAppList,
    WhatsAppMessage,
    WhatsAppRow,
    WhatsAppText,
    render,
)
from conversation.choices import chosen
from conversation.message import Choice, Document, IncomingMessage, Message, Sender

YES_NO = (Choice(id="answer:yes", title="Sí", key="1"), Choice(id="answer:no", title="No", key="2"))
PERSON = Choice(id="hablar_con_agente", title="Hablar con una persona", key="0")
SITE = "https://chat.example"


def said(text: str, *choices: Choice, sender: Sender = Sender.BOT, document: Document | None = None) -> Message:
    at = datetime(2026, 10, 15, tzinfo=UTC)
    return Message(id="1", sender=sender, text=text, choices=choices, document=document, at=at)


def menu(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(id=f"t{place}", title=title) for place, title in enumerate(titles, start=1))


def words(messages: list[WhatsAppMessage]) -> str:
    return "\n\n".join(message.body for message in messages)


def test_the_bubbles_of_a_turn_are_one_message() -> None:
    turn = [said("Buenos días.", sender=Sender.SYSTEM), said("¿Desea confirmar?", *YES_NO)]
    buttons = (WhatsAppButton("answer:yes", "Sí"), WhatsAppButton("answer:no", "No"))
    assert render(turn) == [WhatsAppButtons("Buenos días.\n\n¿Desea confirmar?", buttons)]


def test_what_the_citizen_wrote_is_not_sent_back() -> None:
    assert render([said("mi nss", sender=Sender.USER), said("Gracias.")]) == [WhatsAppText("Gracias.")]
    assert render([said("hola", sender=Sender.USER)]) == []


def test_a_fourth_option_or_a_longer_title_makes_a_list() -> None:
    four = render([said("Elija", *menu("Uno", "Dos", "Tres", "Cuatro"))])
    longer = render([said("Elija", *menu("Uno", "Alta o cambio de clínica"))])
    assert [type(one) for one in (*four, *longer)] == [WhatsAppList, WhatsAppList]


def test_a_title_too_long_for_a_row_is_whole_below_it() -> None:
    (shown,) = render([said("Elija", *menu("Vigencia y servicios a los que tengo derecho", "Otra"))])
    assert isinstance(shown, WhatsAppList)
    assert shown.rows == (
        WhatsAppRow("t1", "Vigencia y servicios…", "Vigencia y servicios a los que tengo derecho"),
        WhatsAppRow("t2", "Otra"),
    )


@pytest.mark.parametrize(
    "choices",
    [
        menu("Información para presentar una petición o Denuncia en el Órgano Interno del Control (IMSS)"),
        menu(*(f"Opción {number}" for number in range(1, 12))),
        (Choice(id="same", title="Sí, esa"), Choice(id="same", title="No, la de junto y ninguna otra")),
    ],
    ids=["a title longer than a description", "eleven rows", "one id twice"],
)
def test_what_neither_buttons_nor_a_list_can_show_is_numbered(choices: tuple[Choice, ...]) -> None:
    (shown,) = render([said("¿Qué necesita?", *choices)])
    assert isinstance(shown, WhatsAppText)
    assert shown.body.startswith(f"¿Qué necesita?\n\n1. {choices[0].title}") and shown.body.endswith(BY_NUMBER)


def test_two_buttons_of_one_title_are_a_list_because_meta_refuses_them() -> None:
    (shown,) = render([said("¿Cuál?", *menu("Cita", "Cita"))])
    assert isinstance(shown, WhatsAppList) and [row.id for row in shown.rows] == ["t1", "t2"]


def test_numbered_options_keep_the_keys_of_the_menu() -> None:
    long = Choice(id="oic", title="x" * 100, key="6")
    (shown,) = render([said("¿Qué necesita?", long, PERSON)])
    assert f"6. {'x' * 100}\n0. Hablar con una persona" in shown.body


def test_a_tap_a_number_and_the_words_of_a_row_take_the_same_choice() -> None:
    choices = (*menu("Vigencia de derechos", "Semanas cotizadas", "Cita médica"), PERSON)
    (shown,) = render([said("Elija", *choices)])
    assert isinstance(shown, WhatsAppList)
    tapped, keyed, written = (
        chosen(message, choices)
        for message in (
            IncomingMessage(choice=shown.rows[1].id),
            IncomingMessage(text="2"),
            IncomingMessage(text="semanas cotizadas"),
        )
    )
    assert tapped == keyed == written == choices[1]


def test_only_the_last_options_can_be_taken() -> None:
    (shown,) = render([said("Menú", *menu("Viejo")), said("¿Confirma?", *YES_NO), said("Responda cuando pueda.")])
    assert isinstance(shown, WhatsAppButtons)
    assert [button.id for button in shown.buttons] == ["answer:yes", "answer:no"]
    assert shown.body.endswith("Responda cuando pueda.")


def test_a_long_article_comes_first_and_the_question_keeps_its_buttons() -> None:
    article = "Una oración del artículo. " * 60
    first, second = render([said(article), said("¿Hay algo más?", *YES_NO)])
    assert first == WhatsAppText(article.strip()) and isinstance(second, WhatsAppButtons)
    assert second.body == "¿Hay algo más?"


def test_a_question_too_long_for_buttons_is_followed_by_a_short_one() -> None:
    question = "Pregunta larga. " * 100
    first, second = render([said(question, *YES_NO)])
    assert first == WhatsAppText(question.strip())
    assert isinstance(second, WhatsAppButtons) and second.body == SHORT_BODY


def test_a_page_to_open_is_a_button_when_there_is_nothing_to_choose() -> None:
    page = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites")
    assert render([said("Puede hacerlo por internet.", document=page)]) == [
        WhatsAppLink("Puede hacerlo por internet.", page.url, "Trámite en línea")
    ]


def test_a_page_beside_options_stands_in_the_text() -> None:
    page = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites")
    (shown,) = render([said("Por internet.", document=page), said("¿Hay algo más?", *YES_NO)])
    assert isinstance(shown, WhatsAppButtons)
    assert shown.body == f"Por internet.\nTrámite en línea: {page.url}\n\n¿Hay algo más?"


def test_a_page_of_this_site_needs_the_public_address() -> None:
    page = Document(title="Aviso de privacidad", url="/aviso")
    (link,) = render([said("Puede leerlo.", document=page)], site=SITE)
    assert isinstance(link, WhatsAppLink) and link.url == f"{SITE}/aviso"
    assert render([said("Puede leerlo.", document=page)]) == [WhatsAppText("Puede leerlo.\nAviso de privacidad")]


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("Pensiones", "Pensiones"),
        ("Centros Vacacionales y Unidad de Congresos", "Centros Vacacionales…"),
        ("Incapacidad por maternidad", "Incapacidad por materni…"),
        ("Electroencefalografistas unidos", "Electroencefalografista…"),
    ],
)
def test_titles_are_cut_where_they_still_mean_something(title: str, cut: str) -> None:
    assert shortened(title, MAX_ROW_TITLE) == cut


def test_long_texts_are_parted_at_paragraphs_then_sentences() -> None:
    assert pieces("Uno dos. Tres cuatro.\n\nCinco seis siete.", 30) == ["Uno dos. Tres cuatro.", "Cinco seis siete."]
    assert pieces("Uno dos tres. Cuatro cinco seis.", 20) == ["Uno dos tres.", "Cuatro cinco seis."]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert pieces("  ", 10) == []


TEXTS = st.text(alphabet="aé ñ.\n¿?«»-1", min_size=1, max_size=2600)
TITLES = st.text(alphabet="abcé ñ", min_size=1, max_size=90).filter(str.strip)
TURNS = st.lists(st.tuples(TEXTS, st.lists(TITLES, max_size=12)), max_size=4)


@given(TURNS)
def test_no_message_exceeds_what_meta_takes_and_no_word_is_lost(turn: list[tuple[str, list[str]]]) -> None:
    messages = [said(text, *menu(*titles)) for text, titles in turn]
    shown = render(messages)
    for message in shown:
        assert 0 < len(message.body) <= (MAX_TEXT if isinstance(message, WhatsAppText) else MAX_BODY)
        if isinstance(message, WhatsAppButtons):
            titles = [button.title for button in message.buttons]
            assert 1 <= len(titles) <= MAX_BUTTONS and len(set(titles)) == len(titles)
            assert all(0 < len(title) <= MAX_BUTTON_TITLE for title in titles)
        if isinstance(message, WhatsAppList):
            assert 1 <= len(message.rows) <= MAX_ROWS
            for row in message.rows:
                assert 0 < len(row.title) <= MAX_ROW_TITLE and len(row.description) <= MAX_ROW_DESCRIPTION
    assert sum(not isinstance(message, WhatsAppText) for message in shown[:-1]) == 0, "the interactive one is last"
    sent = "".join(words(shown).split())
    assert all("".join(text.split()) in sent for text, _ in turn)


@given(st.text(max_size=400), st.integers(1, 60))
def test_pieces_join_to_the_whole(text: str, limit: int) -> None:
    parts = pieces(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
