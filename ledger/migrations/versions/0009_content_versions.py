"""content versions: every change of a content file, and what was decided about it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_versions",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("campaign", sa.String(40), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("before_sha256", sa.String(64), nullable=False),
        sa.Column("after_sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.String(32), nullable=True),
        sa.Column("needs", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["base"], ["content_versions.number"], name="fk_content_versions_base"),
        sa.PrimaryKeyConstraint("number", name="pk_content_versions"),
    )
    op.create_index("ix_content_versions_path", "content_versions", ["path"])
    op.create_index("ix_content_versions_campaign", "content_versions", ["campaign"])
    op.create_table(
        "content_decisions",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("party", sa.String(12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["content_versions.number"], name="fk_content_decisions_version"),
        sa.PrimaryKeyConstraint("number", name="pk_content_decisions"),
    )
    op.create_index("ix_content_decisions_version", "content_decisions", ["version"])


def downgrade() -> None:
    op.drop_table("content_decisions")
    op.drop_table("content_versions")
