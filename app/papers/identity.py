"""Is this the same work? The names under which a paper is known across sources and versions."""

import re
from urllib.parse import unquote

from app.papers import tex
from app.papers.paper import Paper, normalised_title

# https://info.arxiv.org/help/arxiv_identifier.html: four digits after the point until the end of
# 2014, five since; before April 2007 the archive's name and seven digits.
_NEW = r"(?:0[7-9]|1[0-4])(?:0[1-9]|1[0-2])\.\d{4}|(?:1[5-9]|[2-9]\d)(?:0[1-9]|1[0-2])\.\d{5}"
_OLD = r"[a-z][a-z-]{1,10}(?:\.[A-Za-z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ID = rf"(?P<id>{_NEW}|{_OLD})(?:v\d+)?"
_BARE_ID = re.compile(_ID)
_NAMED_ID = re.compile(
    rf"(?:arxiv(?:\.org)?\s*[:.]\s*|arxiv\.org/(?:abs|pdf|html|src|e-print|format|ps)/"
    rf"|alphaxiv\.org/abs/|/papers/|oai:arxiv\.org:){_ID}(?![\w-]|\.\d)",
    re.IGNORECASE,
)
# Crossref's own pattern for DOIs, and the punctuation that belongs to the sentence around one.
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]{1,300}", re.IGNORECASE)
_AFTER_DOI = ".,;:!?'”’)]}"


def keys(paper: Paper) -> tuple[str, ...]:
    """The names the work goes by, strongest first: "arxiv:…", "doi:…", "title:…".

    Two papers are one work if they share their strongest common kind of name: look the first key
    up first, and stop at the first that is known. A title joins two papers only while it cannot
    be contradicted: not where both have an arXiv id, or both a DOI, and these differ ("Part II" and
    a reply often carry nearly the title of their model; the same title twice is another work).
    """
    arxiv_id = arxiv_id_in(paper.arxiv_id) or arxiv_id_in(paper.doi) or arxiv_id_in(paper.url)
    doi = doi_in(paper.doi) or doi_in(paper.url)
    named = [f"arxiv:{arxiv_id}"] if arxiv_id else []
    if doi and not doi.startswith("10.48550/arxiv."):  # arXiv's own DOI says nothing new
        named.append(f"doi:{doi}")
    title = normalised_title(tex.to_unicode(paper.title)) or paper.title.strip().casefold()
    if "$" in paper.title:  # dollars tell titles apart too: only an id can say that they are one
        title = f"$ {title}"
    return (*named, f"title:{title}") if title else tuple(named)


def arxiv_id_in(text: str) -> str:
    """The first arXiv id that a link or an "arXiv:" names, without its version, else "".

    A bare number counts only if the text is nothing else: abstracts are full of "1905.12345".
    """
    found = _BARE_ID.fullmatch(text.strip()) or _NAMED_ID.search(unquote(text))
    return _spelling(found["id"]) if found else ""


def doi_in(text: str) -> str:
    """The first DOI in the text, lower-cased since DOIs ignore case, and no resolver; else ""."""
    found = _DOI.search(unquote(text))
    return _trim(found[0]).lower() if found else ""


def _spelling(arxiv_id: str) -> str:
    """Old ids drop the subject class, as arXiv does: "math.GT/0309136" is "math/0309136"."""
    archive, slash, number = arxiv_id.partition("/")
    return f"{archive.partition('.')[0].lower()}/{number}" if slash else arxiv_id


def _trim(doi: str) -> str:
    while doi and doi[-1] in _AFTER_DOI:
        if doi[-1] == ")" and doi.count("(") >= doi.count(")"):
            break
        doi = doi[:-1]
    return doi
