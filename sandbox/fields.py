"""Field types of the wire: each refuses a wrong value with the sandbox's own code."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from sandbox.errors import ERRORS
from sandbox.identifiers import PHONE_PATTERN, is_agregado, is_appointment_folio, is_curp, is_nss

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class WireModel(BaseModel):
    """An object of a request: unknown fields are refused, values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


def day_of(text: str) -> date | None:
    """The date written AAAA-MM-DD (no other ISO form), or None when there is no such day."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def refuse(code: str, field: str | None = None) -> PydanticCustomError:
    """The validation error that the gate turns into the error `code`."""
    return PydanticCustomError(code, ERRORS[code].message, {"field": field} if field else None)


def _text(code: str, accepts: Callable[[str], object]) -> BeforeValidator:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not accepts(value):
            raise refuse(code)
        return value

    return BeforeValidator(check)


def _parse_birth_date(value: Any) -> date:
    day = day_of(value) if isinstance(value, str) else None
    if day is None:
        raise refuse("FMT-002")
    return day


def _parse_moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise refuse("FMT-006")
    return moment


def _parse_day_or_moment(value: Any) -> date | datetime:
    day = day_of(value) if isinstance(value, str) else None
    return day if day is not None else _parse_moment(value)


Nss = Annotated[str, _text("FMT-001", is_nss)]
Agregado = Annotated[str, _text("FMT-003", is_agregado)]
Curp = Annotated[str, _text("FMT-005", is_curp)]
Phone = Annotated[str, _text("FMT-007", PHONE_PATTERN.fullmatch)]
AppointmentFolio = Annotated[str, _text("FMT-006", is_appointment_folio)]
BirthDate = Annotated[date, BeforeValidator(_parse_birth_date)]
Moment = Annotated[datetime, BeforeValidator(_parse_moment)]
DayOrMoment = Annotated[date | datetime, BeforeValidator(_parse_day_or_moment)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
