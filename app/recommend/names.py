"""People's names: which part is the family's, whatever the order, accents and initials.

Names in an order of their own ("Иванов Иван Иванович", "LI Wei") cannot be told from the usual
one, and are read with the last part as the family's.
"""

import re
import unicodedata
from dataclasses import dataclass

from app.papers import tex

# What comes before a family name and belongs to it, unless the name begins with it.
_BEFORE = """
    abu af al am an auf aus ben bin bint da dal das de degli dei del della den der des di do dos
    du el ibn in la las le les lo los op st te ten ter und van vander vom von zu zum zur
"""
_PARTICLES = frozenset(_BEFORE.split())
# Those that stay so with a capital ("An" and "Do" are given names too), and that nobody has for
# a given name: "De Silva" is a family, and "Van Nguyen" is not.
_CAPITALS = _PARTICLES - {"am", "an", "do", "in", "lo", "op", "te", "und", "zu"}
_NEVER_GIVEN = frozenset({"de", "del", "della", "dos", "st", "ter", "vom", "von", "zum", "zur"})
_TITLES = frozenset({"dr", "prof", "professor"})
_GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv", "junior", "senior", "phd"})
# What NFKD does not take apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_ASIDE = re.compile(r"\([^()]*\)|\bet al\b\.?")
_APOSTROPHES = re.compile("['’‘`´ʼʻ]")
_HOOFT = re.compile(r"(?<!\w)['’‘`´ʼʻ]t\s+")  # "'t Hooft" is one family name
_DASHES = re.compile("[-\u2010-\u2015\u2212]")
# Chinese, Japanese and Korean signs: the family name comes first, often with nothing between.
_SIGNS = re.compile("[\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+")


@dataclass(frozen=True)
class Name:
    """A name folded: small letters without accents, parts of one name joined.

    family: every text that is its family name, the fullest first: "vandenberg", "berg".
    given: its given names in their order, or their initials. joined: the hyphenated or parted
    given name in one, "xiaoming", else "".
    """

    family: tuple[str, ...]
    given: tuple[str, ...] = ()
    joined: str = ""


def read(text: str) -> Name | None:
    """Read a name as a list of authors or a person prints it; None if no letter is in it."""
    plain = tex.to_unicode(text) if "\\" in text else text
    parts = [_units(part) for part in _ASIDE.sub(" ", plain).split(",")]
    parts = [part for part in parts if part]
    if not parts:
        return None
    if len(parts) > 1:  # "Berg, A. van den"
        given = parts[1]
        n_given = _n_given([*given, ""])
        return _name([*given[n_given:], *parts[0]], given[:n_given])
    units = parts[0]
    signs = "".join(units)
    if _SIGNS.fullmatch(signs):
        return Name((signs,) if len(signs) == 1 else (signs, signs[: 1 + (len(signs) > 3)]))
    n_given = _n_given(units)
    if n_given < 0:  # "Berg A": the initials stand last
        return _name(units[:n_given], units[n_given:])
    return _name(units[n_given:], units[:n_given])


def _units(part: str) -> list[str]:
    """Part a name at blanks and dots, and take off titles and suffixes."""
    kept = _HOOFT.sub("t-", _DASHES.sub("-", unicodedata.normalize("NFKC", part)))
    kept = _APOSTROPHES.sub("", kept)
    kept = "".join(sign if _is_kept(sign) else " " for sign in kept).replace(".", " ")
    units = [unit.strip("-") for unit in kept.split() if _fold(unit)]
    if len(units) > 1 and _fold(units[0]) in _TITLES:
        units = units[1:]
    if len(units) > 1 and _fold(units[-1]) == "md":
        units = units[:-1]
    units = [unit for unit in units if _fold(unit) not in _GENERATIONS]
    mixed = kept.upper() != kept
    # "JP Serre" beside small letters: its capitals are initials.
    crowded = [mixed and unit.isupper() and len(unit) < 4 and unit.isalpha() for unit in units]
    return [
        "-".join(unit) if crowded[place] and place < len(units) - 1 else unit
        for place, unit in enumerate(units)
    ]


def _is_kept(sign: str) -> bool:
    return sign in "-." or unicodedata.category(sign)[0] in "LM"


def _n_given(units: list[str]) -> int:
    """How many units from the start are given names; negative: so many from the end."""
    n_last = 0
    while n_last < len(units) - 1 and _is_initial(units[-1 - n_last]):
        n_last += 1
    if n_last and not _is_initial(units[0]):
        return -n_last
    n_given = len(units) - 1
    while n_given > 1 and _is_particle(units[n_given - 1]):
        n_given -= 1
    starts = n_given == 1 and (units[0] in _PARTICLES or _fold(units[0]) in _NEVER_GIVEN)
    return 0 if starts or (n_given == 1 < len(units) - 1 and _is_particle(units[0])) else n_given


def _is_initial(unit: str) -> bool:
    return all(len(part) == 1 for part in unit.split("-"))


def _is_particle(unit: str) -> bool:
    return unit in _PARTICLES or _fold(unit) in _CAPITALS


def _name(family: list[str], given: list[str]) -> Name:
    folded = [_fold(unit) for unit in family]
    start = 0
    while start < len(folded) - 1 and _is_particle(family[start]):
        start += 1
    families = dict.fromkeys(("".join(folded), "".join(folded[start:])))
    parts = [part for unit in given for part in map(_fold, unit.split("-")) if part]
    joined = "".join(parts) if parts[1:] and min(map(len, parts)) > 1 else ""
    return Name(tuple(families), tuple(parts), joined)


def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    # Of the marks only accents go: an Indic vowel sign is a letter of the name.
    bare = re.sub("[\u0300-\u036f]", "", parts).replace("-", "")
    return unicodedata.normalize("NFC", bare)
