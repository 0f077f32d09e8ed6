"""A list's papers into the store: each known again or added, and what is told of it noted."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert
from sqlmodel import Session

from app.papers import identity, paper, sameness
from app.store import facts, merging, naming
from app.store.tables import Paper, PaperName

Names = Sequence[str]


class Arrivals:
    """The papers of one list. seen: the day on which what is new of them is first seen.

    What is added is stored all at once: one by one it would take ten times as long.
    """

    def __init__(
        self, session: Session, papers: Sequence[paper.Paper], seen: date, now: datetime
    ) -> None:
        self._session, self._seen, self._now = session, seen, now
        self._papers = [(each, identity.keys(each)) for each in papers]
        every = [name for _, names in self._papers for name in names]
        self._known = naming.rows_by_name(session, every)
        # Not stored yet: names of papers that are, and papers with theirs.
        self._named: list[tuple[str, int | None]] = []
        self._new: list[tuple[paper.Paper, Names]] = []
        self._new_names: set[str] = set()

    def add(self) -> list[Paper]:
        """Find or add every paper; their rows side by side with them."""
        rows = [self._find(each, names) or self._add(each, names) for each, names in self._papers]
        self._save()
        found = [row if isinstance(row, Paper) else self._known[row] for row in rows]
        return [self._session.get_one(Paper, row.same_as) if row.same_as else row for row in found]

    def note(self) -> None:
        """Note what is told of those that are stored; the others are none of ours."""
        for each, names in self._papers:
            self._find(each, names)
        self._save()

    def _find(self, each: paper.Paper, names: Names) -> Paper | None:
        """The stored paper that is meant, with what is now told of it; made one of several."""
        if not self._new_names.isdisjoint(names):
            self._save()
        found = naming.matches(self._known, each, names)
        if not found:
            return self._apart(each, names)
        row = found[0][0]
        facts.add(self._session, row, each, self._seen)
        for other, name in found[1:]:
            if sameness.can_be_one(name, naming.told(row), naming.told(other)):
                row = self._merged(row, other)
        self._name(row, names)
        return row

    def _apart(self, each: paper.Paper, names: Names) -> Paper | None:
        """A paper all of whose names were taken by others, if it is stored already."""
        if any(name not in self._known for name in names):
            return None
        own = identity.own_key(each)
        if own in self._new_names:
            self._save()
        self._known |= naming.rows_by_name(self._session, [own])
        return self._known.get(own)

    def _merged(self, one: Paper, other: Paper) -> Paper:
        self._save()
        kept, gone = merging.merge(self._session, one, other, self._now)
        facts.add(self._session, kept, naming.told(gone), self._seen)
        self._known |= {name: kept for name, held in self._known.items() if held is gone}
        return kept

    def _add(self, each: paper.Paper, names: Names) -> str:
        """Add it with the next `_save`; one of the names that it will then be known by."""
        own = [name for name in names if name not in self._known] or [identity.own_key(each)]
        self._new.append((each, own))
        self._new_names.update(own)
        return own[0]

    def _name(self, row: Paper, names: Names) -> None:
        for name in names:
            if name not in self._known:
                self._known[name] = row
                self._named.append((name, row.id))

    def _save(self) -> None:
        self._session.flush()
        if self._new:
            told = [facts.columns(each, self._seen) for each, _ in self._new]
            stored = insert(Paper).returning(Paper, sort_by_parameter_order=True)
            rows = self._session.scalars(stored, told).all()
            for row, (_, names) in zip(rows, self._new, strict=True):
                self._name(row, names)
            self._new.clear()
            self._new_names.clear()
        if self._named:
            names_of = [{"name": name, "paper_id": paper_id} for name, paper_id in self._named]
            self._session.execute(insert(PaperName), names_of)
            self._named.clear()
