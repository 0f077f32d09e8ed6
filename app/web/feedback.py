"""One tap in a letter: a page that shows the verdict, a POST that records it, and the way back.

Link scanners open every link, so the GET changes nothing. A script sends the form for a person who
is really there; without script there is its button. What was sent is shown at once, and counts
when `pipeline.settle` has found no scanner behind it.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response

from app.mail import scanners
from app.mail.links import Purpose, Verdict
from app.pipeline import effect
from app.pipeline.effect import NOTHING, Effect
from app.store import engine as engines
from app.store import feedback, letters, taps
from app.store.tables import Means, Tap
from app.web import deps, whence
from app.web.clicks import ClickDep
from app.web.deps import ModelsDep, NowDep, PagesDep, SessionDep, TokensDep

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
        session: SessionDep,
        pages: PagesDep,
        models: ModelsDep,
        now: NowDep,
    ) -> None:
        self.session, self.click, self.now = session, click, now
        self._request, self._pages, self._models = request, pages, models

    def needs_button(self) -> bool:
        """Whether the letter has only just been handed over, so that scanners are about."""
        left = taps.hand_overs(self.session, [self.click.letter_id]).get(self.click.letter_id)
        scan_time: timedelta = self._request.app.state.scan_time
        return scanners.needs_button(self.now, left, scan_time)

    def tap(self, verdict: Verdict, means: Means, *, trusted: bool, void: str = "") -> None:
        """Keep how a vote came. Raises HTTPException where no person can have sent so many."""
        click = self.click
        standing = feedback.said_of(self.session, click.subscriber_id, click.paper_id)
        tap = Tap(
            letter_id=click.letter_id,
            paper_id=click.paper_id,
            verdict=verdict.value,
            before=taps.written(standing),
            means=means,
            trusted=trusted,
            network=whence.network(self._request),
            agent=whence.agent(self._request),
            at=self.now,
            void=void,
        )
        if not taps.add(self.session, tap):
            raise HTTPException(429, TOO_MANY)

    def ask(self, verdict: Verdict, *, sends_itself: bool) -> Response:
        """The page with the button. sends_itself: a script may press it for a person."""
        standing = feedback.standing(self.session, self.click.subscriber_id, self.click.paper_id)
        return self._pages.show(
            "feedback",
            click=self.click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing={each for each in standing if self.is_sure(each)},
            sends_itself=sends_itself,
        )

    def saved(self, verdict: Verdict, moved: Effect = NOTHING) -> Response:
        """The page that says what stands. moved: what that changed."""
        return self._pages.show(
            "saved",
            click=self.click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing=feedback.standing(self.session, self.click.subscriber_id, self.click.paper_id),
            moved=moved,
        )

    def is_sure(self, verdict: Verdict) -> bool:
        """Whether a verdict that stands rests on more than a script's word."""
        return taps.is_sure(self.session, self.click.letter_id, self.click.paper_id, verdict)

    def watch(self) -> effect.Watch:
        """Remember the reader's profile, to tell afterwards what moved."""
        return effect.watch(self.session, self._models, self.click.subscriber_id, self.now)


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
                network=whence.network(request),
                agent=whence.agent(request),
                at=now,
            )
            taps.add(session, mark)
    return pages.show("trap")


@router.get("/{token}/{rank}/{verdict}")
def ask(verdict: Verdict, click: ClickDep, desk: DeskDep) -> Response:
    """Show what a tap would record, or that it is recorded already."""
    standing = feedback.standing(desk.session, click.subscriber_id, click.paper_id)
    if verdict in standing and desk.is_sure(verdict):
        return desk.saved(verdict)
    return desk.ask(verdict, sends_itself=not desk.needs_button())


@router.post("/{token}/{rank}/{verdict}")
def record(
    verdict: Verdict,
    click: ClickDep,
    desk: DeskDep,
    means: Annotated[str, Form(max_length=20)] = Means.BUTTON,
    trusted: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Record the verdict; it moves the scores from the next letter on."""
    taps.lock(desk.session, [click.letter_id])
    by_script = means == Means.SCRIPT
    if by_script and desk.needs_button():
        desk.tap(verdict, Means.SCRIPT, trusted=bool(trusted), void=scanners.BY_ARRIVAL)
        return desk.ask(verdict, sends_itself=False)
    watch = desk.watch()
    desk.tap(verdict, Means.SCRIPT if by_script else Means.BUTTON, trusted=bool(trusted))
    feedback.record(
        desk.session, click.subscriber_id, click.paper_id, verdict, desk.now, click.letter_id
    )
    return desk.saved(verdict, watch.effect_of(click.paper_id))


@router.post("/{token}/{rank}/{verdict}/undo")
def undo(verdict: Verdict, click: ClickDep, desk: DeskDep) -> Response:
    """Take the verdict back; if it was never given, nothing changes."""
    taps.lock(desk.session, [click.letter_id])
    watch = desk.watch()
    feedback.undo(desk.session, click.subscriber_id, click.paper_id, verdict)
    return desk.saved(verdict, watch.effect_of(click.paper_id))
