"""What the registries of DOIs say of a paper: Crossref and, of preprints and theses, DataCite.

Crossref, https://api.crossref.org/works/DOI: {"message": {title: [text], author: [{given, family}],
abstract: JATS, issued: {"date-parts": [[2026, 11, 2]]}, …}}. DataCite,
https://api.datacite.org/dois/DOI: {"data": {"attributes": {titles: [{title}], creators: [{name}],
descriptions: [{description, descriptionType}], dates: [{date, dateType}], …}}}.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote

from app.errors import UnreadableDigest
from app.papers import fields, identity, json_text, markup, people
from app.papers.paper import Paper

# Crossref's, from the day a preprint was posted to that on which it was printed.
_DAYS = ("posted", "published-online", "published", "issued", "published-print")
_HEADING = re.compile(r"(?:abstract|summary)\s*[:.—-]?\s+(?=\S)", re.IGNORECASE)

Told = Mapping[str, object]


def read(text: str) -> Paper:
    """The paper of one answer. Raises UnreadableDigest where there is none with a title."""
    answer = json_text.parse(text)
    paper = _of_crossref(_map(answer, "message")) or _of_datacite(
        _map(_map(answer, "data"), "attributes")
    )
    if paper is None:
        raise UnreadableDigest("The registry of DOIs names no title there.")
    return paper


def _of_crossref(told: Told) -> Paper | None:
    title = next(map(_plain, _list(told, "title")), "")
    doi = identity.doi_in(fields.text(told.get("DOI")))
    if not title or not doi:
        return None
    return Paper(
        title=title,
        abstract=_abstract(told.get("abstract")),
        authors=_names(told.get("author")),
        url=_url(doi),
        doi=doi,
        published=next(filter(None, (_day(_map(told, name)) for name in _DAYS)), None),
        journal=next(map(_plain, _list(told, "container-title")), ""),
    )


def _of_datacite(told: Told) -> Paper | None:
    title = next((_plain(each.get("title")) for each in _maps(told, "titles")), "")
    doi = identity.doi_in(fields.text(told.get("doi")))
    if not title or not doi:
        return None
    said = {fields.text(each.get("descriptionType")): each for each in _maps(told, "descriptions")}
    issued = {fields.text(each.get("dateType")): each for each in _maps(told, "dates")}
    return Paper(
        title=title,
        abstract=_abstract(said.get("Abstract", {}).get("description")),
        authors=_names(told.get("creators")),
        url=_url(doi),
        doi=doi,
        published=fields.day(*(issued.get(kind, {}).get("date") for kind in ("Issued", "Created"))),
    )


def _names(value: object) -> tuple[str, ...]:
    """Given name first; a group has one name alone, and some people only one with a comma."""
    people_ = value if isinstance(value, list) else []
    found = map(_name, (each for each in people_ if isinstance(each, Mapping)))
    return tuple(dict.fromkeys(filter(None, found)))[: people.MOST]


def _name(told: Told) -> str:
    given = fields.text(told.get("given"), told.get("givenName"))
    family = fields.text(told.get("family"), told.get("familyName"))
    if family:
        return " ".join(filter(None, [given, family, fields.text(told.get("suffix"))]))
    name = fields.text(told.get("name"))
    is_group = told.get("nameType") == "Organizational" or "given" in told
    return name if is_group else " ".join(people.inverted(name.replace(";", " ")))


def _day(told: Told) -> date | None:
    """The day of {"date-parts": [[2026, 11, 2]]}; a year or a month alone is none."""
    parts = next(iter(_list(told, "date-parts")), None)
    if not isinstance(parts, list) or len(parts) < 3:
        return None
    return fields.day("-".join(str(part) for part in parts[:3]))


def _abstract(value: object) -> str:
    text = _plain(value)
    return text[found.end() :] if (found := _HEADING.match(text)) else text


def _plain(value: object) -> str:
    return markup.untagged(fields.text(value))


def _url(doi: str) -> str:
    return f"https://doi.org/{quote(doi)}"


def _map(told: object, name: str) -> Told:
    value = told.get(name) if isinstance(told, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(told: Told, name: str) -> Sequence[object]:
    value = told.get(name)
    return value if isinstance(value, list) else []


def _maps(told: Told, name: str) -> Iterator[Told]:
    return (each for each in _list(told, name) if isinstance(each, Mapping))
