"""Several processes start at once over one database."""

import multiprocessing
from pathlib import Path

from sqlalchemy import inspect

from ledger.database import migrate, open_database


def _bring_up_to_date(url: str) -> None:
    migrate(url)


def test_processes_that_start_together_migrate_one_after_the_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url, "0001")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_bring_up_to_date, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    columns = {column["name"] for column in inspect(open_database(url)).get_columns("events")}
    assert "position" in columns
