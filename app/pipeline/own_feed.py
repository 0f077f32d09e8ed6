"""A reader's picks of late as a feed: the same papers and reasons as in the letters."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from sqlmodel import Session

from app.errors import BadLink
from app.languages import Language, english
from app.mail import letter as letters_mail
from app.mail.links import Purpose, Verdict
from app.mail.syndication import Entry, Feed
from app.pipeline import reading
from app.pipeline.compose import Letterhead
from app.recommend import explain, points
from app.recommend.voice import to_reader
from app.store import history, papers, subscribers
from app.store.tables import Letter, Paper, Pick, Status

DAYS, MOST = timedelta(days=30), 300
TITLE, WHOLE = english("Paperboy: your picks"), english("The whole letter")


def of(session: Session, head: Letterhead, token: str, form: str, now: datetime) -> Feed:
    """The feed a link opens. Raises BadLink where it was made void, or nothing is sent any more."""
    subscriber_id, version = head.links.tokens.read(Purpose.FEED, token, n_facts=2)
    reader = subscribers.by_id(session, subscriber_id)
    if reader is None or reader.version != version or reader.status != Status.ACTIVE:
        raise BadLink(
            english("This feed is no longer kept up. Your newest letter leads to the new one.")
        )
    language = head.language(reader.language)
    rows = history.picks_since(session, subscriber_id, (now - DAYS).date(), MOST)
    since = reader.confirmed_at or reader.created_at
    return Feed(
        id=_tag(head, since.date(), f"picks/{subscriber_id}"),
        title=language.say(TITLE),
        language=language.code,
        home=f"{head.links.base_url}/",
        own=head.links.feed(subscriber_id, version, form),
        updated=max((letter.date for letter, _, _ in rows), default=since),
        entries=tuple(_entries(session, head, rows, language)),
    )


def _tag(head: Letterhead, day: date, name: str) -> str:
    """RFC 4151: whose it is and since when, and then what only we need understand."""
    return f"tag:{urlsplit(head.links.base_url).hostname},{day}:{name}"


def _entries(
    session: Session,
    head: Letterhead,
    rows: Sequence[tuple[Letter, Pick, Paper]],
    language: Language,
) -> Iterator[Entry]:
    reasons = [explain.from_json(pick.reason) for _, pick, _ in rows]
    titles = reading.titles_named(session, reasons)
    for (letter, pick, row), reason in zip(rows, reasons, strict=True):
        shown = letters_mail.show(papers.told(row))
        letter_id = letter.id or 0
        ways = [
            (language.say(what), head.links.feedback(letter_id, pick.rank, verdict))
            for what, verdict in _WAYS.items()
        ]
        yield Entry(
            id=_tag(head, letter.edition_date, f"{letter_id}/{pick.rank}"),
            title=shown.title,
            url=shown.url or head.links.paper(row.id or 0),
            at=letter.date,
            authors=shown.authors,
            reason=points.sentence(reason, titles, to_reader(language)),
            excerpt=shown.excerpt,
            ways=(*ways, (language.say(WHOLE), head.links.letter(letter_id))),
        )


_WAYS = {
    english("More like this"): Verdict.LIKE,
    english("Less like this"): Verdict.DISLIKE,
    english("Save for later"): Verdict.SAVE,
}
