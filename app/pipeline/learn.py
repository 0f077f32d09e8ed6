"""What sending teaches: reports become bounces, bounces and complaints become suppressions.

An address is suppressed at once by a server that does not know it (5.1.1 and its kind) or by its
owner's complaint, and after a while by letters that keep coming back for other reasons. A refusal
of the sender, such as 5.7.26, never suppresses anybody; it is kept for `guard` to judge.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import NotReady
from app.mail import bounce, links, refusal
from app.mail.bounce import Report
from app.mail.links import Tokens
from app.mail.refusal import Kind
from app.store import bounces, letters, subscribers, suppressions
from app.store import engine as engines
from app.store.departures import Claimed
from app.store.tables import Bounce, BounceKind, Status, Subscriber
from app.wire import mailbox
from app.wire.mailbox import Mailbox, Place

log = structlog.get_logger()
# So many letters, the first and the last so far apart, and none that arrived in between.
SOFT_MOST, SOFT_WITHIN = 3, timedelta(days=3)
# A letter sent so long ago that did not come back has arrived.
ARRIVED_AFTER = timedelta(hours=24)
KEPT = {
    Kind.HARD: BounceKind.HARD,
    Kind.SOFT: BounceKind.SOFT,
    Kind.SENDER: BounceKind.SENDER,
    Kind.COMPLAINT: BounceKind.COMPLAINT,
}


@dataclass
class Tally:
    """How many mails were read, and of how many kinds; `kinds` counts those that changed something.

    ignored: out of office, forged, read before, or of letters and people that are gone.
    """

    read: int = 0
    ignored: int = 0
    failed: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """Reads the mailbox. stop: set it, and reading ends at the next mail."""

    engine: Engine
    tokens: Tokens
    place: Place
    clock: Callable[[], datetime]
    stop: threading.Event = field(default_factory=threading.Event)


def read_mailbox(reader: Reader) -> Tally:
    """Read what is new in the mailbox, each mail in a transaction of its own.

    A mail is confirmed after the commit; read again after a crash it changes nothing more.
    Raises NotReady if the mailbox or the database fails.
    """
    tally, failed = Tally(), set[str]()
    with mailbox.opened(reader.place) as box:
        while _read_batch(reader, box, tally, failed) == mailbox.MOST_AT_ONCE:
            pass
    return tally


def _read_batch(reader: Reader, box: Mailbox, tally: Tally, failed: set[str]) -> int:
    """Return how many mails were read. failed: the names of those to pass by; more are added."""
    n_read = 0
    for name, raw in box.unread(failed):
        if reader.stop.is_set():
            return 0
        tally.read += 1
        n_read += 1
        try:
            kind = learn(reader.engine, reader.tokens, raw, reader.clock())
        except NotReady:
            raise
        except Exception:
            # It stays unread, for somebody to look at, and must not keep the others waiting.
            log.exception("report_failed", mail=name)
            tally.failed += 1
            failed.add(name)
            continue
        box.confirm(name)
        tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
        tally.ignored += kind == Kind.NONE
    return n_read


def learn(engine: Engine, tokens: Tokens, raw: bytes, now: datetime) -> Kind:
    """Draw the consequences of one mail; Kind.NONE if it had none. Raises NotReady."""
    report = bounce.read(raw)
    if report.kind == Kind.NONE or not report.addressed:
        return Kind.NONE
    with engines.transaction(engine) as session:
        if report.kind == Kind.UNSUBSCRIBE:
            return _unsubscribe(session, tokens, report)
        return _note(session, tokens, report, sha256(raw).hexdigest(), now)


def _unsubscribe(session: Session, tokens: Tokens, report: Report) -> Kind:
    subscriber_id = _who_unsubscribes(tokens, report)
    subscriber = subscribers.by_id(session, subscriber_id)
    if subscriber is None or subscriber.status == Status.UNSUBSCRIBED:
        return Kind.NONE
    subscribers.unsubscribe(session, subscriber)
    log.info("unsubscribed_by_mail", subscriber=subscriber_id)
    return Kind.UNSUBSCRIBE


def _who_unsubscribes(tokens: Tokens, report: Report) -> int:
    named = (links.read_unsubscribe_address(tokens, address) for address in report.addressed)
    return next(filter(None, named), 0)


def _note(session: Session, tokens: Tokens, report: Report, name: str, now: datetime) -> Kind:
    named = (links.read_bounce_address(tokens, address) for address in report.addressed)
    subscriber_id, letter_id = next(filter(None, named), (0, 0))
    if not subscriber_id and report.kind == Kind.COMPLAINT:
        subscriber_id = _who_unsubscribes(tokens, report)
    if subscribers.by_id(session, subscriber_id) is None:
        return Kind.NONE
    told = Bounce(
        subscriber_id=subscriber_id,
        letter_id=letter_id if letters.by_id(session, letter_id) else None,
        kind=KEPT[report.kind],
        code=report.code,
        said=report.said,
        report=name,
        at=now,
    )
    if report.kind == Kind.SENDER:
        said = refusal.without_addresses(told.said)
        log.warning("sender_refused", code=told.code, said=said, letter=letter_id)
    return report.kind if _draw_consequences(session, told) else Kind.NONE


def judge_rejection(session: Session, entry: Claimed, code: int, reply: str, now: datetime) -> Kind:
    """Learn from the server's own words about a letter that failed for good; see `refusal`.

    Without an enhanced code about the address or the mailbox nothing is counted as soft: a relay
    in trouble refuses everybody, and that must not empty the list.
    """
    kind, enhanced = refusal.judge(f"{code} {reply}")
    if kind == Kind.HARD and code < 500:
        kind = Kind.SOFT
    if kind == Kind.SOFT and enhanced[1:3] not in {".1", ".2"}:
        return Kind.NONE
    if kind in {Kind.HARD, Kind.SOFT}:  # what is said of the sender, the breaker has counted
        told = Bounce(
            subscriber_id=entry.subscriber_id,
            letter_id=entry.letter_id,
            kind=KEPT[kind],
            code=enhanced,
            said=reply[: bounce.LONGEST_SAID],
            report=f"smtp {entry.id} {entry.attempts}",
            at=now,
        )
        _draw_consequences(session, told)
    return kind


def _draw_consequences(session: Session, told: Bounce) -> bool:
    """Store a bounce and suppress where it asks for it; False if it was known."""
    if not bounces.add(session, told):
        return False
    log.info("bounced", kind=told.kind, code=told.code, letter=told.letter_id)
    subscriber = subscribers.by_id(session, told.subscriber_id)
    if subscriber is None:
        return True
    if told.kind == BounceKind.COMPLAINT and _is_theirs(session, subscriber, told):
        subscribers.unsubscribe(session, subscriber)
    if reason := _reason_to_suppress(session, told):
        _suppress(session, subscriber, told, reason)
    return True


def _is_theirs(session: Session, subscriber: Subscriber, told: Bounce) -> bool:
    """Whether the letter went to where their letters go: they may have typed another address."""
    letter = letters.by_id(session, told.letter_id or 0)
    return letter is None or letter.recipient == subscriber.address


def _reason_to_suppress(session: Session, told: Bounce) -> str:
    said = refusal.without_addresses(told.said)
    said = said if told.code in said else f"{told.code} {said}"
    if told.kind == BounceKind.COMPLAINT:
        return f"complaint: {said}"
    if told.kind == BounceKind.HARD:
        return f"bounced: {said}"
    if told.kind == BounceKind.SENDER:
        return ""
    arrived = bounces.last_arrival(session, told.subscriber_id, told.at - ARRIVED_AFTER)
    softly = bounces.soft_since(session, told.subscriber_id, arrived)
    if len(softly) < SOFT_MOST or softly[-1] - softly[0] < SOFT_WITHIN:
        return ""
    return f"{len(softly)} letters came back since {softly[0]:%-d %B %Y}: {said}"


def _suppress(session: Session, subscriber: Subscriber, told: Bounce, reason: str) -> None:
    letter = letters.by_id(session, told.letter_id or 0)
    # Whoever has changed their address since is not to blame for the old one.
    address = letter.recipient if letter else subscriber.address
    if suppress(session, address, reason, told.at):
        log.warning("suppressed", subscriber=subscriber.id, reason=reason)


def suppress(session: Session, address: str, reason: str, now: datetime) -> bool:
    """Never mail an address again: nobody there is due, and what waits is stopped at its claim.

    False if it was suppressed already.
    """
    subscriber = subscribers.by_address(session, address)
    if subscriber is not None:
        subscriber.next_due_at = None
        session.add(subscriber)
    return suppressions.add(session, address, reason, now)


def lift(session: Session, address: str, now: datetime) -> bool:
    """Let an address be mailed again and count its soft bounces anew; False if it was free.

    Whoever complained stays unsubscribed, until they ask for letters again.
    """
    if not suppressions.lift(session, address):
        return False
    subscriber = subscribers.by_address(session, address)
    if subscriber is not None:
        bounces.forget_soft(session, subscriber.id or 0)
        subscribers.plan_next(session, subscriber, now)
    return True
