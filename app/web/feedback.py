"""One tap in a letter: a page that shows the verdict, a POST that records it, and the way back.

Link scanners open every link, so the GET changes nothing. A script sends the form for a person who
is really there; without script there is its button.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import Session

from app.errors import BadLink
from app.mail import letter as letters_mail
from app.mail.links import FEEDBACK_WITHIN, Purpose, Verdict
from app.store import feedback, letters, papers
from app.web import deps
from app.web.deps import NowDep, PagesDep, SessionDep, TokensDep
from app.web.pages import Pages

router = APIRouter(prefix="/feedback", dependencies=[Depends(deps.own_pages_only)])

# A letter never holds more; a larger number would not fit the database's.
MAX_RANK = 1000
BUTTONS = {
    Verdict.LIKE: "More like this",
    Verdict.DISLIKE: "Less like this",
    Verdict.SAVE: "Save for later",
}
SAVED = {
    Verdict.LIKE: "more like this",
    Verdict.DISLIKE: "less like this",
    Verdict.SAVE: "kept for later",
}


@dataclass(frozen=True)
class Click:
    """Whose word on which paper. path: of its pages, up to the verdict."""

    subscriber_id: int
    letter_id: int
    paper_id: int
    title: str
    path: str


def _click(token: str, rank: int, session: SessionDep, tokens: TokensDep, now: NowDep) -> Click:
    """Read the link. Raises BadLink if it is not ours, too old, or leads to no paper."""
    (letter_id,) = tokens.read(Purpose.LETTER, token, n_facts=1)
    letter = letters.by_id(session, letter_id)
    found = letters.pick_at(session, letter_id, rank) if letter and rank < MAX_RANK else None
    if letter is None or found is None:
        raise BadLink("This link leads to no paper of a letter of ours.")
    if now - letter.date > FEEDBACK_WITHIN:
        raise BadLink(
            f"This letter is more than {FEEDBACK_WITHIN.days} days old, and its links no longer "
            "count. Those in newer letters do."
        )
    pick, row = found
    title = letters_mail.show(papers.told(row)).title
    path = f"/feedback/{token}/{rank}"
    return Click(letter.subscriber_id, letter_id, pick.paper_id, title, path)


ClickDep = Annotated[Click, Depends(_click)]


@router.get("/{token}/{rank}/{verdict}")
def ask(click: ClickDep, verdict: Verdict, session: SessionDep, pages: PagesDep) -> Response:
    """Show what a tap would record, or that it is recorded already."""
    standing = feedback.standing(session, click.subscriber_id, click.paper_id)
    if verdict in standing:
        return _page(pages, session, click, verdict)
    return pages.show(
        "feedback", click=click, verdict=verdict, standing=standing, buttons=BUTTONS, saved=SAVED
    )


@router.post("/{token}/{rank}/{verdict}")
def record(
    click: ClickDep, verdict: Verdict, session: SessionDep, pages: PagesDep, now: NowDep
) -> Response:
    """Record the verdict; it moves the scores from the next letter on."""
    feedback.record(session, click.subscriber_id, click.paper_id, verdict, now, click.letter_id)
    return _page(pages, session, click, verdict)


@router.post("/{token}/{rank}/{verdict}/undo")
def undo(click: ClickDep, verdict: Verdict, session: SessionDep, pages: PagesDep) -> Response:
    """Take the verdict back; if it was never given, nothing changes."""
    feedback.undo(session, click.subscriber_id, click.paper_id, verdict)
    return _page(pages, session, click, verdict)


def _page(pages: Pages, session: Session, click: Click, verdict: Verdict) -> Response:
    standing = feedback.standing(session, click.subscriber_id, click.paper_id)
    return pages.show(
        "saved", click=click, verdict=verdict, standing=standing, buttons=BUTTONS, saved=SAVED
    )
