"""Who asks: the session of a desk page, valid from a log-in until the next log-out, and its anti-forgery token."""

import hmac
import secrets
from typing import Annotated

from fastapi import Header, HTTPException, Request, WebSocket

from conversation.staff import Level
from desk.accounts import Accounts, Agent
from desk.presence import Presence


class DeskSession:
    """Sessions over the signed cookie. A log-out, by hand or by silence, ends every session opened before it."""

    def __init__(self, accounts: Accounts, presence: Presence) -> None:
        self._accounts, self._presence = accounts, presence

    def begin(self, request: Request, agent: Agent) -> None:
        """The agent showed the password: a new session, whatever the cookie held before."""
        request.session.clear()
        login = self._presence.log_in(agent)
        request.session.update(agent=agent.username, login=login, csrf=secrets.token_urlsafe(24))

    def find(self, connection: Request | WebSocket) -> Agent | None:
        """The person of this session; an account that was removed or logged out has none any more."""
        username, login = connection.session.get("agent", ""), connection.session.get("login", 0)
        agent = self._accounts.all().get(username)
        return agent if agent and self._presence.holds(username, login) else None

    def agent(self, request: Request) -> Agent:
        """The person of this session; whatever he or she has done counts as a sign of life.

        Raises:
            HTTPException: 401 without a session.
        """
        agent = self.find(request)
        if agent is None:
            raise HTTPException(401, "Inicie sesión.")
        if request.method != "GET":  # a page asks by itself, but it sends nothing by itself
            self._presence.touch(agent.username)
        return agent

    def supervisor(self, request: Request) -> Agent:
        """The same, for supervisors only.

        Raises:
            HTTPException: 401 without a session, 403 for agents.
        """
        agent = self.agent(request)
        if agent.level is not Level.SUPERVISOR:
            raise HTTPException(403, "Solo la supervisión puede hacerlo.")
        return agent


def token_of(request: Request) -> str:
    """The session's token, made when there is none."""
    return str(request.session.setdefault("csrf", secrets.token_urlsafe(24)))


def csrf(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> None:
    """A dependency of everything that changes something."""
    check_csrf(request, x_csrf_token)


def check_csrf(request: Request, token: str) -> None:
    """Refuse what was not sent by one of our own pages.

    Raises:
        HTTPException: 403.
    """
    kept = request.session.get("csrf", "")
    if not kept or not hmac.compare_digest(token.encode(), kept.encode()):
        raise HTTPException(403, "La sesión venció. Recargue la página.")
