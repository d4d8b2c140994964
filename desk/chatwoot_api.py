"""Chatwoot's application API, as far as handing over needs it (developers.chatwoot.com, «Application APIs»).

Agent bots may only write messages and change the status; to make contacts and conversations takes a person's token.
"""

from dataclasses import dataclass
from typing import Any

import httpx

TIMEOUT_SECONDS = 10.0
_AGAIN = frozenset({408, 409, 425, 429})


class ChatwootFailure(Exception):
    """Chatwoot did not do what it was asked. `status` is None when it did not answer; `again`: it may yet."""

    def __init__(self, what: str, status: int | None, *, again: bool) -> None:
        super().__init__(f"{what}: {status or 'no answer'}")
        self.status, self.again = status, again


@dataclass(frozen=True)
class Account:
    """Where, as whom and in which inbox."""

    url: str
    """`https://host` of the installation."""
    number: int
    inbox: int
    token: str


class ChatwootApi:
    """One account of a Chatwoot. Every method raises `ChatwootFailure`."""

    def __init__(self, account: Account) -> None:
        self._inbox = account.inbox
        self._client = httpx.AsyncClient(
            base_url=f"{account.url.rstrip('/')}/api/v1/accounts/{account.number}/",
            headers={"api_access_token": account.token}, timeout=TIMEOUT_SECONDS,
        )  # fmt: skip

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def begin(self, folio: str, name: str, about: dict[str, str]) -> int:
        """The number of the conversation for a folio, still `pending`; the same one when it is asked for again."""
        try:
            return await self._conversation_of(folio, name, about)
        except (KeyError, TypeError, ValueError) as error:
            raise ChatwootFailure(f"an answer in another form ({type(error).__name__})", None, again=True) from error

    async def say(self, chatwoot_id: int, text: str, *, incoming: bool) -> None:
        """A message to the conversation: `incoming` is the citizen's (API inboxes only), else the bot's."""
        await self._message(chatwoot_id, text, message_type="incoming" if incoming else "outgoing", private=False)

    async def note(self, chatwoot_id: int, text: str) -> None:
        """A private note, for Chatwoot's people only."""
        await self._message(chatwoot_id, text, message_type="outgoing", private=True)

    async def set_status(self, chatwoot_id: int, status: str) -> None:
        """`open` hands over to people; `pending` is the bot's; `resolved` ends it."""
        await self._call("POST", f"conversations/{chatwoot_id}/toggle_status", {"status": status})

    async def set_urgent(self, chatwoot_id: int) -> None:
        """An emergency stands above the others."""
        await self._call("POST", f"conversations/{chatwoot_id}/toggle_priority", {"priority": "urgent"})

    async def conversation(self, chatwoot_id: int) -> dict[str, Any]:
        """The conversation as it is now."""
        return await self._call("GET", f"conversations/{chatwoot_id}")

    async def messages(self, chatwoot_id: int) -> list[dict[str, Any]]:
        """Its latest messages, in order."""
        found = await self._call("GET", f"conversations/{chatwoot_id}/messages")
        return list(found.get("payload", []))

    async def _conversation_of(self, folio: str, name: str, about: dict[str, str]) -> int:
        contact, source = await self._contact(folio, name)
        found = await self._call("GET", f"contacts/{contact}/conversations")
        for one in found.get("payload", []):
            if one.get("inbox_id") == self._inbox:
                return int(one["id"])
        body = {"source_id": source, "inbox_id": self._inbox, "contact_id": contact, "status": "pending"}
        made = await self._call("POST", "conversations", {**body, "custom_attributes": about})
        return int(made["id"])

    async def _contact(self, folio: str, name: str) -> tuple[int, str]:
        try:
            body = {"inbox_id": self._inbox, "name": name, "identifier": folio}
            made = (await self._call("POST", "contacts", body))["payload"]
            return int(made["contact"]["id"]), str(made["contact_inbox"]["source_id"])
        except ChatwootFailure as failure:
            if failure.status != httpx.codes.UNPROCESSABLE_ENTITY:
                raise
            known = await self._known_contact(folio)
            if known is None:
                raise
            return known

    async def _known_contact(self, folio: str) -> tuple[int, str] | None:
        """The contact of an earlier attempt, whose answer did not arrive."""
        found = await self._call("GET", "contacts/search", params={"q": folio})
        for one in found.get("payload", []):
            if one.get("identifier") == folio:
                for place in one.get("contact_inboxes", []):
                    if place["inbox"]["id"] == self._inbox:
                        return int(one["id"]), str(place["source_id"])
        return None

    async def _message(self, chatwoot_id: int, text: str, *, message_type: str, private: bool) -> None:
        body = {"content": text, "message_type": message_type, "private": private}
        await self._call("POST", f"conversations/{chatwoot_id}/messages", body)

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        what = f"{method} {path}"
        try:
            answer = await self._client.request(method, path, json=body, params=params)
        except httpx.RequestError as error:
            raise ChatwootFailure(f"{what} ({type(error).__name__})", None, again=True) from error
        if not answer.is_success:
            again = answer.is_server_error or answer.status_code in _AGAIN
            raise ChatwootFailure(what, answer.status_code, again=again)
        try:
            content = answer.json() if answer.content else {}
        except ValueError as error:
            raise ChatwootFailure(f"{what} (no JSON)", answer.status_code, again=True) from error
        return content if isinstance(content, dict) else {"payload": content}
