"""Text out of HTML: of a whole fragment, or of a line that may hold some tags."""

import re
from html.parser import HTMLParser

from app.papers.paper import fold

# No abstract is longer; what follows in a blog's feed is the article itself.
_LONGEST = 100_000
_HIDDEN = {"script", "style", "template", "svg", "math", "iframe", "object", "head"}
_INLINE = set("bisu") | {"a", "abbr", "bdi", "cite", "code", "em", "font", "kbd", "mark", "small"}
_INLINE |= {"span", "strong", "sub", "sup", "tt"}
_TAG = re.compile(
    r"</?(?:i|b|em|strong|bold|italic|sub|sup|u|sc|p|br|span|title|jats:[a-z-]{1,20})"
    r"(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)


def untagged(line: str) -> str:
    """The line without the tags that titles and abstracts come with; "p < 0.05" stays."""
    return fold(_TAG.sub(_gap, line)) if "<" in line else line


def _gap(tag: re.Match[str]) -> str:
    """Paragraphs and breaks part words; letters in italics do not."""
    return " " if re.match(r"</?(?:p|br|title|jats:(?:p|title|sec))\b", tag[0], re.I) else ""


def plain(fragment: str) -> str:
    """What a browser would show of the fragment as text, white space folded."""
    if "<" not in fragment and "&" not in fragment:
        return fold(fragment)
    reader = _Reader()
    reader.feed(fragment[:_LONGEST])
    reader.close()
    return fold("".join(reader.parts))


class _Reader(HTMLParser):
    """Gathers the texts, with a blank where a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden = self._hidden or (tag if tag in _HIDDEN else "")
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        self._part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _part(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")
