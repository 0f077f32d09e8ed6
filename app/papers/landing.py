"""A paper's own page, as journals, archives and conferences have one: what it says of the paper.

In its <meta> elements, under the names that search engines for papers read
(https://scholar.google.com/intl/en/scholar/inclusion.html): citation_title and the like, else those
of Dublin Core. A page without them may be about anything, and is not taken for a paper's.
"""

import html
import re
from itertools import islice

from app.errors import UnreadableDigest
from app.papers import arxiv, fields, identity, markup, people
from app.papers.paper import Paper

# They stand in the head, of which no page has more.
LONGEST, MOST = 500_000, 1_000
_START = re.compile(r"<meta(?=\s)", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"""(?:[^"'<>]++|"[^"]{0,100000}"|'[^']{0,100000}')*+/?>""")
_VALUE = re.compile(
    r"""\b(name|property|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_TITLE = ("citation_title", "bepress_citation_title", "eprints.title")
_DC_TITLE = ("dc.title", "dcterms.title")
_AUTHOR = ("citation_author", "bepress_citation_author", "eprints.creators_name", "dc.creator")
_DOI = ("citation_doi", "bepress_citation_doi", "prism.doi", "dc.identifier", "dc.identifier.doi")
_DAY = ("citation_publication_date", "citation_date", "citation_online_date", "dc.date")
_ABSTRACT = ("citation_abstract", "eprints.abstract", "dcterms.abstract", "dc.description.abstract")
# Often the beginning of the abstract, and often a line on the journal.
_TEASER = ("dc.description", "description", "og:description")
_LEAST = 200

Told = dict[str, list[str]]


def read(text: str, url: str) -> Paper:
    """The paper of a page. url: where it was found. Raises UnreadableDigest where it names none."""
    told = _told(text[:LONGEST])
    authors, doi = _authors(told), identity.doi_in(" ".join(_all(told, _DOI)))
    title = _first(told, _TITLE) or (_first(told, _DC_TITLE) if authors or doi else "")
    if not title:
        raise UnreadableDigest("The page does not say, where programs read it, which paper it is.")
    arxiv_id = next(filter(None, map(identity.arxiv_id_in, told.get("citation_arxiv_id", ()))), "")
    return Paper(
        title=title,
        abstract=_abstract(told),
        authors=authors,
        url=arxiv.url(arxiv_id) or url,
        arxiv_id=arxiv_id,
        doi=doi,
        published=fields.day(*(each.replace("/", "-") for each in _all(told, _DAY))),
        journal=_first(told, ("citation_journal_title", "citation_conference_title")),
    )


def _told(text: str) -> Told:
    found: Told = {}
    for start in islice(_START.finditer(text), MOST):
        attributes = _ATTRIBUTES.match(text, start.end())
        values = _VALUE.findall(attributes[0]) if attributes else ()
        said = {name.lower(): one or two or three for name, one, two, three in reversed(values)}
        name = said.get("name") or said.get("property") or ""
        content = fields.text(html.unescape(said.get("content", "")))
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _all(told: Told, names: tuple[str, ...]) -> list[str]:
    return [each for name in names for each in told.get(name, ())]


def _first(told: Told, names: tuple[str, ...]) -> str:
    return next((markup.untagged(each) for each in _all(told, names)), "")


def _authors(told: Told) -> tuple[str, ...]:
    for name in _AUTHOR:
        if name in told:
            return people.inverted(";".join(told[name]))
    return people.inverted(";".join(told.get("citation_authors", ())))


def _abstract(told: Told) -> str:
    if whole := _first(told, _ABSTRACT):
        return whole
    teasers = (markup.untagged(each) for each in _all(told, _TEASER))
    return next((each for each in teasers if len(each) >= _LEAST), "")
