"""The institution's REST/JSON family: headers, bodies, error codes (services.md §10)."""

import uuid
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from actions.services.caller import timeout_for
from actions.services.failure import NONSENSE, ErrorTable, ServiceFailure
from ledger.services import Interaction

M = TypeVar("M", bound=BaseModel)


class RestAdapter:
    """Posts JSON and reads typed answers."""

    def __init__(self, base_url: str, token: str, errors: ErrorTable, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(base_url=base_url, follow_redirects=False)
        self._token, self._errors = token, errors

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(
        self,
        path: str,
        body: dict[str, Any],
        answer: type[M],
        interaction: Interaction,
        idempotency_key: str | None = None,
    ) -> M | ServiceFailure:
        """One request. Look-ups are POST too, so that no identifier stands in a URL.

        Raises:
            httpx.TransportError: no connection, or no answer in time.
        """
        headers = {
            "Authorization": f"Bearer {self._token}",
            "X-Campaign": interaction.campaign,
            "X-Folio": interaction.folio,
            "X-Request-Id": str(uuid.uuid4()),
        }
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        response = await self._client.post(path, json=body, headers=headers, timeout=timeout_for(interaction.channel))
        try:
            data = response.json()
            if response.is_success:
                return answer.model_validate(data)
            return self._errors.failure(str(data["error"]["codigo"]))
        except (ValueError, ValidationError, KeyError, TypeError):
            return NONSENSE if response.is_success else self._errors.failure(f"http:{response.status_code}")
