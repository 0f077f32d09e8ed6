"""What the last letters' reception says of the next ones: warn, or hold all sending.

Mail providers count too, and a sender they have turned against is not forgiven by tomorrow. Where
all would be well without the letters that strangers had sent to others, only such letters are held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.store import brakes, health, heartbeats
from app.store import engine as engines
from app.store.health import Reception
from app.store.tables import LetterKind

log = structlog.get_logger()
# What is judged: the letters of a day, or the last thousand where a day has fewer.
SPAN, LAST, LONGEST = timedelta(days=1), 1_000, timedelta(days=30)
# Fewer letters say nothing, and one reader's click must not stop everybody's letters.
LEAST, LEAST_REPORTS = 200, 2


@dataclass(frozen=True)
class Limit:
    """From which part of the letters on to warn, and to hold; came_to: what became of them."""

    warn: float
    hold: float
    came_to: str


# Relays look at a sender with 5 % of bounces, Gmail turns away one with 0.3 % of complaints.
BOUNCES = Limit(0.02, 0.05, "bounced for good")
# Behind a relay, refusals of the sender are known by reports alone: `breaker` never hears of them.
# This brake lets nobody try whether it is still needed, and one institute's filter must not hold
# everybody's letters.
TURNED_AWAY = Limit(0.02, 0.2, "came back refused for the sender's sake")
COMPLAINTS = Limit(0.0008, 0.003, "were called spam by their readers")
LIMITS = {"bounces": BOUNCES, "refusals": TURNED_AWAY, "complaints": COMPLAINTS}
_COUNTED: dict[str, Callable[[Reception], int]] = {
    "bounces": attrgetter("n_bounced"),
    "refusals": attrgetter("n_turned_away"),
    "complaints": attrgetter("n_complaints"),
}
# A morning's delay; and a day with it.
DELAY = timedelta(hours=2)
SILENCE = timedelta(days=1) + DELAY


@dataclass(frozen=True)
class Finding:
    """name: what was looked at. reason: "" where all is well. holds: whether to stop sending."""

    name: str
    reason: str = ""
    holds: bool = False


@dataclass
class Guard:
    """Looks after each run, and says what changed; `_said` is the last word on each subject."""

    engine: Engine
    _said: dict[str, str] = field(default_factory=dict)

    def look(self, now: datetime) -> None:
        """Judge what was received; put the brakes on where that is called for. Raises NotReady."""
        with engines.transaction(self.engine) as session:
            found = list(findings(session, now))
            held = {brake.name: brake.reason for brake in brakes.held(session, now)}
            for each in found:
                if each.holds and each.name not in held:
                    brakes.put_on(session, each.name, each.reason, now)
                    heartbeats.beat(session, _judged(each.name), now)
        for each in found:
            # A brake stays on, whatever came in since, until somebody lifts it.
            is_held = each.name in held
            self._tell(Finding(each.name, held[each.name], holds=True) if is_held else each)

    def note_run(self, began: datetime, ended: datetime) -> None:
        """Keep how long a run with letters took."""
        with engines.transaction(self.engine) as session:
            heartbeats.beat(session, health.RUN_BEGAN, began)
            heartbeats.beat(session, health.RUN_ENDED, ended)

    def _tell(self, found: Finding) -> None:
        # Its figures change with every letter; a change is from well to warning to brake.
        kind = "sending_held" if found.holds else "sending_in_danger" if found.reason else ""
        if kind and self._said.get(found.name) != kind:
            log.error(kind, about=found.name, reason=found.reason)
        elif not kind and self._said.get(found.name):
            log.info("sending_well_again", about=found.name)
        self._said[found.name] = kind


def _judged(name: str) -> str:
    return f"judged {name}"


def findings(session: Session, now: datetime) -> Iterator[Finding]:
    """What there is to say of reports and of silence; one each, also where all is well."""
    known, since = heartbeats.latest(session), _since(session, now)

    @cache
    def received(sent_after: datetime | None, kind: LetterKind | None = None) -> Reception:
        return health.reception(session, since, now, sent_after, kind)

    def count(name: str, brake: str) -> _Count:
        # Whoever lifts a brake has seen why; only letters sent since can put it on again.
        judged = known.get(_judged(brake))
        # What was due since then was not sent before; to ask costs a look at each letter.
        return _count(received, name, judged if judged and judged > since else None)

    of_sign_ups = [_of_sign_ups(name, count(name, brakes.SIGN_UPS)) for name in LIMITS]
    for name in LIMITS:
        yield _of_readers(name, count(name, name))
    yield max(of_sign_ups, key=lambda found: (found.holds, found.reason != ""))
    yield silence(session, now)


@dataclass(frozen=True)
class _Count:
    """What went wrong with the last letters. n_asking: that asked somebody to confirm.

    Anybody can have those sent to addresses that do not exist.
    """

    n_letters: int
    n: int
    n_asking: int = 0


def _count(received: Callable[..., Reception], name: str, sent_after: datetime | None) -> _Count:
    n_of, n_letters = _COUNTED[name], received(sent_after).n_letters
    n = n_of(received(sent_after))
    if not _judge(name, n, n_letters).reason:
        return _Count(n_letters, n)
    return _Count(n_letters, n, n_of(received(sent_after, LetterKind.CONFIRM)))


def _of_readers(name: str, count: _Count) -> Finding:
    return _judge(name, count.n - count.n_asking, count.n_letters)


def _of_sign_ups(name: str, count: _Count) -> Finding:
    """What readers' own letters call for is said of them."""
    readers, found = _of_readers(name, count), _judge(name, count.n, count.n_letters)
    if (found.holds, found.reason != "") == (readers.holds, readers.reason != ""):
        return Finding(brakes.SIGN_UPS)
    holds = found.holds and count.n_asking >= LEAST_REPORTS
    reason = f"{found.reason}; {count.n_asking} of these asked somebody to confirm"
    return Finding(brakes.SIGN_UPS, reason, holds)


def _since(session: Session, now: datetime) -> datetime:
    longest = now - LONGEST
    last = health.since_last(session, LAST) or longest
    return max(min(now - SPAN, last), longest)


def _judge(name: str, n: int, n_letters: int) -> Finding:
    limit = LIMITS[name]
    rate = n / n_letters if n_letters else 0.0
    if n_letters < LEAST or rate < limit.warn:
        return Finding(name)
    holds = rate >= limit.hold and n >= LEAST_REPORTS
    part = f"{n} of the last {n_letters} letters ({rate:.2%})"
    return Finding(name, f"{part} {limit.came_to}; the limit is {limit.hold:.1%}", holds)


def silence(session: Session, now: datetime) -> Finding:
    """Whether letters were due and none was taken for too long."""
    success = health.last_success(session)
    unsent = health.unsent_since(session, success)
    quiet = success is None or success <= now - SILENCE
    # Where letters came every morning, those of one are enough; a new service has a day.
    patience = SILENCE if success is None else DELAY
    if not quiet or unsent is None or unsent > now - patience:
        return Finding("silence")
    since = f" since {success:%d %B %Y, %H:%M} UTC" if success else ""
    due = f"although one was due on {unsent:%d %B %Y, %H:%M} UTC"
    return Finding("silence", f"the server has taken no letter{since}, {due}")
