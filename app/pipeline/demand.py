"""How much work is put on the queue: as many shards as there are readers and letters due."""

from datetime import datetime
from math import ceil

from sqlalchemy import Engine
from sqlmodel import Session

from app.pipeline import rank
from app.pipeline.rests import Rests
from app.store import engine as engines
from app.store import outbox, queue, releases, subscribers

# Letters of a shard of delivery: those that a shard of ranking wrote.
LETTERS = rank.SHARD


def ask_to_rank(engine: Engine, now: datetime) -> None:
    """Let everyone who is due be ranked. Raises NotReady."""
    with engines.transaction(engine) as session:
        n_due = subscribers.count_due(session, now, rank.SHARD * queue.MOST_WAITING)
        queue.top_up(session, queue.RANK, ceil(n_due / rank.SHARD))


def ask_to_deliver(engine: Engine, rests: Rests, now: datetime) -> None:
    """Let every letter that waits be sent. Raises NotReady.

    By one shard only, which is to knock, while the mail server cannot be reached.
    """
    is_down = rests.is_known_down()
    with engines.transaction(engine) as session:
        releases.release_ended(session)
        n_shards = ceil(outbox.count_due(session, now) / LETTERS)
        queue.top_up(session, queue.DELIVER, min(n_shards, 1) if is_down else n_shards)


def ask_for_ranked(session: Session, tally: rank.Tally) -> None:
    """Let the letters that this transaction wrote be sent as soon as they are stored."""
    if tally.n_letters:
        queue.add(session, queue.DELIVER)
