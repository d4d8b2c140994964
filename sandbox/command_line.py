"""`ventanilla sandbox`: serves the stand-in, or lists its people."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from sandbox import whatsapp_command
from sandbox.app import create_app
from sandbox.people import Person
from sandbox.population import build_people


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns the exit status (0 done, 2 wrong arguments)."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["whatsapp"]:
        return whatsapp_command.main(words[1:])
    arguments = _parser().parse_args(words)
    if arguments.command == "people":
        return _show_people(arguments.seed, as_json=arguments.json)
    return _serve(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="Sustituto de los servicios web institucionales.")
    parser.add_argument("--host", default="127.0.0.1", help="interfaz en la que atiende (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8900, help="puerto (8900)")
    parser.add_argument("--seed", type=int, default=1, help="semilla de las personas generadas (1)")
    parser.add_argument("--now", type=_moment, help="hora inicial con desfase, p. ej. 2026-10-15T09:00:00-06:00")
    parser.add_argument("--tick", action="store_true", help="el reloj avanza; sin esto queda detenido")
    parser.add_argument("--db", type=Path, help="archivo SQLite; sin esto el estado vive en memoria")
    commands = parser.add_subparsers(dest="command")
    people = commands.add_parser("people", help="lista las personas sintéticas")
    people.add_argument("--json", action="store_true", help="como JSON")
    people.add_argument("--seed", type=int, default=argparse.SUPPRESS, help="semilla de las personas generadas (1)")
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"«{text}» no es una hora con desfase; escriba 2026-10-15T09:00:00-06:00")
    return moment


def _serve(arguments: argparse.Namespace) -> int:
    try:
        app = create_app(seed=arguments.seed, now=arguments.now, tick=arguments.tick, db=arguments.db)
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    print(f"Sandbox en http://{arguments.host}:{arguments.port}/v1 (Ctrl+C para terminar)", file=sys.stderr)
    # Control operations trust the peer's address, so forwarded addresses must not replace it.
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        log_level="warning",
    )
    return 0


def _show_people(seed: int, *, as_json: bool) -> int:
    rows = [_row(person) for person in build_people(seed)]
    if as_json:
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    columns = (
        "id",
        "nss",
        "agregado_medico",
        "fecha_nacimiento",
        "umf",
        "consultorio",
        "turno",
        "vigente",
        "purpose",
    )
    table = [columns, *(tuple(_cell(row[column]) for column in columns) for row in rows)]
    widths = [max(len(line[place]) for line in table) for place in range(len(columns))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


def _row(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "nss": person.nss,
        "agregado_medico": person.agregado,
        "fecha_nacimiento": person.born.isoformat(),
        "curp": person.curp,
        "sexo": person.sex,
        "nombre": person.full_name,
        "telefono": person.phone,
        "calidad": person.calidad,
        "titular": person.titular,
        "umf": person.clinic.umf,
        "consultorio": person.room,
        "turno": person.turno,
        "zona_horaria": person.clinic.timezone,
        "vigente": person.vigente,
        "adscripcion_completa": person.adscripcion_completa,
        "servicios": list(person.services),
        "paciente_id": person.paciente_id,
        "semanas": person.weeks.total,
        "pensiones": len(person.pensions),
        "purpose": person.purpose,
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    return "-" if value is None else str(value)
