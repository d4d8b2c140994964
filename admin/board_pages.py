"""The live board: what goes on now in the campaigns, people and virtual agents side by side (reports-sla.md §3)."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from admin.accounts import EVERY_CAMPAIGN
from admin.gate import Gate, Render, Visitor
from admin.pages import CHANNELS, Pages
from admin.permissions import SEE_BOARD
from admin.ports import Board, CampaignDirectory
from conversation.conversation import State
from ledger.board import AgentNow, BotNow, OpenCount, QueueToday
from ledger.periods import CENTRE

STATES = {
    State.BOT: "Con el asistente", State.QUEUED: "En espera", State.HUMAN: "Con una persona",
    State.SURVEY: "En la encuesta",
}  # fmt: skip


class BoardPages:
    """Routes `/admin/board` and its figures, which the page asks for by itself."""

    def __init__(self, render: Render, pages: Pages, gate: Gate, board: Board, campaigns: CampaignDirectory) -> None:
        self._render, self._pages, self._gate = render, pages, gate
        self._board, self._campaigns = board, campaigns

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see = self._gate.visitor(*SEE_BOARD)
        # What the page asks for by itself does not keep a session alive (L8379).
        may_watch = self._gate.visitor(*SEE_BOARD, is_use=False)

        @router.get("/board")
        def board(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._pages.show(request, visitor, "admin_board.html", **self._figures(visitor))

        @router.get("/board/figures")
        def figures(request: Request, visitor: Annotated[Visitor, Depends(may_watch)]) -> Response:
            return self._render(request, "admin_board_figures.html", self._figures(visitor))

    def _figures(self, visitor: Visitor) -> dict[str, Any]:
        own = visitor.account.campaigns
        now = self._board.now(None if EVERY_CAMPAIGN in own else own)
        waits = [one.longest_wait for one in now.open if one.longest_wait is not None]
        totals = {state: sum(one.by_state.get(state, 0) for one in now.open) for state in STATES}
        return {
            "at": now.at.astimezone(CENTRE).strftime("%H:%M:%S"), "states": list(STATES.values()),
            "totals": [(STATES[state], number) for state, number in totals.items()],
            "longest": span_words(max(waits)) if waits else "Nadie espera",
            "open": [self._open_row(one) for one in now.open], "agents": [_agent_row(one) for one in now.agents],
            "bots": [self._bot_row(one) for one in now.bots], "queues": [self._queue_row(one) for one in now.queues],
        }  # fmt: skip

    def _open_row(self, one: OpenCount) -> dict[str, Any]:
        return {
            "campaign": self._name(one.campaign), "channel": CHANNELS[one.channel],
            "counts": [(words, one.by_state.get(state, 0)) for state, words in STATES.items()],
            "longest": span_words(one.longest_wait) if one.longest_wait is not None else "—",
        }  # fmt: skip

    def _bot_row(self, one: BotNow) -> dict[str, Any]:
        return {"name": self._name(one.campaign), "bot": one}

    def _queue_row(self, one: QueueToday) -> dict[str, Any]:
        level, wanted = one.level, one.wanted
        return {
            "name": self._name(one.campaign), "channel": CHANNELS[one.channel], "queue": one, "is_low": one.is_low,
            "level": "—" if level is None else f"{level:.1f} %",
            "wanted": f"{wanted.percent:.0f} % de {wanted.of} en menos de {wanted.seconds} s ({wanted.line})",
        }  # fmt: skip

    def _name(self, campaign_id: str) -> str:
        campaign = self._campaigns.get(campaign_id)
        return campaign.name if campaign else campaign_id


def _agent_row(one: AgentNow) -> dict[str, Any]:
    return {
        "name": one.username, "level": one.level.label, "state": one.state.label, "since": span_words(one.since),
        "conversations": one.conversations,
    }  # fmt: skip


def span_words(span: timedelta) -> str:
    """`4:07` minutes and seconds, `1:02:03` from an hour on."""
    seconds = max(0, int(span.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
