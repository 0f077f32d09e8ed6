"""What stands in one field of a foreign answer: text, number, day or link, or nothing of the kind.

Sources leave fields out, send null, numbers as strings and days without their zeros. So each
function takes whatever was there, and gives the plain value or the empty one; none of them raises.
"""

import re
from collections.abc import Iterable
from datetime import date
from email.utils import parsedate_to_datetime

from app.papers.paper import fold

# Databases count in 32 bits, and no paper has two billion votes.
_LARGEST = 2_147_483_647
_DAY = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_LINK = re.compile(r"https?://[^\s<>\"'\\^`{|}\x00-\x1f\x7f]{3,2000}", re.IGNORECASE)


def text(*values: object) -> str:
    """The first of the values that is a text with something in it, white space folded."""
    return next((found for found in map(_folded, values) if found), "")


def _folded(value: object) -> str:
    if not isinstance(value, str):
        return ""
    if "\0" in value:
        value = value.replace("\0", "")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, which JSON may escape alone
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return fold(value)


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, each once."""
    found = map(_folded, value) if isinstance(value, list | tuple) else ()
    return tuple(dict.fromkeys(filter(None, found)))


def count(value: object) -> int | None:
    """A number of things, none below 0: 37, "37", "1,028"."""
    if isinstance(value, str):
        digits = value.strip().replace(",", "")
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST else None


def day(*values: object) -> date | None:
    """The first day among the values, from its ISO form, in the place where it was written."""
    return _first(map(_iso_day, values))


def mail_day(*values: object) -> date | None:
    """The first day among the values, from the form that mails and RSS have (RFC 5322)."""
    return _first(map(_rfc_day, values))


def _first(found: Iterable[date | None]) -> date | None:
    return next((each for each in found if each is not None), None)


def _iso_day(value: object) -> date | None:
    found = _DAY.match(value) if isinstance(value, str) else None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _rfc_day(value: object) -> date | None:
    try:
        return parsedate_to_datetime(value).date() if isinstance(value, str) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def link(*values: object) -> str:
    """The first of the values that is an http(s) address, else ""."""
    stripped = (value.strip() for value in values if isinstance(value, str))
    return next((each for each in stripped if _LINK.fullmatch(each)), "")
