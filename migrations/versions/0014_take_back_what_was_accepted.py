"""Take back what was accepted, and keep with each pick that the community had sent its paper in.

A paper that only the community's list held leaves the lists with it. A letter says by whom a paper
came when it is made, whatever an operator decides later: a second try must have the same bytes.

Safe while the old code still runs: the columns have defaults, and letters made until now say no
more than they did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper", sa.Column("unlisted_on", sa.Date(), nullable=True))
    told = sa.text("unlisted_on IS NOT NULL")
    op.create_index(
        op.f("ix_paper_unlisted_on"),
        "paper",
        ["unlisted_on"],
        sqlite_where=told,
        postgresql_where=told,
    )
    by_community = sa.Column(
        "by_community", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("pick", by_community)


def downgrade() -> None:
    op.drop_column("pick", "by_community")
    op.drop_index(op.f("ix_paper_unlisted_on"), "paper")
    op.drop_column("paper", "unlisted_on")
