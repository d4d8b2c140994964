"""The keypad: menus, numbers, end key, pauses; and that nothing is read back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.keypad import EndedBy, Keypad, KeypadEvent, KeypadRule, KeysEntered, PersonAsked, RepeatAsked, masked

NSS = KeypadRule(max_digits=11, min_digits=11)


def pressed(keypad: Keypad, keys: str) -> list[KeypadEvent]:
    return [event for key in keys if (event := keypad.press(key)) is not None]


def test_one_key_decides_in_a_menu() -> None:
    keypad = Keypad()
    assert pressed(keypad, "3") == [KeysEntered("3", EndedBy.LENGTH, True)]
    assert pressed(keypad, "0*#A") == [PersonAsked(), RepeatAsked()]


def test_a_number_ends_by_its_length_and_zero_is_a_digit_of_it() -> None:
    keypad = Keypad(NSS)
    assert pressed(keypad, "0005850001") == []
    assert keypad.entering and keypad.masked() == "******0001"
    assert pressed(keypad, "8") == [KeysEntered("00058500018", EndedBy.LENGTH, True)]
    assert not keypad.entering


def test_the_end_key_ends_early_and_says_whether_it_is_enough() -> None:
    keypad = Keypad(KeypadRule(max_digits=10, min_digits=4))
    assert pressed(keypad, "#1234#") == [KeysEntered("1234", EndedBy.END_KEY, True)]
    assert pressed(keypad, "12#") == [KeysEntered("12", EndedBy.END_KEY, False)]


def test_the_end_key_means_nothing_without_digits() -> None:
    keypad = Keypad(NSS)
    assert not keypad.takes("#") and keypad.takes("*") and keypad.takes("0")
    assert pressed(keypad, "00058500018") != []
    assert not keypad.takes("#"), "the number was already ended by its length"
    keypad.press("5")
    assert keypad.takes("#") and not keypad.takes("A") and not keypad.takes("")


@pytest.mark.parametrize("zeros", ["0", "00"])
def test_nothing_but_zero_where_a_number_is_asked_for_is_a_person(zeros: str) -> None:
    keypad = Keypad(NSS)
    assert pressed(keypad, f"{zeros}#") == [PersonAsked()]
    pressed(keypad, zeros)
    assert keypad.pass_time(3) == PersonAsked()
    assert not keypad.entering
    assert pressed(Keypad(KeypadRule(max_digits=2)), "0#") == [KeysEntered("0", EndedBy.END_KEY, True)]
    assert pressed(keypad, "01#") == [KeysEntered("01", EndedBy.END_KEY, False)]


def test_the_star_begins_again() -> None:
    keypad = Keypad(NSS)
    assert pressed(keypad, "123*") == [RepeatAsked()]
    assert not keypad.entering
    keypad.press("5")
    keypad.expect(NSS)
    assert not keypad.entering


def test_a_pause_of_three_seconds_or_fifteen_in_all_end_an_entry() -> None:
    keypad = Keypad(NSS)
    assert keypad.pass_time(60) is None
    keypad.press("1")
    assert keypad.pass_time(2.9) is None
    keypad.press("2")
    assert keypad.pass_time(2.9) is None
    assert keypad.pass_time(0.1) == KeysEntered("12", EndedBy.TIME, False)
    for _ in range(7):
        keypad.press("1")
        assert keypad.pass_time(2) is None
    assert keypad.pass_time(1) == KeysEntered("1111111", EndedBy.TIME, False)


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("00058500018", "*******0018"), ("5500001234", "******1234"), ("12031985", "********"), ("", "")],
)
def test_what_is_shown(digits: str, shown: str) -> None:
    assert masked(digits) == shown


@given(st.text("0123456789", max_size=20))
def test_never_more_than_four_digits_are_shown_and_the_length_stays(digits: str) -> None:
    shown = masked(digits)
    assert len(shown) == len(digits)
    assert len(shown.strip("*")) <= 4


@given(st.text("0123456789*#ABCD", max_size=40), st.integers(1, 12))
def test_an_entry_is_never_longer_than_asked(keys: str, most: int) -> None:
    for event in pressed(Keypad(KeypadRule(max_digits=most)), keys):
        if isinstance(event, KeysEntered):
            assert 1 <= len(event.digits) <= most
            assert event.digits.isdigit()
