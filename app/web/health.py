"""Is the process alive, and is it of use? For supervisors, load balancers and robots."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from app.errors import NotReady
from app.store import migration
from app.web import gate

router = APIRouter()


@router.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """200 only where the database can be reached and is migrated; else 503 and the cure."""
    try:
        migration.require_current(request.app.state.engine)
    except NotReady as e:
        return PlainTextResponse(f"{e}\n", 503)
    return PlainTextResponse("ready\n")


@router.get("/robots.txt")
def robots() -> Response:
    """Papers may be indexed; what carries a token may not even be asked for."""
    private = "".join(f"Disallow: /{first}/\n" for first in gate.WITH_TOKEN)
    return PlainTextResponse(f"User-agent: *\n{private}")
