"""Sources asked over the web: each at its time, and with a word on what came of it.

A round with a source asks for today's list, then for those of the last days that never came. Who
asks claims the source first, so that two machines do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import structlog
from sqlmodel import Session

from app.errors import AppError
from app.languages import amount
from app.papers import calendar
from app.pipeline import ingest, inquiry, questions
from app.pipeline.catalogue import ROLLING, Kind, Listed
from app.pipeline.ingest import Origin, Report
from app.pipeline.inquiry import Asker, Found
from app.pipeline.questions import Question
from app.pipeline.verdict import Batch
from app.store import engine as engines
from app.store import sources
from app.store.sources import GOOD, Outcome
from app.store.tables import Source, SourceDay, SourceState
from app.wire.fetching import Validators

log = structlog.get_logger()
# How far back a list that never came is asked for: older papers are no candidates any more.
LOOK_BACK = timedelta(days=7)
# Longer than today's list takes, see `inquiry.LONGEST`: nobody else asks meanwhile.
ROUND = timedelta(minutes=30)
# When to ask again after a good answer: votes change by the hour, feeds as they like.
EVERY = {
    Kind.HF: timedelta(hours=2),
    Kind.OAI: timedelta(hours=6),
    Kind.BIORXIV: timedelta(hours=6),
    Kind.MEDRXIV: timedelta(hours=6),
    Kind.FEED: timedelta(hours=1),
}
# arXiv's feed is made anew at midnight, New York time; not everybody need come at that minute.
AFTER_MIDNIGHT, SPREAD = timedelta(minutes=10), timedelta(minutes=30)
AFTER_STALE = timedelta(minutes=30)
# A busy server's answer may be as empty as that of a quiet day, so one alone is not believed.
BELIEVED = 2
BACK_OFF, LONGEST_BACK_OFF = timedelta(minutes=5), timedelta(hours=6)


@dataclass(frozen=True)
class Quiet:
    """A source that brought nothing new, and why that is no fault. is_asked: it was its time."""

    name: str
    says: str
    is_asked: bool = True


Told = Report | Quiet | AppError


def fetch(asker: Asker, listed: Listed) -> Iterator[Told]:
    """One round with a source, if it is its time. Raises NotReady."""
    now = asker.clock()
    with engines.transaction(asker.engine) as session:
        source = sources.named(session, listed.name)
        is_ours = sources.claim(session, source, now, now + ROUND)
    if not is_ours:
        yield Quiet(listed.name, _not_yet(source), is_asked=False)
        return
    day = questions.day_at(listed.kind, now)
    question = questions.first(listed, day, now, source.batch_day)
    yield _ask(asker, question)
    if _is_willing(asker, listed.name):
        yield from _fill(asker, listed, now)


def fetch_day(asker: Asker, listed: Listed, day: date) -> Told:
    """Ask for one day's list, whatever the hour; manners towards its host are kept."""
    question = questions.first(listed, day, asker.clock())
    if question.is_past and listed.kind in ROLLING:
        return Quiet(listed.name, "It shows what is new now, and has no lists of past days.")
    return _ask(asker, question)


def look(asker: Asker, listed: Listed) -> Found:
    """Ask for today's list, as if for the first time, and keep nothing of it."""
    now = asker.clock()
    question = questions.first(listed, questions.day_at(listed.kind, now), now)
    return inquiry.ask(asker, question, Batch())


def _not_yet(source: Source) -> str:
    at = f"{source.next_at:%d %B, %H:%M} UTC" if source.next_at else "soon"
    return f"Asked again on {at}. Last: {source.says or 'nothing yet'}"


def _is_willing(asker: Asker, name: str) -> bool:
    with engines.transaction(engines.reading(asker.engine)) as session:
        return sources.named(session, name).state in {*GOOD, SourceState.STALE}


def _fill(asker: Asker, listed: Listed, now: datetime) -> Iterator[Told]:
    """Ask for the days whose lists never came, the latest first; stop where one goes wrong."""
    with engines.transaction(engines.reading(asker.engine)) as session:
        gaps = list(_gaps(session, listed, now))
    for day in gaps:
        told = _ask(asker, questions.first(listed, day, now))
        yield told
        if isinstance(told, AppError):
            return


def _gaps(session: Session, listed: Listed, now: datetime) -> Iterator[date]:
    today = questions.day_at(listed.kind, now)
    known = sources.days(session, sources.named(session, listed.name), today - LOOK_BACK)
    for back in range(1, LOOK_BACK.days + 1):
        day = today - timedelta(days=back)
        if questions.is_to_be_had(listed, day) and not _is_settled(listed.kind, known.get(day)):
            yield day


def _is_settled(kind: Kind, row: SourceDay | None) -> bool:
    """Whether nothing more is to come: arXiv's feed comes whole, other lists grow all day."""
    if row is None or row.state not in GOOD:
        return False
    if row.state is SourceState.EMPTY and row.n_asked < BELIEVED:
        return False
    is_whole = kind is Kind.ARXIV and row.state is SourceState.FRESH
    return is_whole or questions.day_at(kind, row.asked_at) > row.day


def _ask(asker: Asker, question: Question) -> Told:
    name = question.listed.name
    with engines.transaction(asker.engine) as session:
        source = sources.named(session, name)
    try:
        return _settle(asker, question, _found(asker, question, source))
    except AppError:
        raise
    except Exception as e:
        log.exception("digest_breaks_us", name=name)
        return AppError(f"{name} cannot be stored, by a fault of ours: {e}")


def _found(asker: Asker, question: Question, source: Source) -> Found:
    before, held = Batch(source.batch, source.batch_day), _held(source, question)
    try:
        found = inquiry.ask(asker, question, before, held)
        return _confirmed(asker, question, found, before) if source.failures else found
    except AppError:
        raise
    except Exception as e:
        log.exception("answer_breaks_us", name=source.name)
        says = f"Its answer cannot be read, by a fault of ours: {e}."
        return Found(Outcome(SourceState.UNREADABLE, says))


def _confirmed(asker: Asker, question: Question, found: Found, before: Batch) -> Found:
    """What arXiv's query interface says, where its feed goes on to hold nothing.

    It may be busy, or have nothing new in a small category.
    """
    is_empty = found.outcome.state is SourceState.THROTTLED and found.digest is not None
    if question.is_query or not is_empty:
        return found
    other = inquiry.ask(asker, questions.by_query(question), before)
    return replace(other, validators=None) if other.outcome.state in GOOD else found


def _held(source: Source, question: Question) -> Validators | None:
    is_same = question.keeps and source.url == question.url
    return Validators(source.etag, source.modified) if is_same else None


def _settle(asker: Asker, question: Question, found: Found) -> Told:
    """Keep what came of a question, all of it in one transaction."""
    now, listed = asker.clock(), question.listed
    with engines.transaction(asker.engine) as session:
        source = sources.named(session, listed.name)
        report = _store(session, question, found, now)
        n_new = report.n_new if report else 0
        outcome = replace(found.outcome, n_new=n_new)
        row = sources.note(session, source, question.day, outcome, now)
        if outcome.state is SourceState.FRESH:
            row.says = f"{amount(row.n_entries, 'paper', 'papers')}, {row.n_new} of them new."
            outcome = replace(outcome, says=row.says)
        if not question.is_past:
            sources.note_last(session, source, outcome, now)
            _plan(source, listed.kind, found, now, asker.jitter())
        if outcome.state is SourceState.FRESH:
            _keep(source, question, found)
        session.add(source)
    if report is not None:
        return report
    if outcome.state in {*GOOD, SourceState.STALE}:
        return Quiet(listed.name, outcome.says)
    return AppError(f"{listed.name}: {outcome.says}")


def _store(session: Session, question: Question, found: Found, now: datetime) -> Report | None:
    if found.digest is None or found.outcome.state not in GOOD:
        return None
    name = question.listed.name
    origin = Origin(name, f"{name} {question.day}", grows=True)
    seen = min(question.day, ingest.day(now))
    if found.outcome.state is not SourceState.FRESH:
        ingest.note_changes(session, found.digest, now, seen)
        return None
    return ingest.store(session, found.digest, origin, now, seen)


def _keep(source: Source, question: Question, found: Found) -> None:
    """What to know this list by when it comes again."""
    if found.batch is not None:
        source.batch, source.batch_day = list(found.batch.names), found.batch.day
    if found.validators is not None and question.keeps:
        source.url = question.url
        source.etag, source.modified = found.validators.etag, found.validators.modified


def _plan(source: Source, kind: Kind, found: Found, now: datetime, jitter: float) -> None:
    """When to ask again, and never all at the same moment."""
    if found.outcome.state in GOOD:
        source.next_at = _after_good(kind, now, jitter)
    elif found.outcome.state is SourceState.STALE:
        source.next_at = now + AFTER_STALE * (0.75 + jitter / 2)
    else:
        pause = min(BACK_OFF * 2 ** min(source.failures - 1, 10), LONGEST_BACK_OFF)
        pause *= 0.75 + jitter / 2
        source.next_at = now + max(pause, found.wait or timedelta())


def _after_good(kind: Kind, now: datetime, jitter: float) -> datetime:
    if kind is not Kind.ARXIV:
        return now + EVERY[kind] * (0.9 + jitter / 5)
    tomorrow = questions.day_at(kind, now) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), calendar.EASTERN).astimezone(UTC)
    return midnight + AFTER_MIDNIGHT + SPREAD * jitter
