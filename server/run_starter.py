"""Starts evaluation runs for the administration pages: the same command that a person would type, in the background."""

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from admin.ports import RunOptions, RunProgress, RunRefused, RunState
from evaluation.results import HEADER, RESULTS

LOG_TAIL = 400
"""Characters of a failed run's log that are shown."""


class CommandRunStarter:
    """Implements `admin.ports.RunStarter` with `ventanilla evaluate`; one run at a time, for they share a clock."""

    def __init__(self, root: Path, runs: Path, environment: Mapping[str, str], *, allowed: bool) -> None:
        """`allowed` is whether this installation talks to the sandbox: runs are never held against real services."""
        self._suites, self._runs, self._allowed = root / "evaluation" / "suites", runs, allowed
        self._environment = {**os.environ, **environment}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starting = Lock()

    def campaigns(self) -> Sequence[str]:
        """Ids of the campaigns that have suites."""
        return sorted(folder.name for folder in self._suites.iterdir() if folder.is_dir() and any(folder.glob("*.yml")))

    def start(self, options: RunOptions) -> str:
        """Begin a run in the background; its id.

        Raises:
            RunRefused: not in the sandbox environment, another run is going on, or no such campaign.
        """
        if not self._allowed:
            raise RunRefused("Las corridas solo se hacen contra el sandbox: este sistema usa otros servicios.")
        unknown = sorted(set(options.campaigns) - set(self.campaigns()))
        if unknown:
            raise RunRefused(f"No hay casos para {', '.join(unknown)}. Elija otra campaña.")
        with self._starting:
            if any(process.poll() is None for process in self._processes.values()):
                raise RunRefused("Ya hay una corrida en curso. Espere a que termine.")
            run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
            self._runs.mkdir(parents=True, exist_ok=True)
            command = [
                sys.executable, "-m", "server.command_line", "evaluate",
                *(str(self._suites / campaign) for campaign in options.campaigns),
                "--seed", str(options.seed), "--repetitions", str(options.repetitions),
                "--out", str(self._runs), "--id", run_id,
            ]  # fmt: skip
            with self._log(run_id).open("wb") as log:
                self._processes[run_id] = subprocess.Popen(
                    command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
                )
        return run_id

    def progress(self, run_id: str) -> RunProgress | None:
        """How far a run is, from its folder; None when there is no such run."""
        folder, process = self._runs / run_id, self._processes.get(run_id)
        header = folder / HEADER
        if not header.exists() and process is None:
            return None
        planned = json.loads(header.read_text())["planned"] if header.exists() else 0
        counts = Counter(_statuses(folder / RESULTS).values())
        done = counts.total()
        running = process is not None and process.poll() is None
        state = RunState.RUNNING if running else RunState.DONE if planned and done >= planned else RunState.STOPPED
        return RunProgress(
            run_id=run_id, state=state, done=done, planned=planned, passed=counts["passed"], failed=counts["failed"],
            infrastructure=counts["infrastructure"], problem=self._problem(run_id) if state is RunState.STOPPED else "",
        )  # fmt: skip

    def list(self) -> Sequence[RunProgress]:
        """All runs, those of the command line too, the newest first."""
        kept = {header.parent.name for header in self._runs.glob(f"*/{HEADER}")}
        found = (self.progress(run_id) for run_id in sorted(kept | set(self._processes), reverse=True))
        return [one for one in found if one is not None]

    def stop(self) -> None:
        """End a run that is going on; what it held so far is kept and it can be resumed."""
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()

    def _log(self, run_id: str) -> Path:
        return self._runs / f"{run_id}.log"

    def _problem(self, run_id: str) -> str:
        log = self._log(run_id)
        told = log.read_text(errors="replace").strip()[-LOG_TAIL:] if log.exists() else ""
        return told or "La corrida se interrumpió. Puede terminarla con «ventanilla evaluate --resume»."


def _statuses(path: Path) -> dict[tuple[str, str, str, int], str]:
    """Status of each conversation held so far; a line that is being written is passed over."""
    found: dict[tuple[str, str, str, int], str] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found[one["campaign"], one["channel"], one["case"], one["repetition"]] = one["status"]
    return found
