"""The letters a reader got, or did not get, and why not."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from app.languages import english
from app.pipeline import rank
from app.store import history
from app.store.history import Past
from app.store.tables import State
from app.web.deps import LetterheadDep, PagesDep, SessionDep
from app.web.reader import ReaderDep

router = APIRouter(prefix="/preferences/{token}")

PAGE = 40
# What became of a letter, for its reader.
STATES = {
    State.READY: english("on its way"),
    State.CLAIMED: english("on its way"),
    State.IN_DATA: english("on its way"),
    State.DEFERRED: english("waits: your mail server asked us to come back later"),
    State.SENT: english("sent"),
    State.FAILED: english("could not be delivered"),
    State.SKIPPED: english("no letter"),
    State.SUPPRESSED: english("stopped before it was sent"),
}
# Why there was none, where the ranking noted it in words for operators.
WHY_NONE = {
    rank.NO_PAPERS: english("no letter: there were no new papers"),
    rank.NO_FIT: english("no letter: no new paper fitted you well enough"),
}


@router.get("/letters")
def show(
    token: str,
    reader: ReaderDep,
    session: SessionDep,
    head: LetterheadDep,
    pages: PagesDep,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The latest first."""
    n_letters, rows = history.editions(session, reader.id or 0, PAGE, (page - 1) * PAGE)
    return pages.show(
        "past_letters",
        token=token,
        reader=reader,
        listed=[(each, _url(head, each), _state(each)) for each in rows],
        page=page,
        n_pages=-(-n_letters // PAGE),
    )


def _url(head: LetterheadDep, past: Past) -> str:
    return head.links.letter(past.letter_id) if past.letter_id else ""


def _state(past: Past) -> str:
    said = STATES[past.state]
    return WHY_NONE.get(past.reason, said) if past.state == State.SKIPPED else said
