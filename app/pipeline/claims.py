"""Claimed letters, their messages, and the note that they are about to leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.errors import AppError
from app.pipeline import compose, reading
from app.pipeline.reading import Contents
from app.store import departures, letters
from app.store.departures import Choose, Claimed
from app.store.tables import Letter


@dataclass(slots=True)
class Claim:
    """A claimed entry, the facts that its message is made of, and the message once it is made.

    made: what was wrong with the facts, where there is none.
    """

    entry: Claimed
    row: Letter | None
    contents: Contents | None
    made: compose.Envelope | Exception | None = None

    def message(self, head: compose.Letterhead) -> compose.Envelope | Exception:
        """It, made if it is not yet."""
        if self.made is None:
            try:
                self.made = self._make(head)
            except Exception as e:  # noqa: BLE001  (it fails alone, when its turn comes)
                self.made = e
        return self.made

    def _make(self, head: compose.Letterhead) -> compose.Envelope:
        if self.row is None:
            raise AppError("its letter is gone")
        return compose.made(head, self.row, self.contents)


def take(
    session: Session, now: datetime, limit: int, choose: Choose | None = None, holder: str = ""
) -> list[Claim]:
    """Claim letters that are due, and read what they say."""
    return read(session, departures.claim_due(session, now, limit, choose, holder))


def read(session: Session, entries: Sequence[Claimed]) -> list[Claim]:
    """Each entry with what its letter says."""
    rows = letters.by_ids(session, [entry.letter_id or 0 for entry in entries])
    contents = reading.of(session, list(rows.values()))
    return [
        Claim(entry, rows.get(entry.letter_id or 0), contents.get(entry.letter_id or 0))
        for entry in entries
    ]


def shorten(
    session: Session, head: compose.Letterhead, entry: Claimed, most: int
) -> compose.Envelope | None:
    """Its message in so many bytes at most, as far as that is possible; None if it is gone."""
    row = letters.by_id(session, entry.letter_id or 0)
    return compose.fitting(session, head, row, most) if row else None


Begun = tuple[int, datetime, str]


def begin(session: Session, begun: Sequence[Begun]) -> Callable[[Begun], timedelta | None]:
    """Note of entries that they are about to leave: now, or None: not any more.

    begun: each with the moment and the holder, who is the same for all connections of a run.
    """
    now, holder = max(moment for _, moment, _ in begun), begun[0][2]
    ours = departures.begin_data(session, [each[0] for each in begun], now, holder)
    return lambda each: timedelta(0) if each[0] in ours else None
