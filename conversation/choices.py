"""Read a citizen's message as one of the choices that are on offer: by key, by ordinal or by its words."""

from conversation.folding import folded
from conversation.message import Choice, IncomingMessage

_KEYS_IN_WORDS = {
    "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
}  # fmt: skip
"""What can be keyed can be said (campaigns.md §2.3)."""
_ORDINALS = {
    "una": 1, "primera": 1, "primero": 1, "segunda": 2, "segundo": 2, "tercera": 3, "tercero": 3, "cuarta": 4,
    "quinta": 5,
}  # fmt: skip
_FILLERS = {"la", "el", "opcion", "numero", "marco", "elijo", "escojo", "quiero", "por", "favor", "porfavor", "porfa"}


_YES = {"si", "sii", "sip", "claro", "exacto", "correcto", "aja", "eso", "a eso", "si eso", "si a eso", "si por favor"}
PERSON = "hablar_con_agente"
"""Choice of a person, which stands beside what is suggested."""
ORDINALS_FROM = 2


def key_of(choice: Choice, position: int) -> str:
    """The keypad key of a choice: its own, else its position counted from 1."""
    return choice.key or str(position)


def chosen(message: IncomingMessage, offered: tuple[Choice, ...]) -> Choice | None:
    """The offered choice that the message takes; None when it takes none."""
    if message.choice is not None:
        return next((choice for choice in offered if choice.id == message.choice), None)
    said = message.digits or folded(message.text or "")
    for position, choice in enumerate(offered, start=1):
        if said in (key_of(choice, position), folded(choice.title)) and said:
            return choice
    suggested = [choice for choice in offered if choice.id != PERSON]
    if len(suggested) == 1 and len(offered) == 2 and said in _YES:
        return suggested[0]  # «¿Se refiere a esto?»
    words = [word for word in said.split() if word not in _FILLERS]
    if len(words) == 1:
        # With two options «la segunda» may mean anything (the second appointment), and must not become a «no».
        ordinals = {**_KEYS_IN_WORDS, **(_ORDINALS if len(offered) > ORDINALS_FROM else {})}
        number = str(ordinals.get(words[0], words[0]))
        for position, choice in enumerate(offered, start=1):
            if number == key_of(choice, position):
                return choice
    return None
