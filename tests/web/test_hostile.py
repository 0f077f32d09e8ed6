"""Hostile text in every field of every form: nothing breaks, and none of it comes to life.

The forms are found by what the app says of its routes, so that none can be forgotten. `--full`
sends each string to each field by itself.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from conftest import NOW
from fastapi.openapi.utils import get_openapi
from hostile import SEEDS, STRINGS
from web.conftest import HOSTILE

from app.mail.links import Links, Purpose
from app.pipeline import notices
from app.store import engine as engines
from app.store import letters, outbox
from app.store.tables import LetterKind, Status, Submission, Subscriber
from app.web import seals

TOKEN = "correct horse battery staple"
# What a person would send; a field that is not here is left empty.
USUAL = {
    "email": "bo@example.org",
    "interests": "moons",
    "zone": "UTC",
    "hour": "7",
    "rhythm": "daily",
    "threshold": "good",
    "dial": "0",
    "exploration": "never",
    "empty_day": "no letter",
    "verdict": "like",
    "until": "2026-12-24",
    "token": TOKEN,
    "paper": "https://example.org/paper",
    "source": "hf-daily",
}
# Those that are markup where somebody forgot to escape them, and some of the rest.
LIVELY = tuple(each for each in SEEDS if len(each) < 200 and set(each) & set("<\"'"))
OTHERS = tuple(each for each in SEEDS if each not in LIVELY)[::3]
# A program's trap, and a field that takes no text.
NOT_TYPED = {"comment", "file"}
FOUND_NOTHING = {403, 404, 405}
DEAD = {"script", "style", "img", "b", "iframe", "plaintext", "base", "object", "embed"}
OPERATOR_PAGES = ("", "/people", "/people/1", "/deeds", "/tomorrow", "/sources", "/charts")
OPERATOR_PAGES += ("/submissions",)
# Then nobody is logged in any more, nor can be: who guesses is kept out.
LAST = ("/operator/logout", "/operator/login")
# Servers and browsers take no address of more than 64 kB, and a letter may need nine bytes of it.
LONGEST_IN_ADDRESS = 1_500
LEADS = {"href", "src", "action", "formaction"}


class Markup(HTMLParser):
    """Collects what none of our pages has by itself, names that no attribute has among it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in DEAD and not (tag == "script" and told.get("src", "").startswith("/static/")):
            self.alive.append(self.get_starttag_text())
        for name, text in attrs:
            is_led_away = name in LEADS and urlsplit(text or "").scheme not in {"", "http", "https"}
            is_broken_out = not re.fullmatch("[a-z][a-z0-9-]*", name)
            if is_broken_out or is_led_away or name.startswith("on") or name == "style":
                self.alive.append(self.get_starttag_text())

    def handle_comment(self, _data: str) -> None:
        self.alive.append(self.get_starttag_text() or "a comment")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)})


def forms(app) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and fields of everything that takes a form or a query."""
    told = get_openapi(title="Paperboy", version="1", routes=app.routes)

    def fields(schema: dict[str, Any]) -> list[str]:
        while name := schema.get("$ref"):
            schema = told["components"]["schemas"][name.rpartition("/")[2]]
        return list(schema.get("properties", ()))

    for path, methods in told["paths"].items():
        for method, about in methods.items():
            bodies = about.get("requestBody", {}).get("content", {}).values()
            names = [name for body in bodies for name in fields(body["schema"])]
            names += [p["name"] for p in about.get("parameters", ()) if p["in"] == "query"]
            if method != "get" or names:
                yield method, path, [each for each in names if each not in NOT_TYPED]


@pytest.fixture
def places(app, client, engine, make_reader, links: Links):
    """The address of a path, in the name of a reader of its own; and what its forms hide."""
    count = 0

    def make(path: str) -> tuple[str, dict[str, str], Any]:
        nonlocal count
        count += 1
        status = Status.PENDING if path.startswith("/confirm") else Status.ACTIVE
        reader = make_reader(f"reader{count}@example.org", status=status)
        asked = {}
        with engines.transaction(engine) as session:
            row = session.get_one(Subscriber, reader.id)
            for kind, to in ((LetterKind.MOVE, f"new{count}@example.org"), (LetterKind.ERASE, "")):
                assert notices.queue(session, row, kind, NOW, "example.org", recipient=to)
                asked[kind] = letters.of_edition(session, reader.id, NOW.date(), kind).id
            entry_id = outbox.of_subscriber(session, reader.id)[0].id
            sent = Submission(name=f"url:{count}", sent="x", state="found", at=NOW)
            sent.told = {"title": f"Paper {count}", "abstract": HOSTILE, "authors": [HOSTILE]}
            session.add(sent)
            session.flush()
            submission_id = sent.id
        opens = {
            "confirm": links.confirm(reader.id, NOW),
            "move": links.move(asked[LetterKind.MOVE]),
            "erase": links.erase(asked[LetterKind.ERASE]),
            "preferences": reader.preferences,
            "unsubscribe": reader.unsubscribe,
            "feedback": reader.letter,
        }
        token = opens.get(path.split("/")[1], "").rpartition("/")[2]
        days = {"day": "2026-11-20", "week": "2026-W47", "month": "2026-11"}
        ids = {"paper_id": reader.paper_ids[0], "person_id": reader.id, "entry_id": entry_id}
        ids["submission_id"] = submission_id
        # Who adds a path with another part, names it here.
        address = path.format(token=token, rank=1, verdict="like", **days, **ids)
        hidden = {"seal": seals.make(links.tokens, seals.Form.PAGE, NOW.replace(hour=8))}
        if path.startswith("/unsubscribe"):
            moment = int(NOW.timestamp())
            hidden["back"] = links.tokens.make(Purpose.RETURN, reader.id, moment)
        if path.startswith("/operator"):
            token_of = re.search(r'name="form_token" value="([^"]+)"', client.get("/operator").text)
            hidden["form_token"] = token_of[1] if token_of else ""
        return address, hidden, reader

    return make


def filled(fields: list[str], hidden: dict[str, str], is_full: bool):
    """What a person sends; then each string in all fields at once, and in one of them.

    In full: in each of them by itself. Else fewer strings, of most only one way, in turns.
    """
    usual = {name: (USUAL | hidden).get(name, "") for name in fields}
    yield usual
    some = fields or ["anything"]
    for k, string in enumerate(STRINGS if is_full else (*LIVELY, *OTHERS)):
        if is_full or k % 2 or string in LIVELY:
            everywhere = dict.fromkeys((each for each in some if each != "form_token"), string)
            yield usual | everywhere
        if is_full:
            yield from (usual | {name: string} for name in some)
        elif not k % 2 or string in LIVELY:
            yield usual | {some[k % len(some)]: string}


@pytest.mark.parametrize(
    "is_full",
    [
        pytest.param(False, id="some"),
        pytest.param(True, id="all", marks=pytest.mark.full),
    ],
)
def test_hostile_text_in_any_field_of_any_form_breaks_nothing_and_stays_text(
    app, client, places, is_full
):
    client.post("/operator/login", data={"token": TOKEN})
    found = sorted(forms(app), key=lambda form: form[1] in LAST)
    assert len(found) > 40
    for place, (method, path, fields) in enumerate(found):
        if path == LAST[0]:
            check_pages(client, "/operator", OPERATOR_PAGES)
        address, hidden, reader = places(path)
        statuses = set()
        for n, sent in enumerate(filled(fields, hidden, is_full)):
            # By turns: what one form is spared, the next gets.
            if n and not is_full and (n + place) % 12:
                continue
            answer = send(client, method, address, sent)
            statuses.add(answer.status_code)
            assert answer.status_code < 500, (method, path, sent)
            assert not Markup(answer.text).alive, (method, path, sent)
        assert statuses - FOUND_NOTHING, f"{method} {path} was never reached"
        more = ("/community",) if "community" in path else ()
        check_pages(client, reader.preferences, ("", "/profile", "/papers", "/letters", *more))


def send(client, method: str, address: str, fields: dict[str, str]) -> Any:
    if method == "get":
        fields = {name: text[:LONGEST_IN_ADDRESS] for name, text in fields.items()}
    told = urlencode(fields, errors="surrogatepass")
    if method == "get":
        return client.get(f"{address}?{told}")
    form = {"content-type": "application/x-www-form-urlencoded"}
    return client.request(method, address, content=told, headers=form)


def check_pages(client, root: str, pages: tuple[str, ...]) -> None:
    """What was stored is shown as text; somebody who has left is shown nothing."""
    for page in pages:
        shown = client.get(f"{root}{page}")
        assert shown.status_code in {200, 404}, (root, page)
        assert not Markup(shown.text).alive, (root, page)
