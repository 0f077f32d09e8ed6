"""What a program is told when something is wrong (RFC 9457), and how the OpenAPI says so."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.errors import AppError, BadValue, TooMany
from app.mail import foreign
from app.web import gate
from app.web import problems as pages

MEDIA_TYPE = "application/problem+json"
DETAILS = {
    401: "This needs the token of a reader, as a bearer token: the last part of the address of "
    "their preferences page.",
    404: "There is nothing at this address.",
    405: "This address cannot be used with that method.",
    413: pages.too_long(gate.MAX_BODY),
    500: pages.SENTENCES[500],
}


class Problem(BaseModel):
    """A problem. detail: a sentence. errors: for each field that could not be used, why."""

    title: str
    status: int
    detail: str
    errors: dict[str, str] = Field(default_factory=dict)


class BadFields(AppError):
    """Fields of a request that cannot be used. errors: field → sentence."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These problems, as FastAPI's `responses` want them."""
    schema = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": schema} for status in statuses
    }


def register(app: FastAPI) -> None:
    """Answer every kind of error with a problem."""
    app.add_exception_handler(BadFields, _bad_fields)
    app.add_exception_handler(AppError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


def answer(
    status: int,
    detail: str,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem."""
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=dict(errors or {})
    )
    return JSONResponse(problem.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


async def _bad_fields(_request: Request, error: Any) -> Response:
    return answer(422, str(error), error.errors)


async def _ours(_request: Request, error: Any) -> Response:
    errors = {error.field: str(error)} if isinstance(error, BadValue) else {}
    status = pages.status_of(error)
    headers = {"Retry-After": "60"} if status == 503 else {}
    if isinstance(error, TooMany):
        headers = {"Retry-After": str(int(error.wait.total_seconds()))}
    return answer(422 if errors else status, str(error), errors, headers)


async def _http(_request: Request, error: Any) -> Response:
    detail = DETAILS.get(error.status_code, str(error.detail))
    return answer(error.status_code, detail, headers=error.headers)


async def _invalid(_request: Request, error: Any) -> Response:
    found = error.errors()
    # A number in a path that is none makes an address where nothing is.
    if any(problem["loc"][0] == "path" for problem in found):
        return answer(404, DETAILS[404])
    errors = {_field(problem["loc"]): foreign.tame(problem["msg"]) for problem in found}
    named = "; ".join(f"{name}: {said}" for name, said in errors.items())
    return answer(422, f"The request cannot be used: {named}.", errors)


def _field(place: tuple[Any, ...]) -> str:
    # A place is "query" or "body" and what is inside; of a body that is no JSON, an offset.
    names = [str(part) for part in place[1:] if isinstance(part, str)]
    return foreign.tame(".".join(names)) or str(place[0])


async def _unforeseen(_request: Request, _error: Any) -> Response:
    return answer(500, DETAILS[500])
