"""The acta de borrado seguro: what was erased, how, by whose order, and whether it is gone; JSON and PDF (L750)."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from ledger.periods import CENTRE
from server.erasure import SYSTEM, Erasure, Person

METHOD = {
    "base de datos": "se quitaron originales cifrados, textos, datos y dirección; el archivo se escribió de nuevo",
    "grabaciones": "se borró cada archivo cifrado; se destruyó la llave del mes cuando no quedó ninguno bajo ella",
    "archivos recibidos": "se borró cada archivo cifrado",
    "respaldos": "las grabaciones de un mes sin llave no se pueden leer; los de la base caducan según su plan",
}


def manifest(done: Erasure) -> dict[str, Any]:
    """What the acta says, with the SHA-256 of all of it; folios by one hash, so that the acta names nobody."""
    folios = sorted(one.folio for one in done.interactions)
    said = {
        "acta": "borrado seguro", "motivo": done.order.reason, "politica_sha256": done.order.policy_sha256,
        "inicio": done.started.astimezone(CENTRE).isoformat(timespec="seconds"),
        "fin": done.ended.astimezone(CENTRE).isoformat(timespec="seconds") if done.ended else None,
        "autorizo": _roles(done.order.authorised_by), "ejecuto": _roles(done.order.executed_by),
        "interacciones_por_campana": dict(sorted(Counter(one.campaign for one in done.interactions).items())),
        "interacciones": len(folios), "folios_sha256": hashlib.sha256("\n".join(folios).encode()).hexdigest(),
        "originales_cifrados": sum(one.originals for one in done.interactions),
        "registros_sin_datos": sum(one.rows for one in done.interactions),
        "grabaciones": done.recordings, "archivos_recibidos": done.attachments,
        "llaves_destruidas": list(done.keys_destroyed), "base_compactada": done.compacted,
        "no_borradas": dict(sorted(done.skipped.items())), "metodo": METHOD,
        "verificacion": {"revisadas": len(done.verified), "legibles": list(done.still_readable)},
    }  # fmt: skip
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {**said, "sha256": hashlib.sha256(canonical.encode()).hexdigest()}


def write_acta(done: Erasure, folder: Path) -> Path:
    """Write both files below `folder`; the JSON's path. Raises OSError."""
    said = manifest(done)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = folder / f"acta-{done.started.astimezone(CENTRE):%Y%m%dT%H%M%S}-{said['sha256'][:8]}"
    stem.with_suffix(".json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _write_pdf(said, stem.with_suffix(".pdf"))
    return stem.with_suffix(".json")


def _write_pdf(said: dict[str, Any], path: Path) -> None:
    styles = getSampleStyleSheet()

    def body(text: str) -> Paragraph:
        return Paragraph(text, styles["BodyText"])

    told = {
        name.replace("_", " ").capitalize(): value for name, value in said.items() if name not in ("acta", "metodo")
    }
    table = Table([[body(escape(name)), body(_words(value))] for name, value in told.items()], [55 * mm, 120 * mm])
    signatures = Table([["_" * 34, "_" * 34], ["Quien ejecutó", "Quien dio fe (custodio de datos)"]])
    story: list[Flowable] = [
        Paragraph("Acta de borrado seguro", styles["Title"]), table, Spacer(1, 6 * mm),
        Paragraph("Método por medio", styles["Heading2"]),
        *(body(f"<b>{escape(medium)}</b>: {escape(how)}.") for medium, how in METHOD.items()),
        Spacer(1, 22 * mm), signatures,
    ]  # fmt: skip
    SimpleDocTemplate(str(path), pagesize=letter, title="Acta de borrado seguro", invariant=1).build(story)


def _words(value: object) -> str:
    """A value of the acta as people read it, for the PDF."""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, dict):
        return "<br/>".join(f"{escape(str(name))}: {escape(str(one))}" for name, one in value.items()) or "—"
    if isinstance(value, list):
        return escape(", ".join(str(one) for one in value)) or "—"
    return "—" if value is None else escape(str(value))


def _roles(person: Person | None) -> str:
    return person.roles if person else SYSTEM
