"""Who may open a web chat: a citizen through the campaign's form and the captcha, an integrator with a key.

Citizens come from a browser: form and captcha are demanded where the campaign has a form, and the limits per address
count. A link that was sent on WhatsApp takes the place of both, once (`channels.one_time_links`). An integrator's
server shows the key and brings its citizens' addresses itself. In the sandbox without a key, requests that bring no
entrance count as an integrator's, so that the terminal chat and the evaluation just work; in every other environment a
missing key lets nobody in this way.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from channels.captcha import MAX_PAYLOAD, Captcha, CaptchaRefused
from channels.one_time_links import MAX_TOKEN, LinkRefused, OneTimeLinks
from channels.rate_limits import RateLimits, TooMany
from content.forms import MAX_FIELDS, MAX_VALUE, Form, FormError
from conversation.campaign import Campaign
from conversation.entrance import Entrance, FormValue
from conversation.message import Channel
from conversation.ports import Clock

MAX_VISITS = 100_000
VOID = "Ese enlace ya se usó o ya venció. Puede iniciar aquí otra conversación, o pedir otro enlace por WhatsApp."
Answer = Annotated[str, Field(max_length=2 * MAX_VALUE)]
FieldName = Annotated[str, Field(max_length=80)]


class EntranceRequest(BaseModel):
    """What the chat page sends along when it opens a conversation."""

    model_config = ConfigDict(extra="forbid")

    form: dict[FieldName, Answer] = Field(default_factory=dict, max_length=MAX_FIELDS)
    captcha: str = Field(default="", max_length=MAX_PAYLOAD)
    """The solved challenge (ALTCHA payload, base64)."""
    visits: int | None = Field(default=None, ge=1, le=MAX_VISITS)
    """Counted by the browser itself; no identifier goes with it."""
    leave_message: bool = False
    """Outside the window: no form, a message for the staff."""
    link: str = Field(default="", max_length=MAX_TOKEN)
    """What a one-time link from WhatsApp carries, in the place of form and captcha."""


@dataclass(frozen=True)
class Admitted:
    """Somebody may come in."""

    entrance: Entrance
    continues: str | None = None
    """The conversation on WhatsApp that the link was sent in."""


class EntranceRefused(Exception):
    """An entrance that is not in order; the text is for the citizen, `fields` says what to mend."""

    def __init__(
        self, status: int, code: str, detail: str, fields: dict[str, str] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.fields, self.retry_after = status, code, fields or {}, retry_after

    def answer(self) -> dict[str, object]:
        """The body of the refusal."""
        return {"error": self.code, "detail": str(self), **({"fields": self.fields} if self.fields else {})}

    def headers(self) -> dict[str, str]:
        """When to try again, if that is known."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Campaigns(Protocol):
    """What the entrance reads of the content."""

    def get(self, campaign_id: str) -> Campaign | None:
        """One campaign."""
        ...

    def form(self, campaign_id: str) -> Form | None:
        """Its form, if it has one."""
        ...


class EntranceDesk:
    """Decides over entrances; the same rules for every caller."""

    def __init__(
        self, campaigns: Campaigns, captcha: Captcha, links: OneTimeLinks, limits: RateLimits,
        open_from: Callable[[str], int], clock: Clock, *, most_open: int, integrator_key: str | None, is_sandbox: bool,
    ) -> None:  # fmt: skip
        """`open_from` counts the conversations of an address that are not closed; `most_open` may be."""
        self._campaigns, self.captcha, self.limits, self._open_from = campaigns, captcha, limits, open_from
        self._links = links
        self._clock, self._most_open = clock, most_open
        self._integrator_key, self._is_sandbox = integrator_key, is_sandbox

    def is_integrator(self, key: str | None, entrance: EntranceRequest | None = None) -> bool:
        """Whether a request is a server's that answers for its own citizens."""
        if self._integrator_key:
            return key is not None and hmac.compare_digest(key.encode(), self._integrator_key.encode())
        return self._is_sandbox and entrance is None

    def admit(self, campaign_id: str, address: str, user_agent: str, request: EntranceRequest) -> Admitted:
        """Let a citizen in, or say why not.

        Raises:
            EntranceRefused: a limit, the form, the captcha, the link; a challenge and a link are spent only when all
                else is in order.
        """
        self._count(address)
        if request.link:
            return Admitted(Entrance(user_agent=user_agent, visits=request.visits), self._taken(request.link))
        form = self._campaigns.form(campaign_id)
        values: tuple[FormValue, ...] = ()
        if form is not None:
            due = self._form_is_due(campaign_id)
            if due and request.leave_message:
                raise EntranceRefused(409, "form_due", "El servicio ya está abierto. Llene el formulario, por favor.")
            try:
                values = form.check(request.form) if due or request.form else ()
            except FormError as error:
                raise EntranceRefused(422, "form_wrong", str(error), error.fields) from error
            if form.captcha:
                self._take_captcha(request.captcha)
        elif request.form:
            raise EntranceRefused(422, "form_unknown", "Esta campaña no tiene formulario.")
        return Admitted(Entrance(form=values, user_agent=user_agent, visits=request.visits))

    def admit_request(self, address: str, solution: str) -> None:
        """Let a form in that opens no conversation, such as one that asks for a call: the limits and the captcha.

        Raises:
            EntranceRefused: too many came from this address, or the captcha is not in order.
        """
        try:
            self.limits.count_entrance(address)
        except TooMany as error:
            raise EntranceRefused(429, error.code, str(error), retry_after=error.retry_after) from error
        self._take_captcha(solution)

    def challenge(self) -> dict[str, object]:
        """A challenge for a browser.

        Raises:
            EntranceRefused: there is no secret.
        """
        try:
            return self.captcha.challenge()
        except CaptchaRefused as error:
            raise EntranceRefused(503, error.code, str(error)) from error

    def count_message(self, conversation_id: str, address: str) -> None:
        """One message of a citizen came.

        Raises:
            EntranceRefused: too many in too short a time; what was not taken may be sent again.
        """
        try:
            self.limits.count_message(conversation_id, address)
        except TooMany as error:
            raise EntranceRefused(429, error.code, str(error), retry_after=error.retry_after) from error

    def _count(self, address: str) -> None:
        try:
            self.limits.count_entrance(address)
        except TooMany as error:
            raise EntranceRefused(429, error.code, str(error), retry_after=error.retry_after) from error
        if self._open_from(address) >= self._most_open:
            raise EntranceRefused(
                429, "too_many_open",
                f"Desde su conexión ya hay {self._most_open} conversaciones abiertas. Termine alguna para iniciar "
                "otra; las que quedan sin actividad se cierran solas.",
            )  # fmt: skip

    def _taken(self, link: str) -> str:
        try:
            return self._links.take(link)
        except LinkRefused as error:
            raise EntranceRefused(403, "link_void", VOID) from error

    def _form_is_due(self, campaign_id: str) -> bool:
        campaign = self._campaigns.get(campaign_id)
        return campaign is not None and serves_now(campaign, self._clock)

    def _take_captcha(self, solution: str) -> None:
        try:
            self.captcha.take(solution)
        except CaptchaRefused as error:
            raise EntranceRefused(
                503 if error.code == "captcha_unavailable" else 403, error.code, str(error)
            ) from error


def serves_now(campaign: Campaign, clock: Clock) -> bool:
    """Whether web chat is served at this moment, by people or by the bot alone; else its form is hidden (L6720)."""
    return campaign.people_attend(Channel.WEBCHAT, clock()) or campaign.mode(Channel.WEBCHAT).bot_serves
