"""The folder of recordings of this installation, with its keys: one way for the voice process, the pages and commands.

The root of the keys is derived from VENTANILLA_LEDGER_KEY, as those of seals are: one secret to keep, and whoever holds
a recordings' key still opens no text of the ledger.
"""

from pathlib import Path

from ledger.vault import Vault
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys

KEYS = "keys"
"""Folder below the recordings with one salt per campaign and month; backed up apart from them."""


def open_recordings(folder: Path, vault: Vault) -> Recordings:
    """All recordings below a folder, readable with the ledger's key."""
    return Recordings(folder, RecordingKeys(folder / KEYS, vault.key_for("recordings")))
