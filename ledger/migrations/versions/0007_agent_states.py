"""agent states: what each human agent was doing, and when; messages between agents and supervisors"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_states",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("cause", sa.String(12), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("campaigns", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_agent_states"),
    )
    op.create_index("ix_agent_states_agent_number", "agent_states", ["agent", "number"])
    op.create_index("ix_agent_states_at", "agent_states", ["at"])
    op.create_table(
        "staff_messages",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("recipient", sa.String(64), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_staff_messages"),
    )
    op.create_index("ix_staff_messages_at", "staff_messages", ["at"])
    op.create_index("ix_events_kind_at", "events", ["kind", "at"])  # mean handling time looks back by kind and moment


def downgrade() -> None:
    op.drop_index("ix_events_kind_at", "events")
    op.drop_index("ix_staff_messages_at", "staff_messages")
    op.drop_table("staff_messages")
    op.drop_index("ix_agent_states_at", "agent_states")
    op.drop_index("ix_agent_states_agent_number", "agent_states")
    op.drop_table("agent_states")
