"""Keep with a letter what it says of its picks.

Safe while the old code still runs: the column has a default, and letters without it are read from
their picks, as they were.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("told", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("letter", "told")
