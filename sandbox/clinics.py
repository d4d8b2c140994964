"""The invented units of medicina familiar: where they are, when they open, which consultorios they have."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from sandbox.rules import Service, read_data

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Closure(BaseModel):
    """A blocked stretch [from, to) of a consultorio in local time, or `always`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: datetime | None = Field(default=None, alias="from")
    end: datetime | None = Field(default=None, alias="to")
    always: bool = False
    reason: str

    def covers(self, local: datetime) -> bool:
        """Whether a slot that starts at the naive local time `local` is blocked."""
        if self.always:
            return True
        return self.start is not None and self.end is not None and self.start <= local < self.end


class Room(BaseModel):
    """A consultorio: number, service and the share of its slots that the unit gave away itself (0 to 1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    room: str
    service: Service
    occupied: float = Field(ge=0, le=1)
    blocked: tuple[Closure, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether nothing can ever be booked here."""
        return any(closure.always for closure in self.blocked)


class Clinic(BaseModel):
    """A unit of medicina familiar with its own time zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    number: str
    delegacion: str
    entity: str
    timezone: str
    weekdays: tuple[str, ...]
    rooms: tuple[Room, ...]

    @property
    def umf(self) -> str:
        """The name people know, e.g. `UMF 901`."""
        return f"UMF {self.number}"

    @property
    def clave_presupuestal(self) -> str:
        """Opaque key of the unit (L5706)."""
        return f"99UMF0000{self.number}"

    @property
    def zone(self) -> ZoneInfo:
        """The unit's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def services(self) -> tuple[Service, ...]:
        """What the unit offers, Medicina Familiar first."""
        offered = {room.service for room in self.rooms}
        order: tuple[Service, ...] = ("MEDICINA_FAMILIAR", "ESTOMATOLOGIA")
        return tuple(service for service in order if service in offered)

    def room(self, number: str) -> Room | None:
        """The consultorio with this number, if the unit has it."""
        return next((room for room in self.rooms if room.room == number), None)


@cache
def load_clinics() -> dict[str, Clinic]:
    """All units of `clinics.yml` by number; raises pydantic.ValidationError that names the wrong key."""
    clinics = [Clinic.model_validate(entry) for entry in read_data("clinics.yml")["clinics"]]
    return {clinic.number: clinic for clinic in clinics}
