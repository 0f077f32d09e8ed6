"""Lists of authors as archives print them in one string, as one name each."""

import re
from collections.abc import Iterable, Iterator
from itertools import product

from app.papers.paper import fold

# For folded text, in which no run of blanks is looked through again and again.
_SEPARATOR = re.compile(r" ?[,;] ?(?:and |& )?| and ")
_COMMA = re.compile(r" ?[,;] ?")
_ASIDE = re.compile(r"\([^()]*\)")
_SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"}
_SUFFIXES |= {"phd", "ph.d", "phd.", "ph.d.", "md", "m.d", "md.", "m.d."}
_NOBODY = {"et al", "et al.", "and others", "others", "...", "…"}
# In capitals, small letters and all mixtures, so that no list is put in small letters to be looked
# through.
_NO_NAMES = {
    "".join(spelling)
    for word in _SUFFIXES | _NOBODY | {""}
    for spelling in product(*zip(word, word.upper(), strict=True))
}
_BRACES = re.compile(r"(?:[^{}]|\{[^{},]*\})*+")  # in which no name ends
_LONGEST = len("and others")  # of the two
# More names than this are a collaboration's, and their letters would fill the store.
MOST = 3000


def listed(text: str) -> tuple[str, ...]:
    """One name each of "Ada Example (1), Bo Sample, Jr. and Cy Third (Lab, Town)", TeX as it is.

    Affiliations in parentheses are left out; commas inside them, or in TeX's braces, part no names.
    """
    return _neatly_listed(text) or _listed(text)


def _neatly_listed(text: str) -> tuple[str, ...]:
    """The names of a list without anything else in it, as nearly all are; of any other none."""
    names = text.split(", ")
    if (
        text.count(",") != len(names) - 1
        or not _is_neat(text)
        or "(" in text
        or ")" in text
        or ";" in text
        or "&" in text
        or "and " in text
        or "ollaboration" in text
        or ("{" in text and not _BRACES.fullmatch(text))
        or not _NO_NAMES.isdisjoint(names)
    ):
        return ()
    return tuple(names[:MOST])


def _is_neat(text: str) -> bool:
    """Whether all of its white space is a space between two words, and no name is empty."""
    return (
        text.isprintable()
        and "  " not in text
        and " ," not in text
        and text.strip(" ,;") == text != ""
    )


def _listed(text: str) -> tuple[str, ...]:
    names: list[str] = []
    for part in _parts(fold(_without_asides(text) if "(" in text or ")" in text else text)):
        short = part.lower() if len(part) <= _LONGEST else ""
        if short in _SUFFIXES and names:
            names[-1] = f"{names[-1]} {part}"
        elif short not in _NOBODY:
            names.append(part)
    return tuple(names[:MOST])


def inverted(text: str) -> tuple[str, ...]:
    """The names of "Doe, J.; Smith, A. B.", the family name last."""
    return neatly_inverted(text) or _inverted(text)


def neatly_inverted(text: str) -> tuple[str, ...]:
    """The names where each has two parts, as nearly all have; else none."""
    parts = text.split("; ")
    if not text.count(";") + 1 == len(parts) == text.count(",") <= MOST:
        return ()
    names: list[str] = []
    for part in parts:
        family, comma, given = part.partition(", ")
        if not comma:  # so that another has two
            return ()
        names.append(f"{given} {family}")
    return tuple(names) if " ;" not in text and _is_neat(text) else ()


def _inverted(text: str) -> tuple[str, ...]:
    names: list[str] = []
    for part in fold(text).split(";"):
        family, comma, given = part.partition(",")
        if comma:
            names.append(_turned(family.strip(), given.strip()) or part.strip())
        elif (name := part.strip()) and name.lower() not in _NOBODY:
            names.append(name)
    return tuple(names[:MOST])


def _turned(family: str, given: str) -> str:
    if "," not in given and family and given:
        return f"{given} {family}"
    given, _, suffix = given.partition(",")
    return " ".join(part for part in (given.strip(), family, suffix.strip()) if part)


def _parts(text: str) -> list[str]:
    """The names between commas, "and" and semicolons, none of which stands in braces."""
    found: Iterable[str]
    if "{" in text:
        found = _braced(text)
    elif "ollaboration" in text:
        found = _COMMA.split(text)
    elif "and " in text or ";" in text or "&" in text:
        found = _SEPARATOR.split(text)
    else:
        found = text.split(",")
    return [name for part in found if (name := part.strip(" ,;"))]


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
        text = _ASIDE.sub(" ", text)
        if "(" not in text and ")" not in text:
            return text
    return text.replace("(", " ").replace(")", " ")
