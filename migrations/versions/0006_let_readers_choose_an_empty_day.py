"""Let readers choose what comes on a day without a paper, and note how far back a letter looked.

Safe while the old code still runs: both columns have a default, and no old row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    choice = sa.Column("empty_day", sa.String(), nullable=False, server_default="no letter")
    op.add_column("subscriber", choice)
    op.add_column(
        "letter", sa.Column("wider_days", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("letter", "wider_days")
    op.drop_column("subscriber", "empty_day")
