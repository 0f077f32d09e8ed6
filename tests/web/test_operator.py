"""The operator's pages: who gets in, what they show, and that nothing is done without a trace."""

import re
from datetime import date

import pytest
from fastapi.testclient import TestClient

from app.languages import ENGLISH
from app.main import create_app
from app.store import brakes, deeds, sources, subscribers, suppressions
from app.store import engine as engines
from app.store.sources import Outcome
from app.store.tables import Letter, OutboxEntry, SourceState, State, Status, Subscriber
from app.web.operator import bars

TOKEN = "correct horse battery staple"
PAGES = (
    "/operator",
    "/operator/people",
    "/operator/people/1",
    "/operator/tomorrow",
    "/operator/sources",
    "/operator/submissions",
    "/operator/charts",
    "/operator/deeds",
)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)})


@pytest.fixture
def operator(client):
    """A browser whose operator has logged in."""
    assert client.post("/operator/login", data={"token": TOKEN}).status_code == 303
    return client


def form_token(client, path="/operator"):
    return re.search(r'name="form_token" value="([^"]+)"', client.get(path).text)[1]


def press(client, path, **fields):
    return client.post(path, data={"form_token": form_token(client), **fields})


def test_without_a_token_set_there_are_no_such_pages(client, app):
    app.state.admin_token = ""
    for path in ("/operator/login", *PAGES):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_logging_in(client, make_reader, path):
    make_reader()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/login")
    assert "ada@example.org" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_whoever_logged_in_sees_every_page(operator, entry, path):
    answer = operator.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]


def test_the_cookie_goes_nowhere_else_and_no_script_reads_it(client):
    cookie = client.post("/operator/login", data={"token": TOKEN}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/operator" in cookie


def test_over_https_the_cookie_never_travels_in_the_open(settings, clock):
    secure = settings.model_copy(
        update={"base_url": "https://papers.example.org", "relay_signs": True}
    )
    app = create_app(secure, clock=clock)
    with TestClient(app, base_url="https://papers.example.org", follow_redirects=False) as client:
        answer = client.post("/operator/login", data={"token": TOKEN})
        assert "Secure" in answer.headers["set-cookie"]
    app.state.engine.dispose()


def test_each_log_in_has_a_cookie_of_its_own(client):
    first, second = (
        client.post("/operator/login", data={"token": TOKEN}).cookies["paperboy_operator"]
        for _ in range(2)
    )
    assert first != second


def test_ten_wrong_tokens_close_the_door_for_a_quarter_of_an_hour_even_for_the_right_one(
    client, clock
):
    for _ in range(10):
        assert client.post("/operator/login", data={"token": "guess"}).status_code == 403
    answer = client.post("/operator/login", data={"token": TOKEN})
    assert answer.status_code == 429
    assert "quarter of an hour" in answer.text
    clock.forward(minutes=15, seconds=1)
    assert client.post("/operator/login", data={"token": TOKEN}).status_code == 303


def test_a_cookie_is_worth_nothing_after_logging_out(operator):
    kept = operator.cookies["paperboy_operator"]
    assert press(operator, "/operator/logout").status_code == 303
    operator.cookies.set("paperboy_operator", kept, path="/operator", domain="localhost.local")
    assert operator.get("/operator").status_code == 303


def test_a_cookie_is_worth_nothing_after_twelve_hours(operator, clock):
    clock.forward(hours=12, seconds=1)
    assert operator.get("/operator").status_code == 303


def test_another_token_makes_every_cookie_void(operator, app):
    app.state.admin_token = "another"
    assert operator.get("/operator").status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/operator/hold", "/operator/resume", "/operator/logout", "/operator/people/1/stop"],
)
@pytest.mark.parametrize("fields", [{}, {"form_token": "x"}, {"form_token": "é"}])
def test_a_form_of_another_site_does_nothing(operator, make_reader, session_of, path, fields):
    make_reader()
    answer = operator.post(path, data=fields, headers={"origin": "null"})
    assert answer.status_code == 403
    session = session_of()
    assert brakes.all_of(session) == []
    assert subscribers.by_id(session, 1).status == Status.ACTIVE
    assert operator.get("/operator").status_code == 200


@pytest.fixture
def session_of(engine):
    """What the database holds just now."""
    opened = []

    def read():
        made = engines.transaction(engines.reading(engine))
        opened.append(made)
        return made.__enter__()

    yield read
    for made in opened:
        made.__exit__(None, None, None)


def test_holding_puts_a_brake_on_and_letting_go_takes_it_off(operator, session_of):
    press(operator, "/operator/hold", why="a typo in the subject")
    (brake,) = brakes.all_of(session_of())
    assert brake.reason == "held by the operator: a typo in the subject"
    assert "a typo in the subject" in operator.get("/operator").text
    assert "Sending is held" in operator.get("/operator/tomorrow").text
    press(operator, "/operator/resume")
    assert brakes.all_of(session_of()) == []


def test_where_only_sign_ups_wait_all_sending_can_still_be_held(operator, engine, clock):
    with engines.transaction(engine) as session:
        brakes.put_on(session, brakes.SIGN_UPS, "half of them bounce", clock())

    page = operator.get("/operator").text

    assert "Mail that asks to confirm is held since" in page
    assert "Sending is held" not in page
    assert ("Take the brakes off" in page, "Hold all sending" in page) == (True, True)
    press(operator, "/operator/hold")
    page = operator.get("/operator").text
    assert ("Sending is held since" in page, "Hold all sending" in page) == (True, False)


def test_everything_an_operator_does_leaves_a_trace(operator, entry, engine, clock, session_of):
    with engines.transaction(engine) as session:
        suppressions.add(session, "ada@example.org", "hard bounce", clock())
    press(operator, "/operator/hold")
    press(operator, "/operator/resume")
    press(operator, f"/operator/people/1/again/{entry}")
    press(operator, "/operator/people/1/lift")
    press(operator, "/operator/people/1/stop")
    press(operator, "/operator/logout")
    operator.post("/operator/login", data={"token": "guess"})
    done = deeds.latest(session_of(), 20)
    assert [deed.action for deed in done] == [
        "log-in refused",
        "logged out",
        "unsubscribed",
        "lifted a suppression",
        "sent again",
        "took a brake off",
        "held sending",
        "logged in",
    ]
    assert {deed.who for deed in done} == {"127.0.0.0/24"}
    assert not any("ada@" in f"{deed.subject} {deed.detail}" for deed in done)


def test_a_letter_sent_again_is_queued_once_and_only_when_it_is_settled(
    operator, entry, session_of
):
    assert (
        press(operator, f"/operator/people/1/again/{entry}").headers["location"].endswith("again")
    )
    queued = session_of().get(OutboxEntry, entry)
    assert (queued.state, queued.settled_at) == (State.READY, None)
    answer = press(operator, f"/operator/people/1/again/{entry}")
    assert answer.headers["location"].endswith("settled")


def test_letters_beyond_the_first_two_billion_are_shown_and_sent_again(operator, entry, engine):
    many = 2**31
    with engines.transaction(engine) as session:
        row = session.get_one(OutboxEntry, entry)
        letter = session.get_one(Letter, row.letter_id)
        facts = {"id": many, "edition_date": date(2026, 1, 1), "message_id": "<many@example.org>"}
        session.add(Letter(**letter.model_dump() | facts))
        row.id = many
    assert operator.get(f"/operator/people/1/letters/{many}").status_code == 200
    answer = press(operator, f"/operator/people/1/again/{many}")
    assert answer.headers["location"].endswith("again")


def test_nobody_sends_one_persons_letter_under_anothers_name(operator, entry, make_reader):
    bea = make_reader("bea@example.org")
    assert press(operator, f"/operator/people/{bea.id}/again/{entry}").status_code == 404
    assert operator.get(f"/operator/people/{bea.id}/letters/1").status_code == 404
    assert operator.get("/operator/people/1/letters/1").status_code == 200


def test_people_are_found_by_a_part_of_their_address_and_no_sign_of_it_is_a_pattern(
    operator, make_reader
):
    make_reader()
    make_reader("bea_x@example.org")
    assert "bea_x@example.org" not in operator.get("/operator/people?q=ADA").text
    assert "ada@example.org" in operator.get("/operator/people?q=ADA").text
    assert "ada@example.org" not in operator.get("/operator/people?q=_").text


def test_hostile_words_stay_words(operator, make_reader, engine, clock, hostile):
    reader = make_reader()
    with engines.transaction(engine) as session:
        suppressions.add(session, "ada@example.org", hostile, clock())
        brakes.put_on(session, "bounces", hostile, clock())
        deeds.add(session, clock(), hostile, hostile, hostile, hostile)
        row = session.get_one(Subscriber, reader.id)
        subscribers.set_interests(session, row.id, ())
    for path in (*PAGES, f"/operator/people?q={hostile}"):
        page = operator.get(path).text
        assert "<script>alert" not in page
        assert "onerror=alert(2)>" not in page.replace("&gt;", "")


def test_bars_stand_on_each_other_and_never_leave_the_chart():
    columns = [("x", [1, 3]), ("y", [0, 2]), ("z", [0, 0])]
    chart = bars.stacked("t", "s", [("a", "first"), ("b", "second")], columns, ENGLISH)
    assert [(p.kind, p.y, p.height) for p in chart.parts] == [
        ("a", 156.0, 48.0),
        ("b", 12.0, 144.0),
        ("b", 108.0, 96.0),
    ]
    assert all(p.x >= bars.LEFT and p.x + p.width <= bars.RIGHT for p in chart.parts)
    assert chart.rows == (("x", "1", "3"), ("y", "0", "2"), ("z", "0", "0"))


@pytest.mark.parametrize("largest", [0, 0.4, 1, 3, 7, 50, 51, 99_999])
@pytest.mark.parametrize("n", [1, 2, 4, 5, 30, 53])
def test_axes_begin_at_zero_reach_above_all_and_name_first_and_last(largest, n):
    columns = [(f"day {each}", [largest if each == 0 else 0]) for each in range(n)]
    chart = bars.stacked("t", "s", [("a", "first")], columns, ENGLISH)
    assert (chart.ticks[0].said, chart.ticks[0].y) == ("0", bars.FLOOR)
    assert 2 <= len(chart.ticks) <= 5
    assert float(chart.ticks[-1].said) >= largest
    assert all(bars.TOP <= tick.y <= bars.FLOOR for tick in chart.ticks)
    assert (chart.labels[0].said, chart.labels[-1].said) == ("day 0", f"day {n - 1}")
    assert len(chart.labels) <= 3
    assert all(part.y >= bars.TOP - 0.01 for part in chart.parts)


def test_bars_below_each_other_are_as_long_as_their_figures_say():
    chart = bars.listed(
        "t", "s", ("Place", "liked of 100"), [("1", 50), ("2", 12.5), ("3", 0)], ENGLISH
    )
    assert chart.lengths == (100, 25, 0)
    assert chart.rows == (("1", "50"), ("2", "12.5"), ("3", "0"))


def test_a_chart_of_nothing_is_empty():
    for chart in (
        bars.stacked("t", "s", [("a", "first")], [], ENGLISH),
        bars.listed("t", "s", ("a", "b"), [], ENGLISH),
    ):
        assert (chart.parts, chart.ticks, chart.labels, chart.rows) == ((), (), (), ())


def test_sources_are_shown_with_what_came_of_them(settings, clock, engine):
    named = settings.model_copy(update={"sources": "hf-daily,arxiv:cs.LG"})
    app = create_app(named, clock=clock)
    with engines.transaction(engine) as session:
        busy = Outcome(SourceState.THROTTLED, "It answers <503>.")
        source = sources.named(session, "arxiv:cs.LG")
        sources.note_last(session, source, busy, clock())
    client = TestClient(app, base_url=settings.base_url)
    client.post("/operator/login", data={"token": TOKEN})

    page = client.get("/operator/sources").text
    app.state.engine.dispose()
    assert "not asked yet" in page
    assert "throttled" in page
    assert "It answers &lt;503&gt;." in page
