"""the ledger: interactions, events, folios, appointments"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_events",
        sa.Column("event_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("folio_cita", sa.String(length=20), nullable=False),
        sa.Column("cita_id", sa.String(length=64), nullable=True),
        sa.Column("folio", sa.String(length=24), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("agent_kind", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("institution_code", sa.String(length=24), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_appointment_events")),
    )
    with op.batch_alter_table("appointment_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_events_folio"), ["folio"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointment_events_folio_cita"), ["folio_cita"], unique=False)

    op.create_table(
        "folio_serials",
        sa.Column("series", sa.String(length=3), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "day", name=op.f("pk_folio_serials")),
    )
    op.create_table(
        "interactions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("folio", sa.String(length=24), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("last_activity", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
        sa.UniqueConstraint("folio", name=op.f("uq_interactions_folio")),
    )
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interactions_agent"), ["agent"], unique=False)
        batch_op.create_index(batch_op.f("ix_interactions_campaign"), ["campaign"], unique=False)
        batch_op.create_index(batch_op.f("ix_interactions_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_interactions_state"), ["state"], unique=False)

    op.create_table(
        "events",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("folio", sa.String(length=24), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["interactions.id"], name=op.f("fk_events_conversation_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("conversation_id", "source_id", name=op.f("uq_events_conversation_id")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_conversation_seq", ["conversation_id", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_folio"), ["folio"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_kind"), ["kind"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_kind"))
        batch_op.drop_index(batch_op.f("ix_events_folio"))
        batch_op.drop_index("ix_events_conversation_seq")

    op.drop_table("events")
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interactions_state"))
        batch_op.drop_index(batch_op.f("ix_interactions_opened_at"))
        batch_op.drop_index(batch_op.f("ix_interactions_campaign"))
        batch_op.drop_index(batch_op.f("ix_interactions_agent"))

    op.drop_table("interactions")
    op.drop_table("folio_serials")
    with op.batch_alter_table("appointment_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_events_folio_cita"))
        batch_op.drop_index(batch_op.f("ix_appointment_events_folio"))

    op.drop_table("appointment_events")
