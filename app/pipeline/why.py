"""Why somebody got a paper of the day, or why not."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from app.mail import edition
from app.papers import tex
from app.pipeline import ingest, readers, reading
from app.pipeline.due import Due
from app.pipeline.rank import Desk
from app.recommend import absence, explain, naming, picks, points, selection
from app.recommend.absence import Case
from app.recommend.board import Board
from app.recommend.calibration import EDGES
from app.recommend.picks import Reader, Weighed
from app.recommend.voice import TO_READER, Voice
from app.store import letters, opinions, outbox, papers, subscribers
from app.store.opinions import Opinion
from app.store.tables import Letter, OutboxEntry, Paper, State

_LOST = {State.SKIPPED, State.FAILED, State.SUPPRESSED}


@dataclass(frozen=True)
class Answer:
    """rank: from 1, None where the paper is not in the letter. told: why, in a sentence or two.

    reason: what a letter says, or would say, of it, in the voice asked for. fit, band, score,
    shares: what it is worth to this reader, the shares adding up to the score; 0 and empty for a
    paper not there yet. case: what kept it out, None where it is in.
    """

    paper_id: int
    title: str
    day: date
    rank: int | None
    told: str
    reason: str = ""
    fit: float = 0.0
    band: str = ""
    score: float = 0.0
    shares: tuple[tuple[str, float], ...] = ()
    case: Case | None = None


@dataclass(frozen=True)
class _Scene:
    """One edition of one reader, as things were when its letter was made, or else at `at`."""

    edition: date
    day: date  # whose new papers count
    window: int
    letter: Letter | None
    entries: Sequence[OutboxEntry]
    opinion: Opinion
    sent: Set[int]
    board: Board
    reader: Reader


def of(
    session: Session,
    desk: Desk,
    each: Due,
    paper: Paper,
    today: date,
    now: datetime,
    voice: Voice = TO_READER,
) -> Answer:
    """Explain one paper's place in the edition somebody got, or would get.

    today: the day whose new papers count, as `rank.rank_edition` takes it. A letter already made
    is explained from what was known then, but for wishes changed since.
    """
    letter = letters.of_edition(session, each.subscriber.id or 0, each.edition)
    if letter and (answer := _picked(session, letter, paper, voice)):
        return answer
    today = _day_of(each, letter, today)
    scene = _scene(session, desk, each, letter, today, now)
    if (paper.id or 0) not in scene.board.day.place_of:
        case = Case(today, paper.first_seen, scene.window, gone=_gone(paper))
        told = absence.sentence(case)
        answer = _answer(session, paper, each.edition, told, explain.Reason(), voice)
        return replace(answer, case=case)
    weighed = picks.weigh(scene.board, scene.reader, [paper.id or 0])[0]
    case = _case(session, scene, paper, weighed)
    # How a paper came to be chosen says nothing of one that was not.
    reason = replace(weighed.reason, trending=False, exploring=False)
    answer = _answer(session, paper, each.edition, absence.sentence(case), reason, voice)
    # That a paper is like itself is nothing in its favour.
    is_judged = paper.id in {*scene.opinion.liked, *scene.opinion.disliked}
    return replace(answer, case=case, reason="" if is_judged else answer.reason)


def _day_of(each: Due, letter: Letter | None, today: date) -> date:
    """The day whose new papers count: of a letter made on its reader's own day, that of UTC then.

    It is another than the edition's where the reader's morning or night is another day there.
    """
    if letter is None or each.fault:
        return today
    schedule = subscribers.schedule(each.subscriber)
    is_of_its_day = edition.day_of(schedule, letter.date) == letter.edition_date
    return ingest.day(letter.date) if is_of_its_day else today


def _picked(session: Session, letter: Letter, paper: Paper, voice: Voice) -> Answer | None:
    chosen = letters.picks_of(session, letter.id or 0)
    pick = next((pick for pick, row in chosen if row.id == paper.id), None)
    if pick is None:
        return None
    told, reason = f"Number {pick.rank} of that letter.", explain.from_json(pick.reason)
    return _answer(session, paper, letter.edition_date, told, reason, voice, pick.rank)


def _answer(
    session: Session,
    paper: Paper,
    day: date,
    told: str,
    reason: explain.Reason,
    voice: Voice,
    rank: int | None = None,
) -> Answer:
    titles = reading.titles_named(session, [reason])
    shares = tuple(naming.shares(reason, titles, voice))
    return Answer(
        paper_id=paper.id or 0,
        title=tex.to_unicode(paper.title),
        day=day,
        rank=rank,
        told=told,
        reason=points.sentence(reason, titles, voice) if rank or shares else "",
        fit=reason.fit,
        band=reason.band,
        score=reason.total,
        shares=shares,
    )


def _scene(
    session: Session, desk: Desk, each: Due, letter: Letter | None, today: date, now: datetime
) -> _Scene:
    subscriber_id, at = each.subscriber.id or 0, letter.date if letter else now
    sent = letters.papers_sent(session, [subscriber_id], before=at)
    said = opinions.of(session, [subscriber_id], at)
    board = desk.models.board_then(session, today, at)
    entries = outbox.of_subscriber(session, subscriber_id)
    return _Scene(
        edition=each.edition,
        day=today,
        window=desk.rules.candidate_days,
        letter=letter,
        entries=[entry for entry in entries if entry.edition_date <= each.edition],
        opinion=said.get(subscriber_id, Opinion()),
        sent=sent.get(subscriber_id, set()),
        board=board,
        reader=readers.of(session, [each.subscriber], today, at, said_before=at, sent=sent)[0],
    )


def _case(session: Session, scene: _Scene, paper: Paper, weighed: Weighed) -> Case:
    paper_id, reader = paper.id or 0, scene.reader
    alike, alike_rank = _chosen(session, scene, weighed.beaten_by)
    edge = EDGES[reader.threshold]
    return Case(
        day=scene.day,
        first_seen=paper.first_seen,
        window=scene.window,
        threshold=reader.threshold,
        fit=weighed.fit,
        place=weighed.rank,
        limit=reader.limit,
        sent=_sent_on(session, scene, paper_id),
        said=_said(scene.opinion, paper_id),
        twin=_title(session, _twin(scene, paper_id)),
        muted_by=weighed.muted_by,
        alike=alike,
        alike_rank=alike_rank,
        appeal=weighed.appeal if reader.dial else None,
        needed=(1 - reader.dial) * edge + reader.dial * selection.READ,
        has_letter=scene.letter is not None,
        no_letter=_no_letter(scene),
    )


def _gone(paper: Paper) -> str:
    if paper.withdrawn_on is not None:
        return "withdrawn"
    return "taken off the list" if paper.unlisted_on is not None else ""


def _said(opinion: Opinion, paper_id: int) -> str:
    lists = {"liked": opinion.liked, "disliked": opinion.disliked, "saved": opinion.saved}
    return " and ".join(word for word, those in lists.items() if paper_id in those)


def _twin(scene: _Scene, paper_id: int) -> int | None:
    """The paper they know that is this work under another spelling."""
    day, opinion = scene.board.day, scene.opinion
    known = set(scene.sent).union(opinion.liked, opinion.disliked, opinion.saved)
    twins = sorted(day.twins.get(day.place_of[paper_id], ()))
    return next((i for i in day.paper_ids[twins].tolist() if i in known), None)


def _sent_on(session: Session, scene: _Scene, paper_id: int) -> date | None:
    """The edition that brought them a paper before this one."""
    if paper_id not in scene.sent:
        return None
    for entry in scene.entries:
        if entry.state in _LOST and not entry.doubtful:
            continue
        chosen = letters.picks_of(session, entry.letter_id) if entry.letter_id else ()
        if any(row.id == paper_id for _, row in chosen):
            return entry.edition_date
    return None


def _chosen(session: Session, scene: _Scene, paper_id: int | None) -> tuple[str, int | None]:
    """The title of a chosen paper, and its rank in the letter, made or yet to be."""
    if paper_id is None:
        return "", None
    if scene.letter:
        chosen = letters.picks_of(session, scene.letter.id or 0)
        ranks = {row.id: pick.rank for pick, row in chosen}
    else:
        ranks = {pick.paper_id: pick.rank for pick in picks.rank(scene.board, [scene.reader])[0]}
    return _title(session, paper_id), ranks.get(paper_id)


def _title(session: Session, paper_id: int | None) -> str:
    row = papers.by_id(session, paper_id) if paper_id else None
    return tex.to_unicode(row.title) if row else ""


def _no_letter(scene: _Scene) -> str:
    if scene.letter:
        return ""
    lost = (each for each in scene.entries if each.state in _LOST)
    return next((each.reason for each in lost if each.edition_date == scene.edition), "")
