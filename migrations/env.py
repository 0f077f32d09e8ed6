"""Alembic's door to our tables; the engine comes from the caller, or from the settings."""

from alembic import context
from sqlalchemy import Connection

from app import settings
from app.store import engine as engines
from app.store.tables import metadata


def run(connection: Connection) -> None:
    """Run inside one transaction; batch mode because SQLite cannot alter a constraint."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        user_module_prefix="sqlmodel.sql.sqltypes.",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Several machines may start, and migrate, at the same moment: they wait for the first.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7269737)")
        context.run_migrations()


engine = context.config.attributes.get("engine") or engines.connect(settings.load().database)
with engine.connect() as connection:
    run(connection)
    connection.commit()
