"""From the facts of a stored letter to what a reader sees, and to the bytes that travel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from jinja2 import Environment
from sqlmodel import Session

from app.mail import dkim, links, message
from app.mail import letter as letters_mail
from app.papers import tex
from app.papers.paper import Paper as PaperFacts
from app.pipeline import notices
from app.recommend import explain, highlight, interests
from app.store import letters, papers, subscribers
from app.store.tables import Letter, LetterKind, Paper, Pick, Subscriber


@dataclass(frozen=True)
class Letterhead:
    """What all letters of one service share. sender: "Paperboy <paperboy@example.org>".

    contact: the operator's address. bounce_address: a mailbox of ours, each letter's own return
    path is made of it; "": bounces go to the sender. signer: None leaves signing to the relay.
    has_trap: whether letters have a link that nobody sees; see `mail.scanners`.
    """

    sender: str
    links: links.Links
    templates: Environment
    postal_address: str = ""
    contact: str = ""
    bounce_address: str = ""
    signer: dkim.Signer | None = None
    has_trap: bool = True

    @property
    def address(self) -> str:
        """The bare address of the sender, as SMTP wants it."""
        return message.envelope_address(parseaddr(self.sender)[1])

    @property
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


# Of a message that must not be too long, as much for its HTML; the rest is text and headers.
PARTS = (0.8, 0.7, 0.6, 0.45, 0.3, 0)


@dataclass(frozen=True)
class Envelope:
    """What SMTP is told (RFC 5321 §3.3), and the message itself."""

    sender: str
    recipient: str
    message: bytes


def why(session: Session, subscriber: Subscriber) -> str:
    """Say in a sentence why this person gets letters, to be kept with each of them."""
    subscriber_id = subscriber.id or 0
    typed = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())
    since = (subscriber.confirmed_at or subscriber.created_at).date()
    goes_by = f"your words: {interests.format(typed)}" if typed else "the papers you like"
    return f"You signed up on {since.day} {since:%B %Y}; your letters go by {goes_by}."


def fitting(session: Session, head: Letterhead, row: Letter, most: int) -> Envelope:
    """The same letter in a message of `most` bytes, with less in it if need be.

    Where even the shortest is longer, that one. How much is left depends on `most` alone.
    """
    made = envelope(session, head, row)
    for part in PARTS:
        if len(made.message) <= most:
            break
        made = envelope(session, head, row, max_html=int(most * part))
    return made


def envelope(
    session: Session, head: Letterhead, row: Letter, max_html: int = letters_mail.MAX_BYTES
) -> Envelope:
    """Build and sign the message of a stored letter; the same facts give the same bytes.

    max_html: how many bytes its HTML may take; see `letter.render`.
    """
    links_ = head.links
    daily = row.kind == LetterKind.DAILY
    content = message.build(
        rendered(session, head, row, max_html),
        sender=head.sender,
        recipient=row.recipient,
        message_id=row.message_id,
        date=row.date,
        unsubscribe_url=links_.unsubscribe(row.subscriber_id) if daily else "",
        unsubscribe_mailto=head.unsubscribe_address(row.subscriber_id) if daily else "",
        list_id=f"daily.{head.domain}",
        kind=row.kind,
    )
    return Envelope(
        sender=head.return_path(row),
        recipient=message.envelope_address(row.recipient),
        message=head.signer.sign(content) if head.signer else content,
    )


def rendered(
    session: Session, head: Letterhead, row: Letter, max_html: int = letters_mail.MAX_BYTES
) -> letters_mail.Rendered:
    """The subject, HTML and text of a stored letter."""
    if row.kind == LetterKind.CONFIRM:
        return letters_mail.render(head.templates, _confirm(head, row))
    if row.kind in notices.KINDS:
        notice = notices.view(head.links, row, postal=head.postal_address, contact=head.contact)
        return letters_mail.render(head.templates, notice)
    chosen = letters.picks_of(session, row.id or 0)
    return letters_mail.render(head.templates, _daily(session, head, row, chosen), max_html)


def unstored(
    session: Session, head: Letterhead, row: Letter, chosen: Sequence[tuple[Pick, Paper]]
) -> letters_mail.Rendered:
    """The same for a letter that is only looked at; its feedback links lead to letter 0."""
    return letters_mail.render(head.templates, _daily(session, head, row, chosen))


def _confirm(head: Letterhead, row: Letter) -> letters_mail.Confirm:
    until = row.date + links.CONFIRM_WITHIN
    return letters_mail.Confirm(
        confirm_url=head.links.confirm(row.subscriber_id, row.date),
        words=row.why,
        expires=f"{until.day} {until:%B %Y, %H:%M} UTC",
        why="Somebody, most likely you, typed this address on our sign-up page.",
        postal=head.postal_address,
        contact=head.contact,
    )


def _daily(
    session: Session, head: Letterhead, row: Letter, chosen: Sequence[tuple[Pick, Paper]]
) -> letters_mail.Daily:
    reasons = [explain.from_json(pick.reason) for pick, _ in chosen]
    titles = titles_named(session, reasons)
    votes = papers.votes_at(session, [pick.paper_id for pick, _ in chosen], row.date)
    letter_id = row.id or 0
    preferences = head.links.preferences(row.subscriber_id, row.version)
    return letters_mail.Daily(
        edition=row.edition_date,
        picks=tuple(
            _pick_view(head, letter_id, pick, paper, reason, titles, votes)
            for (pick, paper), reason in zip(chosen, reasons, strict=True)
        ),
        n_candidates=row.n_candidates,
        preferences_url=preferences,
        pause_url=f"{preferences}#pause",
        unsubscribe_url=head.links.unsubscribe(row.subscriber_id),
        browser_url=head.links.letter(letter_id),
        trap_url=head.links.trap(letter_id) if head.has_trap and letter_id else "",
        why=row.why,
        postal=head.postal_address,
        contact=head.contact,
    )


def titles_named(session: Session, reasons: Sequence[explain.Reason]) -> dict[int, str]:
    """The titles of the papers that reasons name, TeX turned into signs."""
    named = [share.paper_id for reason in reasons for share in (*reason.liked, *reason.disliked)]
    rows = papers.by_ids(session, sorted(set(named)))
    return {paper_id: tex.to_unicode(row.title) for paper_id, row in rows.items()}


# What is common to all letters of a paper is prepared once; a day's papers fit in easily.
_shown = lru_cache(maxsize=2_000)(letters_mail.show)


def _pick_view(
    head: Letterhead,
    letter_id: int,
    pick: Pick,
    paper: Paper,
    reason: explain.Reason,
    titles: dict[int, str],
    votes: dict[int, int],
) -> letters_mail.PickView:
    facts = PaperFacts(
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        url=paper.url,
    )
    shown = _shown(facts)
    if not shown.url:
        # No digest gave a link: our own page of the paper, whose host says nothing to a reader.
        shown = replace(shown, url=head.links.paper(paper.id or 0))
    like, dislike, save = (
        head.links.feedback(letter_id, pick.rank, verdict) for verdict in links.Verdict
    )
    return letters_mail.PickView(
        paper=shown,
        reason=explain.sentence(reason, titles),
        words=tuple(word for term in reason.terms for word in (term.text, *term.part)),
        votes=votes.get(pick.paper_id),
        like_url=like,
        dislike_url=dislike,
        save_url=save,
        **(_rated(reason, titles) if reason.fit or reason.exploring else {}),
    )


def _rated(reason: explain.Reason, titles: dict[int, str]) -> dict[str, Any]:
    """What a pick's view shows since fits are stored; a letter made before stays as it went out."""
    return {
        "band": reason.band,
        "exploring": reason.exploring,
        "shares": tuple(explain.parts(reason, titles)),
        "terms": highlight.terms(reason),
        "names": highlight.authors(reason),
    }
