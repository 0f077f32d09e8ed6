"""Keep what sources tell of papers: code, journal, withdrawals, and that two turned out to be one.

Letters keep a sentence on what was not announced. Safe while the old code still runs: every new
column has a default or may be empty, and no old row changes.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WORDS = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TOLD = (
    ("version", sa.Integer(), "0"),
    ("published_doi", WORDS(), ""),
    ("journal", sa.Text(), ""),
    ("comment", sa.Text(), ""),
    ("code_url", WORDS(), ""),
    ("project_url", WORDS(), ""),
    ("thumbnail", WORDS(), ""),
    ("organisation", WORDS(), ""),
    ("keywords", sa.JSON(), "[]"),
    ("stars", sa.Integer(), None),
    ("announced", sa.Date(), None),
    ("withdrawn_on", sa.Date(), None),
)


def upgrade() -> None:
    for name, kind, value in TOLD:
        column = sa.Column(name, kind, nullable=value is None, server_default=value)
        op.add_column("paper", column)
    # In words both databases know: to make a new table of it, as Alembic would for SQLite, means to
    # drop one that others point to.
    points = "CONSTRAINT fk_paper_same_as_paper REFERENCES paper (id)"
    op.execute(f"ALTER TABLE paper ADD COLUMN same_as INTEGER {points}")
    for name in ("same_as", "withdrawn_on"):
        told = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            op.f(f"ix_paper_{name}"), "paper", [name], sqlite_where=told, postgresql_where=told
        )
    op.add_column("pick", sa.Column("printed_id", sa.Integer(), nullable=True))
    op.add_column("vote_snapshot", sa.Column("noted_at", MOMENT(), nullable=True))
    op.add_column("letter", sa.Column("news", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("letter", "news")
    op.drop_column("vote_snapshot", "noted_at")
    op.drop_column("pick", "printed_id")
    for name in ("withdrawn_on", "same_as"):
        op.drop_index(op.f(f"ix_paper_{name}"), "paper")
    op.drop_column("paper", "same_as")
    for name, _, _ in reversed(TOLD):
        op.drop_column("paper", name)
