"""Keep how each source fares, day by day, and when which host may be asked again.

Safe while the old code still runs: what it adds to a row has a value of its own.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

WORDS = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
STATE = sa.Enum(
    "fresh",
    "empty",
    "stale",
    "throttled",
    "failed",
    "unreadable",
    name="sourcestate",
    native_enum=False,
    length=20,
)
ADDED = (
    ("next_at", MOMENT(), None),
    ("failures", sa.Integer(), "0"),
    ("state", STATE, None),
    ("says", sa.Text(), ""),
    ("asked_at", MOMENT(), None),
    ("good_at", MOMENT(), None),
    ("batch", sa.JSON(), "[]"),
    ("batch_day", sa.Date(), None),
    ("url", sa.Text(), ""),
    ("etag", WORDS(), ""),
    ("modified", WORDS(), ""),
)


def upgrade() -> None:
    for name, kind, value in ADDED:
        column = sa.Column(name, kind, nullable=value is None, server_default=value)
        op.add_column("source", column)
    op.create_table(
        "source_day",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("n_entries", sa.Integer(), nullable=False),
        sa.Column("n_new", sa.Integer(), nullable=False),
        sa.Column("n_asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_source_day_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_source_day")),
    )
    op.create_table(
        "host",
        sa.Column("name", WORDS(), nullable=False),
        sa.Column("free_at", MOMENT(), nullable=False),
        sa.Column("held_until", MOMENT(), nullable=False),
        sa.Column("holder", WORDS(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )


def downgrade() -> None:
    op.drop_table("host")
    op.drop_table("source_day")
    with op.batch_alter_table("source") as source:
        for name, _, _ in reversed(ADDED):
            source.drop_column(name)
