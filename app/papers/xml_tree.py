"""XML as a tree of elements, for the readers of feeds and of archives' answers.

Nothing is fetched, and no entity expands: a document that declares entities is refused. One that is
not well-formed is mended once where feeds are known to be broken.
"""

import html
import re
from collections.abc import Iterator, Mapping
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, fromstring

from app.errors import UnreadableDigest
from app.papers.paper import fold

_PROLOG = re.compile(r"\s*+(?:<\?.*?\?>\s*+|<!--.*?-->\s*+)*+", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[\]]*+>", re.IGNORECASE)
# What XML 1.0 forbids even when it is escaped, and signs that only HTML knows by name.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&(?:#(?P<dec>\d{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>\w{2,31};)?)"
)
_MOST_NAMES, _LONGEST_NAME = 5_000, 200
_OWN = {"amp;", "lt;", "gt;", "quot;", "apos;"}


def parse(text: str) -> Element:
    """Raises UnreadableDigest, which says where it stops being XML (it may be cut off)."""
    body = _without_doctype(text)
    try:
        return _tree(body)
    except (ParseError, UnicodeEncodeError):
        try:
            return _tree(_mended(body))
        except ParseError as e:
            line, column = e.position
            reason = str(e).partition(":")[0]
            raise UnreadableDigest(
                f"This XML cannot be read: line {line}, column {column}: {reason}."
            ) from e


def _tree(text: str) -> Element:
    # Safe without defusedxml: what it forbids are declarations, and those are refused above.
    return fromstring(text)  # noqa: S314


def _without_doctype(text: str) -> str:
    """Old feeds name a document type, which says nothing; one with declarations is refused."""
    start = _PROLOG.match(text)
    rest = text[start.end() :] if start else text
    if rest[:9].upper() != "<!DOCTYPE":
        return text
    named = _DOCTYPE.match(rest)
    if named is None:
        raise UnreadableDigest("This XML declares entities of its own, which we do not read.")
    return rest[named.end() :]


def _mended(text: str) -> str:
    return _REFERENCE.sub(_reference, _FORBIDDEN.sub("", text))


def _reference(found: re.Match[str]) -> str:
    """The reference if XML knows it, the sign that it means if HTML does, else its own text."""
    if found["name"]:
        if found["name"] in _OWN:
            return found[0]
        meant = html5.get(found["name"])
        return html.escape(meant) if meant else f"&amp;{found['name']}"
    number = int(found["dec"]) if found["dec"] else int(found["hex"] or "0", 16)
    is_sign = 0 < number < 0x110000 and not _FORBIDDEN.match(chr(number))
    return found[0] if is_sign else "&amp;" if found[0] == "&" else ""


_USUAL = {"", "{http://www.w3.org/2005/Atom}"}


# Tags to their names without the namespace: looking one up costs half of calling for it.
_NAMES: dict[str, str] = {}


def _name(tag: str) -> str:
    found = _NAMES.get(tag)
    if found is None:
        found = tag.rpartition("}")[2]
        if len(_NAMES) < _MOST_NAMES and len(tag) < _LONGEST_NAME:  # of a hostile document
            _NAMES[tag] = found
    return found


def name(element: Element) -> str:
    """The element's name without its namespace."""
    return _name(element.tag)


def values(element: Element) -> dict[str, str]:
    """The text of each child by its name, of children with one name the first that has any."""
    reverse = element[::-1]  # so that the first comes last, and stays
    try:
        return {_NAMES[each.tag]: value for each in reverse if (value := each.text)}
    except KeyError:  # a tag that is new
        return {_name(each.tag): value for each in reverse if (value := each.text)}


def children(element: Element, wanted: str) -> Iterator[Element]:
    """The children of this name, whatever their namespace."""
    names = _NAMES.get
    return (each for each in element if (names(each.tag) or _name(each.tag)) == wanted)


def alike(element: Element, wanted: str) -> list[Element]:
    """The children of this name in the element's own namespace: quicker than `children`."""
    space = element.tag[: -len(_name(element.tag))]
    if space not in _USUAL:  # findall would read other names as paths, perhaps
        return [each for each in element if each.tag == space + wanted]
    return element.findall(space + wanted)


def child(element: Element, wanted: str) -> Element | None:
    """The first of them, if there is any."""
    return next(children(element, wanted), None)


def text(told: Mapping[str, str], *names: str) -> str:
    """The first of the values that is not blank, white space folded."""
    for each in names:
        if each in told and (found := fold(told[each])):
            return found
    return ""
