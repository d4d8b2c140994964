"""transcript mails: copies of conversations on their way by e-mail"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcript_mails",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("to_key", sa.String(64), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_transcript_mails"),
        sa.ForeignKeyConstraint(["conversation_id"], ["interactions.id"], name="fk_transcript_mails_conversation_id"),
    )
    op.create_index("ix_transcript_mails_conversation_id", "transcript_mails", ["conversation_id"])
    op.create_index("ix_transcript_mails_to_key", "transcript_mails", ["to_key"])
    op.create_index("ix_transcript_mails_state_next_at", "transcript_mails", ["state", "next_at"])


def downgrade() -> None:
    op.drop_table("transcript_mails")
