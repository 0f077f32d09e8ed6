"""What happens in the demo: two days, three people, one click, and what it changed."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import sleep

from sqlmodel import Session

from app.demo.cast import CAST, Person, papers_about
from app.demo.catcher import Caught
from app.demo.stage import Stage
from app.demo.visitor import Visitor
from app.errors import AppError
from app.languages import amount
from app.mail.links import Verdict
from app.papers import tex
from app.pipeline import ingest, readers
from app.recommend import explain, picks, points, vectors
from app.recommend.calibration import Band
from app.store import engine as engines
from app.store import feedback, letters, opinions, outbox, papers, subscribers
from app.store.tables import Pick, Subscriber

Say = Callable[[str], None]
# Seconds: a form that comes back sooner is a program's, and is shown once more.
A_MOMENT = 2.1


@dataclass(frozen=True)
class Told:
    """One person's letter of one day, for the summary. url: where to read it in a browser.

    last: the rank of its last paper that is not there to learn from.
    """

    person: Person
    day: date
    subject: str
    n_picks: int
    state: str
    url: str
    path: Path | None
    last: int = 0


@dataclass(frozen=True)
class Change:
    """What a click did to one paper of the next letter; a rank is None where it is not in it."""

    title: str
    before: int | None
    after: int | None
    reason: str


def read_digests(stage: Stage, files: Sequence[Path], day: date, say: Say) -> None:
    """Ingest files as on a day. Raises AppError if one is no digest."""
    morning = datetime.combine(day, time(6), tzinfo=UTC)
    for file in files:
        report = ingest.ingest_file(stage.engine, file, morning, "demo")
        if isinstance(report, AppError):
            raise report
        unread = (
            f", {amount(len(report.unread), 'line', 'lines')} not read" if report.unread else ""
        )
        say(
            f"   {report.name}: {report.layout}, "
            f"{amount(report.n_entries, 'entry', 'entries')}, "
            f"{amount(report.n_new, 'new paper', 'new papers')}{unread}"
        )


def sign_up(stage: Stage, visitor: Visitor, say: Say) -> None:
    """Sign the cast up as people do: form, confirm letter, the button behind its link."""
    with engines.transaction(stage.engine) as session:
        corpus = papers.texts(session, date.min, stage.day.clock().date())
    model = vectors.fit(corpus)
    visitor.open_form("/subscribe")
    sleep(A_MOMENT)
    for person in CAST:
        liked = papers_about(model, person.likes, 2)
        titles = "\n".join(corpus[paper_id].title for paper_id in liked)
        form = {"email": person.address, "interests": person.words, "liked": titles}
        # Of sixty papers few stand out: a lower threshold shows more of what ranking does.
        form["threshold"] = Band.LOOK
        visitor.fill_in("/subscribe", {**form, "zone": "UTC", "hour": "7", "rhythm": "daily"})
        asyncio.run(stage.day.deliver())
        confirm = _links(stage.catcher.latest_for(person.address), "/confirm/")[0]
        visitor.press(confirm)
        _dislike(stage, person, papers_about(model, person.dislikes, 1), liked)
        say(f"   {person.name} <{person.address}> {person.tells()}")


def _dislike(stage: Stage, person: Person, disliked: list[int], liked: list[int]) -> None:
    with engines.transaction(stage.engine) as session:
        subscriber_id, now = _subscriber(session, person).id or 0, stage.day.clock()
        for paper_id in set(disliked) - set(liked):
            feedback.record(session, subscriber_id, paper_id, Verdict.DISLIKE, now)


def _links(caught: Caught, part: str) -> list[str]:
    return [url for url in re.findall(r"https?://[^\s<>]+", caught.text()) if part in url]


def send_letters(stage: Stage, day: date) -> list[Told]:
    """Rank and mail the edition of a day, over real SMTP."""
    stage.day.rank_edition(day, everyone=True)
    asyncio.run(stage.day.deliver())
    with engines.transaction(engines.reading(stage.engine)) as session:
        return [_told(session, stage, person, day) for person in CAST]


def _told(session: Session, stage: Stage, person: Person, day: date) -> Told:
    subscriber_id = _subscriber(session, person).id or 0
    entry = outbox.of_edition(session, subscriber_id, day)
    row = letters.of_edition(session, subscriber_id, day)
    if row is None or entry is None:
        why = entry.reason if entry else "it was not due"
        return Told(person, day, f"(no letter: {why})", 0, "", "", None)
    chosen = letters.picks_of(session, row.id or 0)
    caught = stage.catcher.latest_for(person.address)
    return Told(
        person=person,
        day=day,
        subject=str(caught.message["Subject"]),
        n_picks=len(chosen),
        state=entry.state.value,
        url=stage.day.desk.head.links.letter(row.id or 0),
        path=caught.path,
        last=max([pick.rank for pick, _ in chosen if not _is_to_learn(pick)], default=1),
    )


def _is_to_learn(pick: Pick) -> bool:
    return explain.from_json(pick.reason).exploring


def _subscriber(session: Session, person: Person) -> Subscriber:
    found = subscribers.by_address(session, person.address)
    if found is None:
        raise AppError(f"The sign-up of {person.address} was not stored.")
    return found


def click(stage: Stage, visitor: Visitor, told: Told) -> tuple[int, str]:
    """Press "more like this" for a letter's last paper; return its id and title.

    What is there to learn from is another each day, and may have nothing to do with the next list.
    """
    likes = _links(stage.catcher.latest_for(told.person.address), f"/{told.last}/{Verdict.LIKE}")
    visitor.press(likes[0])
    with engines.transaction(engines.reading(stage.engine)) as session:
        subscriber_id = _subscriber(session, told.person).id or 0
        paper_id = opinions.of(session, [subscriber_id])[subscriber_id].liked[-1]
        return paper_id, tex.to_unicode(papers.by_ids(session, [paper_id])[paper_id].title)


def changes(stage: Stage, person: Person, clicked: int, day: date) -> list[Change]:
    """Rank a letter not sent yet with and without one click, and put the two side by side."""
    desk = stage.day.desk
    with engines.transaction(engines.reading(stage.engine)) as session:
        subscriber = _subscriber(session, person)
        now = stage.day.clock()
        board = desk.models.board(session, day, now)
        after = readers.of(session, [subscriber], day, now)[0]
        liked = tuple(paper_id for paper_id in after.taste.liked if paper_id != clicked)
        before = replace(after, taste=replace(after.taste, liked=liked))
        old, new = picks.rank(board, [before, after])
        named = {pick.paper_id for pick in (*old, *new)} | {clicked}
        titles = {
            paper_id: tex.to_unicode(row.title)
            for paper_id, row in papers.by_ids(session, sorted(named)).items()
        }
    return _side_by_side(old, new, titles)


def _side_by_side(
    old: list[picks.Pick], new: list[picks.Pick], titles: dict[int, str]
) -> list[Change]:
    rank_before = {pick.paper_id: pick.rank for pick in old}
    rank_after = {pick.paper_id: pick.rank for pick in new}
    reasons = {pick.paper_id: points.sentence(pick.reason, titles) for pick in (*old, *new)}
    in_order = [*rank_after, *(paper_id for paper_id in rank_before if paper_id not in rank_after)]
    return [
        Change(
            titles[paper_id],
            rank_before.get(paper_id),
            rank_after.get(paper_id),
            reasons[paper_id],
        )
        for paper_id in in_order
    ]
