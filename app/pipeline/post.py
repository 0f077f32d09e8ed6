"""All that a delivery run needs to know."""

import asyncio
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.pipeline import compose
from app.pipeline.breaker import Breaker
from app.pipeline.hand import Hiring
from app.pipeline.pace import Pace
from app.wire.server import Server


@dataclass
class Post:
    """All that a delivery run needs. on_settled: called after each letter, for a progress bar.

    stay: how long to wait at most for letters that only their pace keeps back; None: for them all.
    most: how many it may claim; 0: all that are due. holder: see `departures.claim_due`; no other
    run has it.
    holds_doubt: see `outbox.hold`. hiring: of further processes, where enough waits; None: of none.
    """

    engine: Engine
    head: compose.Letterhead
    server: Server
    clock: Callable[[], datetime]
    n_connections: int = 4
    pace: Pace = field(default_factory=Pace)
    breaker: Breaker = field(default_factory=Breaker)
    stay: timedelta | None = None
    most: int = 0
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    holds_doubt: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    on_settled: Callable[[], None] = lambda: None
    hiring: Hiring | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
