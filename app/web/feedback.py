"""One tap in a letter: a page that asks, a POST that records, a page that shows what it changed.

Link scanners open every link, so the GET changes nothing. A script sends the form for a person who
is really there; without script there is its button. What was sent is shown at once, and counts
when `pipeline.settle` has found no scanner behind it.

The POST does no more than store what came, and sends the browser on: many readers open their
letters in the same minutes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.errors import BadLink
from app.languages import english
from app.mail import scanners
from app.mail.links import Purpose, Verdict
from app.mail.scanners import HandOver
from app.pipeline import effect
from app.pipeline.effect import NOTHING, Effect
from app.pipeline.votes import Outcome, Vote
from app.store import engine as engines
from app.store import feedback, letters, taps
from app.store.feedback import Said, Standing
from app.store.tables import Means, Tap
from app.web import clicks, deps, hands, networks
from app.web.clicks import ClickDep
from app.web.deps import (
    LetterheadDep,
    ModelsDep,
    NowDep,
    PagesDep,
    ReadingDep,
    SessionDep,
    TokensDep,
)

router = APIRouter(prefix="/feedback", dependencies=[Depends(deps.own_pages_only)])

TOO_MANY = english(
    "The links of this letter were used more often than a person can. Those of your next letter "
    "will work."
)
# On the page asked for after a vote as no person sends it.
WITH_BUTTON = "button"
# Longer than anything the forms send.
LONGEST_WORD = 20


# What `record` reads by itself.
FORM = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "properties": {name: {"type": "string"} for name in ("means", "trusted")}
                }
            }
        }
    }
}


class Desk:
    """What the pages of one click are made with."""

    def __init__(
        self,
        request: Request,
        click: ClickDep,
        session: ReadingDep,
        pages: PagesDep,
        models: ModelsDep,
        now: NowDep,
    ) -> None:
        self.click = click
        self._request, self._session, self._pages = request, session, pages
        self._models, self._now = models, now
        self.standing = feedback.said_of(session, click.subscriber_id, click.paper_id)

    def sends(self) -> str:
        """Whether a script may press the button for a person: "sign", if they move, "look", "".

        The first is asked for where a scanner may still be about, and in a browser without a past.
        One with a past has shown its "hand", and a glance at the page is enough.
        """
        if self._is_at(scanners.needs_button):
            return ""
        if hands.are_known(self._request):
            return "hand"
        return "sign" if self._is_at(scanners.needs_sign) else "look"

    def _is_at(self, asked: Callable[[datetime, HandOver | None, timedelta], bool]) -> bool:
        left = taps.hand_overs(self._session, [self.click.letter_id]).get(self.click.letter_id)
        return asked(self._now, left, self._request.app.state.scan_time)

    def ask(self, verdict: Verdict, sends: str = "") -> Response:
        """The page with the button. sends: see `sends`."""
        return self._pages.show(
            "feedback",
            click=self.click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing=self.sure(),
            sends=sends,
        )

    def tell(self, verdict: Verdict, moved: Effect = NOTHING) -> Response:
        """The page that says what stands. moved: what that changed."""
        return self._pages.show(
            "saved",
            click=self.click,
            verdict=verdict,
            verdicts=list(Verdict),
            standing=set(self.standing),
            moved=moved,
        )

    def sure(self) -> set[Verdict]:
        """The verdicts that stand and rest on more than a script's word."""
        of_click = self.click.letter_id, self.click.paper_id
        return {v for v in self.standing if taps.is_sure(self._session, *of_click, v)}

    def before(self, verdict: Verdict) -> Standing | None:
        """What stood until this verdict was given in this letter; None if it was not."""
        of_click = self.click.letter_id, self.click.paper_id
        return taps.last_before(self._session, *of_click, verdict)

    def effect(self, before: Standing | None) -> Effect:
        """What has come of it that something else stands than before."""
        if before is None:
            return NOTHING
        of_click = self.click.subscriber_id, self.click.paper_id
        return effect.of(self._session, self._models, *of_click, before, self._now)

    def had(self, verdict: Verdict) -> Standing:
        """What stood before a verdict was taken back."""
        said = Said(self._now, self.click.letter_id)
        return feedback.with_vote(self.standing, verdict, said)


def _network(request: Request) -> str:
    found = networks.of(request)
    return "" if found == networks.UNKNOWN else found


def _agent(request: Request) -> str:
    """A short hash of what the browser calls itself; "" where it says nothing."""
    name = request.headers.get("user-agent", "")
    return sha256(name.encode()).hexdigest()[:12] if name else ""


DeskDep = Annotated[Desk, Depends(Desk)]
ByDep = Annotated[str, Query(max_length=LONGEST_WORD)]


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


@router.get("/{token}/{rank}/why")
def why(click: ClickDep, session: ReadingDep, head: LetterheadDep, pages: PagesDep) -> Response:
    """To the reader's own page that says so, by the very link that stands in the letter."""
    letter = letters.by_id(session, click.letter_id)
    version = letter.version if letter else 0
    own = urlsplit(head.links.preferences(click.subscriber_id, version)).path
    return pages.go(f"{own.removeprefix(pages.root)}/papers/{click.paper_id}")


@router.get("/{token}/{rank}/{verdict}")
def ask(verdict: Verdict, desk: DeskDep, by: ByDep = "") -> Response:
    """Show what a tap would record, or that it is recorded already."""
    if verdict in desk.sure():
        return desk.tell(verdict)
    return desk.ask(verdict, "" if by == WITH_BUTTON else desk.sends())


@router.post("/{token}/{rank}/{verdict}", openapi_extra=FORM)
async def record(request: Request, token: str, rank: int, verdict: Verdict) -> Response:
    """Record the verdict; it moves the scores from the next letter on.

    Where a script sent what only a scanner would, the page asks for its button instead.
    """
    # FastAPI takes longer to read two fields and to look three things up than all else here takes.
    state = request.app.state
    async with request.form() as form:
        means, trusted = _word(form, "means"), _word(form, "trusted")
    (letter_id,) = state.letterhead.links.tokens.read(Purpose.LETTER, token, n_facts=1)
    is_press = means != Means.SCRIPT
    vote = Vote(
        letter_id=letter_id,
        rank=rank,
        verdict=verdict,
        means=Means.BUTTON if is_press else Means.SCRIPT,
        trusted=bool(trusted) or (not is_press and hands.are_known(request)),
        network=_network(request),
        agent=_agent(request),
        at=state.clock(),
    )
    outcome = await state.votes.cast(vote)
    if outcome is Outcome.TOO_MANY:
        raise HTTPException(429, TOO_MANY)
    if outcome in REFUSED:
        raise BadLink(REFUSED[outcome])
    page = f"{clicks.path(token, rank)}/{verdict.value}"
    end = "/saved" if outcome is Outcome.COUNTED else f"?by={WITH_BUTTON}"
    answer: Response = state.pages.go(page + end)
    if is_press and vote.trusted:
        hands.note(request, answer)
    return answer


def _word(form: FormData, name: str) -> str:
    word = form.get(name, "")
    if not isinstance(word, str) or len(word) > LONGEST_WORD:
        raise HTTPException(422)
    return word


REFUSED = {Outcome.NO_PAPER: clicks.NO_PAPER, Outcome.TOO_OLD: clicks.TOO_OLD}


@router.get("/{token}/{rank}/{verdict}/saved")
def saved(verdict: Verdict, desk: DeskDep) -> Response:
    """What a vote changed; where it no longer stands, ask."""
    if verdict not in desk.standing:
        return desk.ask(verdict)
    return desk.tell(verdict, desk.effect(desk.before(verdict)))


@router.post("/{token}/{rank}/{verdict}/undo")
def undo(verdict: Verdict, click: ClickDep, session: SessionDep, pages: PagesDep) -> Response:
    """Take the verdict back; if it was never given, nothing changes."""
    taps.lock(session, [click.letter_id])
    feedback.undo(session, click.subscriber_id, click.paper_id, verdict)
    return pages.go(f"{click.path}/{verdict.value}/undone")


@router.get("/{token}/{rank}/{verdict}/undone")
def undone(verdict: Verdict, desk: DeskDep) -> Response:
    """What it changed that a verdict was taken back, and the way to give it again."""
    if verdict in desk.standing:
        return desk.tell(verdict)
    return desk.tell(verdict, desk.effect(desk.had(verdict)))
