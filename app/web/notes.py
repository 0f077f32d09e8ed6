"""What a reader should know of the words they just gave us."""

from datetime import datetime

from sqlmodel import Session

from app.pipeline import ingest
from app.pipeline.models import Models
from app.recommend import hints
from app.store import subscribers
from app.store.tables import Subscriber


def of(session: Session, models: Models, reader: Subscriber, now: datetime) -> list[str]:
    """A sentence for each of their interests that no paper meets, with what is near it.

    None before the first paper comes, nor while the model has to be fitted first.
    """
    model = models.at_hand(session, ingest.day(now), now)
    if model is None or not model.row_of:
        return []
    typed = subscribers.interests_of(session, [reader.id or 0]).get(reader.id or 0, ())
    return [each.sentence() for each in hints.unknown(model, typed)]
