"""Letters in many inboxes, for tests in which scanners and people open their links."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

from sqlalchemy import Engine
from sqlmodel import select

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import compose, opt_in, settle
from app.recommend import explain, interests
from app.store import engine as engines
from app.store import letters, papers, subscribers, tables, taps
from app.store.tables import Feedback, LetterKind, OutboxEntry, State, Status

N_PICKS = 10


@dataclass(frozen=True)
class Mail:
    """One letter in an inbox. urls: every link of its HTML that leads to us, in order."""

    subscriber_id: int
    letter_id: int
    paper_ids: tuple[int, ...]
    urls: tuple[str, ...]

    def vote(self, verdict: str, rank: int = 1) -> str:
        (found,) = [url for url in self.urls if url.endswith(f"/{rank}/{verdict}")]
        return found


@dataclass
class Post:
    """Hands letters over, and tells afterwards what counts."""

    engine: Engine
    head: compose.Letterhead
    clock: Callable[[], datetime]

    def daily(self, n: int, n_picks: int = N_PICKS) -> list[Mail]:
        """Letters to so many new readers, handed over at this moment."""
        with engines.transaction(self.engine) as session:
            found = papers.find_or_add(
                session,
                [
                    Paper(f"Paper {n}", f"Of thing {n}.", url=f"https://example.org/{n}")
                    for n in range(n_picks)
                ],
                self.clock().date(),
            )
            made = []
            for _ in range(n):
                person = self._person(session, Status.ACTIVE)
                letter = self._letter(session, person, LetterKind.DAILY, found)
                html = compose.rendered(session, self.head, letter).html
                ids = tuple(row.id or 0 for row in found)
                made.append(Mail(person.id, letter.id, ids, self._ours(html)))
            return made

    def confirm(self) -> Mail:
        """The question to somebody who has just signed up."""
        with engines.transaction(self.engine) as session:
            person = self._person(session, Status.PENDING)
            letter = self._letter(session, person, LetterKind.CONFIRM, [])
            html = compose.rendered(session, self.head, letter).html
            return Mail(person.id, letter.id, (), self._ours(html))

    def _person(self, session, status):
        n = len(subscribers.all_of(session)) + 1
        wish = opt_in.Wish(f"reader{n}@example.org", interests.parse("thing"))
        person = opt_in.note(session, wish, self.clock())
        person.status = status
        subscribers.plan_next(session, person, self.clock())
        return person

    def _letter(self, session, person, kind, found):
        now = self.clock()
        letter = tables.Letter(
            subscriber_id=person.id,
            kind=kind,
            edition_date=now.date(),
            recipient=person.address,
            message_id=f"<{person.id}.{kind}@example.org>",
            date=now - timedelta(minutes=1),
        )
        reason = explain.to_json(explain.Reason(terms=(explain.Share("thing", 0.5),)))
        picks = [
            tables.Pick(letter_id=0, rank=n, paper_id=row.id, score=0.5, reason=reason)
            for n, row in enumerate(found, 1)
        ]
        letters.add(session, letter, picks)
        entry = OutboxEntry(
            subscriber_id=person.id,
            kind=kind,
            edition_date=now.date(),
            letter_id=letter.id,
            state=State.SENT,
            due_at=now,
            first_due_at=now,
            claimed_at=now - timedelta(seconds=1),
            settled_at=now,
        )
        session.add(entry)
        session.flush()
        return letter

    def _ours(self, html: str) -> tuple[str, ...]:
        hrefs = [unescape(href) for href in re.findall(r'href="([^"]+)"', html)]
        return tuple(href for href in hrefs if href.startswith(self.head.links.base_url))

    def settle(self, scan_time: timedelta = timedelta(minutes=3)) -> None:
        """As the next day's run does."""
        settle.settle(self.engine, self.clock() + timedelta(days=1), scan_time)

    def counted(self) -> dict[int, set[tuple[int, Verdict]]]:
        """What ranking reads: subscriber id → (paper, verdict)."""
        found: dict[int, set[tuple[int, Verdict]]] = {}
        with engines.transaction(engines.reading(self.engine)) as session:
            for row in session.exec(select(Feedback)):
                found.setdefault(row.subscriber_id, set()).add((row.paper_id, Verdict(row.verdict)))
        return found

    def n_taps(self) -> tuple[int, int]:
        """How many votes count, and how many are void."""
        with engines.transaction(engines.reading(self.engine)) as session:
            counted, void, waiting = taps.counts(session)
            return counted + waiting, sum(void.values())

    def statuses(self) -> list[Status]:
        """Of everybody, in the order they came."""
        with engines.transaction(engines.reading(self.engine)) as session:
            return [Status(person.status) for person in subscribers.all_of(session)]
