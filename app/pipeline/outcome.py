"""What became of each letter, written down: in the ledger, in the tally, in the log."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from app.errors import DeliveryError, Lost, NotReady, Refused, Rejected
from app.mail import refusal, retry
from app.pipeline import learn, steps
from app.pipeline.breaker import Breaker
from app.pipeline.ledger import Ledger
from app.pipeline.steps import Step
from app.store import departures, outbox
from app.store.departures import Claimed, Sent
from app.store.tables import LetterKind

log = structlog.get_logger()
# What the server said of a letter must be written down, or it would be sent again: ten minutes
# for a database that is gone, half a minute if we are to stop. Each try already waits for a locked
# database as long as the engine does.
SETTLE_TRIES, SETTLE_TRIES_AT_A_STOP = 60, 7


@dataclass
class Tally:
    """How a delivery run went.

    in_doubt: letters that may have arrived, and are held until the operator says more.
    unreachable: the server's words, if letters wait because no connection could be had. held: why
    letters wait although one could be had.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    unreachable: str = ""
    held: str = ""

    def add(self, other: "Tally") -> None:
        """What another process did for the same run."""
        self.sent += other.sent
        self.deferred += other.deferred
        self.failed += other.failed
        self.in_doubt += other.in_doubt
        self.unreachable = self.unreachable or other.unreachable
        self.held = self.held or other.held


@dataclass
class Outcomes:
    """Of one lane. is_try: its letter shows whether the brake is still needed.

    holds_doubt: see `outbox.hold`.
    """

    ledger: Ledger
    clock: Callable[[], datetime]
    breaker: Breaker
    tally: Tally
    stop: threading.Event
    is_try: bool = False
    holds_doubt: bool = False

    def __post_init__(self) -> None:
        # Put together once, and not for each letter.
        self._log = log.bind()

    def taken(self, entry: Claimed, code: int, reply: str) -> Sent:
        """The server took it over; it is still to be written down: see `sent`, and `steps.note`."""
        sent = Sent(entry.id, self.clock(), code, reply)
        if not self.is_try:
            self.breaker.counts_taken(sent.at)
        return sent

    async def sent(self, sent: Sent) -> None:
        """Write down that the server took one over."""
        if self.is_try:
            work = self._with_brake(None, lambda session: departures.mark_sent(session, [sent]))
            await self.settle(work)
        else:
            await self._stored(lambda: self.ledger.follow(steps.note, Step(sent)))
        self.stored(sent)

    def stored(self, sent: Sent) -> None:
        """It is on the disk that the server took one over."""
        self.tally.sent += 1
        self._log.info("letter_sent", entry=sent.entry_id, code=sent.code)

    async def failed(self, entry: Claimed, failure: DeliveryError) -> None:
        """The server did not, or perhaps did (Lost): it is tried again later, if ever.

        One that it perhaps took for the third time waits for the operator's word.
        """
        is_last_copy = entry.doubtful + 1 >= outbox.MOST_COPIES
        if isinstance(failure, Lost) and (self.holds_doubt or is_last_copy):
            await self._held(entry, failure)
            return
        again = retry.next_attempt(entry.attempts, entry.first_due_at, self.clock())
        if isinstance(failure, Rejected):
            again = None
        work = self._fail(entry, failure) if again is None else _defer(entry, failure, again)
        await self.settle(self._with_brake(failure, work, entry))
        if again is None:
            self.tally.failed += 1
        else:
            self.tally.deferred += 1
        said = "letter_failed" if again is None else "letter_deferred"
        reply = refusal.without_addresses(failure.reply)
        log.warning(said, entry=entry.id, code=failure.code, reply=reply)

    async def _held(self, entry: Claimed, failure: Lost) -> None:
        entry_id, now = entry.id, self.clock()
        await self.settle(lambda session: outbox.hold(session, entry_id, now, failure.reply))
        self.tally.in_doubt += 1
        reply = refusal.without_addresses(failure.reply)
        log.error("letter_in_doubt", entry=entry_id, reply=reply)

    async def cannot_be_made(self, entry: Claimed, error: Exception) -> None:
        """There is no message of it, and will be none."""
        entry_id, now, why = entry.id, self.clock(), f"the letter cannot be made: {error}"
        await self.settle(lambda session: outbox.fail(session, entry_id, now, 0, why))
        log.error("letter_cannot_be_made", entry=entry_id, exc_info=error)
        self.tally.failed += 1

    async def refused(self, failure: Refused) -> None:
        """No letter got as far as to be offered."""
        await self.settle(self._with_brake(failure, lambda _session: None))

    def _fail(self, entry: Claimed, failure: DeliveryError) -> Callable[[Session], object]:
        now, is_lost = self.clock(), isinstance(failure, Lost)

        def fail(session: Session) -> None:
            code, reply = failure.code, failure.reply
            outbox.fail(session, entry.id, now, code, reply, doubtful=is_lost)
            if code:
                learn.judge_rejection(session, entry, code, reply, now)

        return fail

    def _with_brake(
        self,
        failure: DeliveryError | None,
        work: Callable[[Session], object],
        entry: Claimed | None = None,
    ) -> Callable[[Session], object]:
        """The work, and in the same commit the brake, if this is one refusal too many."""
        now, breaker = self.clock(), self.breaker
        if failure is not None and failure.code == 0 and not isinstance(failure, Refused):
            return work  # a lost connection says nothing of the sender
        is_refused, refused = isinstance(failure, Refused), ""
        # Others go to whatever was typed, and nobody may hold everybody's letters by typing.
        is_daily = entry is not None and entry.kind == LetterKind.DAILY
        if isinstance(failure, Rejected) and is_daily:
            why = f"{failure.code} {refusal.code_in(failure.reply)}"
            is_too_much = breaker.counts_rejected(now, why)
        else:
            if is_refused:
                refused = breaker.knows_by(entry.subscriber_id if entry else None)
            is_too_much = breaker.counts(now, refused)

        def work_and_brake(session: Session) -> None:
            work(session)
            is_too_much_for_all = is_refused and breaker.counts_with_others(session, now, refused)
            if failure and (is_too_much or is_too_much_for_all or (is_refused and self.is_try)):
                breaker.brake(session, failure, now)
            elif self.is_try and not is_refused:
                breaker.let_go(session)

        return work_and_brake

    async def settle(self, work: Callable[[Session], object]) -> None:
        """Write down what must not be lost, and wait for a database that cannot take it."""
        await self._stored(lambda: self.ledger.write(work))

    async def _stored(self, write: Callable[[], Awaitable[object]]) -> None:
        for n in range(1, SETTLE_TRIES + 1):
            try:
                await write()
            except NotReady as e:
                log.error("outcome_not_stored_yet", reason=str(e), tries=n)
                if n >= (SETTLE_TRIES_AT_A_STOP if self.stop.is_set() else SETTLE_TRIES):
                    raise
                await asyncio.sleep(min(n, 10))
            else:
                return


def _defer(entry: Claimed, failure: DeliveryError, again: datetime) -> Callable[[Session], object]:
    def defer(session: Session) -> None:
        code, reply, is_lost = failure.code, failure.reply, isinstance(failure, Lost)
        outbox.defer(session, entry.id, again, code, reply, doubtful=is_lost)

    return defer
