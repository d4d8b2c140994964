"""Alembic environment: runs migrations on the URL that `ledger.database.migrate` gives."""

from alembic import context

from ledger.database import open_database
from ledger.tables import METADATA

url = context.config.get_main_option("sqlalchemy.url")
if url is None:
    raise SystemExit("migrations are run by ledger.database.migrate(url)")
with open_database(url).begin() as connection:
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
