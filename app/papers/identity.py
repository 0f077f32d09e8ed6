"""The names under which a paper is known across sources and versions."""

import hashlib
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
_VERSIONED = re.compile(
    r"(10\.(?:1101|64898|20944|21203|26434|31219|31234|31235|36227)/\S+?)[._/-]?v\d{1,3}"
)
# How most sources write one that stands by itself; others are looked for as in any text.
_USUAL_DOI = re.compile(r"10\.\d{4,9}/[a-z0-9][a-z0-9./_-]{0,200}[a-z0-9]")
_AFTER_DOI = ".,;:!?'”’)]}"
# Above many works: such a title names one only together with where it stands.
_COMMON = re.compile(
    r"(?:guest )?editorials?(?: board)?|preface|foreword|introduction|(?:authors? )?reply|response"
    r"|comment(?:s|ary)?|err?atum|errata|corrigend(?:um|a)|corrections?|retractions?|addendum|news"
    r"|announcements?|obituary|in memoriam|(?:book )?reviews?|letters?(?: to the editors?)?"
    r"|abstracts?|conclusions?|summary|discussion|untitled|(?:table of )?contents"
    r"|(?:front|back) matter|(?:author |subject )?index|issue information|in this issue"
    r"|from the editors?|acknowledge?ments?|perspectives?|news in brief|research highlights?|poster"
)


def keys(paper: Paper) -> tuple[str, ...]:
    """The names the work goes by, strongest first: "arxiv:…", "doi:…", "title:…".

    A preprint goes by the DOI of what a journal made of it, too. Two papers that share a name are
    one work unless `sameness` knows better.
    """
    arxiv_id = arxiv_id_of(paper)
    named = [f"arxiv:{arxiv_id}"] if arxiv_id else []
    named += [f"doi:{doi}" for doi in _dois(paper)]
    title = _title(paper, has_others=bool(named))
    return (*named, f"title:{title}") if title else tuple(named)


def own_key(paper: Paper) -> str:
    """A name for a paper all of whose names are those of other works: of just this mention."""
    facts = paper.arxiv_id, paper.doi, paper.title, paper.url, paper.published, *paper.authors
    whole = "\x1f".join(map(str, facts)).encode("utf-8", "replace")
    return f"mention:{hashlib.sha256(whole).hexdigest()[:32]}"


def arxiv_id_of(paper: Paper) -> str:
    """Its arXiv id, wherever it is told, else ""."""
    return arxiv_id_in(paper.arxiv_id) or arxiv_id_in(paper.doi) or arxiv_id_in(paper.url)


def dois_of(paper: Paper) -> set[str]:
    """Its own DOIs, the journal's among them, each in one spelling whatever the version."""
    return set(_dois(paper))


def _dois(paper: Paper) -> list[str]:
    own = doi_in(paper.doi) or doi_in(paper.url)
    both = dict.fromkeys(_unversioned(doi) for doi in (own, doi_in(paper.published_doi)) if doi)
    return [doi for doi in both if not doi.startswith("10.48550/arxiv.")]  # says nothing new


def _unversioned(doi: str) -> str:
    """Some archives of preprints give every version a DOI."""
    found = _VERSIONED.fullmatch(doi)
    return found[1] if found else doi


def _title(paper: Paper, *, has_others: bool) -> str:
    title = normalised_title(tex.to_unicode(paper.title)) or paper.title.strip().casefold()
    if _COMMON.fullmatch(title):
        if has_others:
            return ""
        where = paper.url or " ".join((*paper.authors, paper.abstract))
        title += f" / {hashlib.sha256(where.encode('utf-8', 'replace')).hexdigest()[:16]}"
    # Dollars tell titles apart too: only an id can say that such are one.
    return f"$ {title}" if "$" in paper.title else title


def arxiv_id_in(text: str) -> str:
    """The first arXiv id that a link or an "arXiv:" names, without its version, else "".

    A bare number counts only if the text is nothing else: abstracts are full of "1905.12345".
    """
    found = _BARE_ID.fullmatch(text.strip()) or _NAMED_ID.search(unquote(text))
    return _spelling(found["id"]) if found else ""


def doi_in(text: str) -> str:
    """The first DOI in the text, lower-cased since DOIs ignore case, and no resolver; else ""."""
    if "10." not in text and "%" not in text:
        return ""
    if _USUAL_DOI.fullmatch(text):
        return text
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
