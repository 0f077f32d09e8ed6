"""Assembly of the web app: settings → engine, letterhead, pages → FastAPI."""

import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from app import assembly
from app.languages import Languages
from app.pipeline import catalogue, intake, votes
from app.pipeline.models import Models
from app.settings import Settings
from app.store import engine as engines
from app.web import (
    access,
    archive,
    asked,
    community,
    deps,
    feedback,
    feeds,
    gate,
    health,
    keeping,
    metrics,
    mute,
    own_link,
    papers,
    past,
    preferences,
    problems,
    profile,
    records,
    seals,
    search,
    signup,
    submit,
    unsubscribe,
    why,
)
from app.web.api import application as api
from app.web.operator import charts, day, login, people, tomorrow
from app.web.operator import sources as operator_sources
from app.web.operator import submissions as operator_submissions
from app.web.pages import Pages
from app.web.scrapes import Scrapes
from app.web.shelf import Shelf

# The pages whose paths say themselves who may open them.
OPEN = (archive, papers, search, signup, submit, mute, feedback, unsubscribe, health, metrics)
# The reader's own; own_link first, whose addresses look like tokens to the others.
OWN = (own_link, preferences, why, profile, keeping, community, past, records, asked, feeds)
# The operator's.
OPERATOR = (login, day, people, tomorrow, operator_sources, operator_submissions, charts)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = assembly.utc_now,
    lifespan: Lifespan | None = None,
    models: Models | None = None,
    spoken: Languages | None = None,
) -> FastAPI:
    """Build the pages. lifespan: what runs beside them, such as the scheduler, and its models.

    spoken: the languages of pages and letters, all that have a catalog if left out.

    Starts on a database that is not migrated too: its pages then say so.
    Raises NotReady where the data folder or the database's address cannot be used, AppError where
    a source is named that we cannot read.
    """
    templates, spoken = engines.resource_dir("templates"), spoken or assembly.languages()
    listed = catalogue.parse(settings.sources, settings.data_dir)
    # Pages are no interface for programs; that one describes itself.
    app = FastAPI(title="Paperboy", openapi_url=None, lifespan=lifespan)
    app.state.engine = engines.connect(settings.database)
    app.state.letterhead = assembly.letterhead(settings, spoken)
    app.state.letter_size = settings.letter_size
    app.state.pages = Pages(templates, settings.base_url, spoken)
    app.state.shelf = Shelf()
    app.state.clock = clock
    app.state.admin_token = settings.admin_token.get_secret_value()
    app.state.keeps_networks = settings.keep_networks
    tokens = app.state.letterhead.links.tokens
    app.state.pages.know(seal=lambda form: seals.make(tokens, seals.Form[form], clock()))
    app.state.scan_time = settings.scan_time
    app.state.intake = intake.Intake(app.state.engine, app.state.letterhead)
    app.state.votes = votes.Box(app.state.engine, settings.scan_time)
    app.state.metrics_token = settings.metrics_token.get_secret_value()
    app.state.scrapes = Scrapes()
    app.state.watched = health.Watched(
        app.state.engine,
        settings.data_dir,
        ticks=lifespan is not None,
        started=clock(),
        sources=tuple(each.name for each in listed),
        longest_silence=max(health.LONGEST_SILENCE, 3 * settings.tick),
    )
    app.state.models = models or assembly.models(settings)
    app.root_path = app.state.pages.root
    app.add_middleware(gate.Gate, root=app.root_path)
    problems.register(app)
    app.router.routes += _routes()
    app.mount(api.PATH, api.create(app.state))
    app.mount("/static", StaticFiles(directory=templates / "static"))
    access.hide_tokens()
    return app


def freeze() -> None:
    """Let the garbage collector pass over all that has been made so far, for good.

    For a program that goes on to serve: going through it takes a tenth of a second each time, and
    every page that is asked for in it waits.
    """
    gc.collect()
    gc.freeze()


@cache
def _routes() -> Sequence[BaseRoute]:
    # They know nothing of one service, and take twenty times as long to prepare as the rest of it.
    router = APIRouter()
    for each in (*OPEN, *OWN):
        router.include_router(each.router)
    for each in OPERATOR:
        router.include_router(
            each.router, prefix="/operator", dependencies=[Depends(deps.own_pages_only)]
        )
    return router.routes
