"""What the desk needs in order to take and give files; `server/` hands it the same counter that web chat has."""

from typing import Protocol

from fastapi import Request, Response

from ledger.attachments import Attachment


class Files(Protocol):
    """Takes files out of requests and gives them back as downloads."""

    async def take(self, request: Request, conversation_id: str) -> tuple[Attachment, str | None]:
        """Keep the file of a multipart request, or raise `ConversationError` with the reason."""
        ...

    def find(self, conversation_id: str, attachment_id: str) -> Attachment:
        """A file of this conversation; 404 else."""
        ...

    async def give(self, attachment: Attachment) -> Response:
        """The file as a download."""
        ...
