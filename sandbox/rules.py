"""The values of the business rules, read from `rules.yml` (services.md §9)."""

from datetime import date, time
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Service = Literal["MEDICINA_FAMILIAR", "ESTOMATOLOGIA"]
Turno = Literal["MATUTINO", "VESPERTINO"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AppointmentRules(_Section):
    """Rules of Cita Médica; hours are the unit's local time, windows are [from, to)."""

    require_vigente: bool
    require_adscripcion: bool
    services: tuple[Service, ...]
    mf_only_assigned_consultorio_and_turno: bool
    max_per_consultorio_turno_dia: int = Field(ge=0)
    max_per_nucleo_familiar: int = Field(ge=0)
    min_lead_hours: float = Field(ge=0)
    max_horizon_days: int = Field(ge=0)
    slot_hours: tuple[time, time]
    vespertino_from: time
    slot_minutes: dict[Service, int]
    excluded_windows: dict[Service, tuple[tuple[time, time], ...]]
    no_holidays: bool
    respect_blocked_slots: bool
    cancel_only_digital_bookings: bool
    digital_channels: tuple[str, ...]
    cancel_min_hours_before: float = Field(ge=0)
    no_answer_campaigns: tuple[str, ...]


class IdentificationRules(_Section):
    """Limits of failed identifications (IDE-003)."""

    allow_nss_only: bool
    max_failed_per_folio: int = Field(ge=1)
    max_failed_per_nss: int = Field(ge=1)
    nss_window_minutes: int = Field(ge=1)


class RecordRules(_Section):
    """Rules of semanas cotizadas and pensiones."""

    require_curp: bool


class Limits(_Section):
    """Sizes: bodies in bytes, lists in rows."""

    max_body_bytes: int
    max_appointments_listed: int
    reconciliation_page: int


class Rules(_Section):
    """All rule values, under the Spanish section names of the file."""

    citas: AppointmentRules
    identificacion: IdentificationRules
    expediente: RecordRules
    limites: Limits
    festivos: dict[date, str]


def read_data(name: str) -> dict[str, Any]:
    """The content of one of the package's YAML files."""
    document = yaml.safe_load(files("sandbox").joinpath(name).read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{name}: se esperaba un mapa en el primer nivel del archivo")
    return document


@cache
def load_rules() -> Rules:
    """The rules of `rules.yml`, checked; raises pydantic.ValidationError that names the wrong key."""
    return Rules.model_validate(read_data("rules.yml"))
