"""whatsapp: users, sessions, inbox, outbox, reminders; attachments of every channel"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.ForeignKeyConstraint(["conversation_id"], ["interactions.id"], name="fk_attachments_conversation_id"),
    )
    op.create_index("ix_attachments_conversation_id", "attachments", ["conversation_id"])
    op.create_table(
        "whatsapp_users",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_key", sa.String(64), nullable=True),
        sa.Column("number_key", sa.String(64), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("heard_at", sa.String(32), nullable=True),
        sa.Column("opted_out_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_users"),
        sa.UniqueConstraint("user_key", name="uq_whatsapp_users_user_key"),
        sa.UniqueConstraint("number_key", name="uq_whatsapp_users_number_key"),
    )
    op.create_table(
        "whatsapp_sessions",
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("said_through", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("over", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_whatsapp_sessions"),
        sa.ForeignKeyConstraint(["conversation_id"], ["interactions.id"], name="fk_whatsapp_sessions_conversation_id"),
        sa.ForeignKeyConstraint(["user_id"], ["whatsapp_users.id"], name="fk_whatsapp_sessions_user_id"),
    )
    op.create_index("ix_whatsapp_sessions_user_id", "whatsapp_sessions", ["user_id"])
    _messages()
    op.create_table(
        "whatsapp_reminders",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sent_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_reminders"),
        sa.UniqueConstraint("source", name="uq_whatsapp_reminders_source"),
        sa.ForeignKeyConstraint(["user_id"], ["whatsapp_users.id"], name="fk_whatsapp_reminders_user_id"),
    )
    op.create_index("ix_whatsapp_reminders_user_id", "whatsapp_reminders", ["user_id"])


def _messages() -> None:
    op.create_table(
        "whatsapp_inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("failure", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_inbox"),
        sa.UniqueConstraint("message_id", name="uq_whatsapp_inbox_message_id"),
        sa.ForeignKeyConstraint(["user_id"], ["whatsapp_users.id"], name="fk_whatsapp_inbox_user_id"),
    )
    op.create_index("ix_whatsapp_inbox_state_user", "whatsapp_inbox", ["state", "user_id"])
    op.create_table(
        "whatsapp_outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(36), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(32), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_outbox"),
        sa.UniqueConstraint("source", name="uq_whatsapp_outbox_source"),
        sa.UniqueConstraint("message_id", name="uq_whatsapp_outbox_message_id"),
        sa.ForeignKeyConstraint(["user_id"], ["whatsapp_users.id"], name="fk_whatsapp_outbox_user_id"),
    )
    op.create_index("ix_whatsapp_outbox_state_user", "whatsapp_outbox", ["state", "user_id"])
    op.create_index("ix_whatsapp_outbox_conversation_id", "whatsapp_outbox", ["conversation_id"])


def downgrade() -> None:
    for table in ("reminders", "outbox", "inbox", "sessions", "users"):
        op.drop_table(f"whatsapp_{table}")
    op.drop_table("attachments")
