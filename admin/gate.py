"""The gate of every administration page: session, role, CSRF token; and refusals as pages a person can read."""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException as AnyHTTPException

from admin.accounts import Account, AdminAccounts, Role
from admin.sessions import COOKIE, Sessions

Render = Callable[[Request, str, dict[str, Any]], Response]
"""Renders a template of `web/` with a context."""
LOGIN = "/admin/login"
UNREADABLE = "El formulario no llegó completo. Recargue la página e inténtelo de nuevo."
EXPIRED = "La sesión venció o la página es muy antigua. Recargue la página e inténtelo de nuevo."


@dataclass(frozen=True)
class Visitor:
    """Who asks."""

    account: Account
    csrf: str

    def has(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return self.account.has(*roles)


@dataclass(frozen=True)
class Submission:
    """A form sent by somebody who may send it, with its CSRF token checked."""

    visitor: Visitor
    form: FormData

    def text(self, name: str) -> str:
        """What was typed into a field, without blanks around it; empty when the field is missing."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field that occurs several times."""
        return [value.strip() for value in self.form.getlist(name) if isinstance(value, str)]


class Gate:
    """Makes the dependencies that routes ask for: a visitor with a role, or a submission of one."""

    def __init__(self, accounts: AdminAccounts, sessions: Sessions) -> None:
        self._accounts, self._sessions = accounts, sessions

    def visitor(self, *roles: Role, is_use: bool = True) -> Callable[[Request], Visitor]:
        """A dependency that lets through people with one of the roles; any account when none is named.

        Without a session it answers 401 (`admin_route` leads pages to the log-in), without the role 403.
        """

        def enter(request: Request) -> Visitor:
            session = self._sessions.find(request.cookies.get(COOKIE, ""), is_use)
            # Read each time: an account that was removed or lost a role has lost it at once (ASVS 7.4.2).
            account = self._accounts.all().get(session.username) if session else None
            if session is None or account is None:
                raise HTTPException(401, "Su sesión terminó. Entre de nuevo.")
            if roles and not account.has(*roles):
                wanted = " o ".join(role.label for role in roles)
                raise HTTPException(403, f"Esta acción corresponde a: {wanted}. Su cuenta no tiene ese papel.")
            return Visitor(account, session.csrf)

        return enter

    def submission(self, *roles: Role) -> Callable[..., Coroutine[Any, Any, Submission]]:
        """A dependency that lets through forms sent by people with one of the roles, with their CSRF token."""

        async def receive(request: Request, visitor: Annotated[Visitor, Depends(self.visitor(*roles))]) -> Submission:
            form = await request.form()
            check_token(str(form.get("csrf_token", "")), visitor.csrf)
            return Submission(visitor, form)

        return receive


def check_token(sent: str, kept: str) -> None:
    """Refuse a form whose CSRF token is not the one that was given out.

    Raises:
        HTTPException: 403.
    """
    if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise HTTPException(403, EXPIRED)


def admin_route(render: Render) -> type[APIRoute]:
    """The route class of these pages: refusals become pages, or JSON for what a script asks."""

    class AdminRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await handler(request)
                except AnyHTTPException as refusal:
                    return _refused(render, request, refusal)

            return handle

    return AdminRoute


def _refused(render: Render, request: Request, refusal: AnyHTTPException) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"detail": refusal.detail}, refusal.status_code)
    if refusal.status_code == 401:
        return RedirectResponse(LOGIN, 303)
    title = _TITLES.get(refusal.status_code, "No se pudo hacer")
    detail = UNREADABLE if refusal.status_code == 400 else refusal.detail
    response = render(request, "admin_refused.html", {"detail": detail, "title": title})
    response.status_code = refusal.status_code
    response.headers.update(refusal.headers or {})
    return response


_TITLES = {
    400: "No se pudo leer lo enviado", 403: "No puede hacer esto", 404: "No se encontró",
    409: "Algo cambió mientras tanto", 416: "Ese fragmento no existe", 422: "Hay un dato que no sirve",
    503: "No está disponible",
}  # fmt: skip
