"""What holds for every route there is, also for those yet to come."""

import importlib
import pkgutil
from collections.abc import Iterator
from itertools import cycle
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute
from web.test_tokens import ROUTES as WITH_TOKEN

import app.web
from app.main import OPERATOR

# Mail programs post here from anywhere (RFC 8058); a token in the path says in whose name.
FROM_ANYWHERE = {"/unsubscribe/{token}"}
# Typed well enough to reach the route.
FILLED = {
    "rank": "1",
    "verdict": "like",
    "paper_id": "1",
    "person_id": "1",
    "entry_id": "1",
    "letter_id": "1",
    "submission_id": "1",
    "token": "x",
    "day": "2026-11-20",
    "week": "2026-W47",
    "form": "rss",
    "month": "2026-11",
}
TOKEN = "correct horse battery staple"


def routes(modules) -> Iterator[APIRoute]:
    for module in modules:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            yield route


def pages() -> list[APIRoute]:
    """Of all modules right below app.web."""
    found = [f"app.web.{each.name}" for each in pkgutil.iter_modules(app.web.__path__)]
    modules = [importlib.import_module(name) for name in found]
    return list(routes(module for module in modules if hasattr(module, "router")))


def operators(method: str) -> list[str]:
    """Paths to log in for."""
    found = [f"/operator{r.path}".format(**FILLED) for r in routes(OPERATOR) if method in r.methods]
    return [path for path in found if path != "/operator/login"]


def test_every_route_with_a_token_is_tried_with_the_wrong_ones():
    tried = [(method, path.format("x")) for each in WITH_TOKEN.values() for method, path in each]

    for route in pages():
        if "{token}" in route.path:
            hits = [path for method, path in tried if method in route.methods]
            assert any(route.path_regex.match(path) for path in hits), route.path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_of_another_site_is_taken_anywhere(client, reader, dump, site):
    before = dump()
    posts = [route.path for route in pages() if "POST" in route.methods]

    for path in sorted(set(posts) - FROM_ANYWHERE):
        answer = client.post(path.format(**FILLED), headers={"sec-fetch-site": site})
        assert answer.status_code == 403, path
        assert "another site" in answer.text
    assert set(posts) > FROM_ANYWHERE
    assert dump() == before


@pytest.fixture
def operated(settings, clock, make_reader):
    """A browser of a service that has operator's pages, and a reader."""
    from fastapi.testclient import TestClient

    from app.main import create_app

    make_reader()
    app = create_app(
        settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)}), clock=clock
    )
    yield TestClient(app, base_url="http://localhost:8000", follow_redirects=False)
    app.state.engine.dispose()


def test_nothing_of_the_operators_is_seen_or_done_without_logging_in(operated, dump):
    before = dump()

    for method in ("GET", "HEAD", "POST"):
        paths = operators("POST" if method == "POST" else "GET")
        assert len(paths) >= 6
        for path in paths:
            answer = operated.request(
                method, path, data={"form_token": "x"} if method == "POST" else None
            )
            assert (answer.status_code, answer.headers["location"]) == (303, "/operator/login"), (
                path
            )
            assert "ada@example.org" not in answer.text
            away = operated.request(method, path, headers={"sec-fetch-site": "cross-site"})
            assert away.status_code == (403 if method == "POST" else 303)
    assert dump() == before


def test_an_operator_who_only_looks_changes_nothing(operated, dump):
    assert operated.post("/operator/login", data={"token": TOKEN}).status_code == 303
    before = dump()

    for path in operators("GET"):
        got, head = operated.get(path), operated.head(path)
        assert got.status_code == head.status_code == 200, path
        assert head.content == b""
        assert head.headers == got.headers
    assert dump() == before


ELSEWHERE = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)")


def test_no_answer_leads_where_its_visitor_says(client, get_paths, reader):
    names = ("next", "back", "to", "url", "return_to", "day", "done")
    paths = [path.partition("?")[0] for path in get_paths.values()]
    answers = [
        client.get(path, params=dict.fromkeys(names, where))
        for path, where in zip(paths, cycle(ELSEWHERE), strict=False)
    ]
    for where in ELSEWHERE:
        answers += [client.get(path + where) for path in ("", "/", "/days/", "/papers/")]
        form = dict.fromkeys(names, where) | {"paper": reader.paper_ids[0], "verdict": "save"}
        answers.append(client.post(f"{reader.preferences}/papers", data=form))

    led = [answer.headers["location"] for answer in answers if "location" in answer.headers]
    assert len(led) > len(ELSEWHERE)
    for location in led:
        assert urlsplit(location).netloc in {"", "localhost:8000"}, location
        assert not location.startswith(("//", "/\\"))
