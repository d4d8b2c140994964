"""Settings of the web server, from environment variables `VENTANILLA_…`. Secrets have no default."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.smtp import SmtpSender


class Settings(BaseSettings):
    """What a deployment decides."""

    model_config = SettingsConfigDict(env_prefix="VENTANILLA_", extra="ignore")

    root: Path = Path()
    """Folder with bots/ and knowledge/."""
    environment: str = Field(default="sandbox", pattern="^(sandbox|no_productivo|productivo)$")
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = "sqlite:///var/ledger.db"
    engine_url: str = "http://127.0.0.1:5005"
    services_url: str = "http://127.0.0.1:8900"
    ledger_key: str
    """Fernet key of the ledger's encrypted fields."""
    session_secret: str = Field(min_length=32)
    """Signs the desk's cookies."""
    voice_url: str = "http://127.0.0.1:9091"
    """Where the voice process answers the web server, for calls from the page."""
    voice_key: str | None = Field(default=None, min_length=16)
    """Shown to the voice process; without it the page offers no calls."""
    control_token: str | None = None
    """Opens the clock control for tests; only in the sandbox environment."""
    desk_agents: Path = Path("var/desk_agents.yml")
    desk_assignment: Literal["automatic", "manual"] = "automatic"
    """Whether waiting conversations are offered to agents in turn; a campaign may decide otherwise (`desk:`)."""
    admin_accounts: Path = Path("var/admin_accounts.yml")
    content_approvals: Literal["norma", "ninguna"] | None = None
    """Approvals that a change of content takes (`admin.content_rules`); None: none in the sandbox, else «norma»."""
    runs: Path = Path("var/runs")
    """One folder per evaluation run."""
    statements: Path = Path("var/statements")
    """Kept versions of statements (`ventanilla settle --keep`)."""
    recordings: Path = Path("var/recordings")
    payment_policy: Path = Path("var/payment_policy.yml")
    """The policy that both parties approve; «ventanilla run» begins it with the proposed values."""
    captcha_secret: str | None = Field(default=None, min_length=32)
    """Signs the captcha's challenges; without it nobody comes in through a form, and only the sandbox starts at all."""
    captcha_work: int = Field(default=1000, ge=1)
    """Key derivations that a challenge takes on average; each is about a millisecond of a browser."""
    health_key: str | None = Field(default=None, min_length=16)
    """Opens the detail of /health outside the sandbox, as a bearer token; everybody else learns only up or down."""
    integrator_key: str | None = Field(default=None, min_length=32)
    """Opens the HTTP interface to servers that answer for their own citizens (`channels.entrance`)."""
    open_sessions_per_ip: int = Field(default=3, ge=1)
    """Web chats of one address that may be open at once (security.md §14)."""
    entrances_per_hour: int = Field(default=20, ge=1)
    """Forms that one address may send in an hour."""
    messages_per_ten_seconds: int = Field(default=10, ge=1)
    limits_storage: str = "memory://"
    """Where the limits are counted, as the library `limits` names it; several web processes share one."""
    trusted_proxies: str = "127.0.0.1"
    """Proxies whose X-Forwarded-For is believed, separated by commas."""
    voice_model: str = "vosk-model-small-es-0.42"
    """Of speech recognition, for calls and voice notes: a folder, or a model's name below the folder of models."""
    voice_models: Path | None = None
    voice_test_model: bool = False
    """Accept the synthetic model of the test suite."""
    attachments: Path = Path("var/attachments")
    """Files that citizens sent, encrypted."""
    whatsapp_phone_id: str = ""
    """Of the institution's number at Meta. The four of WhatsApp belong together; none of them: the channel is off."""
    whatsapp_token: str = ""
    whatsapp_app_secret: str = ""
    """Meta signs its deliveries with it."""
    whatsapp_verify_token: str = ""
    """Of our choice; Meta shows it when it is told our address."""
    whatsapp_graph_url: str | None = None
    """A stand-in in the place of Meta (docs/whatsapp.md)."""
    whatsapp_reengagement_template: str = ""
    """An approved template that asks somebody to write again, for what comes after 24 hours."""
    whatsapp_site: str = ""
    """Public `https://host` of this installation, for links in messages."""
    chatwoot_url: str = ""
    """`https://host` of a Chatwoot. The five of Chatwoot belong together; none of them: it is off."""
    chatwoot_account: int | None = None
    chatwoot_inbox: int | None = None
    chatwoot_token: str = ""
    chatwoot_webhook_secret: str = ""
    """Chatwoot signs its deliveries with it."""
    chatwoot_campaign: str = ""
    """The campaign whose bot answers in that inbox; empty: its people are the desk of our own channels."""
    chatwoot_topic: str = ""
    """Tipificación of what is resolved there without a label that is one."""
    site: str = ""
    """Public `https://host` of this installation, for addresses in copies of conversations."""
    smtp_url: str = ""
    """`smtp://user:password@host:587` or `smtps://…:465`; without it no copies go out by e-mail."""
    smtp_from: str = ""
    """Sender's address of the copies."""
    frame_ancestors: str = "'self'"
    """Portals that may embed the chat (CSP frame-ancestors)."""
    clock_start: datetime | None = None
    """A moment from which the clock runs, for the sandbox; None is the real time."""
    idle_minutes: int = 30
    """Silence after which an interaction is closed (L6778)."""

    @model_validator(mode="after")
    def _mail_is_whole(self) -> "Settings":
        if bool(self.smtp_url) != bool(self.smtp_from):
            raise ValueError("VENTANILLA_SMTP_URL and VENTANILLA_SMTP_FROM go together. Set both, or none")
        if self.smtp_url:
            try:
                SmtpSender(self.smtp_url)
            except ValueError as error:
                raise ValueError(f"VENTANILLA_SMTP_URL: {error}") from error
        return self

    @model_validator(mode="after")
    def _whatsapp_is_whole(self) -> "Settings":
        needed = ("phone_id", "token", "app_secret", "verify_token")
        missing = [name for name in needed if not getattr(self, f"whatsapp_{name}").strip()]
        if 0 < len(missing) < len(needed):
            names = ", ".join(f"VENTANILLA_WHATSAPP_{name.upper()}" for name in missing)
            raise ValueError(f"{names}: missing, while others of WhatsApp are set. Set all four, or none")
        return self

    @model_validator(mode="after")
    def _chatwoot_is_whole(self) -> "Settings":
        needed = ("url", "account", "inbox", "token", "webhook_secret")
        missing = [name for name in needed if not str(getattr(self, f"chatwoot_{name}") or "").strip()]
        if 0 < len(missing) < len(needed):
            names = ", ".join(f"VENTANILLA_CHATWOOT_{name.upper()}" for name in missing)
            raise ValueError(f"{names}: missing, while others of Chatwoot are set. Set all five, or none")
        if self.chatwoot_url and not self.chatwoot_url.startswith(
            ("https://", "http://127.0.0.1:", "http://localhost:")
        ):
            raise ValueError("VENTANILLA_CHATWOOT_URL: must begin with https://, for what is said goes there")
        return self


def wrong_settings(error: ValidationError) -> list[str]:
    """What is missing or wrong, a line for each variable of the environment."""
    found = ((problem["msg"], "_".join(str(part) for part in problem["loc"]).upper()) for problem in error.errors())
    return [
        f"VENTANILLA_{name}: {message}. Set it in the environment."
        if name
        else f"{message.removeprefix('Value error, ')}."  # of several variables, which it names itself
        for message, name in found
    ]
