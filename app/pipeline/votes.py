"""The door for votes from letters: each judged and stored, many in one transaction.

A vote is answered when it is on the disk. What it needs to know is asked once for all that came
together, and each sees those before it, as if they had come one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import Engine
from sqlmodel import Session

from app.mail import scanners
from app.mail.links import FEEDBACK_WITHIN, Verdict
from app.mail.scanners import HandOver
from app.pipeline.ledger import Ledger
from app.store import feedback, letters, standing, taps
from app.store.feedback import Said, Standing
from app.store.letters import Place
from app.store.standing import Pair
from app.store.tables import Means
from app.store.taps import Trace

# A letter never holds more; a larger number would not fit the database's.
MAX_RANK = 1000


class Outcome(Enum):
    """COUNTED; DOUBTED: stored, but no person sends it so; the others were not stored."""

    COUNTED = auto()
    DOUBTED = auto()
    NO_PAPER = auto()
    TOO_OLD = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, eq=False)
class Vote:
    """A tap on a paper's link; the rest as in `tables.Tap`."""

    letter_id: int
    rank: int
    verdict: Verdict
    means: Means
    trusted: bool
    network: str
    agent: str
    at: datetime


class Box:
    """Takes votes from any number of requests at once. scan_time: see `scanners.judge`."""

    def __init__(self, engine: Engine, scan_time: timedelta) -> None:
        self._ledger = Ledger(engine)
        self._scan_time = scan_time

    async def cast(self, vote: Vote) -> Outcome:
        """Store a vote, if it may be; return when it is durable. Raises NotReady."""
        return await self._ledger.join(self.count, vote)

    def count(self, session: Session, votes: Sequence[Vote]) -> Callable[[Vote], Outcome]:
        """Store some at once, in the order they came; what it returns tells what became of each."""
        taps.lock(session, sorted({vote.letter_id for vote in votes}))
        table = _Table(session, votes, self._scan_time)
        outcomes = {vote: table.take(vote) for vote in votes}
        table.store(session)
        return outcomes.__getitem__


class _Table:
    """All that is known of the letters and papers some votes are about."""

    def __init__(self, session: Session, votes: Sequence[Vote], scan_time: timedelta) -> None:
        wanted = {(vote.letter_id, vote.rank) for vote in votes if 0 < vote.rank < MAX_RANK}
        by_script = {vote.letter_id for vote in votes if vote.means is Means.SCRIPT}
        self._places = letters.places(session, wanted) if wanted else {}
        self._known = taps.traces(session, {letter_id for letter_id, _ in self._places})
        self._left: dict[int, HandOver] = {}
        if by_script:
            self._left = taps.hand_overs(session, sorted(by_script))
        pairs = {(place.subscriber_id, place.paper_id) for place in self._places.values()}
        self._stood = standing.of(session, pairs)
        self._stands: dict[Pair, Standing] = dict(self._stood)
        self._new: list[Trace] = []
        self._scan_time = scan_time

    def take(self, vote: Vote) -> Outcome:
        """Count one in."""
        place = self._places.get((vote.letter_id, vote.rank))
        if place is None:
            return Outcome.NO_PAPER
        if vote.at - place.date > FEEDBACK_WITHIN:
            return Outcome.TOO_OLD
        trace = self._judged(vote, place)
        if not self._keep(trace):
            return Outcome.TOO_MANY
        if trace.void:
            return Outcome.DOUBTED
        pair, said = (place.subscriber_id, place.paper_id), Said(vote.at, vote.letter_id)
        self._stands[pair] = feedback.with_vote(self._stands[pair], vote.verdict, said)
        return Outcome.COUNTED

    def _judged(self, vote: Vote, place: Place) -> Trace:
        trace = Trace(
            letter_id=vote.letter_id,
            paper_id=place.paper_id,
            verdict=vote.verdict.value,
            means=vote.means,
            trusted=vote.trusted,
            network=vote.network,
            agent=vote.agent,
            at=vote.at,
            before=taps.written(self._stands[place.subscriber_id, place.paper_id]),
        )
        # A press is taken at its word; the next run knows more.
        is_press = vote.means is not Means.SCRIPT
        return trace if is_press else trace._replace(void=self._doubt(trace))

    def _doubt(self, trace: Trace) -> str:
        """Why it would not count, by what is known now; "" if it would."""
        visits = [taps.visit(each) for each in (*self._known[trace.letter_id], trace)]
        return scanners.judge(visits, self._left.get(trace.letter_id), self._scan_time)[-1]

    def _keep(self, trace: Trace) -> bool:
        known = self._known[trace.letter_id]
        if taps.is_repeated(known, trace):
            return True
        if len(known) >= taps.MOST:
            return False
        known.append(trace)
        self._new.append(trace)
        return True

    def store(self, session: Session) -> None:
        """Write down what is new."""
        taps.add_all(session, self._new)
        standing.change(session, self._stood, self._stands)
