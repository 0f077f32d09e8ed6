"""Reference lists as literature programs write them, BibTeX and RIS: whom each entry means.

Formats: https://www.bibtex.org/Format/ and https://en.wikipedia.org/wiki/RIS_(file_format).
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import rispy
from bibtexparser import entrypoint, model

from app.errors import BadValue
from app.languages import english
from app.papers import identity, tex
from app.papers.paper import Paper, fold

# A long list of references has some hundreds; more would only be counted.
MOST = 2_000
LONGEST = 1_000  # characters of a title; the longest real ones have some 300

# Its complaints quote the file; what could not be read is told to whoever sent it instead.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)

_BIB = re.compile(r"@[^\W\d_]+\s*[{(]")
_RIS = re.compile(r"^TY {0,2}-", re.MULTILINE)
_END = re.compile(r"^ER {0,2}-.*$", re.MULTILINE)
_TAG = re.compile(r"^[A-Z][A-Z0-9] {0,2}-(?= |$)", re.MULTILINE)
_WHERE = ("eprint", "arxivid", "url", "journal", "howpublished", "note", "link", "biburl")
_TITLES = ("title", "primary_title", "translated_title", "short_title")


@dataclass(frozen=True)
class Unread:
    """An entry that could not be used. name: its key, title or first words. reason: a sentence."""

    name: str
    reason: str


@dataclass
class References:
    """What a file holds. entries: with a title, an arXiv id or a DOI each. n_left: beyond MOST."""

    entries: list[Paper] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    n_left: int = 0


def read(content: bytes) -> References:
    """Read a .bib or .ris file, told apart by what it holds; an entry that is broken fails alone.

    Raises BadValue, field "file", where it is neither.
    """
    text = _decode(content).replace("\r\n", "\n").replace("\r", "\n")
    found_bib, found_ris = _BIB.search(text), _RIS.search(text)
    if found_ris and not (found_bib and found_bib.start() < found_ris.start()):
        return _read_ris(text)
    if found_bib:
        return _read_bib(text)
    raise BadValue(
        "file",
        english(
            "There is no reference in this file. Choose one that your literature program wrote as "
            "BibTeX (.bib) or RIS (.ris)."
        ),
    )


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise BadValue(
            "file",
            english(
                "This file is no text. Choose one that was saved as BibTeX (.bib) or RIS (.ris)."
            ),
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _cut(text: str, start: re.Pattern[str]) -> tuple[str, int]:
    """The text up to MOST entries, and how many come after."""
    starts = [found.start() for found in start.finditer(text)]
    return (text[: starts[MOST]], len(starts) - MOST) if len(starts) > MOST else (text, 0)


def _read_bib(text: str) -> References:
    text, n_left = _cut(text, _BIB)
    library = entrypoint.parse_string(text)
    found = References(n_left=n_left)
    for block in library.blocks:
        match block:
            case model.Entry():
                _add(found, block.key, _bib_paper(_fields(block)))
            case model.DuplicateBlockKeyBlock() | model.DuplicateFieldKeyBlock():
                # The same key or field twice: whom the entry means can still be told.
                inner = block.ignore_error_block
                if isinstance(inner, model.Entry):
                    _add(found, inner.key, _bib_paper(_fields(inner)))
            case model.ParsingFailedBlock():
                line = (block.start_line or 0) + 1
                reason = english("It begins in line {n} and is not closed as it should.", n=line)
                found.unread.append(Unread(_first_words(block.raw or ""), reason))
    return found


def _fields(entry: model.Entry) -> dict[str, str]:
    """By lower-case name; of one that stands twice the first."""
    told: dict[str, str] = {}
    for each in entry.fields:
        told.setdefault(each.key.lower(), str(each.value).strip())
    return told


def _bib_paper(told: Mapping[str, str]) -> Paper:
    return _paper(
        title=_without_braces(told.get("title", "")),
        doi=told.get("doi", "") or told.get("url", ""),
        places=[told[name] for name in _WHERE if name in told],
    )


def _without_braces(title: str) -> str:
    """BibTeX's own braces keep capitals; those of a command or a formula are TeX's."""
    parts = re.split(r"(\$[^$]*\$)", title)
    return "".join(
        part if n % 2 else re.sub(r"(?<![\\\w])[{](?!\\)|(?<!\\)[}]", "", tex.to_unicode(part))
        for n, part in enumerate(parts)
    )


def _read_ris(text: str) -> References:
    text, n_left = _cut(text, _RIS)
    found = References(n_left=n_left)
    for raw in _records(text):
        end = _END.search(raw)
        if end is None:
            found.unread.append(
                Unread(_first_words(raw), english("It has no end, a line with “ER  -”."))
            )
            continue
        record = _record(raw[: end.end()])
        _add(found, _first_words(raw), _ris_paper(record))
    return found


def _records(text: str) -> Iterator[str]:
    starts = [found.start() for found in _RIS.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end]


def _record(raw: str) -> Mapping[str, object]:
    # Some programs write one blank before the minus, which rispy would not know.
    spaced = _TAG.sub(lambda tag: f"{tag[0][:2]}  -", raw)
    read = rispy.loads(spaced)
    return read[0] if read else {}


def _ris_paper(record: Mapping[str, object]) -> Paper:
    title = next((record[name] for name in _TITLES if record.get(name)), "")
    said = [each for each in _texts(record) if "arxiv" in each.lower() or "doi" in each.lower()]
    return _paper(title=str(title), doi=" ".join([str(record.get("doi", "")), *said]), places=said)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _paper(title: str, doi: str, places: list[str]) -> Paper:
    found: Callable[[str], str] = identity.arxiv_id_in
    arxiv_id = next((name for name in map(found, [doi, *places]) if name), "")
    return Paper(title=fold(title)[:LONGEST], arxiv_id=arxiv_id, doi=identity.doi_in(doi))


def _add(found: References, name: str, paper: Paper) -> None:
    if identity.keys(paper):
        found.entries.append(paper)
    else:
        found.unread.append(
            Unread(_first_words(name), english("It has no title, arXiv id or DOI."))
        )


def _first_words(raw: str) -> str:
    return fold(raw[:400])[:60]
