"""How an institutional service can fail, in neutral words (services.md §3, campaigns.md §2.8)."""

from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

TABLE = Path(__file__).with_name("error_codes.yml")


class Meaning(StrEnum):
    """What dialogues react to."""

    FORMAT = "formato"
    NO_MATCH = "dato_no_coincide"
    IDENTIFICATION_FAILED = "identificacion_fallida"
    NOT_ENTITLED = "no_vigente"
    NOT_ASSIGNED = "no_adscrito"
    REJECTED = "rechazo"
    LIMIT_REACHED = "limite_excedido"
    NOT_FOUND = "no_encontrado"
    UNAVAILABLE = "no_disponible"
    TIMED_OUT = "tiempo_agotado"


class ServiceFailure(BaseModel):
    """One row of the institution's error table."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    code: str
    meaning: Meaning
    reason: str
    error_class: str = Field(alias="class")
    retry: str = "none"
    next: str = "handoff"
    communication_error: bool = False
    alert: bool = False
    sent: bool = True
    """Whether the institution was asked at all."""

    @property
    def is_technical(self) -> bool:
        """Whether the service itself failed, as opposed to answering «no»."""
        return self.error_class == "technical"

    @property
    def may_have_acted(self) -> bool:
        """Whether a write that ended so may have been carried out all the same: only the institution can tell."""
        return self.is_technical and self.sent


class ErrorTable:
    """The institution's codes; what nobody listed gets the default row and keeps its code for the administrator."""

    def __init__(self, path: Path = TABLE) -> None:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._rows = {row["code"]: ServiceFailure.model_validate(row) for row in data["codes"]}
        self._default = ServiceFailure.model_validate(data["default"])

    def failure(self, code: str) -> ServiceFailure:
        """The failure that a received code stands for."""
        return self._rows.get(code) or self._default.model_copy(update={"code": code})


TIMEOUT = ServiceFailure(
    code="client:timeout", meaning=Meaning.TIMED_OUT, reason="sin_respuesta", error_class="technical", retry="once",
    communication_error=True,
)  # fmt: skip
UNREACHABLE = ServiceFailure(
    code="client:unreachable", meaning=Meaning.UNAVAILABLE, reason="sin_conexion", error_class="technical",
    retry="once", communication_error=True,
)  # fmt: skip
NONSENSE = ServiceFailure(
    code="client:nonsense", meaning=Meaning.UNAVAILABLE, reason="respuesta_invalida", error_class="technical",
    communication_error=True, alert=True,
)  # fmt: skip
CIRCUIT_OPEN = ServiceFailure(
    code="client:circuit_open", meaning=Meaning.UNAVAILABLE, reason="circuito_abierto", error_class="technical",
    communication_error=True, sent=False,
)  # fmt: skip
