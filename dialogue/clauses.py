"""The requests that one sentence joins: «quiero saber mi vigencia y sacar una cita»."""

import re

from conversation.folding import folded

MOST_PARTS = 4
"""A longer list is a story, not so many requests."""
_WORDS = r"(?:y|e|tambi[eé]n|adem[aá]s|luego|despu[eé]s|aparte|de paso)\b"
_JOINT = re.compile(rf"[.;!?]+\s+|,?\s+{_WORDS}", re.IGNORECASE)
_LEADING = re.compile(rf"^(?:{_WORDS}[\s,]*)+", re.IGNORECASE)
_AROUND = " ,.;:¿?¡!"
_REQUEST = re.compile(
    r"(?<!\bno )\b(quiero|kiero|quisiera|necesito|nesecito|ocupo|deseo|busco|saber|ver|checar|consultar|revisar|sacar|"
    r"agendar|pedir|hacer|cancelar|confirmar|tramitar|solicitar|registrar|cambiar|corregir|obtener|localizar|"
    r"digame|dime|cuant[oa]s?|cuando)\b"
    r"|^(que|cual|como|donde|si) |^(estoy|sigo) (vigente|activ[oa]|asegurad[oa])\b"
    r"|^(mis?|las?|una?|el|lo de)( \w+){1,3}$"
)
"""A wish, a question, or what is wished by its bare name; «soy pensionado» tells why and asks for nothing."""


def clauses(sentence: str) -> tuple[str, ...]:
    """The parts between «y», «también», «además» and full stops that ask for something; empty when not two do."""
    pieces = (_LEADING.sub("", piece.strip(_AROUND)) for piece in _JOINT.split(sentence))
    parts = tuple(piece for piece in pieces if piece)
    asked = tuple(part for part in parts if _REQUEST.search(folded(part)))
    return asked if len(asked) >= 2 and len(parts) <= MOST_PARTS else ()
