"""A shard of ranking, a shard of delivery: what a worker does for a task of the queue.

Which readers or letters a shard holds is seen when it runs: it takes what is due and nobody else's.
So a shard that is lost, runs twice or finds nothing does no harm.
"""

import asyncio
from datetime import timedelta

import structlog

from app.pipeline import deliver, demand, rank
from app.pipeline.plan import Day
from app.store import engine as engines
from app.store import queue, vanished

log = structlog.get_logger()


def rank_one(day: Day) -> None:
    """Rank one shard, and ask for the delivery of its letters in the same commit.

    Raises NotReady.
    """
    day.look_back()
    day.tell_ranked(rank.rank_due_shard(day.desk, day.clock(), demand.ask_for_ranked))


async def deliver_one(day: Day, task: str) -> None:
    """Send one shard of the letters that wait. Raises NotReady.

    task: its name, which no other has.
    """
    if not await asyncio.to_thread(day.rests.may_knock, task):
        return
    began = day.clock()
    tally = await day.deliver(stay=deliver.STAY, most=demand.LETTERS, holder=task)
    # A server that takes fewer connections than we asked for has let us in all the same.
    if tally.unreachable and not tally.sent:
        await asyncio.to_thread(day.rests.was_in_vain, task, began)
    else:
        await asyncio.to_thread(day.rests.was_let_in)


def free(day: Day, task: str) -> None:
    """Let others send what a task holds whose worker has vanished. Raises NotReady."""
    now = day.clock()
    # What it began to send later may be on its way still, if it lives after all. One that was
    # killed has been silent for longer than that when it is missed.
    since = now - timedelta(seconds=queue.STALLED_AFTER / 2)
    with engines.transaction(day.desk.engine) as session:
        n = vanished.reclaim_of(session, task, now, since, holds_doubt=day.holds_doubt)
    if n:
        log.warning("letters_of_a_vanished_worker", n=n, task=task)
