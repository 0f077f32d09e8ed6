"""What there is to know of a letter when it is made, as the rows that keep it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.mail import message
from app.pipeline import compose, reading
from app.pipeline.compose import Letterhead
from app.pipeline.editions import Edition
from app.pipeline.tidings import Tidings
from app.recommend import explain, telling
from app.recommend.interests import Interest
from app.recommend.voice import to_reader
from app.store import submissions
from app.store.planned import Chosen
from app.store.tables import LetterKind, Subscriber


def facts(
    head: Letterhead,
    subscriber: Subscriber,
    typed: Sequence[Interest],
    day: date,
    now: datetime,
    model_id: str,
    made: Edition,
    news: Tidings,
) -> dict[str, Any]:
    """What there is to know of one subscriber's letter, as its row. typed: by the subscriber."""
    subscriber_id, language = subscriber.id or 0, head.language(subscriber.language)
    return {
        "subscriber_id": subscriber_id,
        "kind": LetterKind.DAILY,
        "edition_date": day,
        "recipient": subscriber.address,
        "message_id": message.message_id(day, subscriber_id, LetterKind.DAILY, head.domain),
        "date": now.replace(microsecond=0),
        "model_id": model_id,
        "n_candidates": made.n_new,
        "wider_days": made.wider_days,
        "told": made.told,
        "why": compose.why(subscriber, typed, language),
        "version": subscriber.version,
        "language": subscriber.language,
        "news": news.sentence(language, has_papers=bool(made.found)),
    }


def told(
    session: Session, head: Letterhead, made: Sequence[tuple[Subscriber, Edition]]
) -> list[Edition]:
    """The same editions with what their letters say of the picks, each in its reader's words."""
    sent_in = _sent_in(session, [each for _, each in made])
    reasons = (pick.reason for _, each in made for pick, _ in each.found)
    titles = reading.titles_named(session, reasons)
    found: list[Edition] = []
    for subscriber, each in made:
        voice = to_reader(head.language(subscriber.language))
        picks = [
            telling.of(
                pick.rank,
                pick.paper_id,
                pick.reason,
                titles,
                voice,
                by_community=pick.paper_id in sent_in,
            )
            for pick, _ in each.found
        ]
        text = telling.to_json(picks) if picks else ""
        found.append(replace(each, told=text, sent_in=sent_in))
    return found


def _sent_in(session: Session, made: Iterable[Edition]) -> set[int]:
    """Those of all picks that the community brought."""
    chosen = {pick.paper_id for each in made for pick, _ in each.found}
    return submissions.accepted_among(session, sorted(chosen))


def picks(made: Edition) -> Iterator[Chosen]:
    """Picks as `planned.PICK`, each made when it is asked for: a shard has thousands."""
    for pick, team in made.found:
        is_sent_in = pick.paper_id in made.sent_in
        yield pick.rank, pick.paper_id, pick.score, explain.to_json(pick.reason), team, is_sent_in
