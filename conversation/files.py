"""How a message tells of a file that was sent in its conversation, the same for citizen and desk."""

from conversation.masking import mask
from conversation.message import Document

_CITIZENS, _DESKS = "/api/v1/conversations/", "/desk/api/conversations/"


def file_document(conversation_id: str, attachment_id: str, name: str) -> Document:
    """The document of a message; the name as the sender wrote it, identifiers masked."""
    return Document(title=mask(name), url=f"{_CITIZENS}{conversation_id}/attachments/{attachment_id}")


def at_the_desk(document: Document) -> Document:
    """The same file by the address that a session of the desk opens; other documents as they are."""
    if not document.url.startswith(_CITIZENS):
        return document
    return document.model_copy(update={"url": _DESKS + document.url.removeprefix(_CITIZENS)})
