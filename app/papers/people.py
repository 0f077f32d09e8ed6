"""Lists of authors as archives print them in one string, as one name each."""

import re
from collections.abc import Iterator

from app.papers.paper import fold

# For folded text, in which no run of blanks is looked through again and again.
_SEPARATOR = re.compile(r" ?[,;] ?(?:and |& )?| and ")
_COMMA = re.compile(r" ?[,;] ?")
_ASIDE = re.compile(r"\([^()]*\)")
_SUFFIX = re.compile(r"(?:[JS]r\.?|I{2,3}|IV|Ph\.?D\.?|M\.?D\.?)", re.IGNORECASE)
_NOBODY = re.compile(r"(?:et al\.?|and others|others|\.\.\.|…)", re.IGNORECASE)
_LONGEST = len("and others")  # of the two
# More names than this are a collaboration's, and their letters would fill the store.
MOST = 3000


def listed(text: str) -> tuple[str, ...]:
    """One name each of "Ada Example (1), Bo Sample, Jr. and Cy Third (Lab, Town)", TeX as it is.

    Affiliations in parentheses are left out; commas inside them, or in TeX's braces, part no names.
    """
    names: list[str] = []
    for part in _parts(fold(_without_asides(text))):
        is_short = len(part) <= _LONGEST
        if is_short and names and _SUFFIX.fullmatch(part):
            names[-1] = f"{names[-1]} {part}"
        elif not (is_short and _NOBODY.fullmatch(part)):
            names.append(part)
    return tuple(names[:MOST])


def inverted(text: str) -> tuple[str, ...]:
    """The names of "Doe, J.; Smith, A. B.", the family name last."""
    names = (" ".join(part.split()) for part in text.split(";"))
    return tuple(_turned(name) for name in names if name and not _NOBODY.fullmatch(name))[:MOST]


def _turned(name: str) -> str:
    family, _, given = name.partition(",")
    given, _, suffix = given.partition(",")
    return " ".join(part.strip() for part in (given, family, suffix) if part.strip()) or name


def _parts(text: str) -> Iterator[str]:
    """The names between commas, "and" and semicolons, none of which stands in braces."""
    parts = _COMMA.split(text) if "ollaboration" in text else _SEPARATOR.split(text)
    for part in _braced(text) if "{" in text else parts:
        name = part.strip(" ,;")
        if name:
            yield name


def _braced(text: str) -> Iterator[str]:
    start = depth = 0
    seen = 0
    for found in _SEPARATOR.finditer(text):
        between = text[seen : found.start()]
        depth += between.count("{") - between.count("}")
        seen = found.start()
        if depth <= 0:
            yield text[start : found.start()]
            start = seen = found.end()
            depth = 0
    yield text[start:]


def _without_asides(text: str) -> str:
    """The text without what is in parentheses, four deep; of one that is not closed only the sign
    goes, lest it takes the names behind it along."""
    for _ in range(4):
        if "(" not in text:
            break
        text = _ASIDE.sub(" ", text)
    return text.replace("(", " ").replace(")", " ")
