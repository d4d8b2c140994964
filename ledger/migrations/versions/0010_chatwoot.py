"""chatwoot: which conversations are there, and what was delivered from there"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chatwoot_links",
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("chatwoot_id", sa.Integer(), nullable=True),
        sa.Column("front", sa.Boolean(), nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
        sa.Column("said_through", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("noted", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("handed_over", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("status", sa.String(12), nullable=False, server_default=sa.text("''")),
        sa.Column("status_at", sa.Float(), nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.String(32), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("over", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.ForeignKeyConstraint(["conversation_id"], ["interactions.id"], name="fk_chatwoot_links_conversation_id"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_chatwoot_links"),
    )
    op.create_index("ix_chatwoot_links_chatwoot_id", "chatwoot_links", ["chatwoot_id"])
    op.create_table(
        "chatwoot_inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("event_key", sa.String(120), nullable=False),
        sa.Column("chatwoot_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_chatwoot_inbox"),
        sa.UniqueConstraint("event_key", name="uq_chatwoot_inbox_event_key"),
    )
    op.create_index("ix_chatwoot_inbox_state_chatwoot", "chatwoot_inbox", ["state", "chatwoot_id"])


def downgrade() -> None:
    op.drop_index("ix_chatwoot_inbox_state_chatwoot", "chatwoot_inbox")
    op.drop_table("chatwoot_inbox")
    op.drop_index("ix_chatwoot_links_chatwoot_id", "chatwoot_links")
    op.drop_table("chatwoot_links")
