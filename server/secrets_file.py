"""Secrets of a sandbox installation: made at the first start, kept in var/secrets.env, readable by its owner only.

Production brings its own in the environment; there, nothing is ever made up.
"""

import secrets
from pathlib import Path

from cryptography.fernet import Fernet

NAMES = (
    "VENTANILLA_LEDGER_KEY",
    "VENTANILLA_SESSION_SECRET",
    "VENTANILLA_CONTROL_TOKEN",
    "VENTANILLA_DEMO_PASSWORD",
    "VENTANILLA_VOICE_KEY",
    "VENTANILLA_CAPTCHA_SECRET",
)


def sandbox_secrets(path: Path) -> dict[str, str]:
    """The secrets of the file; missing ones are made and added."""
    kept: dict[str, str] = {}
    if path.exists():
        lines = [line.partition("=") for line in path.read_text().splitlines() if "=" in line]
        kept = {name: value for name, _, value in lines}
    for name in NAMES:
        if name not in kept:
            kept[name] = (
                Fernet.generate_key().decode() if name == "VENTANILLA_LEDGER_KEY" else secrets.token_urlsafe(32)
            )
            if name.endswith("PASSWORD"):
                kept[name] = secrets.token_urlsafe(9)
    kept.setdefault("VENTANILLA_SERVICES_TOKEN", "sandbox-bot")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in kept.items()))
    return kept
