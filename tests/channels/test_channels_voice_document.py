"""A page to open, as a caller hears of it."""

from datetime import UTC, datetime

from channels.voice_words import in_words
from conversation.message import Document, Message, Sender


def test_a_caller_is_told_the_host_and_no_path() -> None:
    page = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites/constancia?id=3")
    at = datetime(2026, 10, 15, tzinfo=UTC)
    said = in_words(Message(id="1", sender=Sender.BOT, text="Puede hacerlo por internet.", document=page, at=at))
    host = "la página del Instituto, ims punto gob punto eme equis"
    assert said == f"Puede hacerlo por internet. Trámite en línea: {host}."
