"""From the facts of a stored letter to what a reader sees, and to the bytes that travel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property, lru_cache

from jinja2 import Environment
from sqlmodel import Session

from app.errors import BadValue
from app.languages import ENGLISH, QUOTED, Language, english
from app.mail import dkim, excerpt, layout, links, message, press
from app.mail import letter as letters_mail
from app.mail.letter import PaperView
from app.pipeline import notices, reading
from app.pipeline.reading import Contents
from app.recommend import interests
from app.recommend.interests import Interest
from app.recommend.telling import Told
from app.recommend.voice import to_reader
from app.store.tables import Letter, LetterKind, Subscriber


@dataclass(frozen=True)
class Letterhead:
    """What all letters of one service share. sender: "Paperboy <paperboy@example.org>".

    templates: in English; others: those of other languages, by code. contact: the operator's
    address. bounce_address: a mailbox of ours, each letter's own return
    path is made of it; "": bounces go to the sender. signer: None leaves signing to the relay.
    has_trap: whether letters have a link that nobody sees; see `mail.scanners`.
    """

    sender: str
    links: links.Links
    templates: Environment
    others: Mapping[str, Environment] = field(default_factory=dict)
    postal_address: str = ""
    contact: str = ""
    bounce_address: str = ""
    signer: dkim.Signer | None = None
    has_trap: bool = True

    def templates_in(self, code: str) -> Environment:
        """Those of a language; the English ones where it is not, or no longer, spoken."""
        return self.others.get(code, self.templates)

    def language(self, code: str) -> Language:
        """The language itself."""
        return layout.language_of(self.templates_in(code))

    @cached_property
    def address(self) -> str:
        """The bare address of the sender, as SMTP wants it."""
        return message.envelope_address(parseaddr(self.sender)[1])

    @cached_property
    def domain(self) -> str:
        """The domain that Message-IDs are made under."""
        return self.address.rpartition("@")[2]

    def return_path(self, row: Letter) -> str:
        """Where reports on this letter go."""
        if not self.bounce_address:
            return self.address
        base, tokens = message.envelope_address(self.bounce_address), self.links.tokens
        return links.bounce_address(base, tokens, row.subscriber_id, row.id or 0)

    def unsubscribe_address(self, subscriber_id: int) -> str:
        """Where a mail unsubscribes this person, or "" where nobody would read it."""
        if not self.bounce_address:
            return ""
        return links.unsubscribe_address(self.bounce_address, self.links.tokens, subscriber_id)


BY_WORDS = english("You signed up on {day}; your letters go by your words: {words}.")
BY_LIKES = english("You signed up on {day}; your letters go by the papers you like.")
# A letter knows no more of its start: the form, or `paperboy subscribers add`.
WHY_CONFIRM = english(
    "This address was given to us, most likely by you or by the operator of this service."
)
# Signs of what was typed that a letter of confirmation repeats.
MOST_WORDS = 100
# Of a message that must not be too long, as much for its HTML; the rest is text and headers.
PARTS = (0.8, 0.7, 0.6, 0.45, 0.3, 0)


@dataclass(slots=True)
class Envelope:
    """What SMTP is told (RFC 5321 §3.3), and the message itself."""

    sender: str
    recipient: str
    message: bytes


def why(subscriber: Subscriber, typed: Sequence[Interest], language: Language = ENGLISH) -> str:
    """Say in a sentence why this person gets letters, to be kept with each of them.

    typed: what they asked for.
    """
    since = (subscriber.confirmed_at or subscriber.created_at).date()
    facts = {"day": language.date(since), "words": interests.format(typed)}
    return language.fill(BY_WORDS if typed else BY_LIKES, **facts)


def made(head: Letterhead, row: Letter, contents: Contents | None) -> Envelope:
    """Build and sign the message of a stored letter; the same facts give the same bytes.

    contents: see `reading.of`. Raises what was wrong with them.
    """
    return _envelope(head, row, _view(head, row, contents))


def fitting(session: Session, head: Letterhead, row: Letter, most: int) -> Envelope:
    """The same letter in a message of `most` bytes, with less in it if need be.

    Where even the shortest is longer, that one. How much is left depends on `most` alone.
    """
    says = view(session, head, row)
    made = _envelope(head, row, says)
    for part in PARTS:
        if len(made.message) <= most:
            break
        made = _envelope(head, row, says, max_html=int(most * part))
    return made


def envelope(session: Session, head: Letterhead, row: Letter) -> Envelope:
    """The message of one letter."""
    return _envelope(head, row, view(session, head, row))


def _envelope(
    head: Letterhead, row: Letter, says: letters_mail.Letter, max_html: int = press.MAX_BYTES
) -> Envelope:
    daily = row.kind == LetterKind.DAILY
    unsubscribe_url = says.unsubscribe_url if isinstance(says, letters_mail.Daily) else ""
    content = message.build(
        press.quote(head.templates_in(row.language), says, max_html),
        sender=head.sender,
        recipient=row.recipient,
        message_id=row.message_id,
        date=row.date,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_mailto=head.unsubscribe_address(row.subscriber_id) if daily else "",
        list_id=f"daily.{head.domain}",
        kind=row.kind,
    )
    return Envelope(
        sender=head.return_path(row),
        recipient=message.envelope_address(row.recipient),
        message=head.signer.sign(content, is_relaxed=True) if head.signer else content,
    )


def rendered(session: Session, head: Letterhead, row: Letter) -> letters_mail.Rendered:
    """A stored letter as a page: all of it, where the message had to leave out papers."""
    return press.render(head.templates_in(row.language), view(session, head, row))


def view(session: Session, head: Letterhead, row: Letter) -> letters_mail.Letter:
    """What a stored letter says."""
    return _view(head, row, reading.of(session, [row]).get(row.id or 0))


def page(head: Letterhead, row: Letter, contents: Contents | None) -> letters_mail.Rendered:
    """The same of what it holds, see `reading`, stored or not."""
    return press.render(head.templates_in(row.language), _view(head, row, contents))


def on_trial(
    head: Letterhead, row: Letter, contents: Contents | None, to: str, now: datetime
) -> Envelope:
    """A reader's letter for somebody else to try: no link in it is the reader's, nor a bounce."""
    name = message.message_id(now.date(), 0, row.kind, head.domain, int(now.timestamp()))
    others = {"id": None, "subscriber_id": 0, "recipient": to, "message_id": name, "date": now}
    tried = Letter(**(row.model_dump() | others))
    made = _envelope(head, tried, _view(head, tried, contents))
    made.sender = message.envelope_address(head.bounce_address or head.address)
    return made


def _view(head: Letterhead, row: Letter, contents: Contents | None) -> letters_mail.Letter:
    if row.kind in notices.KINDS:
        return notices.view(
            head.links,
            row,
            head.language(row.language),
            postal=head.postal_address,
            contact=head.contact,
        )
    if contents is None:
        return _confirm(head, row)
    return _daily(head, row, contents)


def _confirm(head: Letterhead, row: Letter) -> letters_mail.Confirm:
    until, language = row.date + links.CONFIRM_WITHIN, head.language(row.language)
    return letters_mail.Confirm(
        confirm_url=head.links.confirm(row.subscriber_id, row.date),
        words=asked_for(row.why, language),
        expires=language.until(until),
        why=language.gettext(WHY_CONFIRM),
        postal=head.postal_address,
        contact=head.contact,
    )


def asked_for(typed: str, language: Language) -> str:
    """What was typed at sign-up, each in one pair of the language's quotes, as much as fits.

    Only what somebody wants, and not how much: a letter has papers on it, and none on “-video”.
    """
    try:
        read = interests.parse(typed, has_likes=True, skips_empty=True)
        wanted = (replace(each, weight=1.0) for each in read if not each.negative)
        texts = [interests.spoken(each) for each in wanted]
    except BadValue:  # noted before the rules for words were these
        texts = [typed]
    kept, room = list[str](), MOST_WORDS
    for text in texts:
        cut = excerpt.cut(text, MOST_WORDS)
        room -= len(cut)
        if room < 0:
            return ", ".join([*kept, "…"])
        kept.append(language.fill(QUOTED, text=cut))
    return language.listed(kept)


def _daily(head: Letterhead, row: Letter, contents: Contents) -> letters_mail.Daily:
    letter_id = row.id or 0
    preferences = head.links.preferences(row.subscriber_id, row.version)
    browser_url, feedback_url = head.links.letter_and_feedback(letter_id)
    return letters_mail.Daily(
        edition=row.edition_date,
        picks=_picks(head, contents, head.language(row.language)),
        n_candidates=row.n_candidates,
        note=row.news,
        wider_days=row.wider_days,
        preferences_url=preferences,
        pause_url=f"{preferences}#pause",
        unsubscribe_url=head.links.unsubscribe(row.subscriber_id),
        browser_url=browser_url,
        feedback_url=feedback_url,
        trap_url=head.links.trap(letter_id) if head.has_trap and letter_id else "",
        why=row.why,
        postal=head.postal_address,
        contact=head.contact,
    )


def _picks(
    head: Letterhead, contents: Contents, language: Language
) -> tuple[letters_mail.PickView, ...]:
    return tuple([_pick(head, contents, told) for told in contents.told(to_reader(language))])


def _pick(head: Letterhead, contents: Contents, told: Told) -> letters_mail.PickView:
    rank, paper_id, by_community, band, exploring, points, shares, terms, names = told
    shown = contents.paper(paper_id)
    return letters_mail.PickView(
        shown if shown.url else _linked(shown, head.links, paper_id),
        rank,
        points,
        contents.votes.get(paper_id),
        band,
        exploring,
        shares,
        terms,
        names,
        by_community,
    )


@lru_cache(maxsize=2_000)
def _linked(shown: PaperView, ours: links.Links, paper_id: int) -> PaperView:
    # Where no digest gave a link, our own page of the paper; its host says nothing to a reader.
    return replace(shown, url=ours.paper(paper_id))
