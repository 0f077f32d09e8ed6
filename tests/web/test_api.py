"""The interface for programs: what it promises in its OpenAPI is what it does."""

import pytest
import schemathesis
from conftest import NOW
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.store import consents, feedback, subscribers
from app.store import engine as engines
from app.store.tables import Status, Subscriber

V1 = "/api/v1"
# No schema can tell which words are a zone, or which are well-formed interests: a 422 does.
TOLD_IN_WORDS = [positive_data_acceptance]


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def me(client, reader):
    """Asks in the reader's name."""
    token = reader.preferences.removeprefix("/preferences/")

    def ask(method, path="", **parts):
        headers = {"authorization": f"Bearer {token}"}
        return client.request(method, f"{V1}/me{path}", headers=headers, **parts)

    return ask


@pytest.fixture
def stored(engine, reader):
    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return session.get_one(Subscriber, reader.id)

    return read


def test_without_a_readers_token_nobody_learns_or_changes_anything(client, reader):
    for token in ("", "x", reader.unsubscribe.removeprefix("/unsubscribe/"), "é"):
        headers = {"authorization": f"Bearer {token}".encode()}
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/letters")):
            answer = client.request(method, f"{V1}/me{path}", headers=headers, json={})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
            assert "ada@" not in answer.text


def test_a_token_is_void_once_its_version_is_over(me, engine, reader):
    with engines.transaction(engine) as session:
        session.get_one(Subscriber, reader.id).version += 1
    assert me("GET").status_code == 401


def test_what_is_read_can_be_written_back_and_changes_nothing(me, stored):
    before = stored().model_dump()
    told = me("GET").json()
    read_only = ("address", "status", "next_due_at")
    answer = me("PATCH", json={k: v for k, v in told.items() if k not in read_only})
    assert answer.status_code == 200
    assert answer.json() == told
    assert stored().model_dump() == before


def test_only_what_is_given_changes(me, stored):
    answer = me("PATCH", json={"hour": 19, "dial": 0.5, "days": ["sat", "sun"]})
    assert (answer.json()["hour"], answer.json()["dial"]) == (19, 0.5)
    assert answer.json()["interests"] == 'moons "soft solid"'.replace(" ", ", ", 1)
    assert (stored().hour, stored().days, stored().zone) == (19, "sat,sun", "UTC")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"hour": 24}, "hour"),
        ({"days": []}, "days"),
        ({"days": ["someday"]}, "days"),
        ({"interests": '"no end'}, "interests"),
        ({"letter_size": 999}, "letter_size"),
        ({"dial": 2}, "dial"),
        ({"dial": 0.37}, "dial"),
        ({"exploration": "always"}, "exploration"),
        ({"threshold": "any"}, "threshold"),
        ({"paused_until": "2020-01-01"}, "paused_until"),
        ({"hour": 9, "nonsense": 1}, "nonsense"),
        ({"interests": "a\0b"}, "interests"),
    ],
)
def test_a_change_that_cannot_be_used_names_its_field_and_changes_nothing(
    me, stored, change, field
):
    before = stored().model_dump()
    answer = me("PATCH", json={"hour": 21, **change} if "hour" not in change else change)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert stored().model_dump() == before


def test_a_pause_begins_and_ends(me, stored):
    assert me("PATCH", json={"paused_until": "2026-12-24"}).status_code == 200
    assert str(stored().paused_until) == "2026-12-24"
    assert me("PATCH", json={"paused_until": None}).json()["paused_until"] is None
    assert stored().paused_until is None


def test_feedback_is_given_once_and_taken_back(me, engine, reader):
    paper_id = reader.paper_ids[0]
    for _ in range(2):
        assert me("PUT", f"/feedback/{paper_id}/like").status_code == 204
    (said,) = me("GET", "/feedback").json()["feedback"]
    assert (said["paper_id"], said["verdict"]) == (paper_id, "like")
    assert me("PUT", f"/feedback/{paper_id}/dislike").status_code == 204
    with engines.transaction(engines.reading(engine)) as session:
        assert feedback.standing(session, reader.id, paper_id) == {"dislike"}
    for _ in range(2):
        assert me("DELETE", f"/feedback/{paper_id}/dislike").status_code == 204
    assert me("GET", "/feedback").json()["feedback"] == []
    assert me("PUT", "/feedback/999999/like").status_code == 404


def test_letters_are_listed_and_read_with_reasons_that_add_up(me, engine, reader, clock):
    from app.store import outbox
    from app.store.tables import LetterKind, OutboxEntry, State

    with engines.transaction(engine) as session:
        entry = OutboxEntry(
            subscriber_id=reader.id,
            kind=LetterKind.DAILY,
            edition_date=clock().date(),
            letter_id=reader.letter_id,
            state=State.SENT,
            due_at=clock(),
            first_due_at=clock(),
        )
        outbox.add(session, entry)
    (listed,) = me("GET", "/letters").json()["letters"]
    assert (listed["n_papers"], listed["state"], listed["picks"]) == (2, "sent", [])
    letter = me("GET", f"/letters/{listed['edition']}").json()
    assert [pick["paper"]["id"] for pick in letter["picks"]] == list(reader.paper_ids)
    for pick in letter["picks"]:
        assert sum(part["share"] for part in pick["shares"]) == pytest.approx(pick["score"])
    assert me("GET", "/letters/2020-01-01").status_code == 404


def test_unsubscribing_stops_the_letters_at_once(me, stored):
    for _ in range(2):
        assert me("DELETE").status_code == 204
    assert stored().status == Status.UNSUBSCRIBED
    assert me("PATCH", json={"hour": 8}).status_code == 403


def test_a_sign_up_gets_the_same_answer_whoever_the_address_belongs_to(client, engine, reader):
    from app.store import suppressions

    with engines.transaction(engine) as session:
        suppressions.add(session, "bounced@example.org", "bounced", NOW)
    wanted = {"interests": 'moons, "soft solid"', "hour": 9, "days": ["mon"], "shares_likes": True}
    answers = [
        client.post(f"{V1}/subscriptions", json={"email": f"{name}@example.org", **wanted})
        for name in ("new", "new", "ada", "bounced")
    ]
    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == 1
    with engines.transaction(engines.reading(engine)) as session:
        known = subscribers.by_address(session, "new@example.org")
        (consent,) = consents.of_subscriber(session, known.id)
        assert (known.status, known.hour, known.days) == (Status.PENDING, 9, "mon")
        assert subscribers.by_address(session, "ada@example.org").hour == 7
        assert subscribers.by_address(session, "bounced@example.org") is None
    told = client.get(f"{V1}/subscriptions/consent").json()
    assert consent.text == told["text_with_shared_likes"] != told["text"]
    assert consent.form_url == "http://localhost:8000/api/v1/subscriptions"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"interests": ""}, "interests"),
        ({"liked": ["a paper that nobody has"]}, "liked"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"seal": "x"}, "seal"),
    ],
)
def test_a_sign_up_that_cannot_be_used_names_its_field_and_stores_nothing(
    client, dump, change, field
):
    before = dump()
    wanted = {"email": "new@example.org", "interests": "moons", **change}
    answer = client.post(f"{V1}/subscriptions", json=wanted)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert dump() == before


def test_sign_ups_are_limited_as_at_the_form_and_not_taken_from_other_sites(app, dump):
    abroad = TestClient(app, base_url="http://localhost:8000", client=("198.51.100.7", 50_000))
    wanted = {"email": "new@example.org", "interests": "moons"}

    def ask(**headers):
        return abroad.post(f"{V1}/subscriptions", json=wanted, headers=headers)

    assert ask(**{"sec-fetch-site": "cross-site"}).status_code == 403
    found = [ask() for _ in range(6)]
    assert [each.status_code for each in found] == [202] * 5 + [429]
    assert found[-1].headers["retry-after"] == "3600"
    assert found[-1].headers["content-type"] == "application/problem+json"
    assert len(dump()["outbox"]) == 1


def test_papers_of_a_day_and_one_of_them(client, reader):
    day = client.get(f"{V1}/papers").json()
    assert (day["total"], len(day["papers"])) == (2, 2)
    one = client.get(f"{V1}/papers/{reader.paper_ids[0]}").json()
    assert one == day["papers"][0]
    assert (one["title"], one["votes"]) == ("Tides of small moons", 12)
    assert client.get(f"{V1}/papers?day=2001-01-01").json()["papers"] == []
    assert client.get(f"{V1}/papers/987654").status_code == 404


def test_papers_are_found_by_their_words(client, reader):
    found = client.get(f"{V1}/papers/search", params={"q": "moon"}).json()
    assert [paper["title"] for paper in found["papers"]] == ["Tides of small moons"]
    assert client.get(f"{V1}/papers/search", params={"q": "whales"}).json()["total"] == 0
    answer = client.get(f"{V1}/papers/search", params={"q": '"no end'})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["interests"])
    assert client.get(f"{V1}/papers/987654/similar").status_code == 404
    assert client.get(f"{V1}/papers/{reader.paper_ids[0]}/similar").json() == {"papers": []}


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/papers/x", "/papers/99999999999999999999", "/papers?page=0"),
        *("/papers?day=0.0", "/papers?day=1763596800", "/papers?day=2026-11-20T00:00:00"),
    ],
)
def test_every_error_is_a_problem_with_a_sentence(client, path):
    answer = client.get(V1 + path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("n_each", [5, pytest.param(50, marks=pytest.mark.full)])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_what_it_does_is_what_its_openapi_says(app, reader, mode, n_each):
    """Dozens of requests, in full hundreds, right and wrong ones, made up from the description."""
    schema = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", app)
    token = reader.preferences.removeprefix("/preferences/")
    headers, n_asked = {"Authorization": f"Bearer {token}"}, 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
            continue

        @settings(max_examples=n_each, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            nonlocal n_asked
            n_asked += 1
            case.call_and_validate(headers=headers, excluded_checks=TOLD_IN_WORDS)

        ask()
    assert n_asked > 50


def _can_be_wrong(operation):
    return bool(operation.body) or any(operation.iter_parameters())
