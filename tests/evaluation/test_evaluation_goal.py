"""The citizen with a goal: answers what is asked, behaves as the variation says, and knows when to stop."""

import random
from typing import Any

from evaluation.goal import GoalCitizen, Move
from evaluation.suite import Goal
from evaluation.variation import Variation

DATA = {"nss": "00058500018", "fecha": "12/03/1985", "curp": "EAML850312MDFNSC09", "agregado": "1F1985OR"}
GOAL = Goal(openings=("quiero una cita",), prefers=("ESTOMATOLOGIA",), patience=5)
OFFER = [{"id": "offer:accept", "title": "Aceptar", "key": "1"}, {"id": "offer:reject", "title": "Otro", "key": "2"}]


def citizen(variation: Variation | None = None, seed: int = 1, goal: Goal = GOAL) -> GoalCitizen:
    return GoalCitizen(goal, DATA, variation, random.Random(seed))


def heard(text: str, choices: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    return [{"sender": "bot", "text": text, "choices": choices or []}]


def said(move: Move | None) -> str:
    assert move is not None
    return move.said


def test_gives_each_datum_that_is_asked() -> None:
    one = citizen()
    assert said(one.first()) == "quiero una cita"
    assert DATA["nss"] in said(one.next(heard("Escriba los 11 dígitos de su Número de Seguridad Social (NSS).")))
    assert DATA["fecha"] in said(one.next(heard("Escriba la fecha de nacimiento del paciente.")))
    assert said(one.next(heard("Escriba su CURP, los 18 caracteres."))) == DATA["curp"]
    assert said(one.next(heard("Escriba el agregado médico de la cartilla."))) == DATA["agregado"]


def test_takes_what_it_prefers_else_accepts() -> None:
    services = [{"id": "service:MEDICINA_FAMILIAR", "title": "Medicina Familiar", "key": "1"},
                {"id": "service:ESTOMATOLOGIA", "title": "Estomatología", "key": "2"}]  # fmt: skip
    for seed in range(12):
        assert said(citizen(seed=seed).next(heard("¿Para qué servicio?", services))) in ("service:ESTOMATOLOGIA", "2")
        taken = said(citizen(seed=seed).next(heard("La cita más próxima es…", OFFER)))
        assert taken in ("offer:accept", "1") or taken[0] in "so"


def test_leaves_with_thanks_when_nothing_else_is_wanted() -> None:
    assert "es todo" in said(citizen(seed=3).next(heard("¿Hay algo más en lo que pueda apoyarle?")))


def test_conduct_is_shown_once_and_then_the_datum_is_given() -> None:
    ask = heard("Escriba los 11 dígitos de su Número de Seguridad Social (NSS).")
    for variation, shown in (
        (Variation.SILENCIO, "..."), (Variation.NSS_EQUIVOCADO, "00058500019"),
        (Variation.PIDE_PERSONA, "mejor quiero hablar con una persona"),
    ):  # fmt: skip
        one = citizen(variation)
        assert said(one.next(ask)) in (shown, f"mi nss es {shown}", f"es el {shown}")
        assert DATA["nss"] in said(one.next(ask))


def test_a_change_of_mind_comes_back_to_the_request() -> None:
    one = citizen(Variation.CAMBIO_DE_OPINION)
    assert "olvídelo" in said(one.next(heard("Escriba los 11 dígitos de su NSS.")))
    assert said(one.next(heard("De acuerdo. ¿Hay algo más en lo que pueda apoyarle?"))) == "quiero una cita"


def test_a_wrong_birth_date_is_corrected_in_the_same_breath() -> None:
    move = citizen(Variation.CORRECCION).next(heard("Escriba su fecha de nacimiento."))
    assert said(move).endswith("no perdón, es 12/03/1985")


def test_asks_again_once_and_then_for_a_person() -> None:
    one = citizen()
    one.first()
    assert said(one.next(heard("Disculpe, no le entendí."))) == "quiero una cita"
    assert said(one.next(heard("Disculpe, no le entendí."))) == "quiero hablar con una persona"


def test_gives_up_when_patience_is_over() -> None:
    one = citizen()
    one.first()
    for _ in range(GOAL.patience - 1):
        assert one.next(heard("Escriba su CURP.")) is not None
    assert one.next(heard("Escriba su CURP.")) is None


def test_the_same_seed_decides_the_same() -> None:
    def decisions(seed: int) -> list[Move | None]:
        one = citizen(Variation.FALTAS, seed)
        return [one.first(), one.next(heard("Oferta", OFFER)), one.next(heard("Escriba su NSS."))]

    assert decisions(4) == decisions(4)
    assert len({tuple(map(str, decisions(seed))) for seed in range(8)}) > 1


def test_whoever_said_good_bye_is_gone() -> None:
    one = citizen()
    one.first()
    assert one.next(heard("¿Hay algo más en lo que pueda apoyarle?")) is not None
    assert one.next(heard("Disculpe, no le entendí bien.")) is None
