"""The outbox's waiting letters, through SMTP: as many lanes as connections, side by side."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from sqlmodel import Session

from app.errors import NotReady
from app.pipeline.lane import Lane
from app.pipeline.lanes import Lanes
from app.pipeline.ledger import Ledger
from app.pipeline.outcome import Tally
from app.pipeline.post import Post
from app.pipeline.senders import Senders
from app.pipeline.stock import BATCH, Stock
from app.pipeline.stopping import Stopping
from app.store import outbox, releases

log = structlog.get_logger()
# A run leaves letters kept back by their pace to the next one: others may become due.
STAY = timedelta(minutes=1)
# As many as some hundred letters and what they say; a few MB.
NEW_OBJECTS = 50_000
# Messages made ahead for each lane, of some 60 kB.
AHEAD = 2


async def deliver(post: Post, tally: Tally | None = None) -> Tally:
    """Send every letter that is due, until none is left or `post.stop` is set.

    Sends nothing while a brake is on. tally: kept up to date, for who wants to look before the end.
    Raises NotReady if the database fails.
    """
    tally, stopping = tally or Tally(), Stopping()
    watch = asyncio.ensure_future(stopping.watch(post.stop))
    with _garbage_of_its_own():
        async with Ledger(post.engine) as ledger:
            try:
                await _send_all(post, ledger, tally, stopping)
                if tally.unreachable and not await ledger.write(
                    lambda session: outbox.any_due(session, post.clock())
                ):
                    # A server that takes fewer connections than we asked for took every letter.
                    tally.unreachable = ""
            except Exception:
                await _forget(post, ledger)
                raise
            finally:
                watch.cancel()
    if tally.unreachable:
        log.warning("smtp_unreachable", reply=tally.unreachable)
    return tally


async def _forget(post: Post, ledger: Ledger) -> None:
    """Let others claim what this run has claimed without being told so, before the lease is over.

    Where the database is still gone, the lease or `releases.release_ended` does it.
    """

    def release(session: Session) -> None:
        post.pace.give_back(session, releases.release_of(session, post.holder), post.clock())

    try:
        await ledger.write(release)
    except NotReady as e:
        log.warning("claims_not_given_back", reason=str(e))


@contextmanager
def _garbage_of_its_own() -> Iterator[None]:
    """Let the collector look through nothing that was there before: libraries, templates, models.

    It would find nothing, over and over, in a tenth of the time that letters take. Through what is
    new it looks rarely: most of it is claimed letters, and none of those is garbage.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


async def _send_all(post: Post, ledger: Ledger, tally: Tally, stopping: Stopping) -> None:
    is_try = await ledger.write(lambda session: _open(post, session))
    if is_try:
        await Lane(post, ledger, tally, stopping, _stock(post, ledger, is_try=True)).run()
        await ledger.write(lambda session: post.breaker.look(session, post.clock()))
    stock = _stock(post, ledger)
    lanes = Lanes(lambda: Lane(post, ledger, tally, stopping, stock), stock)
    first = lanes.make()
    # One knocks before all come: a server that is down for hours is asked as seldom as can be.
    if await first.reach():
        lanes.begin(first)
        lanes.add(post.n_connections - 1)
        maker = asyncio.ensure_future(stock.make_ahead(post.head, AHEAD * post.n_connections))
        try:
            await Senders(post, ledger, tally, stopping, lanes).work()
        finally:
            maker.cancel()
        await first.give_back([claim.entry for claim in stock.left()])
    tally.held = tally.held or post.breaker.held


def _stock(post: Post, ledger: Ledger, *, is_try: bool = False) -> Stock:
    def may_go() -> bool:
        return not (post.stop.is_set() or post.breaker.held)

    size = 1 if is_try else BATCH * post.n_connections
    looks = post.clock, post.pace, post.breaker, may_go, post.stay
    return Stock(ledger, *looks, size, is_try, post.most, post.holder)


def _open(post: Post, session: Session) -> bool:
    """What is done before the first letter; True if one is to try whether the brake is needed."""
    now = post.clock()
    is_try = outbox.any_due(session, now) and post.breaker.open(session, now)
    if not post.breaker.held:
        post.pace.ration(session, now)
    return is_try
