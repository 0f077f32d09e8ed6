"""Text out of HTML: of a whole fragment, with the links in it, or of a line that may hold tags."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

from app.papers.paper import fold

# No letter of links is longer; what follows in a blog's feed is the article itself.
_LONGEST = 500_000
_HIDDEN = {"script", "style", "template", "svg", "math", "iframe", "object", "head", "title"}
_INLINE = set("bisu") | {"a", "abbr", "bdi", "cite", "code", "em", "font", "kbd", "mark", "small"}
_INLINE |= {"span", "strong", "sub", "sup", "tt"}
_TAG = re.compile(
    r"</?(?:i|b|em|strong|bold|italic|sub|sup|u|sc|p|br|span|title|jats:[a-z-]{1,20})"
    r"(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"</?(?:p|br|title|jats:(?:p|title|sec))\b", re.IGNORECASE)
_OPEN = re.compile(r"<(?![^<>]*>)")
_DECLARATION = re.compile(r"<[!?][^<>]*>")


class Piece(NamedTuple):
    """A run of text; href: where it links to, else "". A line break stands where a block ends."""

    text: str
    href: str = ""


def untagged(line: str) -> str:
    """The line without the tags that titles and abstracts come with; "p < 0.05" stays."""
    return fold(_TAG.sub(_gap, line)) if "<" in line else line


def _gap(tag: re.Match[str]) -> str:
    """Paragraphs and breaks part words; letters in italics do not."""
    return " " if _BREAK.match(tag[0]) else ""


def plain(fragment: str) -> str:
    """What a browser would show of the fragment as text, white space folded."""
    if "<" not in fragment and "&" not in fragment:
        return fold(fragment)
    return fold("".join(piece.text for piece in pieces(fragment)))


def pieces(fragment: str) -> list[Piece]:
    """The texts that a browser would show, in their order, each with the link that it is in."""
    reader = _Reader()
    reader.feed(_tamed(fragment[:_LONGEST]))
    reader.close()
    return reader.found


def _tamed(fragment: str) -> str:
    """Without comments and declarations, some of which the parser does not survive, and with no tag
    left open: it would look for each one's end in all of the rest, again and again."""
    before, *others = fragment.split("<!--")
    kept = [before, *(each.partition("-->")[2] for each in others)]
    return _DECLARATION.sub("", _OPEN.sub("&lt;", "".join(kept)))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Piece] = []
        self._hidden = self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = self._hidden or (tag if tag in _HIDDEN else "")
        if tag == "a":
            self._href = next((value for name, value in attrs if name == "href" and value), "")
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        if tag == "a":
            self._href = ""
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(Piece(data, self._href))

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.found.append(Piece("\n"))
