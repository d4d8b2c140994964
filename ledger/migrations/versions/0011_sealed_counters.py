"""sealed counters: how many folios of interactions were given out, each day and in all

The counters there are have no seal; `ventanilla ledger seal` adds them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("folio_serials", sa.Column("seal", sa.String(64), nullable=True))
    op.execute(
        "INSERT INTO folio_serials (series, day, last) "
        "SELECT 'SUM', 'VEN', sum(last) FROM folio_serials WHERE series = 'VEN' HAVING count(*) > 0"
    )


def downgrade() -> None:
    op.execute("DELETE FROM folio_serials WHERE series = 'SUM'")
    op.drop_column("folio_serials", "seal")
