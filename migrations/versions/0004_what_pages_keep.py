"""Keep what pages learn: taps, consents, permits, and what operators did.

Safe while the old code still runs: it only adds tables.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "tap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("verdict", WORDS(), nullable=False),
        sa.Column("before", WORDS(), nullable=False),
        sa.Column(
            "means",
            sa.Enum("button", "script", "trap", name="means", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("network", WORDS(), nullable=False),
        sa.Column("agent", WORDS(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("void", WORDS(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_tap_letter_id_letter")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_tap_paper_id_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tap")),
    )
    op.create_index(op.f("ix_tap_letter_id"), "tap", ["letter_id"])
    op.create_index(op.f("ix_tap_settled"), "tap", ["settled"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("form_url", WORDS(), nullable=False),
        sa.Column("network", WORDS(), nullable=False),
        sa.Column("asked_at", MOMENT(), nullable=False),
        sa.Column("message_id", WORDS(), nullable=False),
        sa.Column("confirmed_at", MOMENT(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_consent_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_message_id"), "consent", ["message_id"])
    op.create_index(op.f("ix_consent_subscriber_id"), "consent", ["subscriber_id"])
    op.create_table(
        "permit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", WORDS(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit")),
    )
    op.create_index(op.f("ix_permit_at"), "permit", ["at"])
    op.create_index("ix_permit_name_at", "permit", ["name", "at"])
    op.create_table(
        "deed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("who", WORDS(), nullable=False),
        sa.Column("action", WORDS(), nullable=False),
        sa.Column("subject", WORDS(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deed")),
    )
    op.create_index(op.f("ix_deed_at"), "deed", ["at"])


def downgrade() -> None:
    for table in ("deed", "permit", "consent", "tap"):
        op.drop_table(table)
