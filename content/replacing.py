"""Replace a file at once, so that nobody ever reads half of it."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str, mode: int) -> None:
    """Put `text` (UTF-8, line ends as they are) in the place of the file `path`, with these permissions.

    Raises:
        OSError: the folder cannot be written; the earlier file is left as it was.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
