"""Pages for people and the headers that guard them (OWASP ASVS 3.3-3.4)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from channels.call_gateway import takes_calls
from channels.callbacks import offer
from content.catalogue import Catalogue
from conversation.message import Channel
from server.clock import InstitutionClock
from server.entrance import entrance_context
from server.settings import Settings
from web import STATIC, TEMPLATES

SWAGGER_UI = Path(fastapi_offline.__file__).parent / "static"
"""Scripts and styles of Swagger UI, as the package brings them: the page works without the Internet."""
_templates = Jinja2Templates(directory=TEMPLATES)


def render(request: Request, template: str, context: dict[str, Any]) -> Response:
    """Render one template."""
    return _templates.TemplateResponse(request, template, context)


def routes(catalogue: Catalogue, settings: Settings, clock: InstitutionClock) -> APIRouter:
    """The start page and the chat page of each campaign."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def index(request: Request) -> Response:
        campaigns = [
            {
                "id": one.id, "name": one.name, "description": one.description,
                "open": one.people_attend(Channel.WEBCHAT, clock()),
            }
            for one in catalogue.with_bot()
        ]  # fmt: skip
        return render(request, "index.html", {"campaigns": campaigns, "environment": settings.environment})

    @router.get("/chat/{campaign_id}")
    async def chat(request: Request, campaign_id: str, embedded: bool = False) -> Response:
        campaign = catalogue.get(campaign_id)
        if campaign is None or not campaign.has_bot:
            raise HTTPException(404, f"No hay un asistente para «{campaign_id}».")
        context = {
            "campaign": {"id": campaign.id, "name": campaign.name, "call_back": campaign.call_back},
            "sample_content": settings.environment != "productivo", "embedded": embedded,
            "mails": bool(settings.smtp_url), "calls": settings.voice_key is not None and takes_calls(campaign),
            **entrance_context(catalogue, campaign, clock),
        }  # fmt: skip
        return render(request, "chat.html", context)

    @router.get("/llamada/{campaign_id}")
    async def callback(request: Request, campaign_id: str) -> Response:
        campaign = catalogue.get(campaign_id)
        if campaign is None or not campaign.call_back:
            raise HTTPException(404, f"«{campaign_id}» no llama a quien lo pide por internet.")
        found = offer(campaign, clock)
        context = {
            "campaign": {"id": campaign.id, "name": campaign.name}, "slots": found.slots, "topics": found.topics,
            "captcha": bool(settings.captcha_secret) or settings.environment != "sandbox", "phones": campaign.phones,
            "privacy": campaign.prompts.get("aviso_privacidad", "Sus datos se usan solo para atenderle."),
        }  # fmt: skip
        return render(request, "callback.html", context)

    @router.get("/chat/{campaign_id}/theme.css")
    async def theme(campaign_id: str) -> Response:
        campaign = catalogue.get(campaign_id)
        if campaign is None or not campaign.has_bot:
            raise HTTPException(404, f"No hay un asistente para «{campaign_id}».")
        return Response(catalogue.settings(campaign_id).style.css(), media_type="text/css")

    return router


def api_docs(app: FastAPI) -> None:
    """The description of the HTTP interface for integrators, at /docs."""
    app.mount("/swagger-ui", StaticFiles(directory=SWAGGER_UI), name="swagger-ui")

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return render(request, "api_docs.html", {"title": app.title, "openapi": app.openapi_url})


def mount_static(app: FastAPI) -> None:
    """Serve scripts and styles."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def guard(app: FastAPI, settings: Settings) -> None:
    """Add the security headers to every answer; only the chat may be embedded, and only by named portals."""

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(security_headers(request.url.path, settings))
        return response


def security_headers(path: str, settings: Settings) -> dict[str, str]:
    """What every answer of a path carries; HSTS where TLS is a matter of course (ASVS 3.4.1)."""
    ancestors = settings.frame_ancestors if path.startswith("/chat/") else "'none'"
    images = "img-src 'self' data:; " if path == "/docs" else ""  # Swagger UI draws its arrows from its styles
    headers = {
        "Content-Security-Policy": (
            f"default-src 'self'; {images}object-src 'none'; base-uri 'self'; form-action 'self'; "
            f"frame-ancestors {ancestors}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
    if not path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    if settings.environment == "productivo":
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
