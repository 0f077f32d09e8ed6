"""`paperboy migrate` and `config`."""

import json
import re
from typing import Annotated

import typer

from app.cli import shown, sources
from app.languages import amount


def migrate(
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATABASE",
            help="Fill a new database with all that another holds: a SQLite file, or a URL. "
            "Stop Paperboy first.",
        ),
    ] = None,
) -> None:
    """Create the database, or upgrade it."""
    from app import settings as settings_
    from app.pipeline import relocation, restored
    from app.store import engine as engines
    from app.store import migration

    settings = settings_.load()
    engine = engines.connect(settings.database)
    if source is not None:
        old = engines.connect_existing(source)
        with shown.waiting("Copying …"):
            n = relocation.relocate(old, engine, shown.now())
        rows = amount(n, "row", "rows")
        print(f"{rows} of {engines.shown_url(str(old.url))} copied; that is as it was.")
    else:
        restored.refuse_empty(engine, settings.data_dir / restored.FILE)
    revision = migration.migrate(engine)
    print(f"The database {engines.shown_url(settings.database)} is at revision {revision}.")


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Print the settings in force, secrets masked.

    Or name those that cannot be used, and exit with 1.
    """
    from app import environment
    from app import settings as settings_
    from app.pipeline import trial
    from app.store import engine as engines

    settings = settings_.load()
    trial.parse(settings.trial)
    sources.check(settings)
    values = {name: str(value) for name, value in settings.model_dump(mode="json").items()}
    values["database_url"] = engines.shown_url(settings.database)
    values["bounce_mailbox"] = re.sub("(://[^:@]*):.*@", r"\1:***@", settings.bounce_mailbox)
    values["smtp_tls"] = settings.tls.value
    for says in environment.idle(type(settings)):
        shown.problem(says)
    if as_json:
        print(json.dumps(values, indent=1))
        return
    fields = type(settings).model_fields
    rows = [(f"PAPERBOY_{n.upper()}", v, fields[n].description) for n, v in values.items()]
    shown.table(("setting", "value", "what it is"), rows)
