"""Text and URLs written by others, made fit to be laid out: one line, and nothing hidden in it."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

import idna

from app.errors import BadValue
from app.mail import links

# Control, format (bidi, zero width, soft hyphen, tags) and surrogate characters (UAX #44 table 12).
HIDDEN = {"Cc", "Cf", "Cs"}
# RFC 3986 §2.2, and % so that what is escaped already stays as it is.
RESERVED = "%:/?#[]@!$&'()*+,;=~"
MAX_URL = 2000
# A URL that is fit as it is, as all of ours are.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9/._~#-]*)?")


def tame(text: str) -> str:
    """Fold white space (line ends of every kind too), drop what cannot be seen, compose to NFC.

    The result holds no character that may end a header or turn the direction of text, and tamed
    twice it stays the same.
    """
    shown = text if text.isprintable() else "".join(filter(_is_shown, text))
    composed = shown if shown.isascii() else unicodedata.normalize("NFC", shown)
    # Of what is printable, only the plain blank is white space.
    is_folded = composed.isprintable() and "  " not in composed and composed == composed.strip(" ")
    return composed if is_folded else " ".join(composed.split())


def _is_shown(character: str) -> bool:
    if character.isspace():
        return True
    point = ord(character)
    is_noncharacter = 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE
    return not is_noncharacter and unicodedata.category(character) not in HIDDEN


def href(url: str) -> str:
    """Return an http(s) URL in ASCII without blanks, fit for an href and for a line of text.

    "" for anything else, and for a URL with a name before an @: who reads it is meant to take the
    name for the host.
    """
    if len(url) <= MAX_URL and _PLAIN.fullmatch(url):
        return url
    tamed = links.only_web(tame(url))
    if not tamed or len(tamed) > MAX_URL:
        return ""
    parts = urlsplit(tamed)
    try:
        netloc = parts.netloc if parts.netloc.isascii() else ascii_domain(parts.netloc)
    except BadValue:
        return ""
    return "" if "@" in netloc else quote(parts._replace(netloc=netloc).geturl(), safe=RESERVED)


def host(url: str) -> str:
    """Where a URL leads, as a reader is shown it: "arxiv.org"."""
    return (urlsplit(href(url)).hostname or "").removeprefix("www.")


def ascii_domain(domain: str) -> str:
    """Turn an internationalised domain into its A-labels (RFC 5891, UTS 46). Raises BadValue."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as e:
        raise BadValue("domain", f"“{domain}” is no domain name: {e}.") from e
