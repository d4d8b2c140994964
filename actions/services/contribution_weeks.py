"""Semanas cotizadas (L11384; the contract prints no service, see services.md §10, 9)."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from actions.services.caller import Caller
from actions.services.failure import ServiceFailure
from actions.services.rest import RestAdapter
from ledger.services import Interaction


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Weeks(_Answer):
    """Weeks of contribution; total = imss - descontadas + reintegradas."""

    imss: int
    descontadas: int
    reintegradas: int
    total: int


class ContributionWeeks(_Answer):
    """The institution's count on a day."""

    semanas: Weeks
    ultimo_movimiento: date | None = None
    fecha_corte: date


class ContributionWeeksService:
    """The look-up over REST."""

    def __init__(self, adapter: RestAdapter, caller: Caller) -> None:
        self._adapter, self._caller = adapter, caller

    async def consult(
        self, nss: str, birth_date: date, curp: str, interaction: Interaction, now: datetime
    ) -> ContributionWeeks | ServiceFailure:
        """Reads. Weeks of the titular; the CURP must match (level L3)."""
        body = {"nss": nss, "fecha_nacimiento": birth_date.isoformat(), "curp": curp}
        return await self._caller.read(
            "semanas_cotizadas",
            lambda: self._adapter.post("/v1/semanas-cotizadas/consultas", body, ContributionWeeks, interaction),
            interaction, now,
        )  # fmt: skip
