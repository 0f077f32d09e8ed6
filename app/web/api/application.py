"""The application below /api/v1: its routes, its errors, and the OpenAPI that describes both."""

from collections.abc import Sequence
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.datastructures import State
from starlette.routing import BaseRoute

from app.web.api import papers, problems, reader, submissions, subscriptions

PATH = "/api/v1"


def create(state: State) -> FastAPI:
    """Build it. state: of the whole web app, so that both work with the same parts."""
    # The usual page that shows an OpenAPI loads its scripts from elsewhere.
    app = FastAPI(
        title="Paperboy",
        version="1",
        description="The few new papers that matter to a reader. Times are UTC; texts are plain.",
        docs_url=None,
        redoc_url=None,
    )
    app.state = state
    problems.register(app)
    app.router.routes += _routes()
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    # As those of the pages: nothing of one service is in them.
    router = APIRouter(responses=problems.told(400, 405, 413, 500))
    for each in (papers, subscriptions, submissions, reader):
        router.include_router(each.router)
    return router.routes
