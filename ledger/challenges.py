"""Challenges of the captcha that were used, kept until they expire: no restart and no other process takes one twice."""

from datetime import datetime

from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ledger.schema import SpentChallengeRow


class SpentChallenges:
    """Spent challenges in a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def spend(self, digest: str, expires_at: datetime, now: datetime) -> bool:
        """Whether this is the first use; expired ones are swept out on the way."""
        try:
            with Session(self._engine) as session, session.begin():
                session.execute(delete(SpentChallengeRow).where(SpentChallengeRow.expires_at < now))
                session.add(SpentChallengeRow(digest=digest, expires_at=expires_at))
        except IntegrityError:
            return False
        return True
