"""What holds for a campaign's prompts whatever the channel: their names, and the places that are filled in."""

from collections.abc import Iterator
from string import Formatter

from content.findings import Problem

FILLED_IN = {
    "bienvenida": frozenset({"saludo", "bot", "folio"}),
    "bienvenida_voz": frozenset({"saludo", "bot"}),
    "despedida_voz": frozenset({"folio"}),
    "fuera_de_horario": frozenset({"apertura"}),
    "fuera_de_ventana_chat": frozenset({"apertura"}),
    "aviso_inactividad": frozenset({"plazo"}),
}
"""Prompt -> what is filled in when it is said. All of it is due: greeting, who speaks, folio (L9274, L1719), and the
next opening (channels.md §2.1). No other prompt has places; a test reads the code for it."""
MAY_BE_FILLED_IN = {"despedida": frozenset({"folio"})}
"""Prompt -> what is filled in where the text has a place for it."""
UNWRITTEN = frozenset(
    {
        "buzon_de_voz", "personas_ocupadas", "como_llamar", "fuera_de_ventana_chat", "aviso_inactividad",
        "cierre_inactividad",
    }
)  # fmt: skip
"""Prompts that a campaign may word although bots/shared/prompts.yml does not: the code has words for them."""
BEFORE_CHOICES = frozenset(
    {
        "como_apoyarle", "algo_mas", "saludo", "ayuda", "no_entendi", "no_entendi_menu", "fuera_de_tema",
        "persona_molesta", "transferencia", "fuera_de_horario", "no_hay_que_repetir", "buzon_de_voz",
    }
)  # fmt: skip
"""Prompts that are said with options: on WhatsApp they are the body of buttons or of a list."""


def place_problems(text: str, due: frozenset[str], also: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Places `{…}` that nothing fills in, those of `due` that are missing, and braces that do not match."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        yield Problem("llaves", "Las llaves «{» y «}» no están completas; cada campo se escribe como {nombre}.")
        return
    for name in sorted(names - due - also):
        known = ", ".join(f"{{{one}}}" for one in sorted(due | also)) or "ninguno"
        yield Problem("campo-desconocido", f"Nada llena el campo {{{name}}}. Campos de este texto: {known}.")
    for name in sorted(due - names):
        yield Problem("campo-faltante", f"Falta el campo {{{name}}}, que este texto debe decir.")
