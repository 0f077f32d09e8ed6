import importlib
import pkgutil

import pytest
from fastapi.routing import APIRoute

import app.web

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def get_routes() -> set[str]:
    modules = [
        importlib.import_module(f"app.web.{found.name}")
        for found in pkgutil.iter_modules(app.web.__path__)
    ]
    routes = [
        route for module in modules if hasattr(module, "router") for route in module.router.routes
    ]
    return {r.path for r in routes if isinstance(r, APIRoute) and "GET" in r.methods}


def test_every_route_that_answers_get_is_tried_here(get_paths):
    assert get_routes() == set(get_paths)


def test_get_and_head_change_nothing_and_head_says_what_get_would(client, get_paths, dump):
    # A mark that a scanner was there is all that this one leaves; see its own test.
    get_paths.pop("/feedback/{token}/0/trap")
    before = dump()

    for path in (*get_paths.values(), "/static/paperboy.css", "/nowhere"):
        got, head = client.get(path), client.head(path)

        assert head.status_code == got.status_code
        assert head.headers == got.headers
        assert head.content == b""
        assert len(got.content) == int(head.headers["content-length"])
    assert dump() == before


def test_even_a_route_that_writes_cannot_change_anything_by_get(app, client, dump, reader):
    from app.store import subscribers
    from app.web.deps import SessionDep

    @app.get("/careless")
    def careless(session: SessionDep) -> str:
        subscribers.unsubscribe(session, subscribers.by_id(session, reader.id))
        session.flush()
        return "done"

    before = dump()

    assert client.get("/careless").status_code == 200
    assert client.head("/careless").status_code == 200
    assert dump() == before


def test_every_page_is_sound_html_with_one_heading_and_no_foreign_request(
    client, get_paths, read_page
):
    for path in get_paths.values():
        answer = client.get(path)
        assert answer.status_code in {200, 303}
        if answer.headers.get("content-type", "").startswith("text/html"):
            tree = read_page(answer.text)
            assert len(tree.findall(".//h1")) == 1
            assert tree.find(".//style") is None or path.startswith("/letters/")
            for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src")):
                for element in tree.iter(tag):
                    assert element.get(attribute).startswith("/static/")


def test_every_input_has_a_label_and_every_id_is_unique(client, get_paths, read_page):
    for path in get_paths.values():
        answer = client.get(path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        tree = read_page(answer.text)
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        labelled = {label.get("for") for label in tree.iter("label")}
        inside = {id(each) for label in tree.iter("label") for each in label.iter()}
        for tag in ("input", "select", "textarea"):
            for field in tree.iter(tag):
                is_hidden = field.get("type") == "hidden"
                assert is_hidden or field.get("id") in labelled or id(field) in inside
        for element in tree.iter():
            for name in ("aria-describedby", "aria-labelledby"):
                assert set((element.get(name) or "").split()) <= set(ids)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz", "/static/paperboy.css"])
def test_every_answer_carries_the_protecting_headers(client, path):
    headers = client.get(path).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_with_a_token_are_neither_kept_nor_indexed(client, get_paths):
    for route, path in get_paths.items():
        headers = client.get(path).headers
        is_own = "token" in route or route.startswith("/preferences")
        kept = {"/feeds/{token}/picks.{form}": "private, no-cache"}.get(route, "no-store")
        assert is_own == (headers.get("cache-control") == kept)
        assert is_own == ("noindex" in headers.get("x-robots-tag", ""))
        assert ("style-src 'unsafe-inline'" in headers["content-security-policy"]) == (
            route == "/letters/{token}"
        )


def test_a_body_longer_than_64_kb_is_refused_with_a_sentence(client, dump):
    before = dump()
    typed = {"email": "ada@example.org", "interests": "moons", "liked": "x" * 70_000}

    answer = client.post("/subscribe", data=typed)

    assert answer.status_code == 413
    assert "longer than 64 kB" in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert dump() == before


def test_a_file_may_be_longer_where_one_is_asked_for(client, dump):
    before = dump()
    for path in ("/subscribe", "/subscribe/preview"):
        fits = client.post(path, files={"file": ("a.bib", b"@" * 1_000_000)})
        assert fits.status_code == 400
        assert "no reference in this file" in fits.text
        longer = client.post(path, files={"file": ("a.bib", b"@" * 1_100_000)})
        assert longer.status_code == 413
        assert "longer than 1024 kB" in longer.text
    assert dump() == before


def test_a_form_on_another_site_is_refused(client, reader, dump):
    before = dump()
    foreign = {"sec-fetch-site": "cross-site"}

    for path in ("/subscribe", reader.preferences, reader.feedback("like")):
        answer = client.post(path, headers=foreign, data={"interests": "moons"})
        assert answer.status_code == 403
        assert "another site" in answer.text
    assert dump() == before


def test_a_link_from_another_site_is_followed(client, reader):
    arriving = {"sec-fetch-site": "cross-site"}

    assert client.get(reader.feedback("like"), headers=arriving).status_code == 200


def test_a_service_below_a_path_stays_below_it(settings, read_page):
    from fastapi.testclient import TestClient

    from app.main import create_app

    below = settings.model_copy(update={"base_url": "http://localhost:8000/paperboy"})
    client = TestClient(create_app(below), follow_redirects=False)

    for prefix in ("/paperboy", ""):  # whether or not the proxy takes it off
        page = client.get(f"{prefix}/subscribe")
        assert page.status_code == 200
        assert 'action="/paperboy/subscribe"' in page.text
        assert client.get(f"{prefix}/static/paperboy.css").status_code == 200
    typed = {"email": "a@example.org", "interests": "moons", "comment": "I fill in everything"}
    assert client.post("/subscribe", data=typed).headers["location"] == "/paperboy/subscribe/sent"
    assert client.get("/paperboy/preferences/x").headers["cache-control"] == "no-store"
