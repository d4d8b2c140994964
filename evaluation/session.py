"""One run from its beginning, or from where it was interrupted, to its end."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from content.catalogue import Catalogue
from evaluation.plan import Key, Options, PlannedConversation, fingerprints, plan
from evaluation.results import (
    ConversationResult,
    Run,
    RunError,
    RunHeader,
    Status,
    append_result,
    drop_cut_off_line,
    read_run,
    write_header,
)
from evaluation.run import CONCURRENCY, SystemUnderTest, hold
from evaluation.suite import Suite


@dataclass(frozen=True)
class Session:
    """A run's folder and what is left to do in it."""

    folder: Path
    left: tuple[PlannedConversation, ...]
    kept: int
    """Conversations that an earlier session of this run held."""

    def hold(
        self, system: SystemUnderTest, finished: Callable[[ConversationResult], None], jobs: int = CONCURRENCY
    ) -> None:
        """Hold what is left; every result is on disk before `finished` hears of it.

        Raises:
            InfrastructureError: the product or the sandbox does not answer at all.
        """

        def keep(result: ConversationResult) -> None:
            append_result(self.folder, result)
            finished(result)

        if self.left:
            hold(self.left, system, keep, jobs)

    def run(self) -> Run:
        """The run as its folder has it now."""
        return read_run(self.folder)


def begin(
    folder: Path, planned: Sequence[PlannedConversation], options: Options, suites: Sequence[Path], root: Path,
    coverage: Mapping[str, tuple[str, ...]], catalogue: Catalogue, run_id: str | None = None,
) -> Session:  # fmt: skip
    """Begin a run in a folder of its own below `folder`, named by its id.

    Raises:
        RunError: there is a run of this id already.
    """
    started = datetime.now(UTC)
    run_id = run_id or f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    if (folder / run_id).exists():
        raise RunError(f"{folder / run_id}: ya hay una corrida con ese nombre. Elija otro, o termínela con --resume.")
    campaigns = {one.campaign: catalogue.get(one.campaign) for one in planned}
    header = RunHeader(
        run_id=run_id, started_at=started, seed=options.seed, repetitions=options.repetitions, channel=options.channel,
        only=options.only, varied=options.varied, suites=fingerprints(suites, root), planned=len(planned),
        expected_coverage=dict(coverage),
        bot_versions={name: campaign.version for name, campaign in campaigns.items() if campaign},
        agent_types={name: campaign.agent_type for name, campaign in campaigns.items() if campaign},
    )  # fmt: skip
    write_header(folder / run_id, header)
    return Session(folder / run_id, tuple(planned), kept=0)


def resume(folder: Path, suites: Sequence[Suite], paths: Sequence[Path], root: Path) -> Session:
    """Go on with a run that was interrupted; failures of the infrastructure are held once more.

    Raises:
        RunError: no such run, or its suites have changed since, so that old and new results would not be one run.
    """
    found = read_run(folder)
    header = found.header
    if fingerprints(paths, root) != header.suites:
        raise RunError(f"{folder}: los casos cambiaron desde que empezó esta corrida. Inicie otra sin --resume.")
    held: set[Key] = {one.key for one in found.results if one.status is not Status.INFRASTRUCTURE}
    options = Options(header.seed, header.repetitions, header.channel, header.only, header.varied)
    drop_cut_off_line(folder)
    left = tuple(one for one in plan(suites, options) if one.key not in held)
    return Session(folder, left, kept=len(held))
