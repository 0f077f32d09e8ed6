"""What publishers print around an abstract in their feeds, or in its place.

Where and when it was published, its DOI, who wrote it: none of it is what the paper says, and some
of it stands nowhere else in the feed. As big publishers write it; what is not known stays.
"""

import re
from typing import NamedTuple

from app.papers import people

_NAME = r"[\w][\w &:,.'()–-]{1,80}?"
_BEFORE = re.compile(
    rf"(?:{_NAME}, Published online: \d{{1,2}} \w+ \d{{4}}; doi:\s?10\.\S+"
    rf"|{_NAME}, Volume \d+, Issue \d+,(?: Pages? [\w–-]+,)?(?: \w+)? \d{{4}}\."
    rf"|{_NAME} DOI: 10\.\S+"
    r"|(?:abstract|summary|significance)(?:\s*[:.—–-]\s*|\s+)(?=(?-i:[A-Z“\"])))\s*",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"Publication date: .{1,40}? Source: .{1,200}? Author\(s\): (?P<names>.{1,4000})"
)
_AFTER = re.compile(r"\s*\[[A-Z][\w. ]{2,60} \d+, [\w. –-]{1,20}\] Published .{6,30}$")


class Taken(NamedTuple):
    """The abstract alone, and the authors whom only the imprint names."""

    abstract: str
    authors: tuple[str, ...] = ()


def take(text: str) -> Taken:
    """Take the imprint off a summary that is plain text, white space folded."""
    listed = _SOURCE.fullmatch(text)
    if listed:
        return Taken("", people.listed(listed["names"]))
    for _ in range(3):  # a place, a label, and perhaps another
        before = _BEFORE.match(text)
        if not before:
            break
        text = text[before.end() :]
    after = _AFTER.search(text, max(0, len(text) - 200))
    return Taken(text[: after.start()] if after else text)
