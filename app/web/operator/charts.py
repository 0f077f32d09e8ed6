"""Charts of letters, feedback and growth: bars as inline SVG, and the same figures as a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import Session

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
    "strong": "strong fit",
    "good": "good fit",
    "worth a look": "worth a look",
    statistics.EXPLORING: "to learn from",
    statistics.TREND: "what everyone reads",
    "": "not told",
}


@router.get("/charts")
def charts(visit: VisitDep, session: SessionDep, pages: PagesDep, now: NowDep) -> Response:
    """How letters went, what was said of them, and how the readership grew."""
    shown = statistics.shown(session, now - RECENT)
    found = [_letters(session), *_feedback(shown), _growth(session, now)]
    return pages.show(
        "operator/charts", visit=visit, charts=found, width=bars.WIDTH, height=bars.HEIGHT
    )


def _letters(session: Session) -> Chart:
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
        columns.append((f"{each.date:%d %b}", sizes))
    names = [("sent", "sent"), ("skipped", "skipped"), ("waiting", "waiting"), ("bad", "not sent")]
    return bars.stacked("Letters by edition", f"The last {N_EDITIONS} editions.", names, columns)


def _feedback(shown: Sequence[statistics.Shown]) -> list[Chart]:
    ranks = sorted({each.rank for each in shown})
    by_rank = [(f"{rank}", [each for each in shown if each.rank == rank]) for rank in ranks]
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in shown)]
    by_kind = [(KINDS[kind], [each for each in shown if each.kind == kind]) for kind in kinds]
    said = "How many of a hundred picks were liked, in the letters of thirty days."
    names = [("sent", "liked of 100")]
    return [
        bars.stacked(title, said, names, [(label, [_liked(some)]) for label, some in columns])
        for title, columns in (
            ("Likes by place in the letter", by_rank),
            ("Likes by reason", by_kind),
        )
    ]


def _liked(some: Sequence[statistics.Shown]) -> float:
    n = sum(each.n for each in some)
    return round(100 * sum(each.n_liked for each in some) / n, 1) if n else 0


def _growth(session: Session, now: datetime) -> Chart:
    weeks = growth.confirmed_by_week(session, now - A_YEAR)
    columns = [(f"{monday:%d %b %y}", [n]) for monday, n in weeks.items()]
    said = "New readers who confirmed, by week, in the last year."
    return bars.stacked("Growth", said, [("sent", "confirmed")], columns)


@router.get("/deeds")
def done(visit: VisitDep, session: SessionDep, pages: PagesDep) -> Response:
    """What operators did here."""
    return pages.show("operator/deeds", visit=visit, deeds=deeds.latest(session, N_DEEDS))
