"""A letter laid out: whole, to be looked at, or in pieces, to travel.

Both are made of the same templates and the same wording. To travel, a letter is put together from
stencils: what its templates say is rendered, styled and encoded once, and its own texts are put in.
Tests hold the two ways to the same page.
"""

from bisect import bisect_left
from collections.abc import Sequence, Set
from operator import itemgetter
from typing import Literal

from jinja2 import Environment
from markupsafe import Markup

from app.mail import layout, stencil, transfer, wording
from app.mail.kept import Kept
from app.mail.letter import Daily, Letter, PickView, Quoted, Rendered
from app.mail.stencil import Stencil, Told
from app.mail.wording import Card

# Gmail cuts a letter off at about 102 kB of HTML, and the unsubscribe link with it.
MAX_BYTES = 90_000
Form = Literal["html", "txt"]
_FINISH = {"html": layout.inline_css, "txt": layout.tidy}
# What hardly differs among letters.
_COMMON = ("left_out", "contact", "postal")
_common = itemgetter(*_COMMON)
# Cards kept of all letters, of some 6 kB each.
_MOST_FRAMED = 16_000
_MOST_SHAPES = 200
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
    of_shape = _stencils(templates, told, has_cards=n_picks > 0)
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
        above, _, below = self._page(stencil.SEAM if has_cards else "").partition(stencil.SEAM)
        above_below = self._cut(above), self._cut(below)

        def settled(common: tuple[str, ...]) -> list[Stencil]:
            told = dict(zip(_COMMON, common, strict=True))
            return [each.settled(told.keys(), told) for each in above_below]

        self.around = Kept(settled, most=50)

    def _page(self, cards: str) -> str:
        both = {**self._marks, "cards": Markup(cards)}  # noqa: S704  (nothing but templates and marks)
        return _FINISH[self._form](_fill_in(self._drafts, f"daily/body.{self._form}", both))

    def _cut(self, page: str) -> Stencil:
        return stencil.cut_html(page) if self._form == "html" else stencil.cut_text(page)

    def card(self, told: Told, own: Set[str]) -> Stencil:
        """Of a card that says all this. own: the names of what stays open."""
        shape = _shape(told)
        if shape not in self._cards:
            self._cards[shape] = self._new_card(_marks(tuple(told), shape))
        return self._cards[shape].settled(told.keys() - own, told)

    def _new_card(self, marks: Told) -> Stencil:
        """Cut out of a page that has no other, for only there it meets its rules of style."""
        card = _fill_in(self._drafts, f"daily/card.{self._form}", marks).strip()
        return self._cut(self._page(f"{stencil.SEAM}{card}{stencil.SEAM}").split(stencil.SEAM)[1])


class _Framed:
    """Cards of one face but for what is their readers' own."""

    def __init__(self, card: Card, html: Stencil, text: Stencil) -> None:
        self.face = card.face
        self.html, self.text = html.framed(wording.OWN), text.framed(wording.OWN)

        def head(number: int) -> bytes:
            return text.said("rank", {"rank": str(number), "title": card.face.title})

        # By its number, with which the title is wrapped.
        self.headings = Kept(head)


class _Stencils:
    """All letters of one shape."""

    def __init__(self, templates: Environment, told: Told, *, has_cards: bool) -> None:
        drafts, marks = stencil.drafting(templates), _marks(tuple(told), _shape(told))
        self._templates, self._has_links = templates, bool(told["feedback_url"])
        self._html = _Form(drafts, "html", marks, has_cards=has_cards)
        self._text = _Form(drafts, "txt", marks, has_cards=has_cards)

    def fill(self, told: Told, picks: Sequence[PickView], n_excerpts: int) -> tuple[bytes, bytes]:
        """HTML and text of a letter. n_excerpts: so many of its first picks show theirs."""
        start = transfer.piece(told["feedback_url"])
        common = _common(told)
        above, below = self._html.around[common]
        above_text, below_text = self._text.around[common]
        html, text = above.filled(told), above_text.filled(told)
        for number, pick in enumerate(picks, start=1):
            if number > 1:
                html.append(_BETWEEN_PIECES["html"])
                text.append(_BETWEEN_PIECES["txt"])
            framed = self._frame(pick, has_excerpt=number <= n_excerpts)
            of_html, of_text = wording.own(framed.face, pick, start, framed.headings[number])
            html += framed.html.filled(of_html)
            text += framed.text.filled(of_text)
        html += below.filled(told)
        text += below_text.filled(told)
        return b"".join(html), b"".join(text)

    def _frame(self, pick: PickView, *, has_excerpt: bool) -> _Framed:
        key = (
            self,
            pick.paper,
            pick.votes,
            pick.by_community,
            pick.band,
            pick.exploring,
            has_excerpt,
            # Of what is its reader's own, only which texts there are.
            len(pick.shares) > 1,
            not pick.points,
            not pick.names,
            not pick.terms,
        )
        if (found := _FRAMED.get(key)) is None:
            if len(_FRAMED) >= _MOST_FRAMED:
                _FRAMED.clear()
            found = _FRAMED[key] = self._new_frame(pick, has_excerpt=has_excerpt)
        return found

    def _new_frame(self, pick: PickView, *, has_excerpt: bool) -> _Framed:
        card = Card(wording.face(self._templates, pick), pick, 1, has_excerpt)
        start = "x" if self._has_links else ""
        in_bold = {"byline": pick.names, "excerpt": pick.terms}
        own = set(wording.OWN)
        of_html = own - {name for name, words in in_bold.items() if not words}
        html = self._html.card(card.html(start), of_html)
        return _Framed(card, html, self._text.card(card.text(start), own - in_bold.keys()))


# Of all shapes together, for each day brings new ones, and nobody asks again for yesterday's.
_FRAMED: dict[tuple[object, ...], _Framed] = {}
# By all that a letter says but its texts, of which only matters which there are.
_SHAPES: dict[tuple[object, ...], _Stencils] = {}


def _stencils(templates: Environment, told: Told, *, has_cards: bool) -> _Stencils:
    key = templates, has_cards, told["edition"], tuple(map(bool, told.values()))
    if (found := _SHAPES.get(key)) is None:
        if len(_SHAPES) >= _MOST_SHAPES:
            _SHAPES.clear()
        found = _SHAPES[key] = _Stencils(templates, told, has_cards=has_cards)
    return found
