"""A reader's own page, opened by the link in every letter: words, times, pause, papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from app.errors import BadLink, BadValue
from app.mail import edition
from app.mail import letter as letters_mail
from app.mail.links import Purpose, Verdict
from app.store import feedback, papers, subscribers, tables
from app.store.tables import Status, Subscriber
from app.web import deps, forms, notes
from app.web.deps import ModelsDep, MostPapersDep, NowDep, PagesDep, SessionDep, TokensDep

router = APIRouter(prefix="/preferences", dependencies=[Depends(deps.own_pages_only)])

HEADINGS = {
    Verdict.LIKE: "Papers you want more of",
    Verdict.DISLIKE: "Papers you want less of",
    Verdict.SAVE: "Papers you saved",
}
# What a page may say after a redirect; the address only names one of these.
SAVED = "saved"
DONE = {
    SAVED: "Saved. This counts from your next letter on.",
    "paused": "Your letters are paused.",
    "resumed": "Your letters come again.",
    "removed": "Taken out. This counts from your next letter on.",
}


def _reader(token: str, session: SessionDep, tokens: TokensDep) -> Subscriber:
    """Whom the link belongs to. Raises BadLink if it is not ours or was made void."""
    subscriber_id, version = tokens.read(Purpose.PREFERENCES, token, n_facts=2)
    reader = subscribers.by_id(session, subscriber_id)
    if reader is None or reader.version != version:
        raise BadLink("This link is no longer good. Please use the one in your newest letter.")
    return reader


def _active(reader: Annotated[Subscriber, Depends(_reader)]) -> Subscriber:
    if reader.status != Status.ACTIVE:
        raise BadLink("You get no letters at present. To get them again, please sign up again.")
    return reader


ReaderDep = Annotated[Subscriber, Depends(_reader)]
ActiveDep = Annotated[Subscriber, Depends(_active)]


@dataclass(frozen=True)
class Desk:
    """What every route here answers with: the page of one reader."""

    token: str
    session: SessionDep
    pages: PagesDep
    most_papers: MostPapersDep
    now: NowDep

    def show(
        self,
        reader: Subscriber,
        typed: forms.Choices | None = None,
        problems: Mapping[str, str] = MappingProxyType({}),
        done: str = "",
        until: str = "",
        notes: Sequence[str] = (),
    ) -> Response:
        """The page; `typed` and `until` are given back where they could not be used.

        notes: whole sentences about what was saved, such as words that no paper holds.
        """
        wanted = subscribers.interests_of(self.session, [reader.id or 0]).get(reader.id or 0, ())
        return self.pages.show(
            "preferences",
            status=400 if problems else 200,
            token=self.token,
            reader=reader,
            typed=typed or forms.choices_of(reader, wanted),
            problems=problems,
            done=DONE.get(done, ""),
            until=until,
            notes=notes,
            tomorrow=edition.day_of(subscribers.schedule(reader), self.now) + timedelta(days=1),
            said=self._said(reader),
            most_papers=max(self.most_papers, reader.letter_size),
            is_fresh=False,
        )

    def _said(self, reader: Subscriber) -> list[tuple[str, Verdict, list[tuple[int, str]]]]:
        """Heading, verdict, and the papers it was given to, as (id, title)."""
        rows = feedback.of_subscriber(self.session, reader.id or 0)
        return [
            (heading, verdict, [(p.id or 0, _title(p)) for f, p in rows if f.verdict == verdict])
            for verdict, heading in HEADINGS.items()
        ]

    def go(self, done: str) -> Response:
        """Back to the page, which then says what was done."""
        return self.pages.go(f"/preferences/{self.token}?done={done}")


DeskDep = Annotated[Desk, Depends(Desk)]


def _title(row: tables.Paper) -> str:
    return letters_mail.show(papers.told(row)).title


@router.get("/{token}")
def show(
    reader: ReaderDep, session: SessionDep, models: ModelsDep, desk: DeskDep, done: str = ""
) -> Response:
    """Everything a reader can change; to somebody without letters, how to get them again."""
    if reader.status != Status.ACTIVE:
        return desk.pages.show("gone", reader=reader)
    told = notes.of(session, models, reader, desk.now) if done == SAVED else []
    return desk.show(reader, done=done, notes=told)


@router.post("/{token}")
def save(
    typed: Annotated[forms.Choices, Form()], reader: ActiveDep, session: SessionDep, desk: DeskDep
) -> Response:
    """Words, zone, hour, rhythm, size and tuning, all or none."""
    likes = feedback.of_subscriber(session, reader.id or 0)
    has_likes = any(said.verdict == Verdict.LIKE for said, _ in likes)
    form = forms.Reader()
    most = max(desk.most_papers, reader.letter_size)
    wanted = forms.apply_choices(reader, typed, most, has_likes, form)
    if form.problems:
        return desk.show(reader, typed, form.problems)
    subscribers.set_interests(session, reader.id or 0, wanted)
    subscribers.plan_anew(session, reader, desk.now)
    return desk.go(SAVED)


@router.post("/{token}/pause")
def pause(
    reader: ActiveDep,
    session: SessionDep,
    desk: DeskDep,
    until: Annotated[str, Form()] = "",
    resume: Annotated[str, Form()] = "",
) -> Response:
    """No letters before a day; or, with `resume`, letters again at once."""
    today = edition.day_of(subscribers.schedule(reader), desk.now)
    try:
        reader.paused_until = None if resume else forms.read_pause(until, today)
    except BadValue as e:
        return desk.show(reader, problems={e.field: str(e)}, until=until)
    subscribers.plan_anew(session, reader, desk.now)
    return desk.go("resumed" if resume else "paused")


@router.post("/{token}/papers")
def forget(
    reader: ActiveDep,
    session: SessionDep,
    desk: DeskDep,
    paper: Annotated[int, Form(ge=1, le=2**31 - 1)],
    verdict: Annotated[Verdict, Form()],
) -> Response:
    """Take one verdict on one paper back."""
    feedback.undo(session, reader.id or 0, paper, verdict)
    return desk.go("removed")
