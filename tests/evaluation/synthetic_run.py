"""A realistic run made up from a seed: three campaigns, four repetitions, wrong answers, confusions and outages."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from evaluation.results import ConversationResult, Line, Question, Run, RunHeader, Status

TOPICS = {
    "cita_medica": [
        "agendar_medicina_familiar",
        "agendar_estomatologia",
        "cancelar_cita",
        "consultar_citas",
        "que_llevar",
    ],
    "derechohabiente": [
        "vigencia_derechos",
        "semanas_cotizadas",
        "alta_beneficiario",
        "cambio_clinica",
        "correccion_datos",
    ],
    "recepcion": [
        "ir_derechohabiente",
        "ir_pensionados",
        "ir_guarderias",
        "otros_numeros",
    ],
}
EXPECTED = ("topic:aviso_privacidad", *(f"menu:{n}" for n in range(1, 7)), "rule:minimum_notice", "rule:closed_day")
AGENT_TYPES = {"cita_medica": "basico", "derechohabiente": "avanzado_a", "recepcion": "basico"}
STARTED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def build_question(topic: str, verdict: str = "correct", **changes: Any) -> Question:
    return Question.model_validate({"topic": topic, "verdict": verdict} | changes)


def build_result(**changes: Any) -> ConversationResult:
    """One conversation that passed, with whatever the test changes."""
    values: dict[str, Any] = {
        "campaign": "derechohabiente", "channel": "webchat", "case": "vigencia", "title": "Vigencia por chat",
        "variation": None, "repetition": 1, "seed": 7, "status": Status.PASSED, "expected_outcome": "resolved",
        "outcome": "resolved", "expected_topic": "vigencia_derechos", "served_topics": ("vigencia_derechos",),
        "problems": (), "questions": (), "covers": (), "folio": None, "turns": 2, "seconds": 1.5, "transcript": (),
        "interaction": None,
    }  # fmt: skip
    return ConversationResult.model_validate(values | changes)


def build_run(results: list[ConversationResult], planned: int | None = None, **changes: Any) -> Run:
    values: dict[str, Any] = {
        "run_id": "20261124-0800", "started_at": STARTED, "seed": 7, "repetitions": 1, "channel": "webchat",
        "suites": {}, "planned": len(results) if planned is None else planned,
    }  # fmt: skip
    return Run(header=RunHeader.model_validate(values | changes), results=tuple(results))


def build_record(folio: str, campaign: str, questions: tuple[Question, ...], **changes: Any) -> dict[str, Any]:
    """The ledger's payment record of a conversation."""
    asked = [{"topic": one.topic, "verdict": one.verdict, "deviation": one.deviation} for one in questions]
    return {
        "folio": folio, "campaign": campaign, "channel": "webchat", "agent_type": AGENT_TYPES[campaign],
        "started_at": STARTED.isoformat(), "ended_at": (STARTED + timedelta(hours=2)).isoformat(),
        "end": "completed", "origin": "203.0.113.7", "transferred_to_human": False, "questions": asked,
        "survey": {"resolved": True, "rating": 5}, "evidence": {"complete": True, "missing": []},
    } | changes  # fmt: skip


def synthetic_run(seed: int = 7, cases: int = 24, repetitions: int = 4) -> Run:
    """The same seed gives the same run."""
    chance = random.Random(seed)
    results = []
    for campaign, topics in TOPICS.items():
        for number in range(cases):
            topic = topics[number % len(topics)]
            hard = chance.random() < 0.15
            for repetition in range(1, repetitions + 1):
                folio = f"VEN-20261124-{len(results):07d}-{len(results) % 10}"
                results.append(_conversation(chance, campaign, topic, number, repetition, hard, folio))
    coverage = {name: (*(f"topic:{topic}" for topic in topics), *EXPECTED) for name, topics in TOPICS.items()}
    return build_run(
        results,
        repetitions=repetitions,
        suites={f"evaluation/suites/{campaign}/menu.yml": f"{n:064x}" for n, campaign in enumerate(TOPICS)},
        expected_coverage=coverage,
        bot_versions={campaign: f"{n:012x}" for n, campaign in enumerate(TOPICS)},
        agent_types=AGENT_TYPES,
    )


def _conversation(
    chance: random.Random, campaign: str, topic: str, number: int, repetition: int, hard: bool, folio: str
) -> ConversationResult:
    variation = "typos" if number % 3 == 0 else None
    common = {
        "campaign": campaign, "case": f"{topic}_{number}" + (f"~{variation}" if variation else ""),
        "title": f"{topic.replace('_', ' ').capitalize()}, caso {number}", "variation": variation,
        "repetition": repetition, "seed": 7000 + number * 10 + repetition, "expected_topic": topic,
        "seconds": round(chance.uniform(0.8, 4), 2),
        "covers": (f"topic:{topic}", f"menu:{1 + number % 5}", "rule:minimum_notice"),
    }  # fmt: skip
    greeting = "Buenos días, soy el asistente virtual. ¿En qué le ayudo?"
    opening = (Line(sender="system", text=f"Folio {folio}"), Line(sender="bot", text=greeting))
    if chance.random() < 0.015:
        return build_result(
            **common, status=Status.INFRASTRUCTURE, outcome="interrupted", served_topics=(), folio=None, turns=1,
            problems=("/api/v1/conversations: ConnectTimeout (dos veces)",), transcript=opening[:1],
        )  # fmt: skip
    confidence = min(0.99, max(0.12, chance.gauss(0.62 if hard else 0.86, 0.14)))
    if campaign != "derechohabiente":
        confidence = 1.0
    fails = chance.random() < (0.35 if hard else 0.02)
    others = [other for other in TOPICS[campaign] if other != topic]
    served = chance.choice(others) if fails else topic
    wrong = fails and chance.random() < 0.6
    question = build_question(
        served, "incorrect" if wrong else "correct", deviation=f"{topic}_por_{served}" if wrong else None,
        confidence=round(confidence, 3), intent=served,
    )  # fmt: skip
    record = build_record(
        folio, campaign, (question,), transferred_to_human=fails and not wrong,
        started_at=(STARTED + timedelta(minutes=number, seconds=repetition)).isoformat(),
        survey=None if number % 11 == 0 else {"resolved": not fails, "rating": 4},
    )  # fmt: skip
    problems = (f"se sirvió «{served}» y no «{topic}»", "no se dijo «agendada»; se oyó: <b>Su vigencia</b> & más")
    return build_result(
        **common, status=Status.FAILED if fails else Status.PASSED, problems=problems if fails else (),
        served_topics=(served,),
        outcome="transferred" if fails and not wrong else "resolved", questions=(question,), folio=folio, turns=3,
        interaction=record, transcript=(*opening, *_talk(topic, served)),
    )  # fmt: skip


def _talk(topic: str, served: str) -> tuple[Line, ...]:
    texts = [
        ("user", f"kiero {topic.replace('_', ' ')} porfa, es para hoy si se puede"),
        ("bot", "Con gusto. Necesito su Número de Seguridad Social, son 11 dígitos."),
        ("user", "00 12 34 56 78 9"),
        ("bot", f"Gracias. Sobre {served.replace('_', ' ')}: se atiende de lunes a viernes, de 8:00 a 20:00 h."),
        ("bot", "¿Le ayudo en algo más?"),
        ("user", "no, eso no fue lo que pregunté"),
        ("system", "Le va a atender una persona"),
        ("human", "Hola, soy Laura. Ya leí su conversación: le ayudo con su trámite."),
    ]  # fmt: skip
    return tuple(Line(sender=sender, text=text) for sender, text in texts)
