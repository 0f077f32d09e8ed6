"""What was printed: the papers of a day, a week or a month, and a letter in the browser."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from app.errors import BadLink
from app.languages import english
from app.mail.links import Purpose
from app.pipeline import compose
from app.recommend import trend
from app.store import letters, listings, periods
from app.store.periods import Order
from app.store.tables import LetterKind
from app.web import forms, gate, listed
from app.web import periods as stretches
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep, TokensDep
from app.web.pages import Pages
from app.web.periods import Kind, Period
from app.web.shelf import Shelf, ShelfDep

router = APIRouter()
T = TypeVar("T")

# Keeps a page under 60 kB whatever the day brought.
PAGE = 30
# Momentum is worked out paper by paper: for so many with most votes, and so many that came last.
HOTTEST = 300
LAST = 1_000_000_000
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


class Sort(StrEnum):
    """What a list begins with."""

    PLACE = "place"
    VOTES = "votes"
    TREND = "trend"


# A day is shown as its digests printed it; in more days than one no place is before another.
USUAL = {Kind.DAY: Sort.PLACE, Kind.WEEK: Sort.VOTES, Kind.MONTH: Sort.VOTES}


@dataclass(frozen=True)
class Desk:
    """What every list here is made with. sort: as asked for, None for the usual one."""

    session: Session
    pages: Pages
    shelf: Shelf
    now: datetime
    page: int = 1
    sort: Sort | None = None

    def kept(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, or did for the last visitor."""
        return self.shelf.get(self.session, self.now, name, make)

    def edges(self) -> tuple[date, date] | None:
        """The first and the last day that brought papers."""
        return self.kept("edges", lambda: periods.days(self.session))

    def show(self, period: Period) -> Response:
        """The page of one period; one that brought no papers says so, and is not found."""
        sort = self.sort or USUAL[period.kind]
        facts = self.kept((period, sort, self.page), lambda: self._facts(period, sort))
        if facts["n_papers"] and not facts["listed"]:
            raise HTTPException(404)
        status = 200 if facts["n_papers"] else 404
        return self.pages.show("period", status=status, typed=forms.SignUp(), problems={}, **facts)

    def _facts(self, period: Period, sort: Sort) -> dict[str, Any]:
        n_papers = periods.count(self.session, period.first, period.last)
        found, most = _page(self.session, period, sort, self.now, self.page)
        n_listed = min(n_papers, most)
        before, after = periods.neighbours(self.session, period.first, period.last)
        return {
            "period": period,
            "kinds": [stretches.around(kind, _day_within(period, self.now)) for kind in Kind],
            "sorts": list(Sort) if period.kind is Kind.DAY else [Sort.VOTES, Sort.TREND],
            "sort": sort,
            "before": before and stretches.around(period.kind, before),
            "after": after and stretches.around(period.kind, after),
            "edges": periods.days(self.session),
            "listed": listed.of(self.session, found, self.now),
            "start": (self.page - 1) * PAGE,
            "n_papers": n_papers,
            "n_listed": n_listed,
            "page": self.page,
            "n_pages": -(-n_listed // PAGE),
        }


async def _desk(
    session: SessionDep,
    pages: PagesDep,
    shelf: ShelfDep,
    now: NowDep,
    page: PageNumber = 1,
    sort: Sort | None = None,
) -> Desk:
    return Desk(session, pages, shelf, now, page, sort)


DeskDep = Annotated[Desk, Depends(_desk)]


@router.get("/")
def today(desk: DeskDep) -> Response:
    """The latest day that brought papers, with the subscribe box on top."""
    edges = desk.edges()
    if edges is None:
        return desk.pages.show("empty", typed=forms.SignUp(), problems={})
    return desk.show(stretches.around(Kind.DAY, edges[1]))


@router.get("/days")
def pick_day(pages: PagesDep, day: str = "") -> Response:
    """Where the day picker leads: to that day's page, or home where no day was picked."""
    try:
        return pages.go(f"/days/{date.fromisoformat(day)}")
    except ValueError:
        return pages.go("/")


@router.get("/days/{day}")
def day(day: date, desk: DeskDep) -> Response:
    """Any other day."""
    return desk.show(stretches.around(Kind.DAY, day))


@router.get("/weeks/{week}")
def week(week: str, desk: DeskDep) -> Response:
    """A week, from Monday to Sunday: most voted first."""
    return desk.show(_read(Kind.WEEK, week))


@router.get("/months/{month}")
def month(month: str, desk: DeskDep) -> Response:
    """A month: most voted first."""
    return desk.show(_read(Kind.MONTH, month))


def _read(kind: Kind, text: str) -> Period:
    period = stretches.read(kind, text)
    if period is None:
        raise HTTPException(404)
    return period


def _day_within(period: Period, now: datetime) -> date:
    """The day whose week and month are offered: today where the period holds it, else its last."""
    return min(period.last, max(period.first, now.date()))


def _page(
    session: Session, period: Period, sort: Sort, now: datetime, page: int
) -> tuple[list[int], int]:
    """The ids of one page of a list, and how long that list may be."""
    start = (page - 1) * PAGE
    if sort is Sort.TREND:
        hottest = _by_momentum(session, period, now)
        return hottest[start : start + PAGE], len(hottest)
    order = Order.VOTES if sort is Sort.VOTES else Order.PLACE
    return periods.page(session, period.first, period.last, order, start, PAGE), LAST


def _by_momentum(session: Session, period: Period, now: datetime) -> list[int]:
    """What got most attention now or, of a period that is over, at its end."""
    end = datetime.combine(period.last, time.max, UTC)
    at = min(now, end)
    likely = {
        paper_id
        for order in (Order.VOTES, Order.NEWEST)
        for paper_id in periods.page(session, period.first, period.last, order, 0, HOTTEST)
    }
    read = listings.of_papers(session, sorted(likely), at)
    heat = {
        each.paper_id: trend.momentum(each.counts, each.places, each.born, at.date())
        for each in read.values()
    }
    return sorted(heat, key=lambda paper_id: (-heat[paper_id], paper_id))


@router.get("/letters/{token}")
def letter(token: str, session: SessionDep, tokens: TokensDep, head: LetterheadDep) -> Response:
    """The very letter that was mailed, for those whose mail program spoils it."""
    (letter_id,) = tokens.read(Purpose.LETTER, token, n_facts=1)
    row = letters.by_id(session, letter_id)
    if row is None or row.kind != LetterKind.DAILY:
        raise BadLink(english("This letter is no longer kept."))
    html = compose.rendered(session, head, row).html
    return HTMLResponse(html, headers={"Content-Security-Policy": gate.LETTER_POLICY})
