"""Serial numbers of folios: each given out once, also when several processes ask."""

from datetime import date

from sqlalchemy.orm import Session

from ledger.database import insert_into
from ledger.schema import SerialRow


def next_serial(session: Session, series: str, day: date) -> int:
    """The next serial of a series on a day, taken in one statement so that no two callers get the same."""
    statement = (
        insert_into(session, SerialRow)
        .values(series=series, day=day.isoformat(), last=1)
        .on_conflict_do_update(index_elements=["series", "day"], set_={"last": SerialRow.last + 1})
        .returning(SerialRow.last)
    )
    return session.execute(statement).scalar_one()
