"""A reader's own feed of their picks, for feed readers; its address is the only key to it."""

from enum import StrEnum
from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.mail import syndication
from app.pipeline import own_feed
from app.web.deps import LetterheadDep, NowDep, SessionDep

router = APIRouter(prefix="/feeds")


class Form(StrEnum):
    """In which a feed can be had; also how its address ends."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


@router.get("/{token}/picks.{form}")
def picks(
    token: str,
    form: Form,
    request: Request,
    session: SessionDep,
    head: LetterheadDep,
    now: NowDep,
) -> Response:
    """The picks of the last 30 days; 304 for a reader who has them all (RFC 9110 §13.1.2)."""
    media_type, write = syndication.FORMS[form]
    body = write(own_feed.of(session, head, token, form, now))
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    # Unlike other private pages: who keeps a copy need not be sent it again each hour.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _knows(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _knows(asked: str, tag: str) -> bool:
    tags = (each.strip().removeprefix("W/") for each in asked.split(","))
    return asked.strip() == "*" or tag in tags
