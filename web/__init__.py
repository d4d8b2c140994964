"""What is shown in a browser: the citizen's chat, the widget that embeds it elsewhere, the agents' desk and the
administration.

Plain Jinja2 templates, CSS and JavaScript modules served as they are: no build step, no third-party request and no
inline script or style, so that the pages work under ``Content-Security-Policy: default-src 'self'``.
The package holds files only; the server mounts ``STATIC`` at ``/static`` and renders from ``TEMPLATES``.
"""

from pathlib import Path
from typing import Final

TEMPLATES: Final[Path] = Path(__file__).parent / "templates"
"""Folder of the Jinja2 templates: ``index``, ``chat``, ``desk_login``, ``desk`` and the pages ``admin_…``."""

STATIC: Final[Path] = Path(__file__).parent / "static"
"""Folder of CSS, JavaScript modules and icons; the pages expect it at ``/static``."""
