"""What routes are given: a transaction, the tokens, the letterhead, the time and the pages.

What only looks something up is async: for the rest a thread is called, which costs more than it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlmodel import Session

from app.mail.links import Tokens
from app.pipeline.compose import Letterhead
from app.pipeline.models import Models
from app.store import engine as engines
from app.web.pages import Pages


def _session(request: Request) -> Iterator[Session]:
    """One transaction per request. That of a GET is rolled back, whatever its route did."""
    engine = request.app.state.engine
    if request.method == "GET":
        with engines.transaction(engines.reading(engine)) as session:
            yield session
            session.rollback()
    else:
        with engines.transaction(engine) as session:
            yield session


def _reading(request: Request) -> Iterator[Session]:
    """For a POST that stores nothing, or looks before it does: it waits for no writer."""
    with engines.transaction(engines.reading(request.app.state.engine)) as session:
        yield session
        session.rollback()


async def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.letterhead.links.tokens
    return tokens


async def _letterhead(request: Request) -> Letterhead:
    head: Letterhead = request.app.state.letterhead
    return head


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock()
    return now


async def pages_of(request: Request) -> Pages:
    """The pages of this request, in the language that its browser asks for.

    The same each time it is asked for, so that a reader's own language holds from then on.
    """
    return pages_for(request)


def pages_for(request: Request) -> Pages:
    """The same, outside of dependencies."""
    pages: Pages | None = getattr(request.state, "pages", None)
    if pages is None:
        every: Pages = request.app.state.pages
        asked = request.headers.get("accept-language", "")
        pages = request.state.pages = every.speaking(every.spoken.asked_for(asked))
    return pages


async def _models(request: Request) -> Models:
    models: Models = request.app.state.models
    return models


async def _most_papers(request: Request) -> int:
    most: int = request.app.state.letter_size
    return most


async def own_pages_only(request: Request) -> None:
    """Refuse a form that another site's page sends in its visitors' name.

    Browsers say so in Sec-Fetch-Site; Origin says nothing here, for pages without referrer send
    "null". Programs send neither and are let through.
    """
    if request.method != "GET" and request.headers.get("sec-fetch-site") in CROSS_SITE:
        raise HTTPException(403)


CROSS_SITE = {"cross-site", "same-site"}

# Commits before the answer leaves: "Saved" is never said of what may still be lost.
SessionDep = Annotated[Session, Depends(_session, scope="function")]
ReadingDep = Annotated[Session, Depends(_reading, scope="function")]
TokensDep = Annotated[Tokens, Depends(_tokens)]
LetterheadDep = Annotated[Letterhead, Depends(_letterhead)]
NowDep = Annotated[datetime, Depends(_now)]
ModelsDep = Annotated[Models, Depends(_models)]
PagesDep = Annotated[Pages, Depends(pages_of)]
MostPapersDep = Annotated[int, Depends(_most_papers)]
