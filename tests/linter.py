"""A strict reader of whole messages: what is wrong with these bytes, as one of our letters?

Reads them as a mail server, an HTML parser and a reader with weak eyes would. Used through the
fixture `check_message`; knows nothing of the code that made the bytes.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha256
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from dkim.canonicalization import Relaxed

MAX_HTML = 90_000
ONCE = ("from", "to", "date", "message-id", "subject", "mime-version", "content-type")
# What a signature has to cover where it is there.
SIGNED = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type"}
SIGNED |= {"list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"}
SIGNED |= {"auto-submitted", "precedence"}
TAGS = re.compile("html|head|meta|title|style|body|div|table|tbody|tr|td|h[123]|p|a|strong")
ATTRIBUTES = re.compile(
    "lang|dir|charset|name|content|class|style|role|width|cellpadding|cellspacing|border|align|"
    "href|aria-label|aria-hidden|aria-roledescription|data-css-inline"
)
HIDDEN = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
VAGUE = {"here", "click here", "more", "link", "read more", "this"}
# What letters call it, in each of their languages.
UNSUBSCRIBE = {"unsubscribe", "abbestellen"}
EXPIRES = re.compile("works until|gilt bis")
URL = re.compile(r"https?://\S+")


def faults(raw: bytes) -> list[str]:
    """Every fault found, as a sentence each; an empty list for a good letter."""
    found = list(_line_faults(raw))
    message = message_from_bytes(raw, policy=policy.default)
    head, _, body = raw.partition(b"\r\n\r\n")
    found += [*_header_faults(head), *_signature_faults(message, body)]
    structure = list(_structure_faults(message))
    if structure:
        return found + structure
    plain, html = (_content(part) for part in message.iter_parts())
    return found + _letter_faults(plain, html, _kind(message))


def _kind(message: EmailMessage) -> str:
    """ "daily" or "confirm", as the Message-ID has it."""
    return message.get("message-id", "").partition("@")[0].rpartition(".")[2]


def _content(part: Any) -> str:
    return str(part.get_payload(decode=True).decode("utf-8", "strict"))


def _line_faults(raw: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a bare CR or LF"
    if b"\0" in raw:
        yield "a NUL"
    if not raw.endswith(b"\r\n"):
        yield "no line end at the end"
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        yield "a line over 998"


def _header_faults(head: bytes) -> Iterator[str]:
    for line in head.split(b"\r\n"):
        if len(line) > 78 and len(line.split()) > (1 if line[:1].isspace() else 2):
            yield f"a line that could be folded: {line!r}"
        if len(line) > 76 and b"=?" in line:
            yield f"a line with encoded words over 76: {line!r}"
        if not line[:1].isspace() and not re.match(rb"[!-9;-~]+: \S", line):
            yield f"no header: {line!r}"
    encoded = re.findall(rb"=\?\S+\?=", head)
    yield from (f"an encoded word over 75: {word!r}" for word in encoded if len(word) > 75)
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head).decode("utf-8", "replace").split("\r\n")
    headers = [
        (name.lower(), value.strip()) for name, _, value in (h.partition(":") for h in unfolded)
    ]
    names = Counter(name for name, _ in headers)
    yield from (f"{name} {n} times" for name, n in names.items() if n > 1 and name != "received")
    yield from (f"no {name}" for name in ONCE if name not in names)
    yield from (f"not ASCII: {name}" for name, v in headers if not v.isascii() and name != "to")
    yield from _value_faults(dict(headers))


def _signature_faults(message: EmailMessage, body: bytes) -> Iterator[str]:
    """Faults of a signature that can be seen without its key (RFC 6376)."""
    if "dkim-signature" not in message:
        return
    if message.keys()[0] != "DKIM-Signature":
        yield "the signature does not stand on top"
    value = "".join(str(message["dkim-signature"]).split())
    tags = dict(tag.split("=", 1) for tag in value.split(";"))
    if (tags.get("a"), tags.get("c"), "l" in tags) != ("rsa-sha256", "relaxed/relaxed", False):
        yield f"a signature of another sort: {value}"
    names = Counter(tags.get("h", "").lower().split(":"))
    present = {name.lower() for name in message.keys()}  # noqa: SIM118
    if missing := SIGNED & present - names.keys():
        yield f"the signature does not cover {missing}"
    if names["from"] != 2:
        yield "a second From could be added"
    if base64.b64encode(sha256(Relaxed.canonicalize_body(body)).digest()).decode() != tags["bh"]:
        yield "the signature is of another body"


def _value_faults(headers: dict[str, str]) -> Iterator[str]:
    expected = {
        "message-id": r"<\d{8}\.[0-9a-f]{16}\.[a-z]+@[\w.-]+>",
        "to": r"[^\s<>,]+@[\w.\[\]:-]+|\"([^\"\\]|\\.)*\"@[\w.-]+",
        "auto-submitted": "auto-generated",
        "mime-version": r"1\.0",
    }
    if ".daily@" in headers.get("message-id", ""):
        # Mail programs want https; plain http is for letters that never leave the machine.
        https = r"<(https://|http://(localhost|127\.0\.0\.1)[:/])[!-~]+>"
        expected |= {
            "list-unsubscribe": https + r"(, <mailto:[!-;=?-~]+>)?",
            "list-unsubscribe-post": "List-Unsubscribe=One-Click",
            "list-id": r"<[\w-]+(\.[\w-]+)*>",
            "precedence": "bulk",
            "feedback-id": r"[\w-]*:[\w-]*:[\w-]*:[\w-]{5,15}",
        }
    elif found := {"precedence", "feedback-id"} & headers.keys() | set(
        filter(lambda name: name.startswith("list-"), headers)
    ):
        yield f"a letter of no list with {found}"
    for name, pattern in expected.items():
        if not re.fullmatch(pattern, headers.get(name, "")):
            yield f"{name} is {headers.get(name)!r}"
    if headers.get("to", "@") in headers.get("message-id", ""):
        yield "the address is in the Message-ID"
    if "date" in headers and parsedate_to_datetime(headers["date"]).tzinfo is None:
        yield "the date has no zone"


def _structure_faults(message: EmailMessage) -> Iterator[str]:
    parts = list(message.walk())
    types = [part.get_content_type() for part in parts]
    if types != ["multipart/alternative", "text/plain", "text/html"]:
        yield f"the parts are {types}"
    yield from (f"a defect: {defect!r}" for part in parts for defect in part.defects)
    for part in parts[1:]:
        if part.get_content_charset() != "utf-8":
            yield "a part that is not UTF-8"
        if part["content-transfer-encoding"] != "quoted-printable":
            yield "a part that is not quoted-printable"
            continue
        lines = part.get_payload().splitlines()
        if any(len(line) > 76 for line in lines):
            yield "a quoted-printable line over 76"
        if any(re.search(r"=(?![0-9A-F]{2}|$)|[^\t -~]|[ \t]$", line) for line in lines):
            yield "something that is not quoted-printable"
        if part.get_content_subtype() == "html" and len(part.get_payload().encode()) > MAX_HTML:
            yield f"HTML of {len(part.get_payload())} bytes"


def _letter_faults(plain: str, html: str, kind: str) -> list[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html)
    found = [f"HTML error {name} at {at}" for at, name, _ in parser.errors]
    return [
        *found,
        *_tag_faults(root),
        *_frame_faults(root),
        *_text_faults(plain, root, list(_walk(root, Look()))),
        *_link_faults(plain, root, kind),
        *_trap_faults(plain, root, kind),
        *(fault for look in ("light", "dark") for fault in _sight_faults(root, look)),
    ]


def _tag_faults(root: Element) -> Iterator[str]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            # A comment; Outlook reads some of them.
            if re.search(r"src|url|http|<img|<v:", element.text or "", re.IGNORECASE):
                yield f"a comment that reaches out: {element.text}"
            continue
        if not TAGS.fullmatch(element.tag):
            yield f"a <{element.tag}>"
        yield from (
            f"an attribute {name}" for name in element.attrib if not ATTRIBUTES.fullmatch(name)
        )
        css = element.get("style", "") + (element.text or "" if element.tag == "style" else "")
        if re.search(r"url\(|@import|@font-face|expression|position\s*:", css, re.IGNORECASE):
            yield f"a style that reaches out: {css}"
        if element.tag == "a" and not re.match(r"https?://[!-~]+$", element.get("href", "")):
            yield f"a link to {element.get('href')!r}"
        if element.tag == "table" and element.get("role") != "presentation":
            yield "a layout table without role=presentation"


def _frame_faults(root: Element) -> Iterator[str]:
    metas = {meta.get("name"): meta.get("content") for meta in root.iter("meta")}
    if not (root.get("lang") and root.get("dir")):
        yield "no lang or dir"
    if not (root.findtext("head/title") or "").strip():
        yield "no title"
    if metas.get("color-scheme") != "light dark" or "viewport" not in metas:
        yield "no color-scheme or viewport"
    if len(list(root.iter("style"))) != 1:
        yield "not exactly one style block"
    article = next((e for e in root.iter("div") if e.get("role") == "article"), None)
    if article is None or not (article.get("aria-label") and article.get("lang")):
        yield "no article with a name and a language"
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch(r"h\d", str(e.tag))]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings {levels}"
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield f"headings {levels} leave out a level"


def _text_faults(plain: str, root: Element, tree: list["Shown"]) -> Iterator[str]:
    visible = _fold(" ".join(shown.text for shown in tree if not shown.look.hidden))
    hidden = _fold(" ".join(shown.text for shown in tree if shown.look.hidden and shown.tag != "a"))
    traps = {a.get("href", "") for a in _traps(root)}
    hrefs = {a.get("href", "") for a in root.iter("a")} - traps
    urls = set(URL.findall(plain))
    # Those in foreign text may be parted by a line end here and a bold word there.
    said = {url for url in urls - hrefs if url not in "".join(visible.split())}
    if other := hrefs - urls | said:
        yield f"other links in text and HTML: {other}"
    for heading in root.iter("h2"):
        title = _fold("".join(heading.itertext()))
        if not title or title not in _fold(plain):
            yield f"a title that is not in the text: {title!r}"
    if not hidden or hidden in visible:
        yield f"no preheader, or one that is repeated: {hidden!r}"
    if HIDDEN.search(plain + visible + hidden):
        yield "hidden characters"


def _traps(root: Element) -> list[Element]:
    """Links that are neither seen nor heard: one at most, for link scanners, in the HTML alone."""
    return [
        a
        for div in root.iter("div")
        if div.get("aria-hidden") == "true"
        and _declarations(div.get("style", "")).get("display") == "none"
        for a in div.iter("a")
    ]


def _trap_faults(plain: str, root: Element, kind: str) -> Iterator[str]:
    traps = _traps(root)
    if len(traps) > (kind == "daily"):
        yield f"{len(traps)} hidden links"
    for a in traps:
        if not a.get("href", "").endswith("/trap") or a.get("href", "") in plain:
            yield f"a hidden link that is no trap: {a.get('href')}"


def _link_faults(plain: str, root: Element, kind: str) -> Iterator[str]:
    labels = [(a, _fold("".join(a.itertext()))) for a in root.iter("a")]
    out = [a.get("href", "") for a, label in labels if label.lower() in UNSUBSCRIBE]
    if kind == "daily" and not (out and out[0] and out[0] in plain):
        yield "no unsubscribe link in both parts"
    if kind == "confirm" and (len(labels) != 1 or root.find(".//h2") is not None):
        yield f"a question with {len(labels)} links, or with papers"
    if kind == "confirm" and not EXPIRES.search(plain):
        yield "a question that does not say how long its link works"
    for a, label in labels:
        if not label or label.lower() in VAGUE:
            yield f"a link called {label!r}"
        if not a.get("aria-label", label).startswith(label):
            yield f"a link that is called {label!r} and read as {a.get('aria-label')!r}"


def _fold(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Look:
    """What a reader's eye meets at an element, of the little CSS that letters use."""

    color: str = "#000"
    background: str = "#fff"
    size: float = 16
    line: str = "1.2"
    hidden: bool = False
    padding: float = field(default=0, compare=False)

    def height(self) -> float:
        line = float(self.line.removesuffix("px")) * (1 if self.line.endswith("px") else self.size)
        return line + self.padding


@dataclass(frozen=True)
class Shown:
    """A run of text, the tag around it, and how it looks."""

    text: str
    tag: str
    look: Look


def _walk(element: Element, look: Look, rules: "Rules" = ()) -> Iterator[Shown]:
    if not isinstance(element.tag, str) or element.tag == "head":
        return
    names = (element.tag, *(f".{name}" for name in element.get("class", "").split()))
    look = _styled(names, element.get("style", ""), look, rules)
    if element.text and element.text.strip():
        yield Shown(element.text, element.tag, look)
    for child in element:
        yield from _walk(child, look, rules)
        if child.tail and child.tail.strip():
            yield Shown(child.tail, element.tag, look)


# Selector and declarations.
Rules = tuple[tuple[str, str], ...]


# Hundreds of letters of one kind are looked at, and all of them are styled alike.
@cache
def _styled(names: tuple[str, ...], style: str, look: Look, rules: Rules) -> Look:
    css = _declarations(style)
    for selector, more in rules:
        css |= _declarations(more) if selector in names else {}
    font = re.search(r"([\d.]+)px(?:/([\d.]+(?:px)?))?", css.get("font", ""))
    sides = [float(side.removesuffix("px")) for side in css.get("padding", "0").split()]
    return Look(
        color=css.get("color", look.color),
        background=css.get("background", css.get("background-color", look.background)),
        size=float(css.get("font-size", font[1] if font else str(look.size)).removesuffix("px")),
        line=css.get("line-height", (font and font[2]) or look.line),
        hidden=look.hidden or css.get("display") == "none",
        padding=sides[0] + sides[2 % len(sides) if len(sides) > 2 else 0],
    )


def _declarations(css: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in css.split(";") if ":" in part)
    return {k.strip(): v.replace("!important", "").strip() for k, _, v in pairs}


def _dark_rules(root: Element) -> Rules:
    css = "".join(style.text or "" for style in root.iter("style"))
    dark = re.search(r"@media\s*\(prefers-color-scheme:\s*dark\)\s*\{((?:[^{}]*\{[^{}]*\})*)", css)
    found = re.findall(r"([^{}]+)\{([^{}]*)\}", dark[1] if dark else "")
    return tuple((s.strip(), d) for names, d in found for s in names.split(","))


def _sight_faults(root: Element, scheme: str) -> Iterator[str]:
    rules = _dark_rules(root) if scheme == "dark" else ()
    if scheme == "dark" and not rules:
        yield "no dark style"
    for shown in _walk(root, Look(), rules):
        look, words = shown.look, shown.text.strip()[:40]
        if look.hidden:
            continue
        if contrast(look.color, look.background) < 4.5:
            yield f"{scheme}: contrast {look.color} on {look.background}: {words!r}"
        if look.size < 14:
            yield f"{look.size} px text: {words!r}"
        if shown.tag == "a" and look.height() < 44:
            yield f"a target {look.height()} px high: {words!r}"


@cache
def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours #rgb or #rrggbb, WCAG 2.2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
