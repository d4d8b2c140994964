"""The business rules of Cita Médica that the bot checks itself, every value a setting (L5763-5793)."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from actions.services.appointments import Appointment, Slot
from actions.services.entitlement import Assignment

DIGITAL_CHANNELS = frozenset({"webchat", "whatsapp", "voice", "sms", "email", "desk"})


class BookingRules(BaseModel):
    """`business_rules` of bots/cita_medica/campaign.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    require_vigente: bool = True
    require_adscripcion: bool = True
    services: tuple[str, ...] = ("medicina_familiar", "estomatologia")
    mf_only_assigned_consultorio_and_turno: bool = True
    estomatologia_consultorio: Literal["first_with_slot", "operator_selects"] = "first_with_slot"
    max_per_consultorio_turno_dia: int = 3
    """Counted by the institution over all that the contact centre grants."""
    slot_hours: tuple[str, str] = ("08:00", "20:00")
    excluded_windows: dict[str, tuple[tuple[str, str], ...]] = Field(default_factory=dict)
    max_per_nucleo_familiar: int = 3
    min_lead_hours: int = 12
    max_horizon_days: int = 90
    no_holidays: bool = True
    respect_blocked_slots: bool = True
    """The institution does not list blocked slots; a person at the desk follows the setting."""
    cancel_only_digital_bookings: bool = True
    cancel_min_hours_before: int = 12
    confirm_identity: tuple[str, ...] = ("nss", "fecha_nacimiento")
    folio_per_appointment: bool = True
    virtual_slots_offered: int = Field(default=1, ge=1)
    human_slots_offered: int = 10
    virtual_accept_key: str = "1"
    virtual_on_reject: Literal["handoff_ps_i", "close"] = "handoff_ps_i"
    requery_on_rejection: int = 1
    confirm_list_max: int = 3
    panoramic_view_days: int = 30
    sms_reminder: bool = True
    sms_text: str | None = None

    def offers(self, slot: Slot, assignment: Assignment, now: datetime, holidays: frozenset[object]) -> bool:
        """Whether a slot may be offered: lead time, horizon, hours, excluded windows, holidays, own consultorio."""
        zone = ZoneInfo(assignment.zona_horaria)
        start, clock = slot.inicio.astimezone(zone), slot.inicio.astimezone(zone).strftime("%H:%M")
        service = slot.servicio.lower()
        if slot.inicio - now < timedelta(hours=self.min_lead_hours):
            return False
        if (start.date() - now.astimezone(zone).date()).days > self.max_horizon_days:
            return False
        if not self.slot_hours[0] <= clock < self.slot_hours[1]:
            return False
        if any(begin <= clock < end for begin, end in self.excluded_windows.get(service, ())):
            return False
        if self.no_holidays and start.date() in holidays:
            return False
        if service == "medicina_familiar" and self.mf_only_assigned_consultorio_and_turno:
            return slot.consultorio == assignment.consultorio and slot.turno == assignment.turno
        return True

    def may_cancel(self, appointment: Appointment, now: datetime) -> bool:
        """Whether an appointment may still be cancelled: at least 12 h before, that hour included (L5784)."""
        return appointment.inicio - now >= timedelta(hours=self.cancel_min_hours_before)

    def is_digital(self, appointment: Appointment) -> bool:
        """Whether it was made by a digital medium of the institution (L5743); unknown media do not count."""
        return not self.cancel_only_digital_bookings or appointment.canal in DIGITAL_CHANNELS
