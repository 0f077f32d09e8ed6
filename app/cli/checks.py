"""What `paperboy doctor` looks at. Each check yields findings and changes nothing."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select

from app import assembly, environment
from app import settings as settings_
from app.choices import Tls
from app.cli import sources
from app.environment import PREFIX
from app.errors import AppError, BadValue, DeliveryError, NotReady
from app.mail import dkim, foreign, message, records
from app.mail.links import Links, Tokens
from app.settings import Settings
from app.store import brakes, migration
from app.store import engine as engines
from app.wire import dns, offer, smtp
from app.wire.server import Server

# Ten times what a letter usually has; below it some would be refused.
LEAST_SIZE = 250_000
PATIENCE_SECONDS, MOST_SKEW_SECONDS = 15, 5
LEAST_FREE = 0.05
# For links that nobody gets: a look need not make the key of a service.
NO_TOKENS = Tokens(["no key"])


class Level(StrEnum):
    """A WARNING is for the operator to weigh; with a PROBLEM letters fail or are not trusted."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What is so, and if it should not be, the cure."""

    level: Level
    about: str
    says: str


@dataclass(frozen=True)
class Sending:
    """Who the letters are from, as the DNS sees it. relay: "" for this machine."""

    mail_domain: str
    return_domain: str
    signer: dkim.Signer | None
    has_mailbox: bool
    relay: str
    reports_to: str

    @property
    def is_local(self) -> bool:
        """Whether no DNS outside this machine knows the sender's domain."""
        return "." not in self.mail_domain or self.mail_domain.endswith((".localhost", ".invalid"))

    def records(self) -> list[records.Record]:
        """What to publish."""
        if self.is_local:
            return []
        return records.to_publish(
            self.mail_domain,
            self.return_domain,
            self.signer,
            has_mailbox=self.has_mailbox,
            reports_to=self.reports_to,
            relay=self.relay,
        )


def sending(settings: Settings) -> Sending:
    """Raises NotReady or BadValue for settings with which no letter would leave."""
    sender = message.envelope_address(parseaddr(settings.mail_from)[1])
    mailbox = assembly.bounce_address(settings, NO_TOKENS)
    path = message.envelope_address(mailbox) if mailbox else sender
    return Sending(
        mail_domain=_domain(sender),
        return_domain=_domain(path),
        signer=assembly.signer(settings),
        has_mailbox=bool(mailbox),
        relay="" if settings.smtp_host in settings_.LOOPBACK else settings.smtp_host,
        reports_to=settings.admin_mail,
    )


def of_settings(settings: Settings, who: Sending) -> Iterator[Finding]:
    """Whether the settings fit together."""
    yield from _of_links(settings)
    yield from _of_sender(settings, who)
    unheard = "" if settings.alert_webhook.get_secret_value() else ", and alerts reach nobody"
    missing = [
        (settings.postal_address, "POSTAL_ADDRESS", "many countries ask for one in every letter"),
        (settings.admin_mail, "ADMIN_MAIL", f"readers see no contact{unheard}"),
        (settings.bounce_address, "BOUNCE_ADDRESS", "bounces and complaints teach us nothing"),
    ]
    for value, name, why in missing:
        if not value:
            yield Finding(Level.WARNING, "settings", f"{PREFIX}{name} is empty: {why}.")
    if bool(settings.bounce_address) != bool(settings.bounce_mailbox):
        says = f"{PREFIX}BOUNCE_ADDRESS and {PREFIX}BOUNCE_MAILBOX go together: set both or none."
        yield Finding(Level.PROBLEM, "settings", says)
    if who.relay and settings.tls is Tls.NONE:
        says = f"Letters and passwords go to {who.relay} unprotected; set {PREFIX}SMTP_TLS."
        yield Finding(Level.WARNING, "settings", says)


def to_weigh_at_start(settings: Settings) -> list[Finding]:
    """What a service with readers elsewhere should not go on without: signature, address, reports.

    Raises NotReady or BadValue as `sending` does.
    """
    found = of_settings(settings, sending(settings)) if settings.is_public else ()
    return [each for each in found if each.level is not Level.OK]


def _of_links(settings: Settings) -> Iterator[Finding]:
    url = Links(settings.base_url, NO_TOKENS).unsubscribe(1)
    if not foreign.href(url).startswith(f"{settings.base_url}/"):
        says = f"{PREFIX}BASE_URL {settings.base_url} makes no links that mail programs follow."
        yield Finding(Level.PROBLEM, "links", says)
    elif not settings.is_public:
        says = f"Links lead to {settings.base_url}: they work on this machine only."
        yield Finding(Level.OK, "links", says)
    elif not settings.base_url.startswith("https://"):
        says = f"{PREFIX}BASE_URL is not https: mail programs show no unsubscribe button then."
        yield Finding(Level.PROBLEM, "links", says)
    else:
        yield Finding(Level.OK, "links", f"Links lead to {settings.base_url}.")


def _of_sender(settings: Settings, who: Sending) -> Iterator[Finding]:
    if who.is_local:
        level = Level.PROBLEM if settings.is_public else Level.OK
        says = f"Letters are from {settings.mail_from}, which is for trying out only"
        cure = f"; set {PREFIX}MAIL_FROM" if settings.is_public else ""
        yield Finding(level, "sender", f"{says}{cure}.")
        return
    if who.signer is None and settings.relay_signs:
        yield Finding(Level.OK, "signature", f"The relay signs for {who.mail_domain}, you say.")
    elif who.signer is None:
        says = f"Nobody signs letters for {who.mail_domain}. Make a key by `paperboy doctor "
        cure = f"--new-key FILE` and set {PREFIX}DKIM_DOMAIN, or {PREFIX}RELAY_SIGNS if it does."
        level = Level.PROBLEM if settings.offers_one_click else Level.OK
        yield Finding(level, "signature", says + cure)
    elif records.is_aligned(who.mail_domain, who.signer.domain):
        yield Finding(Level.OK, "signature", f"We sign for {who.signer.domain}.")
    else:
        says = f"Letters are from {who.mail_domain}, and signed for {who.signer.domain}: DMARC"
        cure = f"takes them for forged. Set {PREFIX}DKIM_DOMAIN={who.mail_domain}."
        yield Finding(Level.PROBLEM, "signature", f"{says} {cure}")


def of_relay(server: Server) -> Iterator[Finding]:
    """Connect, log in and hang up; nothing is sent."""
    try:
        extensions = asyncio.run(asyncio.wait_for(_greet(server), PATIENCE_SECONDS))
    except DeliveryError as e:
        yield Finding(Level.PROBLEM, "relay", f"{e.reply.rstrip('.')}.")
        return
    except TimeoutError:
        where = f"{server.host}:{server.port}"
        yield Finding(Level.PROBLEM, "relay", f"{where} is silent for {PATIENCE_SECONDS} seconds.")
        return
    features = " ".join(f"{n} {v}".strip().upper() for n, v in sorted(extensions.items()))
    way = {"none": "unencrypted", "starttls": "by STARTTLS", "tls": "by TLS"}[server.tls]
    says = f"{server.host}:{server.port} is reached {way} as {server.hello}"
    says += f", logged in as {server.username}" if server.username else ""
    yield Finding(Level.OK, "relay", f"{says}; it offers {features or 'nothing'}.")
    if not set(server.hello) & set(".:") and server.host not in settings_.LOOPBACK:
        says = f"Many relays refuse a greeting by {server.hello}, which has no domain; set {PREFIX}"
        yield Finding(Level.WARNING, "relay", f"{says}SMTP_HELLO.")
    size = offer.most_bytes(extensions)
    if 0 < size < LEAST_SIZE:
        says = f"The relay takes {size} bytes at most; set {PREFIX}LETTER_SIZE lower."
        yield Finding(Level.WARNING, "relay", says)
    if "smtputf8" not in extensions:
        yield Finding(Level.WARNING, "relay", "The relay lacks SMTPUTF8: jürgen@… is out of reach.")


async def _greet(server: Server) -> dict[str, str]:
    connection = await smtp.connect(server)
    extensions = dict(connection.extensions)
    await connection.close()
    return extensions


def of_database(url: str, now: datetime) -> Iterator[Finding]:
    """Whether it is there and up to date, its clock ours, and sending not held."""
    try:
        engine = engines.connect(url)
        migration.require_current(engine)
        with engines.transaction(engines.reading(engine)) as session:
            its_clock = session.execute(select(func.now())).scalar_one()
            held = brakes.held(session, now)
    except AppError as e:
        yield Finding(Level.PROBLEM, "database", str(e))
        return
    yield Finding(Level.OK, "database", "The database is up to date.")
    its_clock = its_clock if its_clock.tzinfo else its_clock.replace(tzinfo=UTC)
    skew = abs((its_clock - now).total_seconds())
    zone = datetime.now().astimezone().tzname()
    says = f"It is {now:%Y-%m-%d %H:%M:%S} UTC; this machine's zone is {zone}."
    yield Finding(Level.OK, "clock", says)
    if skew > MOST_SKEW_SECONDS:
        says = f"The database's clock is {skew:.0f} seconds off ours; run NTP on both machines."
        yield Finding(Level.PROBLEM, "clock", says)
    for brake in held:
        yield Finding(Level.PROBLEM, "sending", brakes.says(brake))


def of_folder(settings: Settings) -> Iterator[Finding]:
    """Whether the data folder can be written, and has room."""
    folder = settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder):
            usage = shutil.disk_usage(folder)
    except OSError as e:
        says = f"{folder} cannot be written: {e.strerror}. Set {PREFIX}DATA_DIR, or its rights."
        yield Finding(Level.PROBLEM, "folder", says)
        return
    free = usage.free / usage.total
    level = Level.OK if free >= LEAST_FREE else Level.PROBLEM
    yield Finding(level, "folder", f"{folder} can be written, and has {free:.0%} of its disk free.")


def of_secrets(settings: Settings, named: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the files that hold secrets are closed to others on this machine."""
    for name in (name for name, value in settings if hasattr(value, "get_secret_value")):
        path = named.get(f"{PREFIX}{name.upper()}_FILE", "")
        # Containers mount theirs open to all, and nobody else is inside.
        if path and not path.startswith("/run/secrets/") and Path(path).stat().st_mode & 0o077:
            says = f"{path} can be read by others on this machine; `chmod 600 {path}`."
            yield Finding(Level.WARNING, "secrets", says)


def of_records(who: Sending, server: str) -> Iterator[Finding]:
    """Whether the DNS says what it should. server: see `wire.dns`."""
    if who.is_local:
        return
    with ThreadPoolExecutor() as pool:
        spf = pool.submit(dns.texts, who.return_domain, server)
        hosts = pool.submit(dns.mail_hosts, who.return_domain, server)
        policies = [pool.submit(dns.texts, n, server) for n in records.dmarc_names(who.mail_domain)]
        if who.signer:
            name = who.signer.record_name
            found = pool.submit(dns.texts, name, server).result()
            fault = records.dkim_fault(found, who.signer) if found is not None else ""
            yield _looked_up("DKIM", name, found, fault, Level.PROBLEM)
        found = spf.result()
        fault = records.spf_fault(found) if found is not None else ""
        yield _looked_up("SPF", who.return_domain, found, fault, Level.WARNING)
        said = records.policy_in_force([policy.result() for policy in policies])
    signs = who.signer.domain if who.signer else ""
    fault = records.dmarc_fault(said, who.mail_domain, signs) if said is not None else ""
    yield _looked_up("DMARC", f"_dmarc.{who.mail_domain}", said, fault, Level.WARNING)
    found = hosts.result()
    fault = records.mx_fault(found) if found is not None else ""
    yield _looked_up("MX", who.return_domain, found, fault, Level.WARNING)


def _looked_up(kind: str, name: str, found: list[str] | None, fault: str, level: Level) -> Finding:
    if found is None:
        return Finding(Level.WARNING, "dns", f"The {kind} record of {name} could not be looked up.")
    if fault:
        return Finding(level, "dns", f"{name} {fault}; publish what is told here.")
    return Finding(Level.OK, "dns", f"{name} has its {kind} record.")


def everything(settings: Settings, now: datetime, name_server: str = "") -> Iterator[Finding]:
    """Each check, whatever came of those before it."""
    try:
        who = sending(settings)
        yield from of_settings(settings, who)
        yield from of_records(who, name_server)
    except (NotReady, BadValue) as e:
        yield Finding(Level.PROBLEM, "settings", str(e))
    yield from (Finding(Level.PROBLEM, "sources", each) for each in sources.problems(settings))
    yield from of_relay(assembly.server(settings))
    yield from of_database(settings.database, now)
    yield from of_folder(settings)
    yield from of_secrets(settings, environment.named(Settings))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
