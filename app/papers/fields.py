"""What stands in one field of a foreign answer: text, number, day or link, or nothing of the kind.

Sources leave fields out, send null, numbers as strings and days without their zeros. So each
function takes whatever was there, and gives the plain value or the empty one; none of them raises.
"""

import re
from datetime import date
from email.utils import parsedate_to_datetime
from functools import lru_cache

from app.papers import identity
from app.papers.paper import fold

# Databases count in 32 bits, and no paper has two billion votes.
_LARGEST = 2_147_483_647
_DAY = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_LONGEST_DAY = 40  # with some blanks before it
_LONGEST_WORD = 80
_LINK = re.compile(r"https?://[^\s<>\"'\\^`{|}\x00-\x1f\x7f\ud800-\udfff]{3,2000}", re.IGNORECASE)


def text(value: object, *others: object) -> str:
    """The first of the values that is a text with something in it, white space folded."""
    if isinstance(value, str):
        if value.isascii():
            found = fold(value if "\0" not in value else _storable(value))
        else:
            line = value.replace("\n", " ").strip()
            is_plain = line.isprintable() and line.rfind("  ") < 0
            found = line if is_plain else fold(_storable(value))
        if found:
            return found
    return text(*others) if others else ""


def word(value: object) -> str:
    """A text of a few that come again and again (a section, a kind), in small letters."""
    if not isinstance(value, str):
        return ""
    return _word(value) if len(value) < _LONGEST_WORD else text(value).lower()


@lru_cache(maxsize=1_000)
def _word(told: str) -> str:
    return text(told).lower()


def doi(value: object) -> str:
    """The first DOI in a text, or ""."""
    if not isinstance(value, str) or value == "NA":
        return ""
    is_plain = value.isascii() and "\0" not in value
    return identity.doi_in(value if is_plain else text(value))


def _storable(text: str) -> str:
    """Without what databases refuse: the sign 0, and half of a pair of surrogates."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, each once."""
    found = map(text, value) if isinstance(value, list | tuple) else ()
    return tuple(dict.fromkeys(filter(None, found)))


def count(value: object) -> int | None:
    """A number of things, none below 0: 37, "37", "1,028"."""
    if isinstance(value, str):
        value = _count(value) if len(value) < _LONGEST_WORD else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST else None


@lru_cache(maxsize=1_000)
def _count(text: str) -> int | None:
    digits = text.strip().replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else None


def day(*values: object) -> date | None:
    """The first day among the values, from its ISO form, in the place where it was written."""
    for value in values:
        # Days come again, moments do not.
        if isinstance(value, str) and (
            found := _day(value[:10] if value[10:11] == "T" else value[:_LONGEST_DAY])
        ):
            return found
    return None


# A list has few days, and says them again and again.
@lru_cache(maxsize=1_000)
def _day(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def mail_day(*values: object) -> date | None:
    """The first day among the values, from the form that mails and RSS have (RFC 5322)."""
    for value in values:
        if isinstance(value, str) and value:
            try:
                return parsedate_to_datetime(value).date()
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
    return None


def link(*values: object) -> str:
    """The first of the values that is an http(s) address, else ""."""
    stripped = (value.strip() for value in values if isinstance(value, str))
    return next((each for each in stripped if _LINK.fullmatch(each)), "")
