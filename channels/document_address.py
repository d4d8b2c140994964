"""Where a document is reached from outside this site, for channels that show an address in words."""

from conversation.message import Document


def public_address(document: Document, site: str) -> str | None:
    """Its address; None for a page of ours where nobody has said which site this is: one that leads nowhere is worse.

    `site` is the public `https://host` of this installation.
    """
    if not document.url.startswith("/"):
        return document.url
    return f"{site.rstrip('/')}{document.url}" if site.startswith("https://") else None
