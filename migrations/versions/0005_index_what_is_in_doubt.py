"""Index the letters that were ever in doubt, so that counting them does not read all the others.

Safe while the old code still runs: it only adds an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ANY = sa.text("doubtful > 0")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_doubtful", "outbox", ["doubtful"], sqlite_where=ANY, postgresql_where=ANY
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_doubtful", "outbox")
