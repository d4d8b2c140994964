"""A sentence that names two topics: one is served, the other is kept and offered when that is done.

Rasa takes a sentence for one intent. `dialogue.rasa_engine` has the parts of a sentence classified too; only when one
part names the topic that is served, and another one surely names a different topic, is that one kept.
"""

from actions.turn import Turn
from conversation.message import Choice

SHARED_INTENTS = frozenset(
    {
        "saludo", "despedida", "afirmar", "negar", "hablar_con_agente", "repetir", "cancelar", "corregir", "ayuda",
        "queja_denuncia", "emergencia_medica", "fuera_de_tema", "elegir", "nlu_fallback",
    }
)  # fmt: skip
CERTAIN = 0.6
"""Confidence from which a new subject may interrupt an open question, unless the campaign sets its own."""


def certainty(turn: Turn) -> float:
    """Confidence from which a topic counts as named for sure."""
    return turn.settings.thresholds.get("change_of_mind", CERTAIN)


def topics_named(turn: Turn) -> tuple[Choice, ...]:
    """The topics of the campaign that parts of the sentence name for sure, in the order they were said."""
    sure = (part.intent for part in turn.metadata.parts if part.confidence >= certainty(turn))
    topics = [turn.campaign.topic(intent) for intent in dict.fromkeys(sure) if intent not in SHARED_INTENTS]
    return tuple(Choice(id=topic.id, title=topic.label) for topic in topics if topic)


def keep_second(turn: Turn) -> bool:
    """Keep the other topic of a sentence that names two; False when it names no other."""
    if turn.intent not in {part.intent for part in turn.metadata.parts}:
        return False
    other = next((topic for topic in topics_named(turn) if topic.id != turn.intent), None)
    turn.facts.also = other or turn.facts.also
    return other is not None


def promise_second(turn: Turn) -> None:
    """Say that the other topic is not forgotten, where the first one takes a few questions."""
    first = turn.campaign.topic(turn.intent)
    if first and turn.facts.also:
        turn.say(f"Empezamos con «{first.label}». Al terminar vemos «{turn.facts.also.title}».")
