"""What letters say, read from the store for many of them at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlmodel import Session

from app.mail import letter as letters_mail
from app.mail.letter import PaperView
from app.papers import tex
from app.papers.paper import Paper
from app.recommend import explain, telling
from app.recommend.explain import Reason
from app.recommend.telling import Told
from app.recommend.voice import Voice
from app.store import letters, papers
from app.store.letters import Choice
from app.store.tables import Letter, LetterKind

# A pick of a letter that is older than what letters say is stored.
Older = tuple[Choice, Reason]


@dataclass(slots=True)
class Contents:
    """Of one letter; the rest may be of others too.

    papers: by the ids of its picks. votes: when it was written.
    """

    papers: Mapping[int, Paper]
    votes: Mapping[int, int]
    _stored: "_Stored"
    _shown: dict[int, PaperView]
    _titles: Mapping[int, str]

    def told(self, voice: Voice) -> Sequence[Told]:
        """What it says of its picks, in their order. voice: for where that was not stored.

        Raises what was wrong with it.
        """
        if self._stored.fault:
            raise self._stored.fault
        # Not before it is needed, for it takes up much.
        if self._stored.told:
            return telling.from_json(self._stored.told)
        return [_tell(choice, reason, self._titles, voice) for choice, reason in self._stored.older]

    def paper(self, paper_id: int) -> PaperView:
        """What letters say of a paper; worked out by the first that does, for all read with it."""
        if (found := self._shown.get(paper_id)) is None:
            found = self._shown[paper_id] = _show(self.papers[paper_id])
        return found


def _tell(choice: Choice, reason: Reason, titles: Mapping[int, str], voice: Voice) -> Told:
    rank, paper_id, _, by_community = choice
    return telling.of(rank, paper_id, reason, titles, voice, by_community=by_community)


class _Stored(NamedTuple):
    """What one letter says, as it is stored: told, or else in older ones why each was picked."""

    paper_ids: Collection[int] = ()
    told: str = ""
    older: Sequence[Older] = ()
    fault: Exception | None = None


def of(session: Session, rows: Sequence[Letter]) -> dict[int, Contents]:
    """The contents of daily letters, stored or drafted, by their ids; 0 for a draft's."""
    daily = {row.id or 0: row for row in rows if row.kind == LetterKind.DAILY}
    choices = letters.choices(session, [each for each, row in daily.items() if not row.told])
    read = {each: _read(row.told, choices.get(each, ())) for each, row in daily.items()}
    paper_ids = sorted({paper_id for each in read.values() for paper_id in each.paper_ids})
    stored, shown = papers.shown(session, paper_ids), dict[int, PaperView]()
    titles = titles_named(session, [why for each in read.values() for _, why in each.older])
    # Letters of one shard were written at one moment.
    votes = {
        moment: papers.votes_at(session, paper_ids, moment)
        for moment in sorted({row.date for row in daily.values()})
    }
    return {
        each: Contents(stored, votes[row.date], read[each], shown, titles)
        for each, row in daily.items()
    }


def _read(told: str, choices: Sequence[Choice]) -> _Stored:
    try:
        if told:
            return _Stored(_papers(telling.paper_ids(told)), told)
        older = [(choice, explain.from_json(choice.reason)) for choice in choices]
        _papers(_named(reason for _, reason in older))
        return _Stored([choice.paper_id for choice in choices], older=older)
    except Exception as e:  # noqa: BLE001  (this letter fails alone, when its turn comes)
        return _Stored(fault=e)


def _papers(ids: Collection[int]) -> Collection[int]:
    # A database that is asked for what it cannot have as a number refuses all others, too.
    if not all(type(each) is int and 0 < each <= _LAST for each in ids):
        raise ValueError("it names a paper by what is no paper's number")
    return ids


_LAST = 2**31 - 1


def titles_named(session: Session, reasons: Iterable[Reason]) -> dict[int, str]:
    """The titles of the papers that reasons name, TeX turned into signs."""
    found = papers.titles(session, sorted(_named(reasons)))
    return {paper_id: _to_unicode(title) for paper_id, title in found.items()}


def _named(reasons: Iterable[Reason]) -> set[int]:
    return {share.paper_id for reason in reasons for share in (*reason.liked, *reason.disliked)}


_to_unicode = lru_cache(maxsize=20_000)(tex.to_unicode)
# What is common to all letters of a paper is prepared once; a day's papers fit in easily.
_show = lru_cache(maxsize=2_000)(letters_mail.show)
