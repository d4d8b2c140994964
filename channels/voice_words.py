"""The words of a call that are not the conversation's: prompts of taking turns, and menus said aloud."""

from conversation.message import Choice, Message
from voice.speaking import MOST_OPTIONS, menu_prompt, spoken

TEXTS = {
    "voz_un_momento": "Un momento, por favor. Estoy consultando.",
    "voz_sigo_consultando": "Sigo consultando. Gracias por esperar.",
    "voz_sin_respuesta_1": "No le escuché.",
    "voz_sin_respuesta_2": "Sigo sin escucharle. También puede usar las teclas de su teléfono.",
    "voz_no_entendido_1": "Disculpe, no le entendí.",
    "voz_no_entendido_2": "Disculpe, sigo sin entenderle. También puede usar las teclas de su teléfono.",
    "voz_solo_teclas": "Por ahora no puedo escuchar su voz. Use, por favor, las teclas de su teléfono.",
    "voz_dos_veces": "Ya escuchó dos veces esta información.",
    "voz_grabacion": "Esta llamada se graba.",
    "voz_ya_termino": "Su llamada ya había terminado. Gracias por comunicarse.",
    "voz_folio_nuevo": "No pude recuperar su llamada anterior. Empezamos de nuevo, con otro folio.",
    "voz_sigue_en_fila": "Sigue usted en la fila. Espere un momento, por favor.",
    "voz_limite": "Llegamos al tiempo máximo de esta llamada.",
    "voz_falla": "Ocurrió una falla. Le ofrezco una disculpa.",
    "voz_sigue_por_escrito": (
        "Esta llamada no se puede pasar a una persona por voz. Le atenderá por escrito, en esta misma página y con el "
        "mismo folio. No cierre la página, por favor."
    ),
}
"""Prompts of a call, as they are when the campaign does not word them."""

IN_THE_BROWSER = {
    "voz_sin_respuesta_2": "Sigo sin escucharle. También puede usar las teclas de la pantalla.",
    "voz_no_entendido_2": "Disculpe, sigo sin entenderle. También puede usar las teclas de la pantalla.",
    "voz_solo_teclas": "Por ahora no puedo escuchar su voz. Use, por favor, las teclas de la pantalla.",
}
"""The same for who calls from the page and has no telephone in hand."""


def in_words(message: Message) -> str:
    """A message as it is said; of a long menu the first nine options with their keys, the others by name."""
    choices, document = message.choices, message.document
    written = f"{message.text}\n{document.title}: {document.url}" if document else message.text
    if not choices:
        return spoken(written)
    keyed, others = _first_with_keys(choices)
    text = menu_prompt(written, keyed)
    if not others:
        return text
    named = ", o: ".join(choice.title for choice in others)
    return f"{text} {spoken(f'Para más opciones, diga: {named}.')}"


def written_out(message: Message) -> str:
    """The same message for who reads along: a line for each option, with the key that takes it if one does."""
    keyed, others = _first_with_keys(message.choices)
    lines = [f"{choice.key}: {choice.title}" for choice in keyed]
    document = [f"{message.document.title}: {message.document.url}"] if message.document else []
    return "\n".join([message.text, *document, *lines, *(choice.title for choice in others)])


def _first_with_keys(choices: tuple[Choice, ...]) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """The options that one key can take, key 0 included, and the rest. Keys are settled by place before any is left."""
    placed = [
        choice.model_copy(update={"key": choice.key or str(place)}) for place, choice in enumerate(choices, start=1)
    ]
    keyed: list[Choice] = []
    for choice in placed:
        counted = sum(one.key != "0" for one in keyed)
        if len(choice.key) == 1 and (choice.key == "0" or counted < MOST_OPTIONS):
            keyed.append(choice)
    return tuple(keyed), tuple(choice for choice in placed if choice not in keyed)
