"""The door for sign-ups from pages: each stored as if it came alone, many in one transaction."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import TooMany
from app.pipeline import opt_in
from app.pipeline.compose import Letterhead
from app.pipeline.ledger import Ledger
from app.pipeline.opt_in import Asked, Wish

# In a flood a tap or a letter that is to be stored waits for so many sign-ups, and not for all.
MOST_AT_ONCE = 25


class Intake:
    """Takes sign-ups from any number of requests at once."""

    def __init__(self, engine: Engine, head: Letterhead) -> None:
        self._ledger = Ledger(engine, MOST_AT_ONCE)
        self._head = head

    async def take(self, wish: Wish, asked: Asked, now: datetime) -> None:
        """Note one, see `opt_in.request`; return when it is durable. Raises TooMany, NotReady."""

        def note(session: Session) -> TooMany | None:
            try:
                opt_in.request(session, self._head, wish, asked, now)
            except TooMany as e:
                # No failure: those who came with it need not be begun again.
                return e
            return None

        refused = await self._ledger.write(note)
        if refused is not None:
            raise refused
