"""Take what people send in, with their votes, and the sources that operators name on their pages.

Safe while the old code still runs: the one new column has a default.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
STATE = sa.Enum(
    "sent",
    "found",
    "unknown",
    "known",
    "accepted",
    "declined",
    name="submissionstate",
    native_enum=False,
    length=20,
)
LOOKED_UP_BY = ("state", "next_at", "paper_id")


def upgrade() -> None:
    own = sa.Column("own", sa.Integer(), nullable=False, server_default="0")
    op.add_column("vote_snapshot", own)
    op.create_table(
        "chosen_source",
        sa.Column("name", WORDS(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chosen_source")),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", WORDS(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("n_visitors", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT(), nullable=True),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_submission_paper_id_paper")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("name", name=op.f("uq_submission_name")),
    )
    for column in LOOKED_UP_BY:
        op.create_index(op.f(f"ix_submission_{column}"), "submission", [column])
    op.create_table(
        "support",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_support_submission_id_submission")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_support_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("submission_id", "subscriber_id", name=op.f("pk_support")),
    )
    op.create_index(op.f("ix_support_subscriber_id"), "support", ["subscriber_id"])


def downgrade() -> None:
    op.drop_table("support")
    op.drop_table("submission")
    op.drop_table("chosen_source")
    with op.batch_alter_table("vote_snapshot") as snapshot:
        snapshot.drop_column("own")
