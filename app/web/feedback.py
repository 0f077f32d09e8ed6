"""One tap in a letter: a page that shows the verdict, a POST that records it, and the way back.

Link scanners open every link, so the GET changes nothing. A script sends the form for a person who
is really there; without script there is its button. What was sent is shown at once, and counts
when `pipeline.settle` has found no scanner behind it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Engine
from sqlmodel import Session

from app.mail import scanners
from app.mail.links import Purpose, Verdict
from app.pipeline import effect
from app.pipeline.effect import NOTHING, Effect
from app.store import engine as engines
from app.store import feedback, letters, taps
from app.store.tables import Means, Tap
from app.web import deps, networks
from app.web.clicks import ClickDep
from app.web.deps import ModelsDep, NowDep, PagesDep, ReadingDep, TokensDep

router = APIRouter(prefix="/feedback", dependencies=[Depends(deps.own_pages_only)])

TOO_MANY = (
    "The links of this letter were used more often than a person can. Those of your next letter "
    "will work."
)


class Desk:
    """What every route here answers with: the pages of one click."""

    def __init__(
        self,
        request: Request,
        click: ClickDep,
        session: ReadingDep,
        pages: PagesDep,
        models: ModelsDep,
        now: NowDep,
    ) -> None:
        self.session, self.click, self.now = session, click, now
        self._request, self._pages, self._models = request, pages, models

    def needs_button(self) -> bool:
        """Whether the letter has only just been handed over, so that scanners are about."""
        return scanners.needs_button(self.now, self._left(self.session), self._scan_time)

    def keep(self, session: Session, verdict: Verdict, *, by_script: bool, trusted: bool) -> bool:
        """Keep how a vote came; False if it came as no person's does, and a button is asked for.

        Raises HTTPException where no person can have sent so many.
        """
        click = self.click
        standing = feedback.said_of(session, click.subscriber_id, click.paper_id)
        tap = Tap(
            letter_id=click.letter_id,
            paper_id=click.paper_id,
            verdict=verdict.value,
            before=taps.written(standing),
            means=Means.SCRIPT if by_script else Means.BUTTON,
            trusted=trusted,
            network=_network(self._request),
            agent=_agent(self._request),
            at=self.now,
        )
        # A press is taken at its word; the next run knows more.
        tap.void = self._doubt(session, tap) if by_script else ""
        if not taps.add(session, tap):
            raise HTTPException(429, TOO_MANY)
        return not tap.void

    def _doubt(self, session: Session, tap: Tap) -> str:
        """Why a vote would not count, by what is known now; "" if it would."""
        known = taps.of_letters(session, [tap.letter_id]).get(tap.letter_id, [])
        visits = [taps.visit(each) for each in (*known, tap)]
        return scanners.judge(visits, self._left(session), self._scan_time)[-1]

    def _left(self, session: Session) -> scanners.HandOver | None:
        return taps.hand_overs(session, [self.click.letter_id]).get(self.click.letter_id)

    @property
    def _scan_time(self) -> timedelta:
        scan_time: timedelta = self._request.app.state.scan_time
        return scan_time

    def ask(self, session: Session, verdict: Verdict, *, sends_itself: bool) -> Response:
        """The page with the button. sends_itself: a script may press it for a person."""
        return self._pages.show(
            "feedback",
            click=self.click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing=self.sure(session),
            sends_itself=sends_itself,
        )

    def saved(self, session: Session, verdict: Verdict, moved: Effect = NOTHING) -> Response:
        """The page that says what stands. moved: what that changed."""
        click = self.click
        return self._pages.show(
            "saved",
            click=click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing=feedback.standing(session, click.subscriber_id, click.paper_id),
            moved=moved,
        )

    def sure(self, session: Session) -> set[Verdict]:
        """The verdicts that stand and rest on more than a script's word."""
        click = self.click
        standing = feedback.standing(session, click.subscriber_id, click.paper_id)
        return {v for v in standing if taps.is_sure(session, click.letter_id, click.paper_id, v)}

    def watch(self) -> effect.Watch:
        """Remember the reader's profile, to tell afterwards what moved."""
        return effect.watch(self.session, self._models, self.click.subscriber_id, self.now)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A short transaction: whoever else writes need not wait for the page to be made."""
        with engines.transaction(self._engine) as session:
            taps.lock(session, [self.click.letter_id])
            yield session

    def reading(self) -> AbstractContextManager[Session]:
        """What stands after it."""
        return engines.transaction(engines.reading(self._engine))

    @property
    def _engine(self) -> Engine:
        engine: Engine = self._request.app.state.engine
        return engine


def _network(request: Request) -> str:
    found = networks.of(request)
    return "" if found == networks.UNKNOWN else found


def _agent(request: Request) -> str:
    """A short hash of what the browser calls itself; "" where it says nothing."""
    name = request.headers.get("user-agent", "")
    return sha256(name.encode()).hexdigest()[:12] if name else ""


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("/{token}/0/trap")
def trap(token: str, request: Request, tokens: TokensDep, pages: PagesDep, now: NowDep) -> Response:
    """Note that a program opens links that nobody sees. No reader's state changes by it.

    The only GET that stores anything: a mark beside the letter, by which votes that came from the
    same place in the same minute are known for a scanner's.
    """
    (letter_id,) = tokens.read(Purpose.TRAP, token, n_facts=1)
    with engines.transaction(request.app.state.engine) as session:
        if letters.by_id(session, letter_id) is not None:
            mark = Tap(
                letter_id=letter_id,
                means=Means.TRAP,
                network=_network(request),
                agent=_agent(request),
                at=now,
            )
            taps.add(session, mark)
    return pages.show("trap")


@router.get("/{token}/{rank}/{verdict}")
def ask(verdict: Verdict, desk: DeskDep) -> Response:
    """Show what a tap would record, or that it is recorded already."""
    if verdict in desk.sure(desk.session):
        return desk.saved(desk.session, verdict)
    return desk.ask(desk.session, verdict, sends_itself=not desk.needs_button())


@router.post("/{token}/{rank}/{verdict}")
def record(
    verdict: Verdict,
    click: ClickDep,
    desk: DeskDep,
    means: Annotated[str, Form(max_length=20)] = Means.BUTTON,
    trusted: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Record the verdict; it moves the scores from the next letter on.

    Where a script sent what only a scanner would, the page asks for its button instead.
    """
    watch, by_script = desk.watch(), means == Means.SCRIPT
    with desk.writing() as session:
        is_kept = desk.keep(session, verdict, by_script=by_script, trusted=bool(trusted))
        if is_kept:
            said = click.subscriber_id, click.paper_id, verdict, desk.now, click.letter_id
            feedback.record(session, *said)
    with desk.reading() as session:
        if not is_kept:
            return desk.ask(session, verdict, sends_itself=False)
        return desk.saved(session, verdict, watch.effect_of(session, click.paper_id))


@router.post("/{token}/{rank}/{verdict}/undo")
def undo(verdict: Verdict, click: ClickDep, desk: DeskDep) -> Response:
    """Take the verdict back; if it was never given, nothing changes."""
    watch = desk.watch()
    with desk.writing() as session:
        feedback.undo(session, click.subscriber_id, click.paper_id, verdict)
    with desk.reading() as session:
        return desk.saved(session, verdict, watch.effect_of(session, click.paper_id))
