"""Settings → the parts that the web app and the commands are made of."""

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import FileSystemLoader
from sqlalchemy import Engine

from app import logs
from app import settings as settings_
from app.choices import Doubt
from app.environment import PREFIX
from app.errors import BadValue, NotReady
from app.languages import Languages
from app.mail import dkim, foreign, layout, links, message
from app.mail.links import Links, Tokens
from app.pipeline import inbox, trial
from app.pipeline.alert import Ways
from app.pipeline.compose import Letterhead
from app.pipeline.hand import Hiring
from app.pipeline.inquiry import Asker
from app.pipeline.models import Models, Rules
from app.pipeline.pace import Pace
from app.pipeline.plan import Day
from app.pipeline.rank import Desk
from app.pipeline.turns import Turns
from app.pipeline.warm_up import WarmUp
from app.settings import Settings
from app.store import engine as engines
from app.wire import addresses
from app.wire.fetching import Client
from app.wire.mailbox import Place
from app.wire.server import Patience, Server

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of everything that was not given another."""
    return datetime.now(UTC)


def store(settings: Settings | None = None) -> tuple[Settings, Engine]:
    """The settings in force and an engine on a database that is up to date. Raises NotReady."""
    # Alembic takes a third of a second to import; the web app's own import need not wait for it.
    from app.store import migration  # noqa: PLC0415

    settings = settings or settings_.load()
    logs.configure(settings.log_level, settings.log_format)
    engine = engines.connect(settings.database)
    migration.require_current(engine)
    return settings, engine


def tokens(settings: Settings) -> Tokens:
    """Signs with SECRET_KEYS, or with a key made once and kept in DATA_DIR. Raises NotReady."""
    return Tokens(settings.signing_keys or [_kept_key(settings.data_dir / "secret.key")])


def _kept_key(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise NotReady(f"The signing key {path} cannot be kept: {e}.") from e
    if len(key) < 16:
        raise NotReady(
            f"The signing key {path} is damaged; links already mailed need it. Restore "
            "it from a backup, or delete it to start anew."
        )
    return key


def _make_key(path: Path) -> None:
    # Not the process id: in two containers over one folder it is the same.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32), encoding="ascii")
    try:
        # Unlike a rename, a link fails if another process was first: both then read one key.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


@cache
def languages() -> Languages:
    """English, and each language with a catalog in templates/languages. Raises NotReady."""
    # Babel is needed for nothing else, and `--help` need not wait for it.
    from app import catalogs  # noqa: PLC0415

    found = {}
    for path in sorted((engines.resource_dir("templates") / "languages").glob("*.po")):
        try:
            found[path.stem] = catalogs.read(path.stem, path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise NotReady(f"The catalog {path} cannot be used: {e}.") from e
    return Languages(found)


def letterhead(settings: Settings, spoken: Languages | None = None) -> Letterhead:
    """What every letter of this service shares. Raises NotReady for what would fail them all."""
    loader = FileSystemLoader(engines.resource_dir("templates"))
    signs, spoken = tokens(settings), spoken or languages()
    signed = signer(settings)
    if not signed and not settings.relay_signs and settings.offers_one_click:
        raise NotReady(
            "Nobody signs the letters, and mail programs trust no unsubscribe button of theirs: "
            "set PAPERBOY_DKIM_DOMAIN and _PRIVATE_KEY (`paperboy doctor --new-key FILE` makes "
            "one), or PAPERBOY_RELAY_SIGNS=yes if your relay does it."
        )
    return Letterhead(
        sender=settings.mail_from,
        links=Links(settings.base_url, signs),
        templates=layout.environment(loader),
        others={code: layout.environment(loader, each) for code, each in spoken.others.items()},
        postal_address=settings.postal_address,
        contact=settings.admin_mail,
        bounce_address=bounce_address(settings, signs),
        signer=signed,
        has_trap=settings.trap_link,
    )


def signer(settings: Settings) -> dkim.Signer | None:
    """Signs letters, where the settings say so. Raises NotReady."""
    domain, key = settings.dkim_domain, settings.dkim_private_key.get_secret_value()
    if not domain and not key:
        return None
    if not domain or not key:
        missing = "PRIVATE_KEY" if domain else "DOMAIN"
        raise NotReady(f"PAPERBOY_DKIM_{missing} is not set; signing needs both, key and domain.")
    return dkim.Signer(domain, settings.dkim_selector, key)


def bounce_address(settings: Settings, signs: Tokens) -> str:
    """The mailbox that return paths are made of, or "". Raises NotReady."""
    base = settings.bounce_address
    try:
        if base:
            # Room is needed for the numbers of the last letter, not only for those of the first.
            links.bounce_address(message.envelope_address(base), signs, 10**9, 10**9)
    except BadValue as e:
        raise NotReady(f"PAPERBOY_BOUNCE_ADDRESS: {e}") from e
    return base


def server(settings: Settings) -> Server:
    """Where letters are handed over."""
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.tls,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value(),
        hello=hello(settings),
        max_per_connection=settings.max_per_connection,
        patience=Patience(taken=settings.smtp_timeout.total_seconds()),
    )


def hello(settings: Settings) -> str:
    """How mail servers are greeted: many take no name without a domain, as containers have."""
    own = socket.gethostname()
    return settings.smtp_hello or (own if "." in own else _host_of_pages(settings) or own)


def _host_of_pages(settings: Settings) -> str:
    """A name of the DNS that the operator has chosen; "" where readers are given none."""
    host = urlsplit(settings.base_url).hostname or ""
    is_number = ":" in host or host.replace(".", "").isdecimal()
    try:
        return foreign.ascii_domain(host) if "." in host and not is_number else ""
    except BadValue:
        return ""


def mailbox(settings: Settings) -> Place | None:
    """Where bounces and complaints come to, if anywhere."""
    password = settings.bounce_mailbox_password.get_secret_value()
    return Place(settings.bounce_mailbox, password) if settings.bounce_mailbox else None


def models(settings: Settings) -> Models:
    """What keeps the fitted models."""
    rules = Rules(settings.candidate_days, settings.corpus_days, trial.parse(settings.trial))
    return Models(rules, settings.data_dir / "models")


def pace(settings: Settings) -> Pace:
    """How fast letters may leave."""
    warm_up = WarmUp(settings.warm_up) if settings.warm_up else None
    return Pace(settings.send_rate, settings.send_rate_domain, warm_up)


def asker(settings: Settings, engine: Engine, clock: Clock, stop: threading.Event) -> Asker:
    """What asks sources on the web. Raises NotReady."""
    turns = Turns(engine, clock, stop.wait)
    contact = [settings.base_url] if settings.is_public else []
    if settings.admin_mail:
        contact.append(f"mailto:{settings.admin_mail}")
    agent = f"Paperboy/{version('paperboy')} (+{'; '.join(contact) or 'self-hosted'})"
    reach = addresses.reach(settings.source_hosts)
    client = Client(reach, agent, turn=turns.turn, stops=stop.is_set)
    return Asker(engine, client, turns, clock, settings.hf_token.get_secret_value())


def mail_reader(
    settings: Settings, engine: Engine, clock: Clock, stop: threading.Event
) -> inbox.Reader:
    """What reads digests that come by mail."""
    password = settings.sources_password.get_secret_value()
    return inbox.Reader(engine, clock, password, stop.is_set)


def hiring(settings: Settings) -> Hiring | None:
    """How further processes are started that send, if any may be."""
    if settings.senders == 1:
        return None
    # They are told all settings; and they are to run the very code that we do.
    theirs = {key: os.environ[key] for key in os.environ if not key.upper().startswith(PREFIX)}
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return Hiring(
        command=[sys.executable, "-P", "-m", "app.cli.sender"],
        environment=theirs | {"PYTHONPATH": os.pathsep.join(paths)},
        settings=settings_.to_text(settings),
        most=settings.senders,
    )


def day(settings: Settings, engine: Engine, clock: Clock = utc_now) -> Day:
    """The stations of the day, ready to run."""
    stop = threading.Event()
    return Day(
        desk=Desk(engine, letterhead(settings), models(settings)),
        server=server(settings),
        clock=clock,
        sources=settings.sources,
        data_dir=settings.data_dir,
        asker=asker(settings, engine, clock, stop),
        inbox=mail_reader(settings, engine, clock, stop),
        stop=stop,
        n_connections=settings.smtp_connections,
        pace=pace(settings),
        lease=settings.claim_lease,
        mailbox=mailbox(settings),
        holds_doubt=settings.doubt is Doubt.HOLD,
        ways=Ways(settings.admin_mail, settings.alert_webhook.get_secret_value()),
        scan_time=settings.scan_time,
        keep_letters=settings.keep_letters,
        hiring=hiring(settings) if clock is utc_now else None,  # theirs cannot be another
    )
