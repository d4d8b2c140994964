"""The words of the reports, in Spanish of Mexico: what the data's English names are called for people."""

from decimal import Decimal

from evaluation.gates import GateResult
from evaluation.reports.findings import Findings
from evaluation.statistics import HARD_SPACE, percent
from evaluation.thresholds import Point

NAMES = {
    # gates
    "complete": "Corrida completa",
    "minimum_resolved": "Resueltas o bien transferidas",
    "maximum_wrong": "Con respuesta incorrecta",
    "minimum_cases": "Casos distintos",
    "no_regression": "Sin retrocesos",
    # outcomes
    "resolved": "resuelta",
    "transferred": "transferida a una persona",
    "routed": "enviada a otra campaña",
    "refused": "negada con razón",
    "message_left": "recado tomado",
    "interrupted": "interrumpida",
    # verdicts
    "correct": "correcta",
    "incorrect": "incorrecta",
    "imprecise": "imprecisa",
    "off_topic": "fuera de tema",
    "confusing": "confusa",
    "unverified": "sin verificar",
    # rules of payment
    "sin_evidencia": "Sin evidencia completa",
    "respuesta_incorrecta": "Respuesta incorrecta",
    "interrumpida": "Interrumpida",
    "transferida": "Transferida a una persona",
    "resuelta": "Resuelta según la encuesta",
    "no_resuelta": "No resuelta según la encuesta",
    "sin_encuesta": "Sin encuesta",
    "sin_regla_contractual": "Básico: sin regla contractual",
    "minutos_completa": "Minutos de interacción completa",
    "minutos_imputable": "Minutos, falla de la herramienta",
    "minutos_no_imputable": "Minutos, incompleta por otra causa",
    # coverage
    "topic": "Temas",
    "menu": "Opciones de menú",
    "rule": "Reglas",
    "reason": "Motivos de transferencia",
    # channels and senders
    "webchat": "chat web",
    "whatsapp": "WhatsApp",
    "voice": "voz",
    "sms": "SMS",
    "email": "correo",
    "user": "Ciudadano",
    "bot": "Asistente",
    "human": "Persona",
    "system": "Sistema",
}


def name(word: str) -> str:
    """What people call it; words that have no other name, such as ids of topics, stay as they are."""
    return NAMES.get(word, word)


def number(value: int, one: str, many: str) -> str:
    """A count with its noun: `1 caso`, `1,200 casos`."""
    return f"{value:,}{HARD_SPACE}{one if value == 1 else many}"


def money(amount: Decimal | None) -> str:
    """MXN without IVA; a dash when no price was agreed."""
    if amount is None:
        return "—"
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def percentage(value: Decimal | float | None) -> str:
    """A percentage that is already one, not a share."""
    if value is None:
        return "—"
    return ("−" if value < 0 else "") + percent(abs(float(value)) / 100)


def threshold(point: Point) -> str:
    """A threshold as it would be set."""
    return "siempre transferir" if point.is_never else f"{point.threshold:.2f}"


def verdict(findings: Findings) -> str:
    """The whole run in one line."""
    failed, asked = len(findings.failed_gates), len(findings.gates)
    if not findings.run.is_complete:
        return f"Corrida incompleta: {len(findings.run.results)} de {findings.run.header.planned} conversaciones"
    if not asked:
        return "Corrida sin condiciones que cumplir"
    if failed:
        return f"No cumple {failed} de {asked} condiciones"
    return f"Cumple las {asked} condiciones"


def about(gate: GateResult) -> str:
    """What a gate is about."""
    return f"{gate.campaign} · {name(gate.channel or '')}" if gate.campaign else "toda la corrida"
