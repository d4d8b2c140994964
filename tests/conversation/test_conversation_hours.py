"""When people attend (campaigns.md §2.7): edges, holidays, the next opening."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scripted_dialogue import CENTRE

from conversation.campaign import Automation, Campaign, OutOfHours, Window
from conversation.message import Channel

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {**dict.fromkeys(WEEKDAYS, (("08:00", "20:00"),)), "sat": (("08:00", "14:00"),), "sun": ()}
HOLIDAY = date(2026, 11, 16)
CAMPAIGN = Campaign(
    id="prueba", name="Prueba", agent_type="basico", automation=Automation.BOT,
    windows=(
        Window(id="voz", applies_to=("voice",), weekly=OFFICE, holiday=(("09:00", "12:00"),)),
        Window(id="chat", applies_to=("web_chat",), weekly={day: OFFICE[day] for day in WEEKDAYS}),
    ),
    holidays=frozenset({HOLIDAY}), out_of_hours={"web_chat": OutOfHours.OPEN_24H},
)  # fmt: skip


def at(day: int, clock: str, month: int = 10) -> datetime:
    """A moment of 2026 in the centre; 15 October is a Thursday."""
    hour, minute, *second = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, *second, tzinfo=CENTRE)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (at(15, "07:59:59"), False),
        (at(15, "08:00"), True),
        (at(15, "19:59:59"), True),
        (at(15, "20:00"), False),
        (at(17, "08:00"), True),  # Saturday
        (at(17, "13:59"), True),
        (at(17, "14:00"), False),
        (at(18, "10:00"), False),  # Sunday
        (at(16, "08:59", month=11), False),  # a Monday that is a holiday
        (at(16, "09:00", month=11), True),
        (at(16, "12:00", month=11), False),
    ],
)
def test_edges_of_the_window(moment: datetime, open_: bool) -> None:
    assert CAMPAIGN.people_attend(Channel.VOICE, moment) is open_


def test_hours_are_local_whatever_zone_the_moment_has() -> None:
    assert CAMPAIGN.people_attend(Channel.VOICE, datetime(2026, 10, 15, 14, 0, tzinfo=UTC))  # 08:00 in the centre
    assert not CAMPAIGN.people_attend(Channel.VOICE, datetime(2026, 10, 15, 13, 59, tzinfo=UTC))


def test_each_channel_has_its_window() -> None:
    saturday = at(17, "10:00")
    assert CAMPAIGN.people_attend(Channel.VOICE, saturday)
    assert not CAMPAIGN.people_attend(Channel.WEBCHAT, saturday)
    assert not CAMPAIGN.people_attend(Channel.WEBCHAT, at(16, "10:00", month=11)), "the chat is closed on holidays"


def test_midnight_ends_a_day_that_never_closes() -> None:
    always = Window(id="siempre", applies_to=("voice",), weekly=dict.fromkeys(OFFICE, (("00:00", "24:00"),)))
    campaign = CAMPAIGN.model_copy(update={"windows": (always,)})
    for clock in ("00:00", "12:00", "23:59:59"):
        assert campaign.people_attend(Channel.VOICE, at(18, clock))


@pytest.mark.parametrize(
    ("moment", "channel", "opening"),
    [
        (at(15, "07:00"), Channel.VOICE, at(15, "08:00")),
        (at(15, "08:00"), Channel.VOICE, at(16, "08:00")),
        (at(15, "20:00"), Channel.VOICE, at(16, "08:00")),
        (at(16, "21:00"), Channel.VOICE, at(17, "08:00")),
        (at(17, "15:00"), Channel.VOICE, at(19, "08:00")),
        (at(17, "15:00"), Channel.WEBCHAT, at(19, "08:00")),
        (at(14, "21:00", month=11), Channel.VOICE, at(16, "09:00", month=11)),
        (at(14, "21:00", month=11), Channel.WEBCHAT, at(17, "08:00", month=11)),
    ],
)
def test_next_opening(moment: datetime, channel: Channel, opening: datetime) -> None:
    assert CAMPAIGN.next_opening(channel, moment) == opening


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.sampled_from([Channel.VOICE, Channel.WEBCHAT]))
def test_the_next_opening_is_later_and_open_and_nothing_opens_before(moment: datetime, channel: Channel) -> None:
    now = moment.replace(tzinfo=CENTRE)
    opening = CAMPAIGN.next_opening(channel, now)
    assert opening is not None and opening > now
    assert CAMPAIGN.people_attend(channel, opening)


def test_the_next_opening_in_words() -> None:
    assert CAMPAIGN.next_opening_in_words(Channel.VOICE, at(15, "21:00")) == "el viernes 16 a las 08:00 horas"
    assert CAMPAIGN.next_opening_in_words(Channel.WEBCHAT, at(17, "09:00")) == "el lunes 19 a las 08:00 horas"


def test_nobody_knows_when_a_campaign_without_windows_opens() -> None:
    campaign = CAMPAIGN.model_copy(update={"windows": ()})
    assert not campaign.people_attend(Channel.VOICE, at(15, "10:00"))
    assert campaign.next_opening(Channel.VOICE, at(15, "10:00")) is None
    assert campaign.next_opening_in_words(Channel.VOICE, at(15, "10:00")) == "en el siguiente día hábil"


def test_modes_outside_hours() -> None:
    assert CAMPAIGN.mode(Channel.WEBCHAT) is OutOfHours.OPEN_24H
    assert CAMPAIGN.mode(Channel.VOICE) is OutOfHours.MESSAGE, "what the campaign does not say is a message"
    serving = {mode for mode in OutOfHours if mode.bot_serves}
    assert serving == {OutOfHours.OPEN_24H, OutOfHours.IVR_ONLY, OutOfHours.PER_TARGET}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekly": {"lun": (("08:00", "20:00"),)}}, {"weekly": {"mon": (("8:00", "20:00"),)}},
        {"weekly": {"mon": (("20:00", "08:00"),)}}, {"weekly": {}, "holiday": (("08:00", "25:00"),)},
    ],
)  # fmt: skip
def test_hours_that_nobody_could_be_found_by_are_refused(wrong: dict[str, object]) -> None:
    """Compared as text, «8:00» would never come; the file keeps its last good version."""
    with pytest.raises(ValidationError):
        Window.model_validate({"id": "x", "applies_to": ("voice",), **wrong})


@pytest.mark.parametrize("zone", ["America/Mexico", "America", "", "hora del centro"])
def test_a_zone_that_does_not_exist_is_refused_before_somebody_asks_for_the_time(zone: str) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        Campaign.model_validate({**CAMPAIGN.model_dump(), "timezone": zone})
