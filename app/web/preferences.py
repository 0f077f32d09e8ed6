"""A reader's own page, opened by the link in every letter: words, times, tuning, pause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.mail import edition
from app.store import feedback, subscribers
from app.store.tables import Status, Subscriber
from app.web import deps, forms, notes
from app.web.deps import LetterheadDep, ModelsDep, MostPapersDep, NowDep, PagesDep, SessionDep
from app.web.reader import ActiveDep, ReaderDep

router = APIRouter(prefix="/preferences", dependencies=[Depends(deps.own_pages_only)])

# What the page may say after a redirect; the address only names one of these.
SAVED = "saved"
DONE = {
    SAVED: english("Saved. This counts from your next letter on."),
    "paused": english("Your letters are paused."),
    "resumed": english("Your letters come again."),
}


@dataclass(frozen=True)
class Desk:
    """What every route here answers with: the page of one reader."""

    token: str
    session: SessionDep
    head: LetterheadDep
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
            most_papers=max(self.most_papers, reader.letter_size),
            is_fresh=False,
            leave_url=self.head.links.unsubscribe(reader.id or 0),
        )

    def go(self, done: str) -> Response:
        """Back to the page, which then says what was done."""
        return self.pages.go(f"/preferences/{self.token}?done={done}")


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("/{token}")
def show(
    reader: ReaderDep, session: SessionDep, models: ModelsDep, desk: DeskDep, done: str = ""
) -> Response:
    """Everything a reader can choose; to somebody without letters, how to get them again."""
    if reader.status != Status.ACTIVE:
        return desk.pages.show("gone", reader=reader, token=desk.token)
    told = notes.of(session, models, reader, desk.now) if done == SAVED else []
    return desk.show(reader, done=done, notes=told)


@router.post("/{token}")
def save(
    typed: Annotated[forms.Choices, Form()], reader: ActiveDep, session: SessionDep, desk: DeskDep
) -> Response:
    """Words, zone, hour, rhythm, size and tuning, all or none."""
    has_likes = feedback.has_liked(session, reader.id or 0)
    form = forms.Reader()
    most = max(desk.most_papers, reader.letter_size)
    wanted = forms.apply_choices(reader, typed, most, has_likes, form)
    pages = desk.pages
    language = form.take(
        lambda: forms.read_language(typed.language, pages.language, pages.spoken), ""
    )
    if form.problems:
        return desk.show(reader, typed, form.problems)
    reader.language = language
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
        return desk.show(reader, problems={e.field: e.said}, until=until)
    subscribers.plan_anew(session, reader, desk.now)
    return desk.go("resumed" if resume else "paused")
