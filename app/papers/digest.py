"""Which format is this in? Ask that format's reader for the digest."""

import codecs
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from app.errors import EmptyAnswer, UnreadableDigest
from app.papers import (
    arxiv_mail,
    hf_json,
    hf_page,
    json_list,
    mail_file,
    saved_page,
    xml_list,
)
from app.papers.paper import Digest, UnreadLine


def _read_plain(text: str, read_on: date) -> Digest:
    """A mailing of arXiv that was saved from a mail, or else the text of a page."""
    return arxiv_mail.read(text) if arxiv_mail.is_one(text) else saved_page.read(text, read_on)


# By how the text begins, the first that fits; what fits none is plain text.
_BEGINNINGS = {
    "a PDF file": re.compile(r"%PDF-"),
    "an HTML page": re.compile(r"(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|div)\b", re.I),
    "XML": re.compile(r"<(?:\?xml|rss|feed|rdf:RDF|RDF|OAI-PMH)\b"),
    "JSON": re.compile(r"\{\s*(?:\"|\}\s*$)|\[\s*(?:[{\[\"\d]|\]\s*$)"),
    "a mail message": re.compile(
        r"(?:From [^\n]+\n)?(?:(?:[A-Za-z][\w-]*:[^\n]*|[ \t][^\n]+)\n){0,80}"
        r"(?:Received|Message-ID|MIME-Version|Return-Path|Subject): ",
        re.IGNORECASE,
    ),
    "a BibTeX file": re.compile(r"@\w+\s*\{"),
    "a script": re.compile(r"#!"),
}
# Far more characters than any archive's form takes.
LONGEST_TITLE, LONGEST_ABSTRACT = 2_000, 50_000
MONSTROUS = "is longer than any paper's title or abstract"
_PLAIN, _MAIL = "plain text", "a mail message"
_READERS: dict[str, Callable[[str, date], Digest]] = {
    _PLAIN: _read_plain,
    "an HTML page": hf_page.read,
    "XML": xml_list.read,
    "JSON": json_list.read,
}
# Lists that stand in the order of their votes, which change while the list stays the same.
_BY_VOTES = {hf_json.LAYOUT, hf_page.LAYOUT}
# Those that XML is really written in; others that Python knows can be made to run for long.
_ENCODING = re.compile(
    rb"""\s*<\?xml[^>]{0,100}?\bencoding\s*=\s*["'](iso-8859-(?:1?[1-9]|1[0-6])|windows-125\d"""
    rb"""|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-jp|euc-kr)["']""",
    re.IGNORECASE,
)
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read(raw: bytes | str, read_on: date) -> Digest:
    """Read one digest, whatever its format.

    read_on: a day printed without its year is the last such day that is not after it.
    Raises UnreadableDigest, with a sentence that says what was found, if it is no list of papers;
    EmptyAnswer where there is nothing; SourceError for what a source says of its own trouble.
    """
    if isinstance(raw, bytes) and (well_formed := xml_list.read_bytes(raw)) is not None:
        return _sane(well_formed)
    text = decode(raw)
    if not text or text.isspace():
        raise EmptyAnswer("The file is empty.")
    start = text[:20_000].lstrip().replace("\r\n", "\n")
    name = next((name for name, begin in _BEGINNINGS.items() if begin.match(start)), _PLAIN)
    if name == _MAIL:  # each of its parts has an encoding of its own
        raw = raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace")
        return _sane(mail_file.read(raw, read_on))
    if name not in _READERS:
        raise UnreadableDigest(f"This looks like {name}, which is not a format that we read.")
    return _sane(_READERS[name](text, read_on))


def _sane(found: Digest) -> Digest:
    """The digest without what no paper can be, which would fill store and letters."""
    odd = {
        entry.position
        for entry in found.entries
        if len(entry.paper.title) > LONGEST_TITLE or len(entry.paper.abstract) > LONGEST_ABSTRACT
    }
    if not odd:
        return found
    kept = [entry for entry in found.entries if entry.position not in odd]
    told = [
        UnreadLine(entry.position, entry.paper.title[:200], MONSTROUS)
        for entry in found.entries
        if entry.position in odd
    ]
    entries = (entry._replace(position=n) for n, entry in enumerate(kept, start=1))
    return replace(found, entries=tuple(entries), unread=(*found.unread, *told))


def decode(raw: bytes | str) -> str:
    """Bytes → text: UTF-8, what XML says it is, else Windows-1252 as old editors save it; no BOM.

    Raises UnreadableDigest if it is no text at all.
    """
    text = (_decoded(raw) if isinstance(raw, bytes) else raw).removeprefix("\ufeff")
    # A lone control character slips into an abstract now and then; binary files are full of them.
    if "\0" in text or len(_BINARY.findall(text[:20_000])) > len(text[:20_000]) / 100:
        raise UnreadableDigest("This is a binary file, not the text of a digest.")
    return text


def _decoded(raw: bytes) -> str:
    """UTF-8 wherever the bytes can be: more files name a wrong encoding than look like another."""
    declared = _ENCODING.match(raw)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(declared[1].decode() if declared else "cp1252", "replace")


def by_day(digest: Digest) -> tuple[Digest, ...]:
    """Hugging Face's list of a week or month as one of each day, oldest first; any other as it is.

    So it is known again from the lists of its days. What cannot be told apart by days (unread
    lines, papers left out) stays with the last one.
    """
    days = sorted({entry.day for entry in digest.entries if entry.day})
    is_whole = digest.layout not in _BY_VOTES or digest.date is not None or len(days) < 2
    if is_whole or not all(entry.day for entry in digest.entries):
        return (digest,)
    parts = [_of_day(digest, day) for day in days]
    parts[-1] = replace(digest, entries=parts[-1].entries, date=days[-1])
    return tuple(parts)


def _of_day(digest: Digest, day: date) -> Digest:
    of_day = (entry for entry in digest.entries if entry.day == day)
    numbered = (entry._replace(position=n) for n, entry in enumerate(of_day, start=1))
    return Digest(digest.layout, tuple(numbered), date=day)


def fingerprint(digest: Digest) -> str:
    """SHA-256 (hex) of the titles and abstracts in their order, unless that is the votes' order.

    Not of votes, dates or layout: the same list is known again whichever way it was saved. Where
    nothing was announced, the day tells one such list from another.
    """
    papers = [(entry.paper.title, entry.paper.abstract) for entry in digest.entries]
    if digest.layout in _BY_VOTES:
        papers.sort()
    parts = [part for paper in papers for part in paper] or [digest.layout, str(digest.date)]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
