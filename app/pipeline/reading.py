"""What letters say, read from the store for many of them at once."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlmodel import Session

from app.mail import letter as letters_mail
from app.mail.letter import PaperView
from app.papers import tex
from app.papers.paper import Paper
from app.recommend import explain
from app.recommend.explain import Reason, Stored, StoredLiked
from app.store import letters, papers
from app.store.letters import Choice
from app.store.tables import Letter, LetterKind


@dataclass(frozen=True)
class Contents:
    """Of one letter. reasons: of the choices, in their order; the rest may be of others too.

    papers: by the ids chosen. titles: of the papers that reasons name. votes: when it was written.
    """

    choices: Sequence[Choice]
    reasons: Sequence[Stored]
    papers: Mapping[int, Paper]
    titles: Mapping[int, str]
    votes: Mapping[int, int]
    _shown: dict[int, PaperView]

    def paper(self, paper_id: int) -> PaperView:
        """What letters say of a paper; worked out by the first that does, for all read with it."""
        if (found := self._shown.get(paper_id)) is None:
            found = self._shown[paper_id] = _show(self.papers[paper_id])
        return found


def of(session: Session, rows: Sequence[Letter]) -> dict[int, Contents | Exception]:
    """The contents of stored daily letters, or why they cannot be read, by the letters' ids."""
    at = {row.id or 0: row.date for row in rows if row.kind == LetterKind.DAILY}
    return _contents(session, at, letters.choices(session, list(at)))


def unstored(session: Session, row: Letter, choices: Sequence[Choice]) -> Contents | Exception:
    """The same for a letter that is only looked at."""
    return _contents(session, {0: row.date}, {0: choices})[0]


def _contents(
    session: Session, at: Mapping[int, datetime], choices: Mapping[int, Sequence[Choice]]
) -> dict[int, Contents | Exception]:
    reasons, found = dict[int, list[Stored]](), dict[int, Contents | Exception]()
    for letter_id in at:
        try:
            reasons[letter_id] = explain.all_stored([each.reason for each in choices[letter_id]])
        except Exception as e:  # noqa: BLE001  (one letter's fault stays its own)
            found[letter_id] = e
    paper_ids = sorted({each.paper_id for letter_id in reasons for each in choices[letter_id]})
    stored, shown = papers.shown(session, paper_ids), dict[int, PaperView]()
    named = {near["paper_id"] for each in reasons.values() for near in _rated(each)}
    titles = _titles(session, named)
    # Letters of one shard were written at one moment.
    votes = {
        moment: papers.votes_at(session, paper_ids, moment)
        for moment in sorted({at[letter_id] for letter_id in reasons})
    }
    for letter_id, each in reasons.items():
        found[letter_id] = Contents(
            choices[letter_id], each, stored, titles, votes[at[letter_id]], shown
        )
    return found


def titles_named(session: Session, reasons: Sequence[Reason]) -> dict[int, str]:
    """The titles of the papers that reasons name, TeX turned into signs."""
    return _titles(
        session,
        {share.paper_id for reason in reasons for share in (*reason.liked, *reason.disliked)},
    )


def _rated(reasons: Sequence[Stored]) -> Iterator[StoredLiked]:
    for reason in reasons:
        yield from reason.get("liked", ())
        yield from reason.get("disliked", ())


def _titles(session: Session, paper_ids: Set[int]) -> dict[int, str]:
    found = papers.titles(session, sorted(paper_ids))
    return {paper_id: _to_unicode(title) for paper_id, title in found.items()}


_to_unicode = lru_cache(maxsize=20_000)(tex.to_unicode)
# What is common to all letters of a paper is prepared once; a day's papers fit in easily.
_show = lru_cache(maxsize=2_000)(letters_mail.show)
