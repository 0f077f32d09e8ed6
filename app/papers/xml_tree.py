"""XML as a tree of elements, for the readers of feeds and of archives' answers.

Nothing is fetched, and no entity expands: a document that declares entities is refused. One that is
not well-formed is mended once where feeds are known to be broken.

lxml reads bytes that are as they should be, in half the time and without a Python object for every
element. Whatever it does not take is left to the standard library's parser, which says where a text
stops being XML. Their elements are alike in all that the readers ask of them.
"""

import codecs
import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from html.entities import html5
from typing import cast
from xml.etree.ElementTree import Element, ParseError, fromstring

from lxml import etree

from app.errors import UnreadableDigest
from app.papers.paper import fold

_PROLOG = re.compile(r"\s*+(?:<\?.*?\?>\s*+|<!--.*?-->\s*+)*+", re.DOTALL)
_PROLOG_BYTES = re.compile(_PROLOG.pattern.encode(), re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[\]]*+>", re.IGNORECASE)
# What XML 1.0 forbids even when it is escaped, and signs that only HTML knows by name.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&(?:#(?P<dec>\d{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>\w{2,31};)?)"
)
_MOST_NAMES, _LONGEST_NAME = 5_000, 200
_OWN = {"amp;", "lt;", "gt;", "quot;", "apos;"}


def well_formed(raw: bytes) -> Element | None:
    """The tree of UTF-8 without document type, whatever its encoding is said to be; else None."""
    start = _PROLOG_BYTES.match(raw)
    if raw.startswith(codecs.BOM_UTF8) or (start and raw.startswith(b"<!", start.end())):
        return None
    # One parser a document, for threads wait for each other's. Its limits hold: no huge_tree.
    parser = etree.XMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        collect_ids=False,
    )
    try:
        return cast("Element", etree.fromstring(raw, parser))
    except etree.XMLSyntaxError:
        return None


def parse(text: str) -> Element:
    """Raises UnreadableDigest, which says where it stops being XML (it may be cut off)."""
    body = _without_doctype(text)
    try:
        root = well_formed(body.encode())
        return _tree(body) if root is None else root
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


class _Names(dict[str, str]):
    """Tags to their names without the namespace: looking one up costs half of calling for it."""

    def __missing__(self, tag: str) -> str:
        found = tag.rpartition("}")[2]
        if len(self) < _MOST_NAMES and len(tag) < _LONGEST_NAME:  # of a hostile document
            self[tag] = found
        return found


_NAMES = _Names()


def name(element: Element) -> str:
    """The element's name without its namespace."""
    return _NAMES[element.tag]


def parts(element: Element) -> dict[str, Element]:
    """The children by their names, of those with one name the first."""
    return {_NAMES[each.tag]: each for each in reversed(element)}


def values(element: Element) -> dict[str, str]:
    """The text of each child by its name, of children with one name the first that has any."""
    # From the last on, so that the first stays.
    return {_NAMES[each.tag]: said for each in reversed(element) if (said := each.text)}


def values_and(
    element: Element, repeated: Collection[str]
) -> tuple[dict[str, str], dict[str, list[Element]]]:
    """The same of the others, and all children of each of the repeated names, in one walk."""
    told: dict[str, str] = {}
    found: dict[str, list[Element]] = {each: [] for each in repeated}
    for each in element:
        child = _NAMES[each.tag]
        if child in found:
            found[child].append(each)
        elif child not in told and (said := each.text):
            told[child] = said
    return told, found


def pair(element: Element, first: str, second: str) -> tuple[Element, Element] | None:
    """The children where there are just these two: half of what asking for their names costs."""
    if len(element) == 2:
        one, other = element[0], element[1]
        if _NAMES[one.tag] == first and _NAMES[other.tag] == second:
            return one, other
    return None


def value(element: Element, wanted: str) -> str:
    """The text of the first child of this name that has any, else ""."""
    return next(iter(value_of_each([element], wanted)), "")


def value_of_each(elements: Iterable[Element], wanted: str) -> list[str]:
    """The same of several elements, without those that have none."""
    found: list[str] = []
    for element in elements:
        for child in element:
            if _NAMES[child.tag] == wanted and (said := child.text):
                found.append(said)
                break
    return found


def children(element: Element, wanted: str) -> Iterator[Element]:
    """The children of this name, whatever their namespace."""
    return (each for each in element if _NAMES[each.tag] == wanted)


def child(element: Element, wanted: str) -> Element | None:
    """The first of them, if there is any."""
    return next(children(element, wanted), None)


def text(told: Mapping[str, str], *names: str) -> str:
    """The first of the values that is not blank, white space folded."""
    for each in names:
        if each in told and (found := fold(told[each])):
            return found
    return ""
