"""Whose page it is: the reader that the link in a letter speaks for."""

from typing import Annotated

from fastapi import Depends, Request

from app.errors import BadLink
from app.languages import english
from app.mail.links import Purpose
from app.store import subscribers
from app.store.tables import Status, Subscriber
from app.web import deps
from app.web.deps import SessionDep, TokensDep


def _reader(token: str, session: SessionDep, tokens: TokensDep, request: Request) -> Subscriber:
    """Whom the link belongs to; the page then speaks their language.

    Raises BadLink if it is not ours or was made void.
    """
    subscriber_id, version = tokens.read(Purpose.PREFERENCES, token, n_facts=2)
    reader = subscribers.by_id(session, subscriber_id)
    if reader is None or reader.version != version:
        raise BadLink(
            english(
                "This link is no longer good. Please use the one in your newest letter, or let us "
                "mail you a new one, by the link below."
            )
        )
    deps.pages_for(request).speak(reader.language)
    return reader


def _active(reader: Annotated[Subscriber, Depends(_reader)]) -> Subscriber:
    if reader.status != Status.ACTIVE:
        raise BadLink(
            english("You get no letters at present. To get them again, please sign up again.")
        )
    return reader


ReaderDep = Annotated[Subscriber, Depends(_reader)]
ActiveDep = Annotated[Subscriber, Depends(_active)]
