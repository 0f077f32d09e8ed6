"""What every answer of arXiv has in common: numbers with versions, categories, withdrawals."""

import re
from collections.abc import Iterable

from app.papers import identity

_VERSION = re.compile(r"v(\d{1,4})/?\s*$")
# How arXiv writes nearly all of its numbers; others are looked for as in any text.
_USUAL = re.compile(
    r"(?:oai:arXiv\.org:|https?://arxiv\.org/abs/)?"
    r"(?P<id>(?:1[5-9]|[2-9]\d)(?:0[1-9]|1[0-2])\.\d{5})(?:v(?P<version>\d{1,4}))?"
)
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?")
_WORK = r"(?:paper|article|submission|manuscript|work|preprint|version|note|entry)"
_WITHDRAWN = re.compile(
    rf"(?:th(?:e|is)|our)\s+(?:(?:arxiv|current|present)\s+)?{_WORK}\s+"
    r"(?:(?:has\s+been|is|was|is\s+being)\s+)(?:temporarily\s+)?withdrawn\b"
    r"(?!\s+from\s+(?!arxiv))",  # "was withdrawn from ICLR" is another matter
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\s*\[?withdrawn\b\]?\s*(?:by|due|because|as|for|pending|[.,;:(]|$)", re.IGNORECASE
)
NO_PAPER = "names no title and arXiv id"


def number(text: str) -> tuple[str, int]:
    """The arXiv id in an address, an OAI name or by itself, and its version; 0 if it has none."""
    usual = _USUAL.fullmatch(text)
    if usual:
        arxiv_id, version = usual.groups()
        return arxiv_id, int(version or 0)
    arxiv_id = identity.arxiv_id_in(text)
    found = _VERSION.search(text) if arxiv_id else None
    return arxiv_id, int(found[1]) if found else 0


def url(arxiv_id: str) -> str:
    """The page of the abstract, to which arXiv asks to link."""
    return f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else ""


def categories(terms: Iterable[str]) -> tuple[str, ...]:
    """arXiv's own among the terms, each once; those of MSC and ACM are left out."""
    told = tuple(terms)
    known = _KNOWN.get(told)
    if known is None:
        known = tuple(dict.fromkeys(term for term in told if _CATEGORY.fullmatch(term)))
        if sum(map(len, told)) < _USUAL_TERMS and len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[told] = known
    return known


# Many papers stand in the same few. Of a hostile one the terms are not to be remembered.
_KNOWN: dict[tuple[str, ...], tuple[str, ...]] = {}
_USUAL_TERMS, _MOST_KNOWN = 200, 5_000


def is_withdrawn(abstract: str, comment: str = "") -> bool:
    """Whether its authors, or arXiv, took the paper back.

    There is no field for it: the abstract is replaced by a sentence, or a comment says so.
    """
    if abstract.find("ithdrawn", 0, 200) < 0 and "ithdrawn" not in comment:
        return False
    return bool(
        _WITHDRAWN.match(abstract)
        or _NOTE.match(abstract)
        or _WITHDRAWN.search(comment[:1000])
        or _NOTE.match(comment)
    )
