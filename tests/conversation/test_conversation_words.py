"""How words are compared: folding, choices, survey answers, emergencies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.catalogue import Catalogue
from conversation.choices import chosen
from conversation.folding import folded
from conversation.message import Choice, IncomingMessage
from conversation.survey import SurveyQuestions, read_rating, read_resolved

MENU = (
    Choice(id="agendar", title="Agendar una cita"),
    Choice(id="confirmar", title="Confirmar mi cita", key="5"),
    Choice(id="hablar_con_agente", title="Hablar con una persona", key="0"),
)


def test_folding_drops_accents_capitals_and_punctuation() -> None:
    assert folded("  ¿Cómo ESTÁ, señorita?\n") == "como esta senorita"


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1", "agendar"),
        ("la primera", "agendar"),
        ("uno por favor", "agendar"),
        ("agendar una cita", "agendar"),
        ("AGENDAR UNA CITA.", "agendar"),
        ("5", "confirmar"),
        ("opción cinco", "confirmar"),
        ("0", "hablar_con_agente"),
        ("hablar con una persona", "hablar_con_agente"),
        ("2", None),
        ("segunda", None),
        ("quiero otra cosa", None),
        ("la una de la tarde", None),
        ("¿?", None),
    ],
)
def test_a_choice_is_taken_by_key_ordinal_or_title(said: str, expected: str | None) -> None:
    found = chosen(IncomingMessage(text=said), MENU)
    assert (found.id if found else None) == expected


def test_digits_and_ids_choose() -> None:
    assert chosen(IncomingMessage(digits="5"), MENU) == MENU[1]
    assert chosen(IncomingMessage(digits="9"), MENU) is None
    assert chosen(IncomingMessage(choice="agendar"), MENU) == MENU[0]
    assert chosen(IncomingMessage(choice="otra"), MENU) is None
    assert chosen(IncomingMessage(text="1"), ()) is None


@pytest.mark.parametrize("fields", [{}, {"text": "a", "digits": "1"}, {"text": "  "}, {"digits": "1a"}, {"text": ""}])
def test_a_message_is_exactly_one_thing(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        IncomingMessage.model_validate(fields)


@pytest.mark.parametrize(
    ("said", "resolved"),
    [
        ("Sí", True), ("si, gracias", True), ("claro", True), ("survey:yes", True), ("1", True),
        ("No", False), ("no, para nada", False), ("survey:no", False), ("2", False), ("para nada", False),
        ("más o menos", None), ("gracias", None), ("claro que no", None), ("3", None), ("nosotros", None),
    ],
)  # fmt: skip
def test_resolved_is_never_guessed(said: str, resolved: bool | None) -> None:
    answer = read_resolved(said)
    assert answer is resolved if said != "claro que no" else answer is not True


@pytest.mark.parametrize(
    ("said", "rating"),
    [("5", 5), ("cinco", 5), ("le pongo un 4", 4), ("survey:1", 1), ("tres estrellas", 3), ("0", None), ("10", None),
     ("excelente", 5), ("muy malo", 2)],
)  # fmt: skip
def test_ratings_are_one_to_five(said: str, rating: int | None) -> None:
    assert read_rating(said) == rating


def test_the_survey_offers_answers_that_it_can_read() -> None:
    resolved, rating = SurveyQuestions().questions()
    assert [read_resolved(choice.id) for choice in resolved.reply.choices] == [True, False]
    assert [read_rating(choice.id) for choice in rating.reply.choices] == [1, 2, 3, 4, 5]


EMERGENCIES = [
    # the words of campaigns.yml, defaults.emergency.triggers
    "tengo dolor de pecho", "creo que es un infarto", "mi papá no respira", "le falta el aire", "se está ahogando",
    "sufrió un desmayo", "está inconsciente", "le dio una convulsión", "tiene sangrado abundante", "hemorragia",
    "está en trabajo de parto", "ya va a nacer", "estoy embarazada con sangrado", "intoxicación", "se tomó pastillas",
    "quemadura grave", "fue atropellado", "herida de arma", "se quiere matar", "quiero morirme", "derrame",
    "parálisis de la cara",
    # as people write them
    "ME DUELE MUCHO EL PECHO", "siento un dolor fuerte en el pecho", "mi hijo tiene convulsiones", "no puedo respirar",
    "es una emergencia ayúdenme", "me quiero suicidar", "mi esposa está dando a luz", "se desmayó mi mamá!!!",
    "le dispararon un balazo", "quiero una cita pero mi mamá no respira",
]  # fmt: skip
FALSE_ALARMS = [
    "quiero una cita", "incapacidad por parto", "licencia de maternidad después del parto", "consultar mi vigencia",
    "cuántos días de incapacidad dan por parto", "necesito el teléfono de urgencias administrativas", "hola",
    "constancia por parto", "departamento de afiliación", "compartir mi folio", "aparato auditivo", "mi NSS no aparece",
    "el sistema no responde",
]  # fmt: skip


@pytest.mark.parametrize("text", EMERGENCIES)
def test_emergencies_are_found(catalogue: Catalogue, text: str) -> None:
    assert catalogue.emergency().found_in(text)


@pytest.mark.parametrize("text", FALSE_ALARMS)
def test_ordinary_requests_are_no_emergency(catalogue: Catalogue, text: str) -> None:
    assert not catalogue.emergency().found_in(text)


@given(st.sampled_from(["no respira", "infarto", "hemorragia"]), st.text("¡!¿?.,; \n", min_size=1, max_size=5))
def test_punctuation_and_capitals_hide_no_emergency(catalogue: Catalogue, words: str, noise: str) -> None:
    assert catalogue.emergency().found_in(f"auxilio{noise}{words.upper()}{noise}cita")


def test_the_emergency_sentence_sends_to_911(catalogue: Catalogue) -> None:
    assert "911" in catalogue.emergency().prompt
