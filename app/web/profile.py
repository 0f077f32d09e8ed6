"""What Paperboy thinks of a reader, in words, and the ways to correct it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.pipeline import portrait
from app.store.tables import Subscriber
from app.web import deps, typed
from app.web.deps import ModelsDep, NowDep, PagesDep, SessionDep
from app.web.reader import ActiveDep, ReaderDep

router = APIRouter(
    prefix="/preferences/{token}/profile", dependencies=[Depends(deps.own_pages_only)]
)

DONE = {
    "taken": english("Taken back. This counts from your next letter on."),
    "deleted": english("Deleted. This counts from your next letter on."),
    "left-out": english("Papers that speak of it are left out from your next letter on."),
}


class Desk:
    """Shows the page of one reader."""

    def __init__(
        self, token: str, session: SessionDep, models: ModelsDep, pages: PagesDep, now: NowDep
    ) -> None:
        self.token, self.session, self.models = token, session, models
        self.pages, self.now = pages, now

    def show(self, reader: Subscriber, done: str = "", problem: str = "") -> Response:
        """The page; problem: why the last wish cannot be met."""
        return self.pages.show(
            "profile",
            status=400 if problem else 200,
            token=self.token,
            reader=reader,
            told=portrait.of(self.session, self.models, reader, self.now),
            done=DONE.get(done, ""),
            problem=problem,
        )

    def go(self, done: str) -> Response:
        """Back to the page, which then says what was done."""
        return self.pages.go(f"/preferences/{self.token}/profile?done={done}")


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("")
def show(reader: ReaderDep, desk: DeskDep, done: str = "") -> Response:
    """What was typed, and what likes and dislikes taught."""
    return desk.show(reader, done)


@router.post("/delete")
def delete(
    reader: ActiveDep, session: SessionDep, desk: DeskDep, interest: typed.Text = ""
) -> Response:
    """Delete one of the typed interests."""
    try:
        portrait.drop(session, reader, interest)
    except BadValue as e:
        return desk.show(reader, problem=e.said)
    return desk.go("deleted")


@router.post("/leave-out")
def leave_out(
    reader: ActiveDep, session: SessionDep, desk: DeskDep, word: typed.Text = ""
) -> Response:
    """Show no papers that speak of a word any more."""
    try:
        portrait.leave_out(session, reader, word)
    except BadValue as e:
        return desk.show(reader, problem=e.said)
    return desk.go("left-out")
