"""Who is due gets picks with reasons and one outbox entry each, a shard in a commit."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from app.pipeline import drafts, due, editions, ingest, tidings, trial
from app.pipeline.compose import Letterhead
from app.pipeline.due import Due
from app.pipeline.editions import Edition
from app.pipeline.models import Models, Rules
from app.pipeline.tidings import Tidings
from app.recommend.tuning import EmptyDay
from app.store import engine as engines
from app.store import outbox, overtaken, planned, subscribers, tallies
from app.store.planned import Planned
from app.store.tables import LetterKind, OutboxEntry, State, Subscriber

log = structlog.get_logger()
SHARD = 500
MISSED = "missed by more than 12 hours"
GONE = "letters of that day are no longer kept"
NO_PAPERS, NO_FIT = "no new papers", "no new paper fits their interests"


@dataclass
class Tally:
    """How a ranking run went. skipped: how many for which reason."""

    n_subscribers: int = 0
    n_letters: int = 0
    n_failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count another shard in."""
        self.n_subscribers += other.n_subscribers
        self.n_letters += other.n_letters
        self.n_failed += other.n_failed
        self.skipped += other.skipped


@dataclass
class Desk:
    """What every ranking run needs."""

    engine: Engine
    head: Letterhead
    models: Models

    @property
    def rules(self) -> Rules:
        """What the models go by."""
        return self.models.rules


def _nothing(_session: Session, _tally: Tally) -> None:
    pass


def rank_due_shard(
    desk: Desk, now: datetime, on_ranked: Callable[[Session, Tally], None] = _nothing
) -> Tally:
    """Rank for up to SHARD subscribers who are due, in one transaction; call it until nobody is.

    Several may do so at once, and none waits for another. on_ranked: done in that transaction, too.
    Raises NotReady.
    """
    with engines.transaction(engines.reading(desk.engine)) as session:
        if not subscribers.due(session, now, 1):
            return Tally()
        _prepare(session, desk, ingest.day(now), now)
    with engines.transaction(desk.engine) as session:
        shard = [due.at(person, now) for person in subscribers.take_due(session, now, SHARD)]
        tally = _rank_shard(session, desk, shard, ingest.day(now), now)
        on_ranked(session, tally)
        return tally


def rank_edition(desk: Desk, day: date | None, everyone: bool, now: datetime) -> Iterator[Tally]:
    """Rank one edition by shards, whatever the hour, for those who have no letter of it yet.

    day: None for everybody's own local day. everyone: also for those who get none on that weekday.
    The papers are those that were new on that day. Raises NotReady.
    """
    with engines.transaction(engines.reading(desk.engine)) as session:
        ids = [each.subscriber.id or 0 for each in due.expected(session, day, everyone, now)]
        if ids:
            _prepare(session, desk, day or ingest.day(now), now)
    for start in range(0, len(ids), SHARD):
        with engines.transaction(desk.engine) as session:
            people = subscribers.by_ids(session, ids[start : start + SHARD])
            shard = [due.on(person, day, now) for person in people]
            yield _rank_shard(session, desk, shard, day or ingest.day(now), now)


def _prepare(session: Session, desk: Desk, today: date, now: datetime) -> None:
    """Fit and lay out, which takes long: here nobody who wants to write has to wait for it."""
    desk.models.board(session, today, now)
    if subscribers.looks_back(session):
        desk.models.wider_board(session, today, now)


def _rank_shard(
    session: Session, desk: Desk, shard: Sequence[Due], today: date, now: datetime
) -> Tally:
    tally = Tally(n_subscribers=len(shard))
    for each in shard:
        _plan_next(session, each, now)
    ids = [each.subscriber.id or 0 for each in shard]
    days = {day for each in shard for day in (*each.merged, each.edition)}
    done = outbox.subscribers_with(session, days, ids)
    # By a clock that was set back it may be a day whose letters are no longer kept.
    until = tallies.until(session) or date.min
    waiting = [each for each in shard if (each.subscriber.id, each.edition) not in done]
    for each in shard:
        for day in each.merged:
            if (each.subscriber.id, day) not in done:
                _skip(session, replace(each, edition=day), now, MISSED, tally)
    fresh: list[Due] = []
    for each in waiting:
        if each.fault:
            _fail(session, each, now, each.fault, tally)
        elif each.is_stale:
            _skip(session, each, now, MISSED, tally)
        elif each.edition <= until:
            _skip(session, each, now, GONE, tally)
        else:
            fresh.append(each)
    if fresh:
        _rank_fresh(session, desk, fresh, today, now, tally)
    return tally


def _plan_next(session: Session, each: Due, now: datetime) -> None:
    if each.fault:
        # There is no telling when their next letter is due; ask again tomorrow.
        each.subscriber.next_due_at = now + timedelta(days=1)
        session.add(each.subscriber)
    elif each.due_at:
        subscribers.plan_next(session, each.subscriber, max(now, each.due_at))


def _rank_fresh(
    session: Session, desk: Desk, fresh: Sequence[Due], today: date, now: datetime, tally: Tally
) -> None:
    # Before their papers are chosen: those of a letter that is given up may come again in this one.
    overtaken.supersede(session, now, {each.subscriber.id or 0: each.edition for each in fresh})
    model = desk.models.board(session, today, now).model
    model_id, news = trial.model_id(model, desk.rules.trial), tidings.at(session, now)

    def chosen(some: Sequence[Due]) -> list[Edition]:
        return ranked(session, desk, some, today, now)

    made: list[tuple[Due, Edition]] = []
    for each, outcome in zip(fresh, _each_alone(chosen, fresh), strict=True):
        if isinstance(outcome, Exception):
            _fail(session, each, now, f"cannot be ranked: {outcome}", tally)
        elif is_letter(outcome, each.subscriber):
            made.append((each, outcome))
        else:
            _skip(session, each, now, NO_FIT if outcome.n_new else NO_PAPERS, tally)
    tally.n_letters += put(session, desk.head, model_id, made, now, news)


def ranked(
    session: Session, desk: Desk, some: Sequence[Due], today: date, now: datetime
) -> list[Edition]:
    """Choose each reader's picks, and what their letters say of them; nothing is stored.

    Raises whatever a reader's wishes make fail.
    """
    made = editions.of(session, desk.models, some, today, now)
    people = [each.subscriber for each in some]
    return drafts.told(session, desk.head, list(zip(people, made, strict=True)))


def _each_alone(
    ranked: Callable[[Sequence[Due]], list[Edition]], fresh: Sequence[Due]
) -> list[Edition | Exception]:
    """Rank the shard at once; if that fails, one by one, so that only the culprit fails."""
    try:
        return list(ranked(fresh))
    except DatabaseError:
        raise  # nobody's fault
    except Exception:
        log.exception("shard_cannot_be_ranked", n=len(fresh))
    outcomes: list[Edition | Exception] = []
    for each in fresh:
        try:
            outcomes += ranked([each])
        except DatabaseError:
            raise
        except Exception as e:  # noqa: BLE001  (recorded with the subscriber's edition)
            outcomes.append(e)
    return outcomes


def put(
    session: Session,
    head: Letterhead,
    model_id: str,
    made: Sequence[tuple[Due, Edition]],
    now: datetime,
    news: Tidings,
) -> int:
    """Store what was `ranked` for some readers as letters to be sent, and return how many."""
    typed = subscribers.interests_of(session, [each.subscriber.id or 0 for each, _ in made])
    return planned.add(
        session,
        [
            Planned(
                drafts.facts(
                    head,
                    each.subscriber,
                    typed.get(each.subscriber.id or 0, ()),
                    each.edition,
                    now,
                    model_id,
                    found,
                    news,
                ),
                drafts.picks(found),
            )
            for each, found in made
        ],
        now,
    )


def is_letter(made: Edition, subscriber: Subscriber) -> bool:
    """Whether anything is mailed: papers, or the short note that its reader wants instead."""
    return bool(made.found) or subscriber.empty_day == EmptyDay.NOTE


def _fail(session: Session, each: Due, now: datetime, reason: str, tally: Tally) -> None:
    _add_entry(session, each, now, State.FAILED, reason)
    tally.n_failed += 1


def _skip(session: Session, each: Due, now: datetime, reason: str, tally: Tally) -> None:
    _add_entry(session, each, now, State.SKIPPED, reason)
    tally.skipped[reason] += 1


def _add_entry(session: Session, each: Due, now: datetime, state: State, reason: str) -> None:
    entry = OutboxEntry(
        subscriber_id=each.subscriber.id or 0,
        kind=LetterKind.DAILY,
        edition_date=each.edition,
        state=state,
        due_at=now,
        first_due_at=now,
        settled_at=now,
        reason=reason,
    )
    outbox.add(session, entry)
