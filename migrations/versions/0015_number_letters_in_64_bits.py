"""Number letters, and what speaks of them, in 64 bits on PostgreSQL.

Ten million letters a day would use up 32 bits within a year. SQLite's integers are wide already.

The old code may still run, but waits while each table is written anew: where millions of letters
are kept, fold old ones first, and do it between two days' letters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBERED = ("letter", "outbox")
COLUMNS = (
    *((table, "id", False) for table in NUMBERED),
    ("pick", "letter_id", False),
    ("outbox", "letter_id", True),
    ("tap", "letter_id", False),
    ("feedback", "letter_id", True),
    ("bounce", "letter_id", True),
)


def upgrade() -> None:
    _turn(sa.Integer(), sa.BigInteger(), "bigint")


def downgrade() -> None:
    _turn(sa.BigInteger(), sa.Integer(), "integer")


def _turn(before: sa.Integer, after: sa.Integer, name: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, may_be_none in COLUMNS:
        op.alter_column(
            table, column, type_=after, existing_type=before, existing_nullable=may_be_none
        )
    for table in NUMBERED:
        op.execute(f"ALTER SEQUENCE {table}_id_seq AS {name}")
