"""Keep which language readers want, and in which each letter was written.

Safe while the old code still runs: every new column has a default, and no old row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("subscriber", "letter")


def upgrade() -> None:
    for table in TABLES:
        column = sa.Column("language", sa.String(), nullable=False, server_default="")
        op.add_column(table, column)


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "language")
