"""Let readers weigh interests, ask for categories, and set threshold, dial and exploration.

Safe while the old code still runs: every new column has a default, and no old row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLD, NEW = "uq_interest_subscriber_id_text", "uq_interest_subscriber_id_kind_text"


def upgrade() -> None:
    # Nothing refers to an interest, so SQLite may copy this table; the others it must not.
    with op.batch_alter_table("interest") as interest:
        interest.add_column(sa.Column("weight", sa.Float(), nullable=False, server_default="1"))
        interest.drop_constraint(OLD, type_="unique")
        interest.create_unique_constraint(NEW, ["subscriber_id", "kind", "text"])
    _add("paper", "categories", sa.JSON(), "[]")
    _add("pick", "team", sa.String(), "")
    _add("subscriber", "threshold", sa.String(), "good")
    _add("subscriber", "dial", sa.Float(), "0")
    _add("subscriber", "exploration", sa.Float(), "0.2")
    _add("subscriber", "shares_likes", sa.Boolean(), sa.false())


def _add(table: str, name: str, kind: sa.types.TypeEngine, default: object) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def downgrade() -> None:
    added = {
        "subscriber": ("shares_likes", "exploration", "dial", "threshold"),
        "pick": ("team",),
        "paper": ("categories",),
    }
    for table, names in added.items():
        for name in names:
            op.drop_column(table, name)
    with op.batch_alter_table("interest") as interest:
        interest.drop_constraint(NEW, type_="unique")
        interest.create_unique_constraint(OLD, ["subscriber_id", "text"])
        interest.drop_column("weight")
