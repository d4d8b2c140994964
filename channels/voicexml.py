"""A campaign's IVR tree as VoiceXML 2.1, for other platforms (L1526, L1533). The same tree gives the same bytes.

Every menu and every answer is played twice at most; then a person is offered and the call ends (L1531).
"""

import json
from xml.etree import ElementTree as ET

from channels.campaign_words import said_aloud
from channels.ivr_tree import PERSON, TOP, IvrField, IvrStep, IvrTree, StepKind
from conversation.message import Choice
from voice.keypad import END_KEY, PERSON_KEY, REPEAT_KEY, KeypadRule
from voice.turn_taking import TurnTiming

NAMESPACE = "http://www.w3.org/2001/vxml"
START, MORE, LIMIT, GOODBYE, UNREACHED = "inicio", "algo_mas", "limite", "despedida", "sin_comunicar"
REPEAT = "ventanilla.repetir"
MOST_TELLINGS = 2
_TIMING, _KEYS = TurnTiming(), KeypadRule()
_PROPERTIES = {
    "timeout": f"{_TIMING.no_input}ms", "interdigittimeout": f"{_KEYS.between_s:g}s", "termtimeout": "0s",
    "termchar": END_KEY, "inputmodes": "dtmf voice", "bargein": "true", "bargeintype": "speech",
    "maxspeechtimeout": f"{_TIMING.longest}ms", "confidencelevel": "0.35",
}  # fmt: skip


def voicexml(tree: IvrTree) -> bytes:
    """The document, UTF-8. Other campaigns are expected beside it as `<campaign>.vxml`."""
    root = ET.Element("vxml", {"version": "2.1", "xml:lang": tree.language, "xmlns": NAMESPACE})
    _head(root, tree)
    _handlers(root, tree)
    _start(root, tree)
    for step in tree.steps:
        _WRITERS[step.kind](root, tree, step)
    _closing_menus(root, tree)
    _ends(root, tree)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _say(parent: ET.Element, text: str, **attributes: str) -> None:
    if text:
        _add(parent, "prompt", text, bargein="true", **attributes)


def _entry(step: IvrStep) -> str:
    """Where one goes in order to arrive at a place: a menu has a form before it that counts."""
    return f"#ir_{step.id}" if step.kind is StepKind.MENU else f"#{step.id}"


def _head(root: ET.Element, tree: IvrTree) -> None:
    about = {
        "generator": "Ventanilla", "campaign": tree.campaign, "title": tree.name, "version": tree.version,
        "approval": tree.approval,
        **{f"article.{step.id}": f"versión {step.version}, {step.approval}" for step in tree.steps if step.approval},
    }  # fmt: skip
    for name, content in about.items():
        _add(root, "meta", name=name, content=content)
    for name, value in _PROPERTIES.items():
        _add(root, "property", name=name, value=value)
    _add(root, "var", name="campania", expr=json.dumps(tree.campaign))
    for name in ("tema", "ultimo"):
        _add(root, "var", name=name, expr='""')
    for step in tree.steps:
        if step.kind in (StepKind.MENU, StepKind.INFORMATION):
            _add(root, "var", name=f"veces_{step.id}", expr="0")


def _handlers(root: ET.Element, tree: IvrTree) -> None:
    """What holds everywhere: 0 a person, * once more, and what is said to silence and to what was not understood."""
    person = _add(root, "link", dtmf=PERSON_KEY, next=f"#{PERSON}")
    _grammar(person, tree, "palabras_persona", ("una persona", "hablar con una persona", "operadora"))
    again = _add(root, "link", dtmf=REPEAT_KEY, event=REPEAT)
    _grammar(again, tree, "palabras_repetir", ("repita", "repetir", "otra vez"))
    _add(_add(root, "catch", event=REPEAT), "reprompt")
    _add(_add(root, "catch", event="connection.disconnect"), "exit")
    failed = _add(root, "error", count="1")
    _say(failed, tree.texts["voz_falla"])
    _add(failed, "goto", next=f"#{PERSON}")
    _add(_add(root, "error", count="2"), "disconnect")
    for event, prompt in (("noinput", "voz_sin_respuesta"), ("nomatch", "voz_no_entendido")):
        for count in ("1", "2"):
            handler = _add(root, event, count=count)
            _say(handler, tree.texts[f"{prompt}_{count}"])
            _add(handler, "reprompt")
        _add(_add(root, event, count="3"), "goto", next=f"#{PERSON}")


def _grammar(parent: ET.Element, tree: IvrTree, rule_id: str, words: tuple[str, ...]) -> None:
    grammar = _add(parent, "grammar", mode="voice", version="1.0", type="application/srgs+xml", root=rule_id)
    grammar.set("xml:lang", tree.language)
    one_of = _add(_add(grammar, "rule", id=rule_id, scope="public"), "one-of")
    for word in words:
        _add(one_of, "item", word)


def _start(root: ET.Element, tree: IvrTree) -> None:
    """The first form is where a call begins: greeting by the hour, privacy notice, main menu."""
    block = _add(_add(root, "form", id=START), "block")
    _add(block, "var", name="hora", expr="new Date().getHours()")
    first, *others, last = tree.greetings
    choice = _add(block, "if", cond=f"hora < {first.until_hour}")
    _say(choice, first.text)
    for greeting in others:
        _add(choice, "elseif", cond=f"hora < {greeting.until_hour}")
        _say(choice, greeting.text)
    _add(choice, "else")
    _say(choice, last.text)
    _say(block, tree.texts["aviso_privacidad"])
    _add(block, "goto", next=_entry(tree.step(TOP)))


def _counted(block: ET.Element, step: IvrStep) -> None:
    """Twice and no more."""
    counter = f"veces_{step.id}"
    _add(block, "assign", name=counter, expr=f"{counter} + 1")
    _add(_add(block, "if", cond=f"{counter} > {MOST_TELLINGS}"), "goto", next=f"#{LIMIT}")


def _menu(root: ET.Element, tree: IvrTree, step: IvrStep) -> None:
    block = _add(_add(root, "form", id=f"ir_{step.id}"), "block")
    _counted(block, step)
    _add(block, "goto", next=f"#{step.id}")
    menu = _add(root, "menu", id=step.id, dtmf="false", accept="approximate")
    _say(menu, step.says, count="1")
    if step.says_again != step.says:
        _say(menu, step.says_again, count="2")
    for option in step.options:
        choice = _add(menu, "choice", option.words[0], dtmf=option.key, next=_entry(tree.step(option.leads_to)))
        if len(option.words) > 1:  # a grammar of one's own replaces what the platform makes of the title
            _grammar(choice, tree, f"palabras_{step.id}_{option.leads_to}", option.words)


def _about(block: ET.Element, step: IvrStep) -> None:
    """Remember what the call is about: it travels with a transfer and a transaction (L1532).

    Not where a person was asked for in the middle of it: they are told what it was about.
    """
    if step.topic and step.id != PERSON:
        _add(block, "assign", name="tema", expr=json.dumps(step.topic))


def _information(root: ET.Element, tree: IvrTree, step: IvrStep) -> None:
    block = _add(_add(root, "form", id=step.id), "block")
    _about(block, step)
    _add(block, "assign", name="ultimo", expr=json.dumps(step.id))
    _counted(block, step)
    _say(block, step.says)
    _add(block, "goto", next=f"#{MORE}")


def _transaction(root: ET.Element, tree: IvrTree, step: IvrStep) -> None:
    form = _add(root, "form", id=step.id)
    _add(form, "var", name="nivel", expr=json.dumps(step.needs))
    _about(_add(form, "block"), step)
    for one in tree.fields:
        _field(form, one)
    names = [one.name for one in tree.fields]
    filled = _add(form, "filled", mode="all", namelist=" ".join(names))
    _say(filled, tree.texts["voz_un_momento"])
    # By POST: numbers of people do not belong into addresses, which end up in logs.
    _add(
        filled, "submit", next=tree.submit_url, method="post", maxage="0", fetchtimeout="15s",
        namelist=" ".join(["campania", "tema", "nivel", *names]),
    )  # fmt: skip


def _field(form: ET.Element, one: IvrField) -> None:
    """Modal: while digits are keyed, 0 is a digit and does not call a person. Two attempts, then a person (L5735)."""
    field = _add(form, "field", name=one.name, type=f"digits?length={one.digits}", modal="true")
    _say(field, one.prompt, count="1")
    _say(_add(field, "nomatch", count="1"), one.retry)
    _add(_add(field, "nomatch", count="2"), "goto", next=f"#{PERSON}")


def _elsewhere(root: ET.Element, tree: IvrTree, step: IvrStep) -> None:
    """A person or another campaign: a transfer, or the other campaign's document."""
    form = _add(root, "form", id=step.id)
    block = _add(form, "block")
    _about(block, step)
    _say(block, step.says)
    if step.destination.endswith(".vxml"):
        _add(block, "goto", next=step.destination)
        return
    transfer = _add(
        form, "transfer", name="comunicacion", type="blind", dest=step.destination, connecttimeout="20s",
        aaiexpr="'campania=' + campania + ';tema=' + tema",
    )  # fmt: skip
    for place in (_add(transfer, "catch", event="error"), _add(transfer, "filled")):  # we come here only when it failed
        _add(place, "goto", next=f"#{UNREACHED}")


def _closing_menus(root: ET.Element, tree: IvrTree) -> None:
    """Anything else? And what follows when something was heard twice."""
    again, top, done = ("Escuchar otra vez", "Volver al menú principal", "No, es todo")
    offered = [("1", again), ("2", top), ("3", done), (PERSON_KEY, tree.step(PERSON).title)]
    more = _add(root, "menu", id=MORE, dtmf="false", accept="approximate")
    _say(more, _asked(tree.texts["algo_mas"], offered), count="1")
    _say(more, _asked("", offered), count="2")
    _add(more, "choice", again, dtmf="1", expr="'#' + ultimo")
    _add(more, "choice", top, dtmf="2", next=_entry(tree.step(TOP)))
    _add(more, "choice", "es todo", dtmf="3", next=f"#{GOODBYE}")
    _add(more, "choice", "una persona", dtmf=PERSON_KEY, next=f"#{PERSON}")
    limit = _add(root, "menu", id=LIMIT, dtmf="false", accept="approximate")
    _say(limit, _asked(tree.texts["voz_dos_veces"], [(PERSON_KEY, tree.step(PERSON).title)]), count="1")
    _add(limit, "choice", "una persona", dtmf=PERSON_KEY, next=f"#{PERSON}")
    for event in ("noinput", "nomatch"):
        _add(_add(limit, event, count="1"), "goto", next=f"#{GOODBYE}")


def _asked(question: str, offered: list[tuple[str, str]]) -> str:
    return said_aloud(question, tuple(Choice(id=key, title=title, key=key) for key, title in offered))


def _ends(root: ET.Element, tree: IvrTree) -> None:
    for form_id, name in ((UNREACHED, "servicio_no_disponible"), (GOODBYE, "despedida")):
        block = _add(_add(root, "form", id=form_id), "block")
        _add(block, "prompt", tree.texts[name], bargein="false")
        _add(block, "disconnect")


_WRITERS = {
    StepKind.MENU: _menu, StepKind.INFORMATION: _information, StepKind.TRANSACTION: _transaction,
    StepKind.CAMPAIGN: _elsewhere, StepKind.PERSON: _elsewhere,
}  # fmt: skip
