"""Which stored paper a mention means, by the names papers are known by."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.papers import identity, paper, sameness
from app.store.tables import Paper, PaperName, Pick

# Below every database's limit of bound values in one statement.
BATCH = 500


# Of papers that did not turn out to be others.
STANDING = col(Paper.same_as).is_(None)
_ROW = aliased(Paper)
# Of which paper a pick is by now: one that was stored while its row and another's became one is
# still of the row that went.
PICKED = func.coalesce(
    select(_ROW.same_as).where(_ROW.id == Pick.paper_id).correlate(Pick).scalar_subquery(),
    Pick.paper_id,
)


def find(session: Session, papers: Sequence[paper.Paper]) -> list[Paper | None]:
    """Return the stored row of each paper, None for one not known yet; nothing is changed."""
    names = [identity.keys(each) for each in papers]
    known = rows_by_name(session, sorted({name for each in names for name in each}))
    both = zip(papers, names, strict=True)
    found = (matches(known, each, its_names) for each, its_names in both)
    return [each[0][0] if each else None for each in found]


def rows_by_name(session: Session, names: Sequence[str]) -> dict[str, Paper]:
    """The papers that go by these names."""
    found: dict[str, Paper] = {}
    for start in range(0, len(names), BATCH):
        of_batch = col(PaperName.name).in_(names[start : start + BATCH])
        joined = select(PaperName.name, Paper).join(Paper, col(Paper.id) == PaperName.paper_id)
        found.update(session.exec(joined.where(of_batch)).all())
    return found


def matches(
    known: Mapping[str, Paper], mention: paper.Paper, names: Sequence[str]
) -> list[tuple[Paper, str]]:
    """The stored papers that a mention means, each with the name that says so, strongest first.

    More than one, where it joins papers that nobody knew to be the same work; what is stored of the
    first then speaks for the mention, too.
    """
    found: list[tuple[Paper, str]] = []
    tellers = [mention]
    for name in names:
        row = known.get(name)
        if row is None or any(row is other for other, _ in found):
            continue
        stored = told(row)
        if sameness.can_be_one(name, mention, stored) and any(
            sameness.is_one(name, teller, stored) for teller in tellers
        ):
            found.append((row, name))
            tellers.append(stored)
    return found


def told(row: Paper) -> paper.Paper:
    """A stored paper as the digests told of it: a plain value for the pure rooms."""
    return paper.Paper(
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        url=row.url,
        arxiv_id=row.arxiv_id,
        doi=row.doi,
        published=row.published,
        version=row.version,
        published_doi=row.published_doi,
        journal=row.journal,
        comment=row.comment,
        code_url=row.code_url,
        project_url=row.project_url,
        thumbnail=row.thumbnail,
        organisation=row.organisation,
        keywords=tuple(row.keywords),
        is_withdrawn=row.withdrawn_on is not None,
    )
