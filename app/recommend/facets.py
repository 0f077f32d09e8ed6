"""What a paper is by and in, as keys, and the keys that meet an author or category interest.

A paper meets the interest where the two sets share a key. So that one lookup decides, a paper has
a key for every shorter way to name an author. An author's key is "author:family" alone, or
"author:family/first/middle", where the first name stands in one of three forms: "=yann" written
out, "y." as an initial only, "y" either way; and the middle one as its initial, "-" if there is
none, "*" if it does not matter.
"""

import re
from collections.abc import Iterable

from app.papers.paper import Paper
from app.recommend import names
from app.recommend.interests import Interest, Kind
from app.recommend.names import Name

AUTHOR, CATEGORY = "author:", "category:"
_CLASS = re.compile(r"(?P<archive>[a-z][a-z-]+)\.[a-z-]+")


def of_paper(paper: Paper) -> frozenset[str]:
    """Return the keys of a paper's authors and categories."""
    found: set[str] = set()
    for author in paper.authors:
        name = names.read(author)
        if name is not None:
            found.update(_listed(name))
    for category in paper.categories:
        found.update(_places(category))
    return frozenset(found)


def wanted(interest: Interest) -> frozenset[str]:
    """Return the keys of which one is enough; none for a word or phrase.

    A family name alone is anybody of that name. Where a first name or a middle initial is told on
    both sides they must agree, an initial with every name that begins with it.
    """
    if interest.kind is Kind.CATEGORY:
        return frozenset({CATEGORY + _folded(interest.text)})
    name = names.read(interest.text) if interest.kind is Kind.AUTHOR else None
    return frozenset(_asked(name)) if name else frozenset()


def authors(keys: Iterable[str]) -> set[str]:
    """Return the family names among keys, folded."""
    found = (key.removeprefix(AUTHOR) for key in keys if key.startswith(AUTHOR))
    return {name for name in found if "/" not in name}


def namesakes(keys: Iterable[str], family: str) -> set[str]:
    """Return everybody of a family among keys, as a person would type them: "Ada Lovelace"."""
    start = f"{AUTHOR}{family}/"
    firsts = {key.removeprefix(start).split("/")[0] for key in keys if key.startswith(start)}
    told = {first.removeprefix("=") for first in firsts if len(first) > 1}
    return {f"{first} {family}".title() for first in told}


def categories(keys: Iterable[str]) -> set[str]:
    """Return the categories and archives among keys, folded."""
    return {key.removeprefix(CATEGORY) for key in keys if key.startswith(CATEGORY)}


def category(folded: str) -> str:
    """Write a folded category as arXiv does: "cs.LG", but "physics.optics"."""
    archive, dot, part = folded.partition(".")
    return archive + dot + (part.upper() if len(part) == 2 else part)


def _listed(name: Name) -> set[str]:
    found: set[str] = set()
    for family in name.family:
        found.add(AUTHOR + family)
        if not name.given:
            continue
        first = name.given[0]
        forms = (f"={first}", first[0]) if len(first) > 1 else (f"{first}.", first)
        middles = (name.given[1][0], "*") if name.given[1:] else ("-",)
        found |= {_key(family, form, middle) for form in forms for middle in middles}
        if name.joined:
            found.add(_key(family, f"={name.joined}", "-"))
    return found


def _asked(name: Name) -> set[str]:
    if not name.given:
        return {AUTHOR + name.family[0]}
    first = name.given[0]
    forms = (f"={first}", f"{first[0]}.") if len(first) > 1 else (first,)
    middles = (name.given[1][0] if name.given[1:] else "*", "-")
    firsts = {(form, middle) for form in forms for middle in middles}
    if name.joined:
        firsts |= {(f"={name.joined}", middle) for middle in ("*", "-")}
    return {_key(family, *each) for family in name.family for each in firsts}


def _key(family: str, first: str, middle: str) -> str:
    return f"{AUTHOR}{family}/{first}/{middle}"


def _places(category: str) -> set[str]:
    """A category and the archive it belongs to: "cs.lg" and "cs"."""
    folded = _folded(category)
    found = _CLASS.fullmatch(folded)
    return {CATEGORY + folded} | ({CATEGORY + found["archive"]} if found else set())


def _folded(category: str) -> str:
    return " ".join(category.casefold().split())
