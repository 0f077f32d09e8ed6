"""Which taps count: before papers are ranked, the votes of link scanners are taken back.

A tap shows at once, and counts from the next run on. This station judges all that is not settled
by what is known so far, and is done with those it will learn nothing more about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.mail import scanners
from app.mail.links import Verdict
from app.mail.scanners import HandOver
from app.store import engine as engines
from app.store import feedback, letters, taps
from app.store.feedback import Said
from app.store.tables import Tap

log = structlog.get_logger()
BATCH = 200
# A scanner that goes through a letter slowly may yet give itself away.
QUIET = timedelta(minutes=10)

Standing = dict[Verdict, Said]


@dataclass
class Settled:
    """How many taps this run is done with, and how many it found to be void."""

    settled: int = 0
    voided: int = 0


def settle(engine: Engine, now: datetime, scan_time: timedelta = scanners.SCAN_TIME) -> Settled:
    """Judge all taps that are not settled, some letters a transaction. Raises NotReady.

    scan_time: see `scanners.judge`. Run twice, the second run changes nothing.
    """
    done, last = Settled(), 0
    while True:
        with engines.transaction(engines.reading(engine)) as session:
            ids = taps.letters_waiting(session, last, BATCH)
        if not ids:
            break
        with engines.transaction(engine) as session:
            _settle_letters(session, ids, now, scan_time, done)
        last = ids[-1]
    if done.voided:
        log.info("votes_voided", n=done.voided)
    return done


def _settle_letters(
    session: Session, ids: Sequence[int], now: datetime, scan_time: timedelta, done: Settled
) -> None:
    taps.lock(session, ids)
    found, left = taps.of_letters(session, ids), taps.hand_overs(session, ids)
    for letter_id, all_of_it in found.items():
        _settle_letter(session, all_of_it, left.get(letter_id), now, scan_time, done)


def _settle_letter(
    session: Session,
    all_of_it: Sequence[Tap],
    left: HandOver | None,
    now: datetime,
    scan_time: timedelta,
    done: Settled,
) -> None:
    reasons = scanners.judge([taps.visit(tap) for tap in all_of_it], left, scan_time)
    # What was settled stays: its origin may be forgotten, and readers were told.
    newly = {
        tap.id: why
        for tap, why in zip(all_of_it, reasons, strict=True)
        if why and not tap.settled and not tap.void
    }
    for paper_id in {tap.paper_id for tap in all_of_it if tap.id in newly}:
        _take_back(session, [tap for tap in all_of_it if tap.paper_id == paper_id], set(newly))
    for tap in all_of_it:
        tap.void = newly.get(tap.id, tap.void)
        if not tap.settled and tap.at <= now - QUIET:
            tap.settled = True
            done.settled += 1
        session.add(tap)
    done.voided += len(newly)
    session.flush()


def _take_back(session: Session, votes: Sequence[Tap], void: set[int | None]) -> None:
    """Let stand what would stand if the void votes on one paper had never come.

    What was taken back or given anew elsewhere, as on the reader's own page, stays as it is.
    """
    letter = letters.by_id(session, votes[0].letter_id)
    subscriber_id, paper_id = letter.subscriber_id if letter else 0, votes[0].paper_id or 0
    counted = [tap for tap in votes if not tap.void]
    expected, wanted = (
        _after(votes, counted),
        _after(votes, [tap for tap in counted if tap.id not in void]),
    )
    found = feedback.said_of(session, subscriber_id, paper_id)
    standing = {
        verdict: said
        for verdict, said in wanted.items()
        if verdict in found or verdict not in expected
    }
    for verdict, said in found.items():
        if verdict not in expected:
            standing = feedback.with_vote(standing, verdict, said)
    feedback.put_back(session, subscriber_id, paper_id, standing)


def _after(votes: Sequence[Tap], counted: Sequence[Tap]) -> Standing:
    standing = taps.read(votes[0].before)
    for tap in counted:
        said = Said(tap.at, tap.letter_id)
        standing = feedback.with_vote(standing, Verdict(tap.verdict), said)
    return standing
