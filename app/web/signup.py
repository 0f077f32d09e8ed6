"""Signing up: the form, the wish behind it, and the mailed link that makes it count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from app.mail import foreign
from app.papers import tex
from app.pipeline import ingest, opt_in, preview
from app.pipeline.compose import Letterhead
from app.pipeline.opt_in import Asked, Wish
from app.pipeline.preview import Outlook
from app.recommend import spread
from app.recommend.board import Board
from app.store import engine as engines
from app.store import papers
from app.web import deps, forms, hands, networks, notes, seals, wishes
from app.web.deps import (
    LetterheadDep,
    ModelsDep,
    MostPapersDep,
    NowDep,
    PagesDep,
    ReadingDep,
    SessionDep,
    TokensDep,
)
from app.web.wishes import Report

router = APIRouter(dependencies=[Depends(deps.own_pages_only)])


@dataclass(frozen=True)
class Desk:
    """What every route here answers with: the form, and what today would bring."""

    reading: ReadingDep
    models: ModelsDep
    pages: PagesDep
    most_papers: MostPapersDep
    now: NowDep

    def form(
        self,
        typed: forms.SignUp,
        problems: Mapping[str, str] = MappingProxyType({}),
        *,
        report: Report | None = None,
        outlook: Outlook | None = None,
        asks_again: bool = False,
        is_fresh: bool = False,
    ) -> Response:
        """The whole form, as typed. asks_again: nothing in it is wrong, but it came too soon."""
        found = report.found if report else ()
        return self.pages.show(
            "subscribe",
            status=400 if problems or asks_again else 200,
            typed=typed,
            problems=problems,
            most_papers=self.most_papers,
            offered=self._offered(typed, found),
            report=report,
            outlook=outlook,
            has_board=self.board() is not None,
            asks_again=asks_again,
            is_fresh=is_fresh,
        )

    def _offered(self, typed: forms.SignUp, found: Sequence[int]) -> list[tuple[int, str, bool]]:
        """Papers to tick, as (id, title, ticked): the day's spread, and those ticked or found."""
        board = self.board()
        usual = spread.choose(board) if board else []
        ticked = {*wishes.ticked_ids(typed.picked), *found}
        rows = papers.by_ids(self.reading, list(dict.fromkeys([*usual, *sorted(ticked)])))
        others = sorted(rows.keys() - set(usual))
        return [
            (each, foreign.tame(tex.to_unicode(rows[each].title)), each in ticked)
            for each in (*(each for each in usual if each in rows), *others)
        ]

    def board(self) -> Board | None:
        """The board of today, if it is at hand."""
        return self.models.board_at_hand(self.reading, ingest.day(self.now), self.now)

    def look(self, wish: Wish) -> Outlook | None:
        """What today would bring; None before there are papers."""
        board, today = self.board(), ingest.day(self.now)
        if board is None:
            return None
        return preview.of_wish(
            self.reading, self.models, board, wish, self.now, today, self.pages.language
        )


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("/subscribe")
def form(desk: DeskDep) -> Response:
    """The whole form; the box on the front page is its short sister."""
    typed = forms.SignUp(letter_size=forms.usual_size(desk.most_papers))
    return desk.form(typed, is_fresh=True)


@router.post("/subscribe/preview")
def look(
    typed: Annotated[forms.SignUp, Form()],
    desk: DeskDep,
    part: Annotated[str, Header(alias="X-Part")] = "",
) -> Response:
    """What today would have brought, while the form is filled in; nothing is stored.

    With `X-Part: outlook` only that part of the page, for the script of the form.
    """
    reader = forms.Reader()
    wish, report = wishes.read_tastes(desk.reading, typed, desk.most_papers, reader)
    problems = {} if typed.is_blank else reader.problems
    outlook = None if typed.is_blank or problems else desk.look(wish)
    if part:
        has_board = desk.board() is not None
        return desk.pages.show(
            "_outlook", outlook=outlook, problems=problems, report=report, has_board=has_board
        )
    return desk.form(typed, problems, report=report, outlook=outlook)


@router.post("/subscribe")
async def subscribe(
    request: Request,
    typed: Annotated[forms.SignUp, Form()],
    head: LetterheadDep,
    pages: PagesDep,
    models: ModelsDep,
    most_papers: MostPapersDep,
    now: NowDep,
) -> Response:
    """Note the wish. The answer is the same, byte for byte, whoever the address belongs to."""
    if typed.comment:
        return pages.go("/subscribe/sent")

    def read() -> Response | tuple[Wish, Asked, Response]:
        """What to store and the answer after it, or only an answer."""
        with engines.transaction(engines.reading(request.app.state.engine)) as session:
            desk = Desk(session, models, pages, most_papers, now)
            return _read(request, typed, desk, head)

    # In one thread, and not one for each part: a flood of sign-ups must not hold up the others.
    found = await run_in_threadpool(read)
    if isinstance(found, Response):
        return found
    wish, asked, answer = found
    await request.app.state.intake.take(wish, asked, now)
    return answer


def _read(
    request: Request, typed: forms.SignUp, desk: Desk, head: Letterhead
) -> Response | tuple[Wish, Asked, Response]:
    reader = forms.Reader()
    wish, report = wishes.read(desk.reading, typed, desk.most_papers, reader, desk.pages)
    if reader.problems:
        return desk.form(typed, reader.problems, report=report)
    place = seals.read(head.links.tokens, typed.seal, desk.now)
    if place is None:
        return desk.form(typed, report=report, outlook=desk.look(wish), asks_again=True)
    asked = Asked(
        text=desk.pages.text("_consent", shares_likes=wish.tuning.shares_likes),
        form=head.links.base_url + seals.PATHS[place],
        network=networks.abroad(request),
        keeps_network=request.app.state.keeps_networks,
    )
    if report and (report.n_strange or report.n_unread):
        return wish, asked, desk.pages.show("sent", sender=head.address, report=report)
    return wish, asked, desk.pages.go("/subscribe/sent")


@router.get("/subscribe/sent")
def sent(pages: PagesDep, head: LetterheadDep) -> Response:
    """Look into your inbox."""
    return pages.show("sent", sender=head.address, report=None)


@router.get("/confirm/{token}")
def ask(
    token: str, session: SessionDep, tokens: TokensDep, pages: PagesDep, now: NowDep
) -> Response:
    """One real button and no script: a scanner must not confirm for the owner of the address."""
    asked = opt_in.read_confirm_token(session, tokens, token, now)
    pages.speak(asked.language)
    return pages.show("confirm", shares_likes=asked.shares_likes)


@router.post("/confirm/{token}")
def confirm(
    request: Request,
    token: str,
    session: SessionDep,
    tokens: TokensDep,
    models: ModelsDep,
    pages: PagesDep,
    now: NowDep,
) -> Response:
    """Start the letters and say when the first one comes; the second time says it again."""
    subscriber = opt_in.confirm(session, tokens, token, now)
    pages.speak(subscriber.language)
    told = notes.of(session, models, subscriber, now)
    answer = pages.show("confirmed", subscriber=subscriber, notes=told)
    hands.note(request, answer)
    return answer
