"""The rules of the booking service (services.md §9): every setting changes what is offered, at its exact edge."""

import ast
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

import actions
from actions.booking_rules import BookingRules
from actions.services.appointments import Appointment, Slot
from actions.services.entitlement import Assignment
from content.catalogue import Catalogue

CENTRE, TIJUANA = ZoneInfo("America/Mexico_City"), ZoneInfo("America/Tijuana")
NOW = datetime(2026, 10, 15, 9, 0, tzinfo=CENTRE)
ASSIGNED = Assignment(completa=True, umf="UMF 901", consultorio="07", turno="MATUTINO")
NONE: frozenset[object] = frozenset()


@pytest.fixture(scope="module")
def rules(catalogue: Catalogue) -> BookingRules:
    """The rules as the repository ships them."""
    return BookingRules.model_validate(catalogue.settings("cita_medica").business_rules)


def slot(start: datetime, service: str = "MEDICINA_FAMILIAR", room: str = "07", turno: str = "MATUTINO") -> Slot:
    """A free slot."""
    return Slot(
        horario_id="h", inicio=start, fin=start + timedelta(minutes=15), servicio=service, umf="UMF 901",
        consultorio=room, turno=turno,
    )  # fmt: skip


def tomorrow(clock: str, zone: ZoneInfo = CENTRE) -> datetime:
    """A clock time of 20 October, far enough ahead of every limit."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 10, 20, hour, minute, tzinfo=zone)


def offered(rules: BookingRules, one: Slot, now: datetime = NOW, assigned: Assignment = ASSIGNED,
            holidays: frozenset[object] = NONE) -> bool:  # fmt: skip
    return rules.offers(one, assigned, now, holidays)


@pytest.mark.parametrize(
    ("clock", "service", "expected"),
    [
        ("08:00", "MEDICINA_FAMILIAR", False),
        ("08:30", "MEDICINA_FAMILIAR", False),
        ("08:44", "MEDICINA_FAMILIAR", False),
        ("08:45", "MEDICINA_FAMILIAR", True),
        ("14:00", "MEDICINA_FAMILIAR", False),
        ("14:30", "MEDICINA_FAMILIAR", False),
        ("14:45", "MEDICINA_FAMILIAR", True),
        ("08:20", "ESTOMATOLOGIA", False),
        ("08:40", "ESTOMATOLOGIA", True),
        ("14:20", "ESTOMATOLOGIA", False),
        ("14:40", "ESTOMATOLOGIA", True),
        ("07:45", "ESTOMATOLOGIA", False),
        ("19:45", "ESTOMATOLOGIA", True),
        ("20:00", "ESTOMATOLOGIA", False),
    ],
)
def test_hours_and_excluded_windows(rules: BookingRules, clock: str, service: str, expected: bool) -> None:
    assert offered(rules, slot(tomorrow(clock), service)) is expected


def test_windows_are_settings(rules: BookingRules) -> None:
    start = slot(tomorrow("08:30"))
    assert not offered(rules, start)
    assert offered(rules.model_copy(update={"excluded_windows": {}}), start)
    assert not offered(rules.model_copy(update={"slot_hours": ("09:00", "20:00")}), slot(tomorrow("08:45")))


def test_twelve_hours_ahead_are_enough_and_a_minute_less_is_not(rules: BookingRules) -> None:
    start = datetime(2026, 10, 16, 8, 45, tzinfo=CENTRE)
    exactly = start - timedelta(hours=12)
    assert offered(rules, slot(start), now=exactly)
    assert not offered(rules, slot(start), now=exactly + timedelta(minutes=1))
    assert offered(rules.model_copy(update={"min_lead_hours": 11}), slot(start), now=exactly + timedelta(minutes=1))


def test_boundary_cases_of_the_specification(rules: BookingRules) -> None:
    start = slot(datetime(2026, 10, 16, 8, 45, tzinfo=CENTRE))
    assert offered(rules, start, now=datetime(2026, 10, 15, 20, 0, tzinfo=CENTRE))
    assert not offered(rules, start, now=datetime(2026, 10, 15, 20, 50, tzinfo=CENTRE))


def test_ninety_days_ahead_are_allowed_and_ninety_one_are_not(rules: BookingRules) -> None:
    last, after = (datetime(2027, 1, day, 13, 45, tzinfo=CENTRE) for day in (13, 14))
    assert (last.date() - NOW.date()).days == 90
    assert offered(rules, slot(last)) and not offered(rules, slot(after))
    assert offered(rules.model_copy(update={"max_horizon_days": 91}), slot(after))
    assert not offered(rules.model_copy(update={"max_horizon_days": 89}), slot(last))


def test_hours_are_the_units_own(rules: BookingRules) -> None:
    assigned = ASSIGNED.model_copy(update={"zona_horaria": "America/Tijuana"})
    early = tomorrow("08:45", TIJUANA).astimezone(CENTRE)  # 09:45 or 10:45 in the centre
    assert offered(rules, slot(early), assigned=assigned)
    excluded = tomorrow("08:30", TIJUANA).astimezone(CENTRE)
    assert not offered(rules, slot(excluded), assigned=assigned)


def test_holidays(rules: BookingRules) -> None:
    holiday: frozenset[object] = frozenset({date(2026, 10, 20)})
    assert not offered(rules, slot(tomorrow("09:00")), holidays=holiday)
    assert offered(rules, slot(tomorrow("09:00")), holidays=frozenset({date(2026, 10, 21)}))
    assert offered(rules.model_copy(update={"no_holidays": False}), slot(tomorrow("09:00")), holidays=holiday)


def test_family_medicine_only_with_the_own_consultorio_and_turno(rules: BookingRules) -> None:
    other_room, other_turn = slot(tomorrow("09:00"), room="08"), slot(tomorrow("15:00"), turno="VESPERTINO")
    assert not offered(rules, other_room) and not offered(rules, other_turn)
    free = rules.model_copy(update={"mf_only_assigned_consultorio_and_turno": False})
    assert offered(free, other_room) and offered(free, other_turn)
    assert offered(rules, slot(tomorrow("09:00"), "ESTOMATOLOGIA", room="51")), "dentists have no own patients"


def appointment(start: datetime, canal: str | None = "webchat") -> Appointment:
    """An appointment in the institution's agenda."""
    return Appointment(
        cita_id="c-1", estado="AGENDADA", servicio="MEDICINA_FAMILIAR", inicio=start, umf="UMF 901",
        paciente_id="pac-1", canal=canal,
    )  # fmt: skip


def test_cancelling_up_to_twelve_hours_before(rules: BookingRules) -> None:
    start = tomorrow("09:00")
    exactly = start - timedelta(hours=12)
    assert rules.may_cancel(appointment(start), exactly)
    assert not rules.may_cancel(appointment(start), exactly + timedelta(seconds=1))
    assert rules.model_copy(update={"cancel_min_hours_before": 2}).may_cancel(
        appointment(start), start - timedelta(hours=2)
    )


@pytest.mark.parametrize(
    ("canal", "digital"), [("webchat", True), ("voice", True), ("VENTANILLA", False), (None, False)]
)
def test_only_digital_bookings_are_cancelled_here(rules: BookingRules, canal: str | None, digital: bool) -> None:
    assert rules.is_digital(appointment(tomorrow("09:00"), canal)) is digital
    assert rules.model_copy(update={"cancel_only_digital_bookings": False}).is_digital(
        appointment(tomorrow("09:00"), canal)
    )


def test_a_setting_that_does_not_exist_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValidationError, match="min_lead_hour"):
        BookingRules.model_validate({"min_lead_hour": 12})


NOT_THE_BOTS = {
    "max_per_consultorio_turno_dia",  # the institution counts it
    "respect_blocked_slots",  # the institution leaves blocked slots out
    "panoramic_view_days",  # width of the human screen
    "sms_reminder",  # with sms_text: the SMS channel, which does not exist yet
    "sms_text",
}


@pytest.mark.parametrize("setting", sorted(set(BookingRules.model_fields) - NOT_THE_BOTS))
def test_no_setting_is_without_effect(setting: str) -> None:
    """A setting that no code reads is a promise to the administrator that nobody keeps."""
    folder = Path(actions.__file__).parent
    read = {
        node.attr
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert setting in read
