"""Two topics in one sentence: one is served, the other is offered when that is done (campaigns.md §2.1, step 6)."""

import pytest
from institution_bench import Bench
from scripted_tracker import Dialogue, words
from test_actions_booking import BIRTH, NSS

from conversation.message import Channel
from conversation.ports import HandOff, MoveTo
from dialogue.clauses import clauses
from dialogue.wire import Part

SENTENCE = "quiero saber mi vigencia y sacar una cita"
BOTH = (Part(intent="vigencia_derechos", confidence=0.9), Part(intent="cita_medica", confidence=0.9))


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        (SENTENCE, ("quiero saber mi vigencia", "sacar una cita")),
        ("mi vigencia, y también mis semanas", ("mi vigencia", "mis semanas")),
        ("necesito cita. Además dígame qué llevo", ("necesito cita", "dígame qué llevo")),
        ("¿estoy vigente? ¿y cuántas semanas llevo?", ("estoy vigente", "cuántas semanas llevo")),
        ("quiero saber mi vigencia", ()),
        ("y mi vigencia", ()),
        ("soy pensionado y quiero saber si estoy vigente", ()),
        ("ya no quiero ser beneficiaria y ocupo mi número", ()),
        ("tengo 1200 semanas y 62 años, ¿me alcanza?", ()),
        ("quiero ver a y ver b y ver c y ver d y ver e", ()),
        ("", ()),
    ],
)
def test_requests_of_a_sentence(said: str, parts: tuple[str, ...]) -> None:
    assert clauses(said) == parts


async def asks_for_both(bench: Bench, parts: tuple[Part, ...] = BOTH, channel: Channel = Channel.WEBCHAT) -> Dialogue:
    """A dialogue of derechohabiente in which the sentence was said and the NSS is asked for."""
    dialogue = Dialogue(bench, campaign="derechohabiente", channel=channel)
    answer = await dialogue.turn("action_vigencia_derechos", SENTENCE, "vigencia_derechos", parts=parts)
    assert "11 dígitos" in words(answer)
    return dialogue


async def test_the_second_topic_is_promised_and_offered_when_the_first_is_done(bench: Bench) -> None:
    dialogue = Dialogue(bench, campaign="derechohabiente")
    first = await dialogue.turn("action_vigencia_derechos", SENTENCE, "vigencia_derechos", parts=BOTH)
    assert "Al terminar vemos «Cita en Medicina Familiar o Estomatología»" in words(first)
    assert "Al terminar" not in words(await dialogue.says(NSS)), "once is enough"
    done = await dialogue.says(BIRTH)
    assert "aparecen vigentes" in words(done)
    assert "También mencionó «Cita en Medicina Familiar o Estomatología». ¿Hay algo más" in done.replies[-1].text
    ids = [choice.id for choice in done.replies[-1].choices]
    assert ids[0] == "cita_medica" and ids.count("cita_medica") == 1 and ids[-1] == "despedida"


async def test_a_plain_yes_takes_it(bench: Bench) -> None:
    dialogue = await asks_for_both(bench)
    await dialogue.says(NSS)
    await dialogue.says(BIRTH)
    await dialogue.says("¿cómo dijo?", "repetir", "action_repetir")
    answer = await dialogue.says("sí", "afirmar", "action_continuar")
    assert isinstance(answer.outcome, MoveTo) and answer.outcome.campaign == "cita_medica"


async def test_a_yes_later_on_takes_nothing(bench: Bench) -> None:
    dialogue = await asks_for_both(bench)
    await dialogue.says(NSS)
    await dialogue.says(BIRTH)
    await dialogue.turn("action_informar", "aviso de privacidad", "aviso_privacidad")
    answer = await dialogue.says("sí", "afirmar", "action_continuar")
    assert answer.outcome is None and "Cómo puedo apoyarle" in words(answer)


async def test_a_transaction_and_an_article_are_taken_up_too(bench: Bench) -> None:
    for second, said in (("semanas_cotizadas", "CURP"), ("asignacion_nss", "Número de Seguridad Social")):
        parts = (BOTH[0], Part(intent=second, confidence=0.8))
        dialogue = await asks_for_both(bench, parts)
        await dialogue.says(NSS)
        await dialogue.says(BIRTH)
        assert said in words(await dialogue.says("sí", "afirmar", "action_continuar"))


@pytest.mark.parametrize(
    "parts",
    [
        (BOTH[0], Part(intent="cita_medica", confidence=0.4)),
        (BOTH[0], Part(intent="saludo", confidence=0.9)),
        (BOTH[0], BOTH[0]),
        (Part(intent="constancia_vigencia", confidence=0.9), BOTH[1]),
    ],
)
async def test_what_is_not_sure_to_be_a_second_topic_is_none(bench: Bench, parts: tuple[Part, ...]) -> None:
    dialogue = await asks_for_both(bench, parts)
    assert dialogue.facts["also"] is None


async def test_a_person_who_takes_over_is_told_of_it(bench: Bench) -> None:
    dialogue = await asks_for_both(bench)
    answer = await dialogue.says("con una persona", "hablar_con_agente", "action_hablar_con_agente")
    assert isinstance(answer.outcome, HandOff)
    assert "También mencionó: Cita en Medicina Familiar o Estomatología" in answer.outcome.note


async def test_what_another_campaign_serves_is_offered_there_as_the_way_back(bench: Bench) -> None:
    dialogue = Dialogue(bench, campaign="derechohabiente")
    moved = await dialogue.turn("action_enrutar", "una cita y mis semanas", "cita_medica", parts=(
        BOTH[1], Part(intent="semanas_cotizadas", confidence=0.9)
    ))  # fmt: skip
    assert isinstance(moved.outcome, MoveTo) and moved.outcome.campaign == "cita_medica"
    dialogue.campaign = "cita_medica"
    done = await dialogue.turn("action_informar", "que llevo", "que_llevar")
    assert "También mencionó «Semanas cotizadas»" in done.replies[-1].text
    back = await dialogue.says("sí", "afirmar", "action_continuar")
    assert isinstance(back.outcome, MoveTo) and back.outcome.campaign == "derechohabiente"


async def test_a_sentence_too_mixed_to_be_understood_is_answered_with_its_topics(bench: Bench) -> None:
    dialogue = Dialogue(bench, campaign="derechohabiente")
    answer = await dialogue.turn("action_no_entendi", SENTENCE, "nlu_fallback", parts=BOTH)
    ids = [choice.id for choice in answer.replies[-1].choices]
    assert ids == ["vigencia_derechos", "cita_medica", "hablar_con_agente"]
