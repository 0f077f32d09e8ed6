"""A letter laid out: whole, to be looked at, or in pieces, to travel.

Both are made of the same templates and the same wording. To travel, a letter is put together from
stencils: what its templates say is rendered, styled and encoded once, and its own texts are put in.
Tests hold the two ways to the same page.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from typing import Literal, NamedTuple

from jinja2 import Environment
from markupsafe import Markup

from app.mail import layout, stencil, transfer, wording
from app.mail.letter import Daily, Letter, PickView, Quoted, Rendered
from app.mail.stencil import Frame, Stencil, Told
from app.mail.wording import Card

# Gmail cuts a letter off at about 102 kB of HTML, and the unsubscribe link with it.
MAX_BYTES = 90_000
Form = Literal["html", "txt"]
_FINISH = {"html": layout.inline_css, "txt": layout.tidy}
# Cards kept for one shape of letters, of some 6 kB each.
_MOST_FRAMED = 4_000
_BETWEEN_CARDS = {"html": "\n", "txt": "\n\n\n"}
_BETWEEN_PIECES = {form: transfer.piece(text) for form, text in _BETWEEN_CARDS.items()}


def render(templates: Environment, letter: Letter) -> Rendered:
    """Lay out a letter, however long. Raises jinja2.TemplateError for a broken template."""
    cards: Sequence[Card] = ()
    if isinstance(letter, Daily):
        told = wording.of_daily(templates, letter, letter.picks)
        cards = wording.of_picks(templates, letter.picks)
    else:
        told = wording.of_bare(templates, letter)
    start = str(told.get("feedback_url", ""))
    html_cards, text_cards = (
        [card.html(start) for card in cards],
        [card.text(start) for card in cards],
    )
    return Rendered(
        subject=str(told["subject"]),
        preheader=str(told["preheader"]),
        html=_page(templates, letter.kind, "html", told, html_cards),
        text=_page(templates, letter.kind, "txt", told, text_cards),
    )


def _page(templates: Environment, kind: str, form: Form, told: Told, cards: Sequence[Told]) -> str:
    filled = (_fill_in(templates, f"{kind}/card.{form}", card).strip() for card in cards)
    # What the template of the cards has printed is escaped already.
    both = {**told, "cards": Markup(_BETWEEN_CARDS[form].join(filled))}  # noqa: S704
    return _FINISH[form](_fill_in(templates, f"{kind}/body.{form}", both))


def _fill_in(templates: Environment, name: str, told: Told) -> str:
    return templates.get_template(f"letters/{name}").render(told)


def quote(templates: Environment, letter: Letter, max_bytes: int = MAX_BYTES) -> Quoted:
    """Lay out a letter whose HTML, as it travels, takes at most `max_bytes`.

    What is too much goes from the end: first excerpts, then papers, never the footer. The letter
    then says how many papers are missing. Raises jinja2.TemplateError for a broken template.
    """
    if not isinstance(letter, Daily):
        return quoted(render(templates, letter))
    whole = _shortened(templates, letter, 0)
    if len(whole.html) <= max_bytes:
        return whole

    def fits(step: int) -> bool:
        return len(_shortened(templates, letter, step).html) <= max_bytes

    step = bisect_left(range(2 * len(letter.picks)), True, key=fits)
    return _shortened(templates, letter, step)


def quoted(rendered: Rendered) -> Quoted:
    """A letter laid out whole, fit to travel."""
    rich, plain = map(transfer.quoted_printable, (rendered.html, rendered.text))
    return Quoted(rendered.subject, rich, plain)


def _shortened(templates: Environment, daily: Daily, step: int) -> Quoted:
    """Each step takes an excerpt, from the last pick up; when none is left, a pick."""
    n = len(daily.picks)
    n_picks, n_excerpts = min(n, 2 * n - step), max(0, n - step)
    picks = daily.picks[:n_picks]
    told = wording.of_daily(templates, daily, picks, n - n_picks)
    of_shape = _stencils(templates, n_picks > 0, tuple(told), _shape(told))
    html, text = of_shape.fill(told, picks, n_excerpts)
    return Quoted(subject=told["subject"], html=html, text=text, n_left_out=n - n_picks)


def _shape(told: Told) -> tuple[object, ...]:
    """What a stencil depends on: which texts there are, and all that is not text."""
    return tuple([text and "x" if isinstance(text, str) else text for text in told.values()])


def _marks(names: Sequence[str], shape: Sequence[object]) -> dict[str, object]:
    return {
        n: stencil.mark(n) if fact == "x" else fact for n, fact in zip(names, shape, strict=True)
    }


class _Form:
    """Stencils of the HTML, or of the text: above the cards and below them, and of each card."""

    def __init__(self, drafts: Environment, form: Form, marks: Told, *, has_cards: bool) -> None:
        self._drafts, self._form, self._marks = drafts, form, marks
        self._cards: dict[tuple[object, ...], Stencil] = {}
        self._settled: dict[tuple[object, ...], Stencil] = {}
        above, _, below = self._page(stencil.SEAM if has_cards else "").partition(stencil.SEAM)
        self.above, self.below = self._cut(above), self._cut(below)

    def _page(self, cards: str) -> str:
        both = {**self._marks, "cards": Markup(cards)}  # noqa: S704  (nothing but templates and marks)
        return _FINISH[self._form](_fill_in(self._drafts, f"daily/body.{self._form}", both))

    def _cut(self, page: str) -> Stencil:
        return stencil.cut_html(page) if self._form == "html" else stencil.cut_text(page)

    def card(self, key: tuple[object, ...], own: Set[str], tell: Callable[[], Told]) -> Stencil:
        """Of cards of one face. own: the names of what stays open. tell: all that one says."""
        if (found := self._settled.get(key)) is None:
            if len(self._settled) >= _MOST_FRAMED:
                self._settled.clear()
            told = tell()
            found = self._shaped(told).settled(told.keys() - own, told)
            self._settled[key] = found
        return found

    def _shaped(self, told: Told) -> Stencil:
        shape = _shape(told)
        if shape not in self._cards:
            self._cards[shape] = self._new_card(_marks(tuple(told), shape))
        return self._cards[shape]

    def _new_card(self, marks: Told) -> Stencil:
        """Cut out of a page that has no other, for only there it meets its rules of style."""
        card = _fill_in(self._drafts, f"daily/card.{self._form}", marks).strip()
        return self._cut(self._page(f"{stencil.SEAM}{card}{stencil.SEAM}").split(stencil.SEAM)[1])


class _Framed(NamedTuple):
    """A card but for what is its reader's own."""

    face: wording.Face
    html: Frame
    text: Frame


class _Stencils:
    """All letters of one shape."""

    def __init__(self, templates: Environment, marks: Told, *, has_cards: bool) -> None:
        drafts = stencil.drafting(templates)
        self._templates, self._has_links = templates, bool(marks["feedback_url"])
        self._html = _Form(drafts, "html", marks, has_cards=has_cards)
        self._text = _Form(drafts, "txt", marks, has_cards=has_cards)
        self._framed: dict[tuple[object, ...], _Framed] = {}

    def fill(self, told: Told, picks: Sequence[PickView], n_excerpts: int) -> tuple[bytes, bytes]:
        """HTML and text of a letter. n_excerpts: so many of its first picks show theirs."""
        start = transfer.piece(told["feedback_url"])
        html, text = self._html.above.filled(told), self._text.above.filled(told)
        for number, pick in enumerate(picks, start=1):
            framed = self._frame(pick, number, number <= n_excerpts)
            of_html, of_text = wording.own(framed.face, pick, start)
            html += framed.html.filled(of_html)
            text += framed.text.filled(of_text)
        html += self._html.below.filled(told)
        text += self._text.below.filled(told)
        return b"".join(html), b"".join(text)

    def _frame(self, pick: PickView, number: int, has_excerpt: bool) -> _Framed:
        key = (
            (pick.paper, pick.votes, pick.by_community, pick.band, pick.exploring),
            (number, pick.rank, has_excerpt, len(pick.shares) > 1),
            (not pick.points, not pick.names, not pick.terms),
        )
        if (found := self._framed.get(key)) is None:
            if len(self._framed) >= _MOST_FRAMED:
                self._framed.clear()
            found = self._framed[key] = self._new_frame(pick, number, has_excerpt)
        return found

    def _new_frame(self, pick: PickView, number: int, has_excerpt: bool) -> _Framed:
        card = wording.Card(wording.face(self._templates, pick), pick, number, has_excerpt)
        start, ends = ("x", wording.ends(pick.rank)) if self._has_links else ("", {})
        has = len(pick.shares) > 1, bool(pick.points), bool(pick.names), bool(pick.terms)
        key = card.face, has_excerpt, has
        own = {"reason", "shares", "rank", *ends}
        in_bold = {"byline"} if pick.names else set()
        in_bold |= {"excerpt"} if pick.terms else set()
        html = self._html.card(key, own | in_bold, lambda: card.html(start))
        # The title is wrapped with its number.
        text = self._text.card(key, own, lambda: card.text(start))
        text = text.settled({"rank", "title"}, {"rank": str(number), "title": card.face.title})
        between = [_BETWEEN_PIECES[form] if number > 1 else b"" for form in ("html", "txt")]
        return _Framed(
            card.face,
            html.framed(wording.OWN, ends, between[0]),
            text.framed(wording.OWN, ends, between[1]),
        )


@lru_cache(maxsize=200)
def _stencils(
    templates: Environment, has_cards: bool, names: tuple[str, ...], shape: tuple[object, ...]
) -> _Stencils:
    return _Stencils(templates, _marks(names, shape), has_cards=has_cards)
