"""The application below /api/v1: its routes, its errors, and the OpenAPI that describes both."""

from fastapi import FastAPI
from starlette.datastructures import State

from app.web.api import papers, problems, reader

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
        responses=problems.told(400, 405, 413, 500),
    )
    app.state = state
    problems.register(app)
    for each in (papers, reader):
        app.include_router(each.router)
    return app
