"""What letters say, read from the store for many of them at once."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

import pydantic_core
from sqlmodel import Session

from app.mail import letter as letters_mail
from app.mail.letter import PaperView
from app.papers import tex
from app.papers.paper import Paper
from app.recommend import explain
from app.recommend.explain import Reason, Stored
from app.store import letters, papers
from app.store.letters import Choice
from app.store.tables import Letter, LetterKind


@dataclass(slots=True)
class Contents:
    """Of one letter, its choices in their order; the rest may be of others too.

    papers: by the ids chosen. titles: of the papers that reasons name. votes: when it was written.
    """

    choices: Sequence[Choice]
    papers: Mapping[int, Paper]
    titles: Mapping[int, str]
    votes: Mapping[int, int]
    _shown: dict[int, PaperView]

    @property
    def reasons(self) -> list[Stored]:
        """Of the choices; read when they are needed, for they take up much. Raises ValueError."""
        return _reasons([each.reason for each in self.choices])

    def paper(self, paper_id: int) -> PaperView:
        """What letters say of a paper; worked out by the first that does, for all read with it."""
        if (found := self._shown.get(paper_id)) is None:
            found = self._shown[paper_id] = _show(self.papers[paper_id])
        return found


def _reasons(texts: Sequence[str]) -> list[Stored]:
    # Ten for each letter, in half the time that the standard library takes: as bytes, for it tries
    # those first; and only names are kept, for to look up all texts costs as much as it saves. What
    # it reads the other reads as well, but not the other way round.
    try:
        read = pydantic_core.from_json(f"[{','.join(texts)}]".encode(), cache_strings="keys")
    except ValueError:
        return explain.all_stored(texts)
    return cast("list[Stored]", read) if len(read) == len(texts) else explain.all_stored(texts)


def of(session: Session, rows: Sequence[Letter]) -> dict[int, Contents]:
    """The contents of stored daily letters, by their ids."""
    at = {row.id or 0: row.date for row in rows if row.kind == LetterKind.DAILY}
    return _contents(session, at, letters.choices(session, list(at)))


def unstored(session: Session, row: Letter, choices: Sequence[Choice]) -> Contents:
    """The same for a letter that is only looked at."""
    return _contents(session, {0: row.date}, {0: choices})[0]


def _contents(
    session: Session, at: Mapping[int, datetime], choices: Mapping[int, Sequence[Choice]]
) -> dict[int, Contents]:
    chosen = [each for letter_id in at for each in choices[letter_id]]
    paper_ids = sorted({each.paper_id for each in chosen})
    stored, shown = papers.shown(session, paper_ids), dict[int, PaperView]()
    titles = _titles(session, explain.papers_named([each.reason for each in chosen]))
    # Letters of one shard were written at one moment.
    votes = {
        moment: papers.votes_at(session, paper_ids, moment) for moment in sorted(set(at.values()))
    }
    return {
        letter_id: Contents(choices[letter_id], stored, titles, votes[moment], shown)
        for letter_id, moment in at.items()
    }


def titles_named(session: Session, reasons: Sequence[Reason]) -> dict[int, str]:
    """The titles of the papers that reasons name, TeX turned into signs."""
    return _titles(
        session,
        {share.paper_id for reason in reasons for share in (*reason.liked, *reason.disliked)},
    )


def _titles(session: Session, paper_ids: Set[int]) -> dict[int, str]:
    found = papers.titles(session, sorted(paper_ids))
    return {paper_id: _to_unicode(title) for paper_id, title in found.items()}


_to_unicode = lru_cache(maxsize=20_000)(tex.to_unicode)
# What is common to all letters of a paper is prepared once; a day's papers fit in easily.
_show = lru_cache(maxsize=2_000)(letters_mail.show)
