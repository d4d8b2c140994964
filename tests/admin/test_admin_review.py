"""Reviewing an interaction: the form, versions, the blind second review, the campaign's word."""

from decimal import Decimal

import pytest
from admin_room import Browser, LogIn, Room
from synthetic_months import MONTH, add_interactions

from admin.standing import figures, standings
from conversation.message import Channel
from evaluation.quality.sampling import second_share
from ledger.reviews import Verdict

SAMPLE = f"/admin/samples/derechohabiente/webchat/{MONTH}"
MARKS = {"mark-informacion": "100", "mark-procedimientos": "75", "mark-comprension": "100", "mark-etiqueta": "100"}
RIGHT = {**MARKS, "action": "save", "verdict-0": "correct", "verdict-1": "correct"}
WRONG = {**RIGHT, "verdict-0": "incorrect", "deviation-0": "Plazo equivocado (constancia)"}


@pytest.fixture
def eva(room: Room, log_in: LogIn) -> Browser:
    """A reviewer with a sample of ten."""
    add_interactions(room.record, 10)
    browser = log_in("eva")
    draw = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "size": "10", "seed": "3"}
    assert browser.post("/admin/samples", draw).status_code == 303
    return browser


def sample_of(room: Room):
    sample = room.ledger.sample("derechohabiente", Channel.WEBCHAT, MONTH)
    assert sample is not None
    return sample


def seconds(room: Room) -> list[str]:
    return sorted(second_share(sample_of(room).folios, seed=3))


def others(room: Room) -> list[str]:
    return [folio for folio in sample_of(room).folios if folio not in seconds(room)]


def test_a_reviewer_sees_what_happened_and_no_personal_datum(room: Room, eva: Browser) -> None:
    page = eva.get(f"{SAMPLE}/VEN-20261015-0000001-5").text
    for shown in (
        "quiero saber si sigo vigente", "*******0018", "203.0.113.*", "vigencia_derechos", "No disponible", "E503",
        "Sistema no disponible o código no reconocido", "No contestó", "Vigencia de derechos", "Semanas cotizadas",
    ):  # fmt: skip
        assert shown in page, shown
    assert "203.0.113.7" not in page
    assert "<audio" not in page


def test_a_review_is_recorded_with_its_deviation_key(room: Room, eva: Browser) -> None:
    folio = others(room)[0]
    answer = eva.post(f"{SAMPLE}/{folio}", {**WRONG, "note-0": "Dijo tres días."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SAMPLE}/{folio}?saved=review")
    (review,) = room.ledger.reviews(folio)
    first, *_ = review.questions
    assert (first.verdict, first.deviation, first.note) == (
        Verdict.INCORRECT, "plazo_equivocado_constancia", "Dijo tres días.",
    )  # fmt: skip
    assert (review.reviewer, review.role, review.second) == ("eva", "evaluador", False)
    page = eva.get(answer.headers["location"]).text
    assert "Su revisión quedó registrada" in page
    assert "calificación 93.75" in page
    assert '<option value="plazo_equivocado_constancia">' in eva.get(f"{SAMPLE}/{others(room)[1]}").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mark-etiqueta": ""}, "Califique «Etiqueta»"),
        ({"mark-etiqueta": "99"}, "Califique «Etiqueta»"),
        ({"verdict-0": ""}, "Pregunta 1: elija un dictamen"),
        ({"verdict-0": "perfecta"}, "Pregunta 1: elija un dictamen"),
        ({"verdict-0": "confusing"}, "Pregunta 1: escriba qué desviación fue"),
        ({"verdict-0": "confusing", "deviation-0": "¡?"}, "Pregunta 1: escriba qué desviación fue"),
        ({"note-0": "x" * 501}, "deje a lo más 500"),
        ({"questions": "3", "topic-2": "inventado", "verdict-2": "off_topic", "deviation-2": "no_atendido"},
         "elija el tema en la lista"),
        ({"questions": "3", "topic-2": "vigencia_derechos", "verdict-2": "off_topic", "deviation-2": "no_atendido"},
         "el tema ya tiene su dictamen"),
        ({"questions": "99999999999999"}, ""),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_and_kept(room: Room, eva: Browser, change: dict[str, str], said: str) -> None:
    folio = next(one for one in others(room) if "Semanas cotizadas</legend>" in eva.get(f"{SAMPLE}/{one}").text)
    answer = eva.post(f"{SAMPLE}/{folio}", {**RIGHT, "note-1": "una nota larga y <b>única</b>", **change})
    if not said:
        assert answer.status_code == 303, "a count nobody could have typed is no reason to ask for anything"
        return
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error: " in answer.text
    assert "una nota larga y &lt;b&gt;única&lt;/b&gt;" in answer.text
    assert 'name="mark-informacion" value="100" checked' in answer.text
    assert room.ledger.reviews(folio) == []


def test_a_missed_topic_is_added_and_removed_without_losing_anything(room: Room, eva: Browser) -> None:
    folio = next(one for one in others(room) if "Semanas cotizadas</legend>" in eva.get(f"{SAMPLE}/{one}").text)
    path = f"{SAMPLE}/{folio}"
    page = eva.post(path, {**RIGHT, "action": "add", "note-0": "se queda"}).text
    assert "3. Pregunta agregada" in page
    assert "se queda" in page
    more = {"questions": "3", "topic-2": "fuera_de_catalogo", "verdict-2": "off_topic", "deviation-2": "no_atendio"}
    assert "Pregunta agregada" not in eva.post(path, {**RIGHT, **more, "action": "remove-2"}).text
    assert "2. Semanas cotizadas" in eva.post(path, {**RIGHT, "action": "remove-0"}).text, "what was served stays"
    assert room.ledger.reviews(folio) == []
    assert eva.post(path, {**RIGHT, **more}).status_code == 303
    topics = [question.topic for question in room.ledger.latest_verdicts(folio)]
    assert topics == ["vigencia_derechos", "semanas_cotizadas", "fuera_de_catalogo"]
    assert "3. Pregunta agregada" in eva.get(path).text, "the correction begins with it"


def test_a_correction_is_a_new_version_and_the_old_one_is_seen(room: Room, eva: Browser, log_in: LogIn) -> None:
    folio = others(room)[0]
    eva.post(f"{SAMPLE}/{folio}", WRONG)
    page = eva.get(f"{SAMPLE}/{folio}").text
    assert "Guardar la corrección" in page
    assert 'value="plazo_equivocado_constancia" list="deviations"' in page
    eva.post(f"{SAMPLE}/{folio}", RIGHT)
    assert [one.version for one in room.ledger.reviews(folio)] == [1, 2]
    assert room.ledger.latest_verdicts(folio)[0].deviation is None
    page = eva.get(f"{SAMPLE}/{folio}").text
    assert page.index("Versión 2") < page.index("La que cuenta") < page.index("Versión 1")
    refused = log_in("elias").post(f"{SAMPLE}/{folio}", RIGHT)
    assert refused.status_code == 409
    assert "Otra persona ya revisó" in refused.text


def test_the_second_reviewer_does_not_see_the_first(room: Room, eva: Browser, log_in: LogIn) -> None:
    folio = seconds(room)[0]
    elias, carla = log_in("elias"), log_in("carla")
    eva.post(f"{SAMPLE}/{folio}", {**WRONG, "note-0": "palabras de la primera"})
    form = {"version": "1", "agreed": "no", "comment": "palabras de la campaña"}
    assert carla.post(f"{SAMPLE}/{folio}/agreement", form).status_code == 303
    page = elias.get(f"{SAMPLE}/{folio}").text
    assert "Segunda revisión" in page
    for hidden in ("palabras de la primera", "palabras de la campaña", "plazo_equivocado", "Versión 1", "93.75"):
        assert hidden not in page, hidden
    assert "checked" not in page
    row = elias.get(SAMPLE).text.split(folio)[-1].split("</tr>")[0]
    assert "En desacuerdo" not in row
    assert "palabras de la primera" in carla.get(f"{SAMPLE}/{folio}").text

    elias.post(f"{SAMPLE}/{folio}", RIGHT)
    assert [one.second for one in room.ledger.reviews(folio)] == [False, True]
    assert room.ledger.latest_verdicts(folio)[0].verdict is Verdict.INCORRECT, "a second review changes no verdict"
    page = elias.get(f"{SAMPLE}/{folio}").text
    assert "palabras de la primera" in page
    assert "Guardar" not in page, "a second review is not corrected"


def test_kappa_is_of_what_each_wrote_first(room: Room, eva: Browser, log_in: LogIn) -> None:
    elias = log_in("elias")
    first, second = seconds(room)
    for folio in (first, second):
        eva.post(f"{SAMPLE}/{folio}", WRONG)
    elias.post(f"{SAMPLE}/{first}", {**WRONG, "deviation-0": "otra_clave"})
    elias.post(f"{SAMPLE}/{second}", RIGHT)
    before = figures(standings(room.engine, room.ledger, sample_of(room))).agreement
    eva.post(f"{SAMPLE}/{second}", RIGHT)  # having seen the other one's
    found = figures(standings(room.engine, room.ledger, sample_of(room)))
    assert found.agreement == before
    assert (found.seconds_due, found.seconds_done) == (2, 2)
    assert before.agreed == before.judged_by_both - 1
    page = eva.get("/admin/quality").text
    assert f"{before.kappa:.2f}" in page
    assert "2 de 10 revisadas" in page


def test_the_months_score_is_final_when_all_are_reviewed(room: Room, eva: Browser) -> None:
    sample = sample_of(room)
    for place, folio in enumerate(sample.folios):
        eva.post(f"{SAMPLE}/{folio}", {**RIGHT, "mark-informacion": "50" if place == 0 else "100"})
    found = figures(standings(room.engine, room.ledger, sample))
    assert found.is_final
    assert found.score == Decimal("92.50")  # (9 * 93.75 + 81.25) / 10
    page = eva.get("/admin/quality").text
    assert "92.50 %" in page
    assert "provisional" not in page
    assert "is-bad" in page, "below the goal of 95 %"


def test_the_campaign_agrees_or_says_with_what_it_does_not(room: Room, eva: Browser, log_in: LogIn) -> None:
    folio = others(room)[0]
    carla, path = log_in("carla"), f"{SAMPLE}/{folio}/agreement"
    assert carla.post(path, {"version": "1", "agreed": "yes"}).status_code == 409, "nothing to agree with yet"
    eva.post(f"{SAMPLE}/{folio}", RIGHT)
    for form, said in (
        ({"version": "1"}, "Elija «De acuerdo»"),
        ({"version": "1", "agreed": "no"}, "Escriba con qué no está de acuerdo"),
        ({"version": "1", "agreed": "no", "comment": "y" * 501}, "deje 500"),
        ({"version": "7", "agreed": "yes"}, "cambió mientras usted la leía"),
    ):
        answer = carla.post(path, form)
        assert (answer.status_code, said in answer.text) == (422, True), said
    assert room.ledger.agreements(folio) == []
    carla.post(path, {"version": "1", "agreed": "no", "comment": "La regla cambió. Mi NSS es 00058500018."})
    (word,) = room.ledger.agreements(folio)
    assert (word.agreed, word.who, word.role) == (False, "carla", "administrador_campana")
    assert "00058500018" not in word.comment
    assert "La regla cambió." in eva.get(f"{SAMPLE}/{folio}").text
    assert folio in eva.get(SAMPLE).text
    eva.post(f"{SAMPLE}/{folio}", WRONG)
    assert figures(standings(room.engine, room.ledger, sample_of(room))).disputed == 0, "a new version has no word yet"


def test_the_way_to_the_next_one_leads_through_all_of_them(room: Room, eva: Browser) -> None:
    sample = sample_of(room)
    assert "10 interacciones esperan su revisión" in eva.get("/admin").text
    seen = []
    folio: str | None = sample.folios[0]
    while folio and folio not in seen:
        seen.append(folio)
        page = eva.get(eva.post(f"{SAMPLE}/{folio}", RIGHT).headers["location"]).text
        folio = (
            page.split(f'class="button" href="{SAMPLE}/')[1].split('"')[0] if "Siguiente pendiente" in page else None
        )
    assert seen == list(sample.folios)
    assert "Nada espera por usted" in eva.get("/admin").text
