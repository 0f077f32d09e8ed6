"""Charts of letters, feedback and growth: bars as inline SVG, and the same figures as a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import Session

from app.languages import Language, english
from app.store import deeds, growth, statistics
from app.store.tables import State
from app.web.deps import NowDep, PagesDep, SessionDep
from app.web.operator import bars
from app.web.operator.bars import Chart
from app.web.operator.session import VisitDep

router = APIRouter()
N_EDITIONS = 30
RECENT = timedelta(days=30)
A_YEAR = timedelta(days=365)
N_DEEDS = 200
KINDS = {
    "strong": english("strong fit"),
    "good": english("good fit"),
    "worth a look": english("worth a look"),
    statistics.EXPLORING: english("to learn from"),
    statistics.TREND: english("what everyone reads"),
    "": english("not told"),
}


@router.get("/charts")
def charts(visit: VisitDep, session: SessionDep, pages: PagesDep, now: NowDep) -> Response:
    """How letters went, what was said of them, and how the readership grew."""
    shown = statistics.shown(session, now - RECENT)
    said = pages.language
    found = [_letters(session, said), *_feedback(shown, said), _growth(session, now, said)]
    return pages.show(
        "operator/charts",
        visit=visit,
        charts=found,
        width=bars.WIDTH,
        height=bars.HEIGHT,
        left=bars.LEFT,
        right=bars.RIGHT,
    )


def _letters(session: Session, language: Language) -> Chart:
    bad = (State.FAILED, State.SUPPRESSED)
    waiting = (State.READY, State.CLAIMED, State.IN_DATA, State.DEFERRED)
    columns = []
    for each in reversed(statistics.editions(session, N_EDITIONS)):
        states = each.states
        sizes = (
            states[State.SENT],
            states[State.SKIPPED],
            sum(states[s] for s in waiting),
            sum(states[s] for s in bad),
        )
        columns.append((language.brief_date(each.date), sizes))
    names = [
        ("sent", english("sent")),
        ("skipped", english("skipped")),
        ("waiting", english("waiting")),
        ("bad", english("not sent")),
    ]
    title, said = english("Letters by edition"), english("The last {n} editions.", n=N_EDITIONS)
    return bars.stacked(title, said, names, columns, language)


def _feedback(shown: Sequence[statistics.Shown], language: Language) -> list[Chart]:
    ranks = sorted({each.rank for each in shown})
    by_rank = [(f"{rank}", [each for each in shown if each.rank == rank]) for rank in ranks]
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in shown)]
    by_kind = [(KINDS[kind], [each for each in shown if each.kind == kind]) for kind in kinds]
    said = english("How many of a hundred picks were liked, in the letters of thirty days.")
    name = english("liked of 100")
    return [
        bars.listed(
            title, said, (kind, name), [(each, _liked(some)) for each, some in columns], language
        )
        for title, kind, columns in (
            (english("Likes by place in the letter"), english("Place"), by_rank),
            (english("Likes by reason"), english("Reason"), by_kind),
        )
    ]


def _liked(some: Sequence[statistics.Shown]) -> float:
    n = sum(each.n for each in some)
    return round(100 * sum(each.n_liked for each in some) / n, 1) if n else 0


def _growth(session: Session, now: datetime, language: Language) -> Chart:
    weeks = growth.confirmed_by_week(session, now - A_YEAR)
    first = min(weeks, default=now.date() + timedelta(days=1))
    mondays = [first + timedelta(days=n) for n in range(0, (now.date() - first).days + 1, 7)]
    columns = [(language.brief_date(day), [weeks.get(day, 0)]) for day in mondays]
    said = english("New readers who confirmed, by week, in the last year.")
    names = [("sent", english("confirmed"))]
    return bars.stacked(english("Growth"), said, names, columns, language)


@router.get("/deeds")
def done(visit: VisitDep, session: SessionDep, pages: PagesDep) -> Response:
    """What operators did here."""
    return pages.show("operator/deeds", visit=visit, deeds=deeds.latest(session, N_DEEDS))
