"""A letter laid out: whole, to be looked at, or in pieces, to travel.

Both are made of the same templates and the same wording. To travel, a letter is put together from
stencils: what its templates say is rendered, styled and encoded once, and its own texts are put in.
Tests hold the two ways to the same page.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from jinja2 import Environment
from markupsafe import Markup

from app.mail import layout, stencil, transfer, wording
from app.mail.letter import Daily, Letter, Quoted, Rendered
from app.mail.stencil import Stencil, Told
from app.mail.wording import Card

# Gmail cuts a letter off at about 102 kB of HTML, and the unsubscribe link with it.
MAX_BYTES = 90_000
Form = Literal["html", "txt"]
_FINISH = {"html": layout.inline_css, "txt": layout.tidy}
# Cards kept for one shape of letters, of some 3 kB each.
_MOST_SETTLED = 8_000
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
    cards = wording.of_picks(templates, letter.picks)
    whole = _shortened(templates, letter, cards, 0)
    if len(whole.html) <= max_bytes:
        return whole

    def fits(step: int) -> bool:
        return len(_shortened(templates, letter, cards, step).html) <= max_bytes

    step = bisect_left(range(2 * len(cards)), True, key=fits)
    return _shortened(templates, letter, cards, step)


def quoted(rendered: Rendered) -> Quoted:
    """A letter laid out whole, fit to travel."""
    rich, plain = map(transfer.quoted_printable, (rendered.html, rendered.text))
    return Quoted(rendered.subject, rich, plain)


def _shortened(templates: Environment, daily: Daily, cards: Sequence[Card], step: int) -> Quoted:
    """Each step takes an excerpt, from the last pick up; when none is left, a pick."""
    n = len(cards)
    n_picks, n_excerpts = min(n, 2 * n - step), max(0, n - step)
    shown = [*cards[:n_excerpts], *(card.without_excerpt() for card in cards[n_excerpts:n_picks])]
    told = wording.of_daily(templates, daily, daily.picks[:n_picks], n - n_picks)
    rich, plain = _stencils(templates, n_picks > 0, tuple(told), _shape(told))
    start = transfer.piece(told["feedback_url"])
    links = [card.links_to(start) for card in shown]
    return Quoted(
        subject=told["subject"],
        html=rich.fill(told, shown, links),
        text=plain.fill(told, shown, links),
        n_left_out=n - n_picks,
    )


def _shape(told: Told) -> tuple[object, ...]:
    """What a stencil depends on: which texts there are, and all that is not text."""
    return tuple([text and "x" if isinstance(text, str) else text for text in told.values()])


def _marks(names: Sequence[str], shape: Sequence[object]) -> dict[str, object]:
    return {
        n: stencil.mark(n) if fact == "x" else fact for n, fact in zip(names, shape, strict=True)
    }


@lru_cache(maxsize=200)
def _stencils(
    templates: Environment, has_cards: bool, names: tuple[str, ...], shape: tuple[object, ...]
) -> tuple["_Stencils", "_Stencils"]:
    """For the HTML and the text of all letters of one shape."""
    drafts, marks = stencil.drafting(templates), _marks(names, shape)
    return _Stencils(drafts, "html", marks, has_cards), _Stencils(drafts, "txt", marks, has_cards)


class _Stencils:
    """What stands above the cards and below them, and each card: by its shape, and by its paper."""

    def __init__(self, drafts: Environment, form: Form, marks: Told, has_cards: bool) -> None:
        self._drafts, self._form, self._marks = drafts, form, marks
        self._cards: dict[tuple[object, ...], Stencil] = {}
        self._settled: dict[tuple[object, ...], Stencil] = {}
        above, _, below = self._page(stencil.SEAM if has_cards else "").partition(stencil.SEAM)
        self._above, self._below = self._cut(above), self._cut(below)

    def _page(self, cards: str) -> str:
        both = {**self._marks, "cards": Markup(cards)}  # noqa: S704  (nothing but templates and marks)
        return _FINISH[self._form](_fill_in(self._drafts, f"daily/body.{self._form}", both))

    def _cut(self, page: str) -> Stencil:
        return stencil.cut_html(page) if self._form == "html" else stencil.cut_text(page)

    def _card(self, card: Card, own: Told, start: str) -> Stencil:
        """By its face; in the text by its place too, for the title is wrapped with its number."""
        key = card.key, bool(start)
        if self._form == "html":
            return self._known(key, lambda: self._of_face(card, own, start))
        numbered = card.number, key
        return self._known(
            numbered,
            lambda: self._known(key, lambda: self._of_face(card, own, start)).settled(
                {"rank", "title"}, card.text(start)
            ),
        )

    def _known(self, key: tuple[object, ...], make: Callable[[], Stencil]) -> Stencil:
        if (found := self._settled.get(key)) is None:
            if len(self._settled) >= _MOST_SETTLED:
                self._settled.clear()
            found = self._settled[key] = make()
        return found

    def _of_face(self, card: Card, own: Told, start: str) -> Stencil:
        told = card.html(start) if self._form == "html" else card.text(start)
        return self._shaped(told).settled(told.keys() - own.keys() - {"rank"}, told)

    def _shaped(self, told: Told) -> Stencil:
        shape = _shape(told)
        if shape not in self._cards:
            self._cards[shape] = self._new_card(_marks(tuple(told), shape))
        return self._cards[shape]

    def _new_card(self, marks: Told) -> Stencil:
        """Cut out of a page that has no other, for only there it meets its rules of style."""
        card = _fill_in(self._drafts, f"daily/card.{self._form}", marks).strip()
        return self._cut(self._page(f"{stencil.SEAM}{card}{stencil.SEAM}").split(stencil.SEAM)[1])

    def fill(
        self, told: Told, cards: Sequence[Card], links: Sequence[Mapping[str, bytes]]
    ) -> bytes:
        """links: of each card, see `Card.links_to`."""
        start, is_html = told["feedback_url"], self._form == "html"
        page = self._above.filled(told)
        for n, (card, of_it) in enumerate(zip(cards, links, strict=True)):
            if n:
                page.append(_BETWEEN_PIECES[self._form])
            own = card.own_html(of_it) if is_html else card.own_text(of_it)
            page += self._card(card, own, start).filled_encoded(own)
        page += self._below.filled(told)
        return b"".join(page)
