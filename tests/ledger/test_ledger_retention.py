"""Profiles of retention: from which day an interaction may be erased (security.md §5), and what stands in the way."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from ledger_book import NOW, Book

from conversation.conversation import State
from ledger.erasure_plan import Obstacle, due_months
from ledger.periods import CENTRE
from ledger.retention import PROPOSED, RetentionPolicy, RetentionRefused, read_retention

PROPOSAL = read_retention(PROPOSED)


def opened(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=CENTRE)


@pytest.mark.parametrize(
    ("campaign", "moment", "due"),
    [
        ("cita_medica", opened(2026, 10, 15), date(2027, 5, 6)),  # the month's delivery on 5 November, and 6 months
        ("cita_medica", opened(2026, 12, 31), date(2027, 7, 6)),
        ("denuncias_oic", opened(2026, 10, 1), date(2026, 11, 6)),
        ("orientacion_medica", opened(2026, 10, 1), date(2027, 2, 15)),  # the quarter's end and 45 days
        ("orientacion_medica", opened(2026, 12, 31), date(2027, 2, 15)),
        ("cobranza_dir", opened(2026, 10, 15), date(2027, 2, 1)),
        ("mesa_servicios_tecnologicos", opened(2026, 10, 31), date(2026, 12, 1)),
        ("derechohabiente", opened(2026, 10, 15), None),  # the whole contract, whose end is not known
    ],
)
def test_the_proposed_profiles(campaign: str, moment: datetime, due: date | None) -> None:
    assert PROPOSAL.due(campaign, moment) == due


def test_the_end_of_a_campaign_or_of_the_contract_comes_first() -> None:
    ends = PROPOSAL.model_copy(
        update={"contract_end": date(2026, 12, 31), "ended": {"cita_medica": date(2026, 11, 15)}}
    )
    assert ends.due("derechohabiente", opened(2026, 10, 15)) == date(2027, 1, 1)
    assert ends.due("cita_medica", opened(2026, 10, 15)) == date(2026, 11, 16)
    assert ends.due("banco_sangre", opened(2026, 10, 15)) == date(2027, 1, 1)
    assert ends.due("denuncias_oic", opened(2026, 10, 15)) == date(2026, 11, 6)


def test_nothing_is_erased_before_its_days_online() -> None:
    profile = {"counted_from": "month", "online_days": 45}
    policy = RetentionPolicy.model_validate({"profiles": {"general": profile}, "default": "general"})
    assert policy.due("x", opened(2026, 10, 31)) == date(2026, 12, 15)


def test_its_hash_is_of_what_it_says_and_not_of_how_it_is_written(tmp_path: Path) -> None:
    copy = tmp_path / "retention.yml"
    copy.write_text("# otra nota\n" + PROPOSED.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_retention(copy).sha256() == PROPOSAL.sha256()
    copy.write_text(PROPOSED.read_text(encoding="utf-8").replace("months: 6", "months: 7"), encoding="utf-8")
    assert read_retention(copy).sha256() != PROPOSAL.sha256()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("profiles: [", "no es YAML"), ("{}", "profiles"), ("default: x\nprofiles: {}", "no hay un perfil «x»"),
        ("default: x\nprofiles: {x: {counted_from: siempre}}", "profiles.x.counted_from"),
        ("default: x\nprofiles: {x: {counted_from: month, dias: 3}}", "profiles.x.dias"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "retention.yml"
    with pytest.raises(RetentionRefused, match="No se pudo leer"):
        read_retention(path)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RetentionRefused, match=said):
        read_retention(path)


def monthly(*, authorisation: bool = False) -> RetentionPolicy:
    profile = {"counted_from": "month", "days": 5, "authorisation": authorisation}
    return RetentionPolicy.model_validate({"profiles": {"general": profile}, "default": "general"})


def test_what_is_due_is_told_by_month_with_what_stands_in_the_way(book: Book) -> None:
    first, held = book.closed(), book.closed()
    book.closed(opened=NOW + timedelta(days=60))
    still = book.closed(state=State.BOT, closed_at=None)

    def planned(today: date, settled: bool = True, holds: tuple[str, ...] = (), campaign: str | None = None) -> list:
        return due_months(
            book.database, monthly(), today, is_settled=lambda *_: settled, holds=holds, campaign=campaign
        )  # fmt: skip

    assert planned(date(2026, 11, 5)) == []
    [month] = planned(date(2026, 11, 6), holds=(held.folio,))
    assert (month.campaign, month.month, month.folios) == ("derechohabiente", "2026-10", [first.folio])
    assert (month.held, month.still_open, month.obstacle) == ([held.folio], [still.folio], None)
    assert planned(date(2026, 11, 6), settled=False)[0].obstacle is Obstacle.UNSETTLED
    for hold in ("derechohabiente", "derechohabiente/2026-10"):
        assert planned(date(2026, 11, 6), holds=(hold,))[0].obstacle is Obstacle.HELD
    assert planned(date(2026, 11, 6), campaign="cita_medica") == []
    assert [one.month for one in planned(date(2027, 1, 6))] == ["2026-10", "2026-12"]
