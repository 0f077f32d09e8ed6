"""A letter: what it says, and its subject, HTML and text.

Rendering is a pure function of the facts given here: the same letter has the same bytes tomorrow.
All text is taken for hostile. It is tamed and cut before a template sees it, and escaped there.
"""

from bisect import bisect_left
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, ClassVar

from jinja2 import Environment

from app.mail import excerpt, foreign, layout, transfer
from app.papers import tex
from app.papers.paper import Paper

MAX_TEXT = 300
# TeX is longer than what it prints, but no text needs more than this to fill its place.
MAX_TEX = 4 * excerpt.LIMIT
# Gmail cuts a letter off at about 102 kB of HTML, and the unsubscribe link with it.
MAX_BYTES = 90_000
# For a title of nothing but characters that cannot be seen: a heading and a subject need words.
UNNAMED = {"title": "Untitled"}


@dataclass(frozen=True)
class PaperView:
    """What every letter says of a paper; made by `show`. url and host may be ""."""

    title: str
    authors: tuple[str, ...] = ()
    url: str = ""
    host: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class PickView:
    """A paper in one subscriber's letter. words: those of `reason` to be set in bold.

    band: how well it fits, a `recommend.calibration.Band`, or "". exploring: picked to learn from.
    shares: what made the score, in percent. terms, names: what to set in bold, in any form, in the
    excerpt and among the authors.
    """

    paper: PaperView
    reason: str
    like_url: str
    dislike_url: str
    save_url: str
    votes: int | None = None
    words: tuple[str, ...] = ()
    band: str = ""
    exploring: bool = False
    shares: tuple[tuple[str, int], ...] = ()
    terms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Daily:
    """The day's letter. n_candidates: the new papers weighed for it.

    why: one sentence on why its reader gets it. postal: the operator's address, one line.
    contact: the operator's mail address. trap_url: for link scanners, in the HTML alone.
    n_left_out: set by `render`, picks that did not fit.
    """

    kind: ClassVar[str] = "daily"

    edition: date
    picks: tuple[PickView, ...]
    n_candidates: int
    preferences_url: str
    pause_url: str
    unsubscribe_url: str
    browser_url: str
    why: str
    note: str = ""
    trap_url: str = ""
    postal: str = ""
    contact: str = ""
    n_left_out: int = 0


@dataclass(frozen=True)
class Confirm:
    """Asks a new subscriber for a yes. words: as typed at sign-up; expires: a moment, in words."""

    kind: ClassVar[str] = "confirm"

    confirm_url: str
    words: str
    expires: str
    why: str
    postal: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Notice:
    """A bare letter that its reader asked for. kind: the folder of its templates.

    url: where its one button leads, "" for none; expires: a moment in words, or "".
    """

    kind: str
    why: str
    url: str = ""
    expires: str = ""
    postal: str = ""
    contact: str = ""


Letter = Daily | Confirm | Notice


@dataclass(frozen=True)
class Rendered:
    """A letter ready for its envelope. n_left_out: picks dropped to keep it short."""

    subject: str
    preheader: str
    html: str
    text: str
    n_left_out: int = 0


def show(paper: Paper) -> PaperView:
    """Turn a paper's TeX into Unicode and its abstract into an excerpt.

    By far the dearest part of a letter, and the same for all readers: call it once a paper.
    """
    return PaperView(
        title=excerpt.cut(_plain(paper.title), MAX_TEXT),
        authors=tuple(_plain(author) for author in paper.authors),
        url=foreign.href(paper.url),
        host=foreign.host(paper.url),
        excerpt=excerpt.opening(_plain(paper.abstract)),
    )


def _plain(text: str) -> str:
    return foreign.tame(tex.to_unicode(excerpt.cut(foreign.tame(text), MAX_TEX)))


def render(templates: Environment, letter: Letter, max_bytes: int = MAX_BYTES) -> Rendered:
    """Render a letter whose HTML, as it travels, takes at most `max_bytes`.

    What is too much goes from the end: first excerpts, then papers, never the footer. The letter
    then says how many papers are missing. Raises jinja2.TemplateError for a broken template.
    """
    safe = _safe(letter)
    whole = _fill_in(templates, safe)
    if not isinstance(safe, Daily) or _fits(whole, max_bytes):
        return whole

    def fits(step: int) -> bool:
        return _fits(_fill_in(templates, _shorten(safe, step)), max_bytes)

    step = bisect_left(range(2 * len(safe.picks)), True, key=fits)
    return _fill_in(templates, _shorten(safe, step))


def _fits(rendered: Rendered, max_bytes: int) -> bool:
    return len(transfer.quoted_printable(rendered.html)) <= max_bytes


def _shorten(daily: Daily, step: int) -> Daily:
    """Each step takes an excerpt, from the last pick up; when none is left, a pick."""
    n = len(daily.picks)
    n_excerpts = max(0, n - step)
    n_picks = min(n, 2 * n - step)
    bare = [replace(p, paper=replace(p.paper, excerpt="")) for p in daily.picks[n_excerpts:n_picks]]
    return replace(daily, picks=(*daily.picks[:n_excerpts], *bare), n_left_out=n - n_picks)


def _safe(value: Any, name: str = "") -> Any:
    """Tame and cut every text in a view; a URL that does not lead to the web becomes ""."""
    if isinstance(value, str) and name.endswith("url"):
        return foreign.href(value)
    if isinstance(value, str):
        limit = excerpt.LIMIT if name == "excerpt" else MAX_TEXT
        return excerpt.cut(foreign.tame(value), limit) or UNNAMED.get(name, "")
    if isinstance(value, tuple):
        return tuple(_safe(part, name) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: _safe(part, name) for name, part in _facts(value).items()})
    return value


def _facts(view: Any) -> dict[str, Any]:
    return {field.name: getattr(view, field.name) for field in fields(view)}


def _fill_in(templates: Environment, letter: Letter) -> Rendered:
    facts = _facts(letter)

    def text_of(part: str) -> str:
        return templates.get_template(f"letters/{letter.kind}/{part}").render(facts)

    facts["subject"] = foreign.tame(text_of("subject.txt"))
    facts["preheader"] = foreign.tame(text_of("preheader.txt"))
    return Rendered(
        subject=facts["subject"],
        preheader=facts["preheader"],
        html=layout.inline_css(text_of("body.html")),
        text=layout.tidy(text_of("body.txt")),
        n_left_out=facts.get("n_left_out", 0),
    )
