"""The payment policy: what it says, its SHA-256, who approved it; each party approves with its own account (L2911)."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from admin.accounts import AdminAccounts, Role
from admin.audit_trail import Trail
from admin.gate import Gate, Submission, Visitor
from admin.pages import Pages, Problem, moment_words
from admin.permissions import APPROVE, SEE_STATEMENTS
from admin.tasks import Task
from content.replacing import replace_text
from conversation.ports import Clock
from evaluation.settlement.approvals import NotInserted, approve
from evaluation.settlement.policy import Approval, Policy, read_policy, same_party
from evaluation.settlement.refusal import InputRefused
from ledger.audit_log import AuditAction

PARTIES = {Role.INSTITUTION_APPROVER: "institucion", Role.PROVIDER_APPROVER: "proveedor"}
PARTY_NAMES = {"institucion": "La institución", "proveedor": "El proveedor"}
SETTINGS = {
    "prices": "Precio por unidad, sin IVA; null: no hay precio acordado",
    "prices_by_campaign": "Precio propio de una campaña; va antes que el del producto",
    "unanswered_survey": "Sin respuesta a la encuesta: porcentaje, o pending hasta la revisión de calidad",
    "unresolved_not_transferred": "No resuelta y sin pasar a una persona: porcentaje",
    "transferred_but_resolved": "Pasó a una persona, aunque el asistente había resuelto: porcentaje",
    "user_hangup": "La persona se fue antes de terminar: porcentaje",
    "wrong_answer_dominates": "Una respuesta equivocada deja toda la interacción en 0 % (L2059)",
    "recurrence_key": "Qué es la misma desviación: en la campaña o en todas",
    "recurrence_window": "En cuánto tiempo cuenta la reincidencia",
    "recurrence_price_multiple": "Cuántas interacciones cuesta cada reincidencia (L2059)",
    "basico_complete": "Agente básico, interacción completa: porcentaje",
    "basico_incomplete": "Agente básico, interacción incompleta: porcentaje",
    "minutes_incomplete_not_imputable": "Minutos incompletos no imputables a la herramienta: porcentaje",
    "deduction_cap": "Tope de las deductivas; null: sin tope",
}
"""What each setting decides, in words, by the first part of its name (payment.md, «Where the contract is silent»)."""
_CHANGED = "La política cambió mientras usted la leía: no se aprobó nada. Lea lo que dice ahora y apruebe de nuevo."


class PolicyPages:
    """Routes `/admin/policy` and `/admin/policy/approvals`."""

    def __init__(
        self, pages: Pages, gate: Gate, trail: Trail, accounts: AdminAccounts, clock: Clock, path: Path
    ) -> None:
        """`path` is the policy file; it must exist: defaults that nobody wrote down are not approved."""
        self._pages, self._gate, self._trail = pages, gate, trail
        self._accounts, self._clock, self._path = accounts, clock, path
        self._lock = threading.Lock()

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_approve = self._gate.visitor(*SEE_STATEMENTS), self._gate.submission(*APPROVE)

        @router.get("/policy")
        def policy(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._show(request, visitor)

        @router.post("/policy/approvals")
        def approval(request: Request, submission: Annotated[Submission, Depends(may_approve)]) -> Response:
            problems = self._approve(request, submission)
            if problems:
                return self._show(request, submission.visitor, problems, submission.text("role"))
            return RedirectResponse("/admin/policy?saved=approval", 303)

    def tasks(self, visitor: Visitor) -> Sequence[Task]:
        """What the start page says of the policy to this person."""
        if not visitor.has(*SEE_STATEMENTS):
            return []
        try:
            policy = read_policy(self._text())
        except (InputRefused, UnicodeDecodeError, OSError):
            return [Task("/admin/policy", "La política de pago no se puede leer", "Vea qué hay que corregir.")]
        waits = visitor.has(*APPROVE) and _party(visitor) not in _standing(policy)
        detail = "Espera la aprobación de su parte." if waits else f"Estado: {policy.status()}."
        return [Task("/admin/policy", "Política de pago", detail, waits)]

    def _approve(self, request: Request, submission: Submission) -> list[Problem]:
        visitor = submission.visitor
        party, role = _party(visitor), submission.text("role")
        if not 3 <= len(role) <= 100 or not role[0].isalnum() or not role.isprintable():
            return [Problem("role", "Escriba el cargo de quien aprueba, de 3 a 100 caracteres; sin su nombre.")]
        # Whoever finds an open session must not be able to approve with it.
        if self._accounts.check(visitor.account.username, submission.text("password")) is None:
            return [Problem("password", "La contraseña no es correcta. Después de cinco intentos espere un minuto.")]
        with self._lock:
            try:
                text = self._text()
                policy = read_policy(text)
                if policy.sha256() != submission.text("policy_sha256"):
                    return [Problem("", _CHANGED)]
                if party not in _standing(policy):
                    approved = approve(text, party, role, self._clock().replace(microsecond=0))
                    self._trail.note(
                        request, visitor.account, AuditAction.APPROVED, object_=f"política de pago, {party}",
                        before=_sha256(text), after=_sha256(approved),
                    )  # fmt: skip
                    replace_text(self._path, approved, self._path.stat().st_mode & 0o777)
            except FileNotFoundError:
                return [Problem("", "El archivo de la política no existe; pida al área técnica que lo ponga.")]
            except OSError as error:
                return [Problem("", f"No se pudo guardar la aprobación ({error.strerror}). Avise al área técnica.")]
            except UnicodeDecodeError:
                return [Problem("", "El archivo de la política no está en UTF-8. Guárdelo como UTF-8.")]
            except InputRefused as refused:
                return [Problem("", str(refused))]
            except NotInserted as error:
                return [Problem("", f"No se encontró dónde agregar la aprobación. Agréguela a mano: {error}")]
        return []

    def _text(self) -> str:
        with self._path.open(encoding="utf-8", newline="") as file:
            return file.read()

    def _show(self, request: Request, visitor: Visitor, problems: Sequence[Problem] = (), role: str = "") -> Response:
        try:
            policy = read_policy(self._text())
        except FileNotFoundError as error:
            raise HTTPException(
                503, "El archivo de la política no existe; pida al área técnica que lo ponga."
            ) from error
        except InputRefused as refused:
            raise HTTPException(503, str(refused)) from refused
        except UnicodeDecodeError as error:
            raise HTTPException(503, "El archivo de la política no está en UTF-8. Guárdelo como UTF-8.") from error
        standing = policy.standing_approvals()
        party = _party(visitor) if visitor.has(*APPROVE) else None
        context: dict[str, Any] = {
            "settings": _settings(policy), "sha256": policy.sha256(), "status": policy.status(),
            "approvals": [_shown(approval, approval in standing) for approval in reversed(policy.approvals)],
            "missing": [name for party_id, name in PARTY_NAMES.items() if party_id not in _standing(policy)],
            "party": PARTY_NAMES[party] if party else None,
            "may_approve": party is not None and party not in _standing(policy),
            "role": role, "saved": request.query_params.get("saved") == "approval",
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_policy.html", problems=problems, **context)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _party(visitor: Visitor) -> str:
    return next(party for role, party in PARTIES.items() if visitor.has(role))


def _settings(policy: Policy) -> list[tuple[str, str, str]]:
    """Name, meaning and value of every setting, defaults included."""
    return [(name, SETTINGS.get(name.split(".")[0], ""), value) for name, value in policy.settings()]


def _standing(policy: Policy) -> set[str]:
    return {same_party(approval.party) for approval in policy.standing_approvals()}


def _shown(approval: Approval, is_standing: bool) -> dict[str, Any]:
    return {
        "party": PARTY_NAMES.get(same_party(approval.party), approval.party), "role": approval.role,
        "at": moment_words(approval.at), "sha256": approval.policy_sha256,
        "is_standing": is_standing,
    }  # fmt: skip
