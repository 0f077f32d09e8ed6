"""Muting from a letter: its authors and the words of its reason, a real button each.

No script sends these forms, or a link scanner would mute for the reader.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.pipeline import mute
from app.pipeline.mute import Choice
from app.recommend import language
from app.store import taps
from app.web import deps
from app.web.clicks import ClickDep
from app.web.deps import PagesDep, SessionDep

router = APIRouter(prefix="/feedback", dependencies=[Depends(deps.own_pages_only)])
# Longer than any choice can be.
Written = Annotated[str, Form(max_length=1000)]


class Desk:
    """The page of one click's choices."""

    def __init__(self, click: ClickDep, session: SessionDep, pages: PagesDep) -> None:
        self.click, self.session, self._pages = click, session, pages

    def choices(self) -> Sequence[Choice]:
        """What this pick offers to mute."""
        return mute.choices(
            self.session, self.click.subscriber_id, self.click.pick, self.click.paper
        )

    def chosen(self, written: str) -> Choice:
        """The one a form names. Raises BadValue where this pick does not offer it."""
        found = next((each for each in self.choices() if each.written == written), None)
        if found is None:
            raise BadValue("choice", english("Please choose one of the authors and words below."))
        return found

    def show(
        self, done: mute.Muted | None = None, back: Choice | None = None, problem: str = ""
    ) -> Response:
        """The page. done: just muted; back: just taken back; problem: why nothing was done."""
        return self._pages.show(
            "mute",
            status=400 if problem else 200,
            click=self.click,
            choices=self.choices(),
            done=done,
            back=back,
            problem=problem,
        )


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("/{token}/{rank}/mute")
def ask(desk: DeskDep) -> Response:
    """Show what can be muted, and what is."""
    return desk.show()


@router.post("/{token}/{rank}/mute")
def silence(click: ClickDep, session: SessionDep, desk: DeskDep, choice: Written = "") -> Response:
    """Mute one; the second time changes nothing."""
    taps.lock(session, [click.letter_id])
    try:
        done = mute.mute(session, click.subscriber_id, desk.chosen(choice))
    except BadValue as e:
        return desk.show(problem=e.said)
    return desk.show(done=done)


@router.post("/{token}/{rank}/mute/undo")
def undo(
    click: ClickDep,
    session: SessionDep,
    desk: DeskDep,
    choice: Written = "",
    weight: Annotated[float | None, Form(ge=language.LEAST, le=language.MOST)] = None,
) -> Response:
    """Take one back, and ask for it again where it was asked for."""
    taps.lock(session, [click.letter_id])
    try:
        back = mute.unmute(session, click.subscriber_id, desk.chosen(choice), weight)
    except BadValue as e:
        return desk.show(problem=e.said)
    return desk.show(back=back)
