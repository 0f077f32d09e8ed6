"""Note who holds a letter: a worker's task, so that its letters are freed when it has vanished.

Safe while the old code still runs: the column has a default, and what it claims is nobody's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("holder", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("outbox", "holder")
