"""How long somebody who waits may wait: a number only where there are data, never below a minute."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scripted_dialogue import Counter

from conversation.waiting import estimated_wait, interlude, place_in_line, wait_in_words, wait_of

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("position", "seconds", "agents", "minutes"),
    [(1, 300, 1, 5), (2, 300, 1, 10), (2, 300, 4, 3), (1, 1, 50, 1), (3, 60, 3, 1), (3, 61, 3, 2)],
)
def test_position_times_handling_by_agents_rounded_up(position: int, seconds: int, agents: int, minutes: int) -> None:
    assert estimated_wait(position, timedelta(seconds=seconds), agents) == minutes


@pytest.mark.parametrize(("mean", "agents"), [(None, 3), (MINUTE, 0), (timedelta(), 3), (MINUTE, -1)])
def test_without_data_no_number(mean: timedelta | None, agents: int) -> None:
    assert estimated_wait(1, mean, agents) is None


def test_there_is_no_place_before_the_first() -> None:
    with pytest.raises(ValueError, match="first place"):
        estimated_wait(0, MINUTE, 1)


@given(some.integers(1, 500), some.integers(1, 7200), some.integers(1, 200))
def test_never_below_a_minute_and_never_shorter_for_who_came_later(position: int, seconds: int, agents: int) -> None:
    mean = timedelta(seconds=seconds)
    minutes, later = estimated_wait(position, mean, agents), estimated_wait(position + 1, mean, agents)
    assert minutes is not None and later is not None and 1 <= minutes <= later
    assert timedelta(minutes=minutes - 1) * agents < position * mean or minutes == 1


def test_in_words() -> None:
    assert wait_in_words(1, None) == "Usted es la siguiente persona en la fila."
    assert wait_in_words(2, 1) == "Hay 1 persona antes que usted. El tiempo aproximado de espera es de 1 minuto."
    assert wait_in_words(4, 12) == "Hay 3 personas antes que usted. El tiempo aproximado de espera es de 12 minutos."
    assert len({interlude(times) for times in range(8)}) == 4


class Staff:
    """Two agents whose attentions last four minutes."""

    def agents_in_service(self, campaign: str) -> int:
        return 2

    def mean_handling(self, campaign: str, window: timedelta) -> timedelta | None:
        assert window == timedelta(minutes=30)
        return timedelta(minutes=4)


async def test_the_place_is_that_of_the_campaigns_own_line(counter: Counter) -> None:
    other = await counter.opens("cita_medica")
    await counter.hears(other, "me duele el pecho")  # waits too, in front, but for others
    first, second = await counter.waiting(), await counter.waiting()
    line = counter.record.waiting()
    assert place_in_line(counter.state(first), line) == 1
    assert wait_of(counter.state(second), line, Staff()) == (2, 4)
    assert wait_of(counter.state(second), line, None) == (2, None)
    assert place_in_line(counter.state(await counter.opens()), line) == 3, "who does not wait yet would be the last"
