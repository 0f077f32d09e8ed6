"""Keep counts of letters and votes that are too old to be kept themselves.

Feedback and bounces keep the number of their letter when it is gone, so these no longer are foreign
keys. Safe while the old code still runs: it folds nothing, and every new column has a default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NUMBERED = ("feedback", "bounce")


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "name", name=op.f("pk_tally")),
    )
    column = sa.Column("n_folded", sa.Integer(), nullable=False, server_default="0")
    op.add_column("subscriber", column)
    for table in NUMBERED:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_letter_id_letter"), type_="foreignkey")


def downgrade() -> None:
    kept = "SELECT id FROM letter"
    for table in NUMBERED:
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id NOT IN ({kept})")  # noqa: S608
        with op.batch_alter_table(table) as batch:
            name = op.f(f"fk_{table}_letter_id_letter")
            batch.create_foreign_key(name, "letter", ["letter_id"], ["id"])
    op.drop_column("subscriber", "n_folded")
    op.drop_table("tally")
