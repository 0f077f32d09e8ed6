"""`paperboy serve`, `migrate` and `config`."""

import json
import logging
import re
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import shown

if TYPE_CHECKING:
    from types import FrameType


def serve(
    host: Annotated[str, typer.Option(help="Address to serve on; default: PAPERBOY_HOST.")] = "",
    port: Annotated[int, typer.Option(help="Port to serve on; default: PAPERBOY_PORT.")] = 0,
) -> None:
    """Run the pages, the clock and the sending in one process.

    Creates or upgrades the database first. Ctrl-C or SIGTERM stops it cleanly: letters on their
    way are finished, no others are begun.
    """
    signal.signal(signal.SIGTERM, _done)
    signal.signal(signal.SIGINT, _done)
    import uvicorn

    from app import assembly, main, scheduler
    from app import settings as settings_
    from app.cli import checks
    from app.pipeline import restored
    from app.store import engine as engines
    from app.store import migration

    settings = settings_.load()
    engine = engines.connect(settings.database)
    restored.refuse_empty(engine, settings.data_dir / restored.FILE)
    migration.migrate(engine)
    settings, engine = assembly.store(settings)
    day = assembly.day(settings, engine)
    for finding in checks.to_weigh_at_start(settings):
        logging.getLogger(__name__).warning(finding.says)
    ticks = scheduler.Ticks(day, settings.tick)
    web = main.create_app(settings, lifespan=lambda _app: ticks.running(), models=day.desk.models)
    server = uvicorn.Server(
        uvicorn.Config(
            web,
            host=host or settings.host,
            port=port or settings.port,
            log_config=None,
            access_log=False,
            # Anybody can write X-Forwarded-For: only who was named is believed.
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            timeout_graceful_shutdown=10,
        )
    )
    main.freeze()
    print(f"Paperboy serves {settings.base_url} on {server.config.host}:{server.config.port}")
    server.run()
    if not server.started:
        raise typer.Exit(1)


def _done(_signal: int, _frame: "FrameType | None") -> None:
    """Exit cleanly: either nothing has begun yet, or the server has stopped.

    While it runs uvicorn takes the signals itself, stops cleanly, and then raises them anew; with
    nobody here the exit code would be that of a killed process.
    """
    sys.exit(0)


def migrate() -> None:
    """Create the database, or upgrade it."""
    from app import settings as settings_
    from app.pipeline import restored
    from app.store import engine as engines
    from app.store import migration

    settings = settings_.load()
    engine = engines.connect(settings.database)
    restored.refuse_empty(engine, settings.data_dir / restored.FILE)
    revision = migration.migrate(engine)
    print(f"The database {engines.shown_url(settings.database)} is at revision {revision}.")


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Print the settings in force, secrets masked.

    Or name those that cannot be used, and exit with 1.
    """
    from app import settings as settings_
    from app.pipeline import trial
    from app.store import engine as engines

    settings = settings_.load()
    trial.parse(settings.trial)
    values = {name: str(value) for name, value in settings.model_dump(mode="json").items()}
    values["database_url"] = engines.shown_url(settings.database)
    values["bounce_mailbox"] = re.sub("(://[^:@]*):.*@", r"\1:***@", settings.bounce_mailbox)
    values["smtp_tls"] = settings.tls.value
    if as_json:
        print(json.dumps(values, indent=1))
        return
    fields = type(settings).model_fields
    rows = [(f"PAPERBOY_{n.upper()}", v, fields[n].description) for n, v in values.items()]
    shown.table(("setting", "value", "what it is"), rows)
