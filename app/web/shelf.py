"""What a page says that is the same for every visitor, kept until something new is stored."""

from collections.abc import Callable, Hashable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Depends, Request
from sqlmodel import Session

from app.store import listings

T = TypeVar("T")
# What a digest that is read again fills in leaves no mark: it shows after so long.
LONGEST = timedelta(minutes=1)
# Pages of facts; each is some ten kB.
MOST = 200


class _Held(NamedTuple):
    mark: tuple[date, tuple[int, ...]]
    since: datetime
    facts: dict[Hashable, Any]


class Shelf:
    """Shared by all threads: what it holds is never changed, only replaced."""

    def __init__(self) -> None:
        self._held: _Held | None = None

    def get(self, session: Session, now: datetime, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` returned when it was last called for a name; it reads in this transaction."""
        facts = self._facts((now.date(), listings.mark(session)), now)
        if name not in facts:
            facts[name] = make()
        found: T = facts[name]
        return found

    def _facts(self, mark: tuple[date, tuple[int, ...]], now: datetime) -> dict[Hashable, Any]:
        held = self._held
        is_fresh = held and held.mark == mark and timedelta() <= now - held.since < LONGEST
        if held is None or not is_fresh or len(held.facts) >= MOST:
            held = self._held = _Held(mark, now, {})
        return held.facts


async def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


ShelfDep = Annotated[Shelf, Depends(_shelf)]
