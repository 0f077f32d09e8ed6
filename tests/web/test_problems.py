"""Whatever goes wrong, a person sees a page with a sentence."""

import sqlite3
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from app.main import create_app
from app.store import engine as engines
from app.store import tables


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/nowhere", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/../../pyproject.toml", 404),
        ("GET", "/static/%2e%2e/web/base.html", 404),
        ("POST", "/", 405),
        ("DELETE", "/subscribe", 405),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/?page=x", 422),
        ("GET", "/?page=0", 422),
    ],
)
def test_every_error_is_a_page_with_a_way_on(client, read_page, method, path, status):
    answer = client.request(method, path)

    assert answer.status_code == status
    tree = read_page(answer.text)
    assert tree.find(".//h1").text
    assert any(link.get("href") == "/" for link in tree.find(".//main").iter("a"))


def test_a_method_that_is_not_allowed_names_those_that_are(client):
    assert client.post("/").headers["allow"] == "GET"


def test_our_own_mistake_shows_no_more_than_that(app, client, read_page):
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret words")

    answer = client.get("/broken")

    assert answer.status_code == 500
    assert "Our mistake" in read_page(answer.text).find(".//h1").text
    assert "secret words" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_database_that_was_never_migrated_gives_503_and_the_cure(unmigrated):
    app = create_app(unmigrated)
    client = TestClient(app)

    for path in ("/", "/subscribe", "/readyz"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "paperboy migrate" in answer.text
    typed = {"email": "a@example.org", "interests": "moons"}
    assert client.post("/subscribe", data=typed).status_code == 503
    assert client.get("/healthz").status_code == 200
    app.state.engine.dispose()


def test_a_locked_database_gives_503_and_nothing_is_half_stored(app, client, reader, dump):
    before = dump()
    engine = app.state.engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: impatient(engine, connection))
    other = engines.connect(engine.url.render_as_string(hide_password=False))
    with other.connect() as holder:
        if other.dialect.name == "postgresql":
            every = ", ".join(f'"{table.name}"' for table in tables.metadata.sorted_tables)
            holder.exec_driver_sql(f"LOCK TABLE {every} IN EXCLUSIVE MODE")
        else:
            holder.exec_driver_sql("SELECT 1")  # begins, and keeps other writers out
        answer = client.post(reader.feedback("like"))
        reading = client.get(reader.feedback("like"))
    other.dispose()

    assert answer.status_code == 503
    assert "locked" in answer.text
    assert answer.headers["retry-after"]
    assert reading.status_code == 200
    assert dump() == before


def impatient(engine, connection):
    is_postgres = engine.dialect.name == "postgresql"
    connection.execute("SET lock_timeout = 1" if is_postgres else "PRAGMA busy_timeout=0")
    connection.commit()


def test_nothing_is_said_to_be_saved_before_it_is(app, client, reader, engine, dump):
    before = dump()

    @event.listens_for(Engine, "commit")
    def refuse(connection):
        raise sqlite3.OperationalError("disk full")

    try:
        answer = client.post(reader.feedback("like"))
    finally:
        event.remove(Engine, "commit", refuse)

    assert answer.status_code >= 500
    assert "Saved" not in answer.text
    assert dump() == before


def test_readiness_is_green_on_a_migrated_database(client):
    assert client.get("/readyz").text == "ready\n"


def test_the_web_process_does_without_scikit_learn():
    code = "import sys, app.main; print(sorted({'sklearn', 'scipy.stats'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"
