"""A mail that brings papers: arXiv's daily mailing, a forwarded letter, or a page pasted into one.

RFC 5322 and MIME by the standard library, in its older policy: it never fails on a broken header.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from email import message_from_bytes, utils
from email.message import Message
from itertools import islice

from app.errors import UnreadableDigest
from app.papers import arxiv_mail, fields, lines, linked, saved_page
from app.papers.paper import Digest

# Alternatives, attachments, forwarded mails: a letter has a few parts, a bomb has thousands.
_MOST_PARTS = 100
# Anybody may send a mail, and a page's lines take up to a millisecond each to tell apart.
_MOST_LINES = 5_000
_QUOTE = re.compile(r"^(?:> ?)+", re.MULTILINE)
_CHARSET = re.compile(
    r"(?:us-)?ascii|utf-?8|iso-8859-(?:1?[1-9]|1[0-6])|windows-125\d|koi8-[ru]|gb2312|gbk|gb18030"
    r"|big5|shift_jis|euc-jp|euc-kr",
    re.IGNORECASE,
)


def read(raw: bytes, read_on: date) -> Digest:
    """Read the papers of one mail. Its date is the day that its header says, in the sender's zone.

    Raises UnreadableDigest if there are none.
    """
    mail = message_from_bytes(raw)
    day = fields.mail_day(str(mail.get("Date", "")))
    texts = list(_texts(mail))
    plain = [_QUOTE.sub("", text) for kind, text in texts if kind == "text/plain"]
    listings = [arxiv_mail.read(text) for text in plain if arxiv_mail.is_one(text)]
    if listings:
        return replace(_joined(listings), date=day)
    found = [page for text in plain for page in _page(text, day or read_on)]
    found += map(linked.in_text, plain)
    found += [linked.in_html(text) for kind, text in texts if kind == "text/html"]
    best = max(found, key=_worth, default=None)
    if best is None or not best.entries:
        raise UnreadableDigest(
            "This mail names no papers: it is no daily mailing of arXiv, and links to no papers by "
            "their titles."
        )
    return replace(best, date=best.date or day)


def _texts(mail: Message) -> Iterator[tuple[str, str]]:
    """The parts that a person would read, of the forwarded mails in it, too."""
    for part in islice(_parts(mail), _MOST_PARTS):
        kind = part.get_content_type()
        body = part.get_payload(decode=True) if kind in {"text/plain", "text/html"} else None
        if isinstance(body, bytes):
            yield kind, _decoded(body, _told(part, "charset"))


def _parts(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        yield part
        # So some programs attach what they forward, and the standard library looks into none.
        if part.get_content_type() == "application/octet-stream":
            name = _told(part, "filename", "content-disposition")
            body = part.get_payload(decode=True)
            if name.lower().endswith(".eml") and isinstance(body, bytes):
                yield from message_from_bytes(body).walk()


def _told(part: Message, name: str, header: str = "content-type") -> str:
    """What a header says by the name; "" where it says nothing, or what cannot be made sense of."""
    try:
        return utils.collapse_rfc2231_value(part.get_param(name, "", header))
    except (TypeError, ValueError, LookupError):  # of pieces numbered twice, among others
        return ""


def _decoded(body: bytes, charset: str) -> str:
    body = body.replace(b"\0", b"")  # as no database takes it
    try:
        return body.decode(charset if _CHARSET.fullmatch(charset) else "utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _page(text: str, read_on: date) -> Iterator[Digest]:
    """The Daily Papers page that was pasted into a mail, from the first line that only it has."""
    rows = text.splitlines()
    start = next((n for n, row in enumerate(rows) if row.strip() in lines.UNMISTAKABLE), None)
    if start is not None and len(rows) - start <= _MOST_LINES:
        try:
            found = saved_page.read("\n".join(rows[start:]), read_on)
        except UnreadableDigest:  # it talks of the page; its links are read all the same
            return
        moved = [replace(line, number=line.number + start) for line in found.unread]
        yield replace(found, unread=tuple(moved))


def _worth(found: Digest) -> tuple[int, int]:
    """How much is known: papers first, abstracts second."""
    return len(found.entries), sum(bool(entry.paper.abstract) for entry in found.entries)


def _joined(listings: Sequence[Digest]) -> Digest:
    """A mailing that came in several parts, as one."""
    entries = [entry for listing in listings for entry in listing.entries]
    return Digest(
        listings[0].layout,
        tuple(entry._replace(position=n) for n, entry in enumerate(entries, start=1)),
        tuple(line for listing in listings for line in listing.unread),
        n_left_out=sum(listing.n_left_out for listing in listings),
        changed=tuple(paper for listing in listings for paper in listing.changed),
    )
