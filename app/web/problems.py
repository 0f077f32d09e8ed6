"""Error pages: a status, a sentence, and a way on; never a traceback, never JSON."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from app.errors import AppError, BadLink, BadValue, NotReady, TooMany
from app.languages import Sentence, english
from app.web import deps, gate
from app.web.pages import Pages

TITLES = {
    400: english("That did not work"),
    403: english("Not from here"),
    404: english("Not found"),
    405: english("Not possible here"),
    413: english("Too long"),
    422: english("That did not work"),
    429: english("Too many at once"),
    500: english("Our mistake"),
    503: english("Not available right now"),
}
SENTENCES = {
    400: english("What your browser sent could not be read. Please go back and try again."),
    403: english(
        "This form was sent by a page of another site. Please use the form on our own page."
    ),
    404: english("There is no page at this address. It may have been cut short on its way to you."),
    405: english("This address cannot be used that way. Please use the buttons on our pages."),
    422: english("A part of the form could not be read. Please go back and try again."),
    500: english("Something broke on our side, and nothing was changed. Please try again later."),
}


def too_long(most: int) -> Sentence:
    """For what has more bytes than it may."""
    return english("What you sent is longer than {n} kB. Please shorten it.", n=most // 1024)


def status_of(error: AppError) -> int:
    """The HTTP status that fits one of our own errors."""
    for kind, status in ((BadLink, 404), (BadValue, 400), (TooMany, 429), (NotReady, 503)):
        if isinstance(error, kind):
            return status
    return 500


def register(app: FastAPI) -> None:
    """Answer every kind of error with a page."""
    app.add_exception_handler(AppError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(request: Request, error: Any) -> Response:
    response = _page(request, status_of(error), error.said)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(int(error.wait.total_seconds()))
    return response


async def _http(request: Request, error: Any) -> Response:
    sentence = SENTENCES.get(error.status_code, error.detail)
    if error.status_code == 413:
        path = gate.below(request.app.state.pages.root, request.url.path)
        sentence = too_long(gate.longest(path, request.headers.get("content-type", "")))
    response = _page(request, error.status_code, sentence)
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Any) -> Response:
    # A number in a path that is none makes an address where no page is.
    in_path = any(problem["loc"][0] == "path" for problem in error.errors())
    status = 404 if in_path else 422
    return _page(request, status, SENTENCES[status])


async def _unforeseen(request: Request, _error: Any) -> Response:
    # Starlette answers this one outside of all middleware; the server logs the traceback.
    response = _page(request, 500, SENTENCES[500])
    pages: Pages = request.app.state.pages
    response.headers.update(gate.headers_for(gate.below(pages.root, request.url.path)))
    return response


def _page(request: Request, status: int, sentence: str) -> Response:
    title = TITLES.get(status, TITLES[400])
    response = deps.pages_for(request).show("error", status=status, title=title, sentence=sentence)
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response
