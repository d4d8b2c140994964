"""`ventanilla policy`: show a payment policy, approve it for one party, verify that both approved it."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from evaluation.settlement.approvals import NotInserted, approve
from evaluation.settlement.interaction import CENTRAL_TIME
from evaluation.settlement.policy import Approval, Policy, read_policy, same_party
from evaluation.settlement.refusal import InputRefused, field_problems

DONE, NOT_AGREED, REFUSED = 0, 1, 2  # exit statuses
PARTIES = ("institucion", "proveedor")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of `ventanilla policy` to `parser`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("show", help="su SHA-256 y todos los ajustes, con los de omisión")
    agree = verbs.add_parser("approve", help="agregar al archivo la aprobación de una de las partes")
    agree.add_argument("--party", required=True, choices=PARTIES, help="la parte que aprueba")
    agree.add_argument("--role", required=True, metavar="CARGO", help="cargo de quien aprueba, sin su nombre")
    verify = verbs.add_parser("verify", help="si las dos partes aprobaron este contenido (estado 0) o no (estado 1)")
    for verb in (show, agree, verify):
        verb.add_argument("policy", type=Path, metavar="ARCHIVO", help="política de pago en YAML")


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; return the exit status: 0 done, 1 not agreed by both or not written, 2 refused."""
    path: Path = arguments.policy
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        policy = read_policy(text)
        if arguments.verb == "show":
            _show(policy)
        elif arguments.verb == "approve":
            return _approve(path, text, policy, arguments)
        else:
            return _verify(policy)
    except InputRefused as refused:
        return _fail(str(refused).removeprefix("No se liquidó nada. "), REFUSED)
    except UnicodeDecodeError:
        return _fail(f"La política {path} no está en UTF-8.", REFUSED)
    except OSError as error:
        return _fail(f"No se pudo leer o escribir {path}: {error.strerror}.", REFUSED)
    return DONE


def _show(policy: Policy) -> None:
    print(f"SHA-256: {policy.sha256()}\nEstado: {policy.status()}")
    for name, value in policy.settings():
        print(f"{name}: {value}")


def _approve(path: Path, text: str, policy: Policy, arguments: argparse.Namespace) -> int:
    if same_party(arguments.party) in {same_party(known.party) for known in policy.standing_approvals()}:
        print(f"La parte «{arguments.party}» ya había aprobado este contenido.")
        return DONE
    try:
        approved = approve(text, arguments.party, arguments.role, datetime.now(CENTRAL_TIME).replace(microsecond=0))
    except ValidationError as error:
        return _fail(f"No se aprobó nada. --role: {field_problems(error)[0][1]}.", REFUSED)
    except NotInserted as error:
        return _fail(f"No se encontró dónde agregar la aprobación. Agréguela a mano:\n{error}", REFUSED)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(approved)
    print(f"Aprobada por «{arguments.party}»: {policy.sha256()}\nEstado: {read_policy(approved).status()}")
    return DONE


def _verify(policy: Policy) -> int:
    standing = policy.standing_approvals()
    print(f"SHA-256: {policy.sha256()}")
    for approval in policy.approvals:
        print(f"{'vigente' if approval in standing else 'sin efecto (era de otro contenido)'}: {_said(approval)}")
    print(f"Estado: {policy.status()}")
    if policy.status() == "ACORDADO":
        return DONE
    given = {same_party(approval.party) for approval in standing}
    print(f"Falta la aprobación de: {', '.join(party for party in PARTIES if party not in given)}")
    return NOT_AGREED


def _said(approval: Approval) -> str:
    return f"{approval.party}, {approval.role}, {approval.at.isoformat()}, {approval.policy_sha256}"


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status
