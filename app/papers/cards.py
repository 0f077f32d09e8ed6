"""Saved pages that keep the small print of each card: votes, authors, days, links.

A list card prints its votes above the title and its byline below the abstract; a trending card
prints its votes last, and everything twice. Any of it may be missing, so what stands between two
texts is shared out by kind, and what a text is (title, abstract, organisation) by its shape.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from app.papers import card_text, lines, marks, reading, shape
from app.papers.lines import Line
from app.papers.marks import Mark, Token
from app.papers.paper import Entry, Paper, normalised_title
from app.papers.reading import Reading
from app.papers.wrapping import Wrapping

_BELOW = {Mark.AUTHORS, Mark.DOT, Mark.DAY, Mark.UPVOTE, Mark.GITHUB, Mark.ARXIV}


@dataclass
class _Card:
    """The tokens of one card while it is gathered."""

    above: list[Token] = field(default_factory=list)
    texts: list[Token] = field(default_factory=list)
    below: list[Token] = field(default_factory=list)
    votes: int | None = None
    n_comments: int | None = None
    stars: int | None = None

    @property
    def tokens(self) -> list[Token]:
        return [*self.above, *self.texts, *self.below]

    def has(self, *kinds: Mark) -> bool:
        return any(token.mark in kinds for token in self.below)


def tokens_of(body: Sequence[Line], latest: date) -> tuple[list[Token], list[Line]]:
    """Every line's tokens, and the lines that are menu; a submitter may be called like a menu."""
    tokens: list[Token] = []
    menu: list[Line] = []
    for line in body:
        is_name = bool(tokens) and _awaits_name(tokens[-1]) and _may_be_name(line.text)
        if lines.is_menu(line.text) and not is_name and not _ends_title(tokens, line):
            menu.append(line)
        else:
            found = marks.read(line, latest)
            tokens += [Token(Mark.SUBMITTED, line, "name")] if is_name else found
    return tokens, menu


def are_cards(tokens: Sequence[Token], wrap: Wrapping) -> bool:
    """Whether marks stand between the texts often enough to be more than strays."""
    is_text = [token.mark is Mark.TEXT for token in tokens if token.mark is not Mark.LINK]
    n_groups = sum(
        not now and before for before, now in zip([True, *is_text], is_text, strict=False)
    )
    n_titled = sum(token.is_titled and bool(token.linked_id) for token in tokens)
    n_texts = sum(is_text)
    if n_titled >= 1:
        return True
    if n_groups == 1:
        return n_texts <= 4
    return n_groups > 1 and n_texts <= n_groups * (60 if wrap.width else 6)


def are_bylined(tokens: Sequence[Token]) -> bool:
    """Whether the marks are such as no other kind of text has, at least two of them."""
    strong = {Mark.AUTHORS, Mark.SUBMITTED, Mark.UPVOTE, Mark.ARXIV}
    return sum(token.mark in strong or bool(token.linked_id) for token in tokens) >= 2


def read(tokens: Sequence[Token], menu: Sequence[Line], wrap: Wrapping) -> Reading:
    """Read the tokens of a page's cards; every line ends in an entry or among the unread."""
    entries: list[Entry] = []
    titles: list[Line] = []
    unread = [(line, reading.MENU) for line in menu]
    cards = list(_cards(tokens))
    is_trending = any(token.mark is Mark.UPVOTE for token in tokens)
    known: dict[str, int] = {}
    last_id = ""
    for place, card in enumerate(cards):
        found, lost = _read_card(card, wrap, is_last=place == len(cards) - 1)
        unread += lost
        for paper in found:
            key = normalised_title(paper.title)
            if is_trending and key in known and len(found) == 1:
                twin = entries[known[key]]
                entries[known[key]] = _merged(twin, _entry(card, paper, "", 0))
                if paper.abstract != twin.paper.abstract:
                    unread += [(token.line, reading.UNLIKE) for token in card.texts]
                continue
            own_id = _linked_id(card, cards[place - 1 : place], last_id) if len(found) == 1 else ""
            known[key] = len(entries)
            entries.append(_entry(card, paper, own_id, len(entries) + 1))
            titles.append(card.texts[0].line)
            last_id = own_id or last_id
    return Reading(entries, unread, titles)


def _ends_title(tokens: Sequence[Token], line: Line) -> bool:
    """Whether "Models" may be a wrapped title's last word."""
    if line.text not in lines.TITLE_WORDS or not tokens or tokens[-1].mark is not Mark.TEXT:
        return False
    text = tokens[-1].text
    return len(text) > 20 and shape.is_title_case(text)


def _awaits_name(token: Token) -> bool:
    return token.mark is Mark.SUBMITTED and not token.text and token.line.text == "Submitted by"


def _may_be_name(text: str) -> bool:
    return len(text) <= 40 and len(text.split()) <= 4


def _cards(tokens: Sequence[Token]) -> Iterator[_Card]:
    """Share the tokens out among cards."""
    votes_lead = _votes_lead([token.mark for token in tokens if token.mark is not Mark.LINK])
    card = _Card()
    for place, token in enumerate(tokens):
        if _starts_card(card, token, tokens[place + 1 : place + 4], votes_lead=votes_lead):
            yield card
            card = _Card()
        _put(card, token)
    yield card


def _votes_lead(kinds: Sequence[Mark]) -> bool:
    """Whether a number above a title is its votes; else it is the last card's comments."""
    first = kinds.index(Mark.TEXT) if Mark.TEXT in kinds else 0
    twice = any(pair == (Mark.COUNT, Mark.COUNT) for pair in pairwise(kinds))
    return twice or (first > 0 and kinds[first - 1] is Mark.COUNT)


def _starts_card(card: _Card, token: Token, ahead: Sequence[Token], *, votes_lead: bool) -> bool:
    if not card.texts:
        return False
    if token.mark is Mark.SUBMITTED:
        return not card.below or card.below[-1].mark is not Mark.SUBMITTED
    if token.mark is Mark.TEXT:
        return card.has(*_BELOW, Mark.COUNT) or (token.is_titled and not _is_open(card))
    if token.mark is not Mark.COUNT or _awaits_count(card):
        return False
    following = next((other.mark for other in ahead if other.mark is not Mark.LINK), None)
    is_comments = following in {Mark.COUNT, None} or not votes_lead
    return not (
        is_comments and card.has(Mark.DAY, Mark.AUTHORS, Mark.DOT) and card.n_comments is None
    )


def _is_open(card: _Card) -> bool:
    """Whether a heading may go on in the next line: no abstract yet."""
    return card.texts[-1].is_titled and len(card.texts) < 4


def _awaits_count(card: _Card) -> bool:
    last = next((token for token in reversed(card.below) if token.mark is not Mark.LINK), None)
    return last is not None and last.mark in {Mark.UPVOTE, Mark.GITHUB} and last.count is None


def _put(card: _Card, token: Token) -> None:
    if token.mark is Mark.UPVOTE and token.count is not None:
        card.votes = token.count
    elif token.mark is Mark.GITHUB and token.count is not None:
        card.stars = token.count
    elif token.mark is Mark.COUNT:
        _put_count(card, token)
    if token.mark is Mark.TEXT:
        card.texts.append(token)
    else:
        (card.below if card.texts else card.above).append(token)


def _put_count(card: _Card, token: Token) -> None:
    if not card.texts:
        card.votes = token.count
    elif _awaits_count(card):
        last = next(other for other in reversed(card.below) if other.mark is not Mark.LINK)
        if last.mark is Mark.UPVOTE:
            card.votes = token.count
        else:
            card.stars = token.count
    else:
        card.n_comments = token.count


def _read_card(
    card: _Card, wrap: Wrapping, *, is_last: bool
) -> tuple[list[Paper], list[tuple[Line, str]]]:
    """The card's papers and its unread lines: either, never both."""
    names_org = card.has(Mark.DOT) and not card.has(Mark.AUTHORS)
    found, reason = card_text.read(card.texts, wrap, may_name_org=names_org)
    if found and is_last and not card.below and not shape.ends_sentence(found[-1].abstract):
        found, reason = [], reading.CUT
    whole = {token.line.number: token.line for token in card.tokens}
    return found, [] if found else [(line, reason) for line in whole.values()]


def _linked_id(card: _Card, previous: Sequence[_Card], last_id: str) -> str:
    """The arXiv id that the card links to.

    A link alone may stand before or after its token: what follows the abstract may be the next
    card's already, so it is never this one's.
    """
    end = card.texts[-1].line.number
    inside = [token for token in card.below if token.line.number < end]
    before = [token for other in previous for token in reversed(other.below)]
    ids = (token.linked_id for token in [*card.texts, *inside, *reversed(card.above), *before])
    return next((found for found in ids if found and found != last_id), "")


def _entry(card: _Card, paper: Paper, arxiv_id: str, position: int) -> Entry:
    url = f"https://huggingface.co/papers/{arxiv_id}" if arxiv_id else ""
    days = (token.day for token in card.below if token.day)
    paper = paper._replace(url=url, arxiv_id=arxiv_id, published=next(days, None))
    return Entry(paper, position, card.votes, card.n_comments, card.stars)


def _merged(first: Entry, again: Entry) -> Entry:
    """A card's second copy may know what the first lacks."""
    paper = first.paper._replace(
        arxiv_id=first.paper.arxiv_id or again.paper.arxiv_id,
        url=first.paper.url or again.paper.url,
        published=first.paper.published or again.paper.published,
    )
    votes = first.votes if first.votes is not None else again.votes
    stars = first.stars if first.stars is not None else again.stars
    return first._replace(paper=paper, votes=votes, stars=stars)
