"""Papers as BibTeX, in UTF-8, for a reference manager or for LaTeX itself.

Source: Patashnik, BibTeXing (1988), and the fields that arXiv recommends for its papers.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from app.papers import tex
from app.papers.paper import Paper

# What TeX would read as a command. BibTeX counts braces, those after a backslash too.
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
# In an address all others mean themselves.
_IN_URL = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Words that begin too many titles to tell one from another.
_COMMON = {"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "the", "to", "with"}
_UNNAMED = "paper"


def write(papers: Sequence[Paper]) -> str:
    """One entry a paper, in their order; "" for none. No two keys are equal."""
    keys = _unique(map(_key, papers))
    return "\n".join(_entry(key, paper) for key, paper in zip(keys, papers, strict=True))


def _entry(key: str, paper: Paper) -> str:
    fields = ",\n".join(f"  {name} = {text}" for name, text in _fields(paper))
    return f"@misc{{{key},\n{fields}\n}}\n"


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    # In two pairs of braces a title keeps its capitals.
    yield "title", f"{{{{{_text(paper.title)}}}}}"
    if authors := [_author(author) for author in paper.authors if _plain(author)]:
        yield "author", f"{{{' and '.join(authors)}}}"
    if paper.published:
        yield "year", f"{{{paper.published.year}}}"
        yield "month", _MONTHS[paper.published.month - 1]
    if paper.arxiv_id:
        yield "eprint", f"{{{_text(paper.arxiv_id)}}}"
        yield "archiveprefix", "{arXiv}"
        if paper.categories:
            yield "primaryclass", f"{{{_text(paper.categories[0])}}}"
    if paper.doi:
        yield "doi", f"{{{_text(paper.doi)}}}"
    if paper.url:
        yield "url", f"{{{_plain(paper.url).translate(_IN_URL)}}}"


def _author(name: str) -> str:
    """One name; in braces where a part of it would be taken for something else."""
    text = _text(name)
    is_odd = re.search(r"(?i)(^|\s)and(\s|$)|,.*,|^others$", text)
    return f"{{{text}}}" if is_odd else text


def _text(text: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in _plain(tex.to_unicode(text)))


def _plain(text: str) -> str:
    """On one line, without signs that cannot be seen or stored."""
    spaced = (" " if sign.isspace() else sign for sign in text)
    shown = (sign for sign in spaced if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"})
    return " ".join("".join(shown).split())


def _key(paper: Paper) -> str:
    """Like "lovelace2026sketch": family name, year, first word of the title that says something."""
    first = next(iter(paper.authors), "")
    family = first.partition(",")[0] if "," in first else first.rpartition(" ")[2]
    words = map(_ascii, re.split(r"[\s-]+", tex.to_unicode(paper.title)))
    telling = next((word for word in words if word and word not in _COMMON), "")
    year = str(paper.published.year) if paper.published else ""
    return f"{_ascii(family)}{year}{telling}"[:60] or _UNNAMED


def _ascii(text: str) -> str:
    return re.sub("[^a-z0-9]", "", unicodedata.normalize("NFKD", text).casefold())


def _unique(keys: Iterable[str]) -> list[str]:
    used: dict[str, None] = {}
    for key in keys:
        named = (key if n == 1 else f"{key}-{n}" for n in count(1))
        used[next(name for name in named if name not in used)] = None
    return list(used)
