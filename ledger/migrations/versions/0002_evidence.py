"""evidence: a chain of hashes through each interaction, seals, person keys, samples for quality review

What the database holds already is chained in the order in which it was written. Seals need the ledger's key, which no
migration has: `ventanilla ledger seal` adds them.
"""

from collections.abc import Iterator
from heapq import merge
from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.chain import COLUMNS, row_hash

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBERS = {"events": "seq", "appointment_events": "event_id"}


def upgrade() -> None:
    for table in NUMBERS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("position", sa.Integer(), nullable=True))
            batch.add_column(sa.Column("previous_hash", sa.String(64), nullable=True))
            batch.add_column(sa.Column("hash", sa.String(64), nullable=True))
    # Added one by one: a batch would make the table anew, which others refer to.
    op.add_column("interactions", sa.Column("person_key", sa.String(64), nullable=True))
    op.add_column("interactions", sa.Column("chain_length", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("interactions", sa.Column("chain_head", sa.String(64), nullable=False, server_default=""))
    op.add_column("interactions", sa.Column("sealed_length", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("interactions", sa.Column("seal", sa.String(64), nullable=True))
    op.create_index("ix_interactions_person_key", "interactions", ["person_key"])
    op.create_table(
        "samples",
        sa.Column("campaign", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(12), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("folios", sa.JSON(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "channel", "month", name="pk_samples"),
    )
    _chain_what_is_there(op.get_bind())
    for table in NUMBERS:
        with op.batch_alter_table(table) as batch:
            batch.alter_column("position", existing_type=sa.Integer(), nullable=False)
            batch.alter_column("previous_hash", existing_type=sa.String(64), nullable=False)
            batch.alter_column("hash", existing_type=sa.String(64), nullable=False)
        op.create_index(f"ix_{table}_conversation_position", table, ["conversation_id", "position"], unique=True)


def downgrade() -> None:
    for table in NUMBERS:
        op.drop_index(f"ix_{table}_conversation_position", table)
    op.drop_table("samples")
    op.drop_index("ix_interactions_person_key", "interactions")
    for column in ("seal", "sealed_length", "chain_head", "chain_length", "person_key"):
        op.drop_column("interactions", column)
    for table in NUMBERS:
        with op.batch_alter_table(table) as batch:
            for column in ("hash", "previous_hash", "position"):
                batch.drop_column(column)


def _chain_what_is_there(connection: sa.Connection) -> None:
    interactions = _table("interactions", "id", "chain_length", "chain_head")
    tables = [_table(name, NUMBERS[name], "hash", *COLUMNS[name]) for name in NUMBERS]
    owners = sa.union(*(sa.select(table.c.conversation_id) for table in tables))
    for conversation_id in connection.execute(owners).scalars().all():
        length, head = 0, ""
        for table, row in _in_order(connection, tables, conversation_id):
            length += 1
            link = {"position": length, "previous_hash": head}
            head = row_hash(table.name, {**row, **link})
            number = NUMBERS[table.name]
            connection.execute(table.update().where(table.c[number] == row[number]).values(**link, hash=head))
        chained = interactions.update().where(interactions.c.id == conversation_id)
        connection.execute(chained.values(chain_length=length, chain_head=head))


def _in_order(
    connection: sa.Connection, tables: list[sa.TableClause], conversation_id: str
) -> Iterator[tuple[sa.TableClause, sa.RowMapping]]:
    """Rows of both tables by moment, each table's in the order of its numbers even where a clock was set back."""
    found = [
        [
            (table, row)
            for row in connection.execute(
                sa.select(table)
                .where(table.c.conversation_id == conversation_id)
                .order_by(table.c[NUMBERS[table.name]])
            ).mappings()
        ]
        for table in tables
    ]
    return merge(*found, key=lambda entry: str(entry[1]["at"]))


def _table(name: str, *columns: str) -> sa.TableClause:
    types: dict[str, sa.types.TypeEngine[Any]] = {"data": sa.JSON(), "secret": sa.LargeBinary()}
    return sa.table(name, *(sa.column(column, types.get(column)) for column in columns))
