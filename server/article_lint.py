"""Articles that a channel cannot show or say, or that break the limits of knowledge/README.md."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from channels import voice_rules, whatsapp_rules
from content.articles import ONLINE
from content.findings import Finding, Problem, found
from content.located import Located, NotYaml, located
from conversation.message import Channel, Document

MAX_ARTICLE = 700
"""Characters of an article, and how many topics it may offer afterwards (knowledge/README.md)."""
MAX_RELATED = 3
APPROVALS = ("ejemplo", "aprobado")
_FENCE = "---\n"


def article_findings(path: Path, channels: frozenset[Channel], topics: frozenset[str]) -> Iterator[Finding]:
    """Problems of one article; `topics` are those of its campaign."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        yield Finding(path, 1, "articulo", f"No está en UTF-8 (byte {error.start}): guárdelo como UTF-8.")
        return
    parts = text.split(_FENCE, 2)
    if len(parts) != 3 or parts[0].strip():
        yield Finding(path, 1, "articulo", "Debe empezar con un encabezado entre dos líneas «---».")
        return
    try:
        head = located(parts[1], path, before=1)
    except NotYaml as error:
        yield Finding(path, error.line, "yaml", f"El encabezado no es YAML válido: {error.problem}.")
        return
    for problem, line in _head_problems(path, head, topics):
        yield found(problem, path, line)
    body = parts[2].strip("\n")
    blank = len(parts[2]) - len(parts[2].lstrip("\n")) if body else -1
    begins = parts[1].count("\n") + 3 + blank
    for problem in _body_problems(body, channels):
        yield found(problem, path, begins + body[: problem.at].count("\n"))


def _head_problems(path: Path, head: Located, topics: frozenset[str]) -> Iterator[tuple[Problem, int]]:
    topic, approval, link = head.get("topic"), head.get("approval"), head.get("link")
    if topic is None or topic.text != path.stem:
        line = topic.line if topic else head.line
        yield Problem("articulo-tema", f"«topic» debe ser «{path.stem}», como el nombre del archivo."), line
    elif path.stem not in topics:
        message = f"La campaña no tiene el tema «{path.stem}»: nadie recibe este artículo."
        yield Problem("articulo-sin-tema", message, is_error=False), topic.line
    if approval is None or approval.text not in APPROVALS:
        line = approval.line if approval else head.line
        yield Problem("articulo-aprobacion", f"«approval» debe ser {' o '.join(APPROVALS)}."), line
    if link and link.text and not _opens(link.text):
        message = f"«{link.text}» no se puede abrir: escriba https://… o una ruta de este sitio, /…"
        yield Problem("articulo-enlace", message), link.line
    related = head.get("related")
    offered = related.items if related else ()
    if len(offered) > MAX_RELATED:
        message = f"Ofrece {len(offered)} temas después; son {MAX_RELATED} como máximo."
        yield Problem("articulo-relacionados", message), offered[MAX_RELATED].line
    for one in offered:
        if one.text not in topics:
            yield Problem("articulo-relacionados", f"La campaña no tiene el tema «{one.text}»."), one.line


def _opens(link: str) -> bool:
    try:
        Document(title=ONLINE, url=link)
    except ValidationError:
        return False
    return True


def _body_problems(body: str, channels: frozenset[Channel]) -> Iterator[Problem]:
    if not body:
        yield Problem("articulo-vacio", "No dice nada: escriba el texto o quite el archivo.")
        return
    if len(body) > MAX_ARTICLE:
        message = f"Tiene {len(body)} caracteres; son {MAX_ARTICLE} como máximo. Acorte el texto o haga otro tema."
        yield Problem("articulo-largo", message, at=MAX_ARTICLE)
    blank = re.search(r"\n\s*\n", body)
    if blank:
        message = "Tiene renglones en blanco, que al mostrarse desaparecen: quítelos."
        yield Problem("articulo-renglon", message, is_error=False, at=blank.start() + 1)
    if Channel.WHATSAPP in channels:
        yield from whatsapp_rules.text_problems(body, before_choices=False)
    if Channel.VOICE in channels:
        yield from voice_rules.text_problems(body)
