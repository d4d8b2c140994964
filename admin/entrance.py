"""Log in, log out, and the start page: what there is to do for the person who entered."""

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.accounts import AdminAccounts
from admin.audit_trail import NOBODY, Trail
from admin.gate import LOGIN, Gate, Render, Submission, Visitor, check_token
from admin.pages import Pages, Problem
from admin.sessions import COOKIE, LOGIN_COOKIE, Sessions
from admin.tasks import Task
from ledger.audit_log import AuditAction, Result

logger = logging.getLogger(__name__)
PATH = "/admin"
REFUSED = "Usuario o contraseña incorrectos. Después de cinco intentos espere un minuto."


class Entrance:
    """Routes `/admin`, `/admin/login` and `/admin/logout`."""

    def __init__(
        self, render: Render, pages: Pages, gate: Gate, accounts: AdminAccounts, sessions: Sessions,
        trail: Trail, tasks: Callable[[Visitor], Sequence[Task]], is_secure: bool,
    ) -> None:  # fmt: skip
        """`is_secure` marks the cookies for HTTPS only."""
        self._render, self._pages, self._gate = render, pages, gate
        self._accounts, self._sessions, self._trail = accounts, sessions, trail
        self._tasks, self._is_secure = tasks, is_secure

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        anyone, may_leave = self._gate.visitor(), self._gate.submission()

        @router.get("")
        def home(request: Request, visitor: Annotated[Visitor, Depends(anyone)]) -> Response:
            return self._pages.show(request, visitor, "admin_home.html", tasks=self._tasks(visitor))

        @router.get("/login")
        def login_form(request: Request) -> Response:
            return self._form(request)

        @router.post("/login")
        def login(
            request: Request, username: Annotated[str, Form(max_length=200)] = "",
            password: Annotated[str, Form(max_length=1000)] = "", csrf_token: Annotated[str, Form()] = "",
        ) -> Response:  # fmt: skip
            check_token(csrf_token, request.cookies.get(LOGIN_COOKIE, ""))
            name = username.strip().lower()
            account = self._accounts.check(name, password)
            if account is None:
                # Only names that exist: what is typed into the wrong field may be a password.
                actor = name if name in self._accounts.all() else NOBODY
                logger.warning("log-in to the administration pages refused: %s", actor)
                self._trail.note(request, None, AuditAction.LOG_IN_REFUSED, result=Result.REFUSED, actor=actor)
                response = self._form(request, username, [Problem("", REFUSED)])
                response.status_code = 401
                return response
            self._trail.note(request, account, AuditAction.LOG_IN)
            self._sessions.close(request.cookies.get(COOKIE, ""))
            response = RedirectResponse(PATH, 303)
            self._set(response, COOKIE, self._sessions.open(account.username))
            response.delete_cookie(LOGIN_COOKIE, path=PATH)
            return response

        @router.post("/logout")
        def logout(request: Request, submission: Annotated[Submission, Depends(may_leave)]) -> Response:
            self._sessions.close(request.cookies.get(COOKIE, ""))
            self._trail.note(request, submission.visitor.account, AuditAction.LOG_OUT)
            response = RedirectResponse(LOGIN, 303)
            response.delete_cookie(COOKIE, path=PATH)
            return response

    def _form(self, request: Request, username: str = "", problems: Sequence[Problem] = ()) -> Response:
        token = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(24)
        context = {"csrf_token": token, "username": username, "problems": problems, "me": None}
        response = self._render(request, "admin_login.html", context)
        self._set(response, LOGIN_COOKIE, token)
        return response

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path=PATH, httponly=True, samesite="strict", secure=self._is_secure)
