"""Sources on invented days: nothing is taken for a quiet day that is not one."""

import gzip
import resource
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import answers
import pytest
import services as made_up
from conftest import NOW, Clock
from local_web import Asked, LocalWeb, answer
from services import Services
from sqlalchemy import Engine
from sqlmodel import select

from app.errors import AppError
from app.pipeline import fetch, inquiry, tidings
from app.pipeline.catalogue import Kind, Listed
from app.pipeline.fetch import Quiet
from app.pipeline.ingest import Report
from app.pipeline.inquiry import Asker
from app.store import engine as engines
from app.store import hosts, listings, sources
from app.store.tables import Digest, Entry, Paper, Source, SourceDay, SourceState, VoteSnapshot

HUB, CS = Listed(Kind.HF), Listed(Kind.ARXIV, "cs.LG+stat.ML")
FRIDAY = NOW.date()
DAY = timedelta(days=1)
THURSDAY, SATURDAY, MONDAY = FRIDAY - DAY, FRIDAY + DAY, FRIDAY + 3 * DAY
# The feed of the day after Thanksgiving holds nothing: nothing was announced on its evening.
THANKSGIVING = date(2026, 11, 26)


@pytest.fixture
def known(engine: Engine) -> Callable[[Listed], Source]:
    """A source as the database knows it."""

    def look(listed: Listed) -> Source:
        with engines.transaction(engines.reading(engine)) as session:
            return sources.named(session, listed.name)

    return look


@pytest.fixture
def on_days(engine: Engine) -> Callable[[Listed], dict[date, SourceState]]:
    """The state of each of its days."""

    def look(listed: Listed) -> dict[date, SourceState]:
        with engines.transaction(engines.reading(engine)) as session:
            rows = sources.days(session, sources.named(session, listed.name), date.min)
            return {day: row.state for day, row in rows.items()}

    return look


def _go(clock: Clock, day: date, hour: int = 12) -> None:
    clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def _fill(services: Services, *days: date) -> None:
    for day in days:
        services.hub[day] = made_up.hub_rows(day)
        services.arxiv[day] = made_up.arxiv_ids(day)


def _today(asker: Asker, listed: Listed) -> object:
    """What a round brings for today, and only that."""
    return next(fetch.fetch(asker, listed))


@pytest.mark.parametrize(("listed", "n"), [(HUB, 3), (CS, 4)])
def test_the_days_list_is_stored(asker, services, known, engine, listed, n):
    _fill(services, FRIDAY)
    report = _today(asker, listed)

    assert isinstance(report, Report)
    assert (report.n_entries, report.n_new, report.date) == (n, n, FRIDAY)
    source = known(listed)
    assert (source.state, source.says) == (SourceState.FRESH, f"{n} papers, {n} of them new.")
    assert source.good_at == source.asked_at
    with engines.transaction(engine) as session:
        assert len(session.exec(select(Entry)).all()) == n


def test_a_source_is_asked_at_its_time_and_not_before(asker, services, known, clock):
    _fill(services, FRIDAY)
    list(fetch.fetch(asker, HUB))
    n_asked = len(services.asked)

    (told,) = fetch.fetch(asker, HUB)
    assert told == Quiet(
        "hf-daily",
        "Asked again on 20 November, 11:00 UTC. Last: 3 papers, 3 of them new.",
        is_asked=False,
    )
    assert len(services.asked) == n_asked
    clock.now = known(HUB).next_at
    assert isinstance(_today(asker, HUB), Report)


def test_votes_of_the_same_list_are_snapshots_over_time(asker, services, clock, engine, known):
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, votes=10)
    list(fetch.fetch(asker, HUB))
    clock.forward(hours=3)
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, votes=20)
    report = _today(asker, HUB)

    assert (report.is_known, report.n_votes) == (True, 3)
    assert known(HUB).says == "3 papers, 3 of them new."
    with engines.transaction(engine) as session:
        assert len(session.exec(select(VoteSnapshot)).all()) == 6
        assert len(session.exec(select(Digest)).all()) == 1


def test_a_vote_that_is_taken_back_is_seen(asker, services, clock, engine):
    for votes in (10, 11, 10):
        services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, 1, votes=votes)
        _today(asker, HUB)
        clock.forward(hours=3)
    with engines.transaction(engine) as session:
        found = session.exec(select(VoteSnapshot.votes).order_by(VoteSnapshot.at)).all()
    assert found == [11, 12, 11]


def test_a_list_that_grows_is_one_digest(asker, services, clock, engine):
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, 2)
    list(fetch.fetch(asker, HUB))
    clock.forward(hours=3)
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, 5)
    report = _today(asker, HUB)

    assert (report.n_entries, report.n_new) == (5, 3)
    with engines.transaction(engine) as session:
        assert len(session.exec(select(Digest)).all()) == 1
        assert sorted(session.exec(select(Entry.position))) == [1, 2, 3, 4, 5]


def test_a_long_list_is_read_page_by_page(asker, services):
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, 99) + made_up.hub_rows(THURSDAY, 99)
    report = _today(asker, HUB)
    assert report.n_entries == 198
    asked = [each.query.get("p", "0") for each in services.asked if "date" in each.query]
    assert asked[:2] == ["0", "1"]


def test_a_paper_that_is_listed_on_two_days_is_one_paper(asker, services, clock, engine):
    both, other = made_up.hub_rows(FRIDAY, 2)
    services.hub = {THURSDAY: [both], FRIDAY: [other, both]}
    _go(clock, THURSDAY)
    _today(asker, HUB)
    _go(clock, FRIDAY)
    report = _today(asker, HUB)

    assert (report.n_entries, report.n_new) == (2, 1)
    with engines.transaction(engine) as session:
        assert len(session.exec(select(Paper)).all()) == 2
        days = select(Digest.date).join(Entry).order_by(Digest.date)
        assert list(session.exec(days)) == [THURSDAY, FRIDAY, FRIDAY]
        assert session.get(Paper, 1).first_seen == THURSDAY


@pytest.mark.parametrize("listed", [HUB, CS])
def test_a_weekend_is_quiet_and_says_so(asker, services, known, clock, listed):
    _fill(services, THURSDAY, FRIDAY)
    _go(clock, SATURDAY)
    told = _today(asker, listed)

    assert told == Quiet(listed.name, "Nothing was announced on Saturday 21 November: weekend.")
    assert (known(listed).state, known(listed).failures) == (SourceState.EMPTY, 0)


def test_a_holiday_is_quiet_and_named(asker, services, known, clock):
    _go(clock, THANKSGIVING + DAY)
    told = _today(asker, CS)
    assert isinstance(told, Quiet)
    assert told.says == "Nothing was announced on Friday 27 November: holiday (Thanksgiving)."


def test_yesterdays_batch_under_todays_date_is_stale(asker, services, known, on_days, clock):
    _fill(services, THURSDAY, FRIDAY)
    _go(clock, THURSDAY)
    list(fetch.fetch(asker, CS))
    _go(clock, FRIDAY)
    services.mood = "stale"
    told = _today(asker, CS)

    assert told == Quiet(
        CS.name, "The list of Thursday 19 November again, though it is Friday 20 November."
    )
    assert known(CS).next_at - clock.now <= timedelta(minutes=38)
    services.mood = ""
    clock.forward(minutes=40)
    assert _today(asker, CS).n_new == 4
    assert on_days(CS)[FRIDAY] is SourceState.FRESH


def test_a_batch_that_did_not_change_is_stale_too_by_its_validators(asker, services, clock):
    _fill(services, THURSDAY)
    _go(clock, THURSDAY)
    list(fetch.fetch(asker, CS))
    _go(clock, FRIDAY)
    services.mood = "stale"
    told = _today(asker, CS)

    assert services.asked[-1].headers["if-none-match"]
    assert isinstance(told, Quiet)
    assert "The list of Thursday 19 November again" in told.says


def test_an_empty_answer_on_a_common_day_is_a_busy_server(asker, services, known):
    services.mood = "empty"
    told = _today(asker, CS)
    assert str(told) == (
        f"{CS.name}: rss.arxiv.org answers with nothing at all, as services do that are busy."
    )
    assert known(CS).state is SourceState.THROTTLED

    clock_then = known(CS).next_at
    assert clock_then - asker.clock() >= timedelta(minutes=3)


def test_an_empty_feed_on_a_common_day_is_a_busy_server_too(asker, services, known):
    assert "arXiv is busy" in str(_today(asker, CS))  # it lists nothing, on a Friday
    assert known(CS).state is SourceState.THROTTLED


def test_what_an_empty_feed_withholds_is_asked_of_the_query_interface(
    asker, services, known, clock
):
    _fill(services, FRIDAY)
    services.pages[f"/rss/{CS.argument}"] = lambda _asked: answer(answers.rss().encode())
    assert "arXiv is busy" in str(_today(asker, CS))
    clock.now = known(CS).next_at
    report = _today(asker, CS)
    assert (report.layout, report.n_new, report.date) == ("arXiv query", 4, FRIDAY)
    assert (known(CS).state, known(CS).failures) == (SourceState.FRESH, 0)
    assert known(CS).etag == ""
    assert services.n_too_soon == 0


def test_a_category_with_nothing_new_is_not_called_busy_for_long(
    asker, services, known, clock, engine
):
    listed = Listed(Kind.ARXIV, "cs.GL")
    list(fetch.fetch(asker, listed))
    clock.now = known(listed).next_at
    told = _today(asker, listed)
    assert told == Quiet(listed.name, "Nothing is listed for Friday 20 November yet.")
    assert known(listed).next_at - clock.now > timedelta(hours=12)
    with engines.transaction(engine) as session:
        assert tidings.at(session, clock.now).sentence() == ""


def test_an_interface_that_is_busy_too_leaves_the_feed_busy(asker, services, known, clock):
    services.pages["/api/query"] = lambda _asked: answer(answers.query(total=7).encode())
    list(fetch.fetch(asker, CS))
    clock.now = known(CS).next_at
    assert "An empty list on Friday" in str(_today(asker, CS))
    assert (known(CS).state, known(CS).failures) == (SourceState.THROTTLED, 2)


def test_an_empty_answer_for_a_missed_day_is_not_believed_at_once(asker, services, clock, on_days):
    _fill(services, THURSDAY, FRIDAY, MONDAY, MONDAY + DAY)
    services.pages["/api/query"] = lambda _asked: answer(answers.query(total=0).encode())
    list(fetch.fetch(asker, CS))
    assert on_days(CS)[THURSDAY] is SourceState.EMPTY
    del services.pages["/api/query"]
    _go(clock, MONDAY)
    list(fetch.fetch(asker, CS))
    assert on_days(CS)[THURSDAY] is SourceState.FRESH

    _go(clock, MONDAY + DAY)  # two empty answers are enough
    assert [each.date for each in fetch.fetch(asker, CS)] == [MONDAY + DAY]


def test_who_asks_for_rest_gets_it_also_from_other_sources_of_the_host(
    asker, services, known, engine
):
    services.mood = "busy"
    told = _today(asker, CS)

    assert str(told) == f"{CS.name}: rss.arxiv.org answers 503 and asks for 15 minutes of rest."
    assert known(CS).next_at == asker.clock() + timedelta(minutes=15)
    n_asked = len(services.asked)
    other = _today(asker, Listed(Kind.ARXIV, "math"))
    assert "is not to be asked for another" in str(other)
    assert len(services.asked) == n_asked
    with engines.transaction(engine) as session:
        assert hosts.free_at(session, "arxiv.org") == NOW + timedelta(minutes=15)


def test_a_limit_that_is_used_up_is_kept_to(asker, services, known):
    services.rate_left = 0
    told = _today(asker, HUB)
    assert str(told) == ("hf-daily: huggingface.co answers 429 and asks for 2 minutes of rest.")
    assert known(HUB).next_at >= asker.clock() + timedelta(minutes=2)


def test_what_is_cut_is_unreadable_and_nothing_of_it_is_kept(asker, services, known, engine):
    services.mood = "malformed"
    assert isinstance(_today(asker, CS), AppError)
    assert known(CS).state is SourceState.UNREADABLE
    with engines.transaction(engine) as session:
        assert session.exec(select(Paper)).all() == []


def test_a_category_that_is_none_fails_with_arxivs_own_words(asker, known):
    listed = Listed(Kind.ARXIV, "cs.NONE")
    told = str(_today(asker, listed))
    assert "answers 400" in told
    assert "Bad category" in told
    assert known(listed).state is SourceState.FAILED


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"<html><body>Bad gateway</body></html>"),
        b'{"error": "Far too long", "rest": [' + b'"",' * 600_000 + b'""]}',
    ],
    ids=["nothing", "object", "page", "long"],
)
def test_a_refusal_without_words_is_told_by_its_number_alone(asker, services, body):
    services.pages["/api/daily_papers"] = lambda _asked: answer(body, 502)
    assert str(_today(asker, HUB)) == "hf-daily: huggingface.co answers 502."


def test_an_error_that_looks_like_a_good_answer_is_none(asker, services, known):
    services.pages["/api/daily_papers"] = lambda _asked: answer(b'{"error": "No such list"}')
    assert "No such list" in str(_today(asker, HUB))
    assert known(HUB).state is SourceState.FAILED


def test_a_token_stays_with_the_host_it_is_for(asker, services):
    services.hub[FRIDAY] = made_up.hub_rows(FRIDAY, 99) + made_up.hub_rows(THURSDAY, 99)
    with LocalWeb() as other:
        real = services.page

        def page(asked: Asked) -> Iterable[bytes]:
            told = list(real(asked))
            told[0] = told[0].replace(b"Link: <", b"Link: <" + other.url.encode())
            return told

        services.page = page
        assert _today(replace(asker, token="secret"), HUB).n_entries == 198
        assert other.asked == []
    assert {each.headers["authorization"] for each in services.asked} == {"Bearer secret"}


def test_a_limit_that_is_nearly_used_up_is_not_tried(asker, services, engine, clock):
    _fill(services, FRIDAY)
    real = services.page
    services.pages["/api/daily_papers"] = lambda asked: [
        each.replace(b"r=500", b"r=0") for each in real(asked)
    ]
    assert _today(asker, HUB).n_new == 3
    with engines.transaction(engine) as session:
        assert hosts.free_at(session, "huggingface.co") == clock.now + timedelta(minutes=2)


@pytest.mark.parametrize("state", ["good", "malformed", "stale"])
def test_machines_do_not_ask_at_the_same_moment(asker, services, known, clock, state):
    _fill(services, THURSDAY, FRIDAY)
    early, late = CS, Listed(Kind.ARXIV, "math")
    _go(clock, THURSDAY)
    for listed in (early, late):
        list(fetch.fetch(asker, listed))
    services.mood = "" if state == "good" else state
    _go(clock, FRIDAY)
    asked = clock.now
    for listed, jitter in ((early, 0.0), (late, 1.0)):
        _today(replace(asker, jitter=lambda jitter=jitter: jitter), listed)
    assert asked < known(early).next_at < known(late).next_at - timedelta(minutes=2)


def test_a_service_that_is_gone_fails_and_is_asked_ever_less_often(asker, services, known, clock):
    services.page = lambda _asked: []
    pauses = []
    for _ in range(9):
        assert isinstance(_today(asker, HUB), AppError)
        pauses.append(known(HUB).next_at - clock.now)
        clock.now = known(HUB).next_at
    assert pauses[:3] == [timedelta(minutes=each) for each in (5, 10, 20)]
    assert max(pauses) == timedelta(hours=6)
    assert known(HUB).failures == 9


def test_days_that_were_missed_are_asked_for_by_themselves(asker, services, on_days, clock):
    weeks = [FRIDAY - n * DAY for n in range(14)]
    _fill(services, *(day for day in weeks if day.weekday() < 5))
    _go(clock, THURSDAY - 2 * DAY)
    list(fetch.fetch(asker, CS))
    _go(clock, FRIDAY)  # three days later, of which two were missed
    told = list(fetch.fetch(asker, CS))

    assert [each.n_entries for each in told] == [4, 4, 4]
    states = on_days(CS)
    assert all(states[FRIDAY - n * DAY] is SourceState.FRESH for n in range(4))
    assert services.n_too_soon == 0


def test_what_was_deferred_by_a_holiday_is_part_of_the_next_list(asker, services, clock):
    monday = date(2026, 11, 30)
    tuesday = monday + DAY
    services.arxiv[monday] = made_up.arxiv_ids(monday)
    services.arxiv[THANKSGIVING + DAY] = made_up.arxiv_ids(THANKSGIVING + DAY, 2)  # deferred
    _go(clock, tuesday)
    report = fetch.fetch_day(asker, CS, monday)
    assert report.n_entries == 6


def test_yesterday_is_asked_for_once_more_when_it_is_over(asker, services, clock, known):
    _fill(services, THURSDAY, FRIDAY)
    _go(clock, THURSDAY, 22)
    list(fetch.fetch(asker, HUB))
    services.hub[THURSDAY] = made_up.hub_rows(THURSDAY, 4)
    _go(clock, FRIDAY)
    told = [each for each in fetch.fetch(asker, HUB) if isinstance(each, Report)]
    assert [(each.date, each.n_new) for each in told] == [(FRIDAY, 3), (THURSDAY, 1)]
    clock.now = known(HUB).next_at
    assert len(list(fetch.fetch(asker, HUB))) == 1


def test_backfill_stops_at_the_first_thing_that_goes_wrong(asker, services, clock):
    _fill(services, FRIDAY)
    services.pages["/api/query"] = lambda _asked: []
    told = list(fetch.fetch(asker, CS))
    assert len(told) == 2
    assert isinstance(told[1], AppError)


def test_of_biorxiv_the_subject_that_was_asked_for_is_kept(asker, services):
    services.rxiv[FRIDAY] = [
        *made_up.rxiv_rows(FRIDAY, 35, "Neuroscience"),
        *made_up.rxiv_rows(FRIDAY, 2, "cell biology"),
    ]
    assert _today(asker, Listed(Kind.BIORXIV, "cell-biology")).n_entries == 2
    assert _today(asker, Listed(Kind.MEDRXIV)).n_entries == 37


def test_a_weekend_of_an_archive_that_knows_none_is_asked_for_when_it_is_over(
    asker, services, clock, on_days
):
    listed = Listed(Kind.MEDRXIV)
    _go(clock, SATURDAY)
    services.rxiv[SATURDAY] = made_up.rxiv_rows(SATURDAY, 2)
    list(fetch.fetch(asker, listed))
    services.rxiv[SATURDAY] = made_up.rxiv_rows(SATURDAY, 7)
    _go(clock, MONDAY)
    told = [each for each in fetch.fetch(asker, listed) if isinstance(each, Report)]
    assert [(each.date, each.n_new) for each in told] == [(SATURDAY, 5)]
    assert on_days(listed)[SATURDAY + DAY] is SourceState.EMPTY


def test_oai_pmh_lists_what_is_new_among_all_that_was_changed(asker, services, clock, known):
    listed = Listed(Kind.OAI, "cs.LG")
    services.changed[FRIDAY] = [
        answers.oai_record(id="2611.20001", created="2026-11-18"),
        answers.oai_record(id="2402.20002", created="2024-02-01"),
        answers.OAI_DELETED.format(id="2611.20003"),
        answers.oai_record(id="2611.20004", created="2026-11-19"),
        answers.oai_record(id="2611.20005", created="2026-11-19"),
    ]
    report = _today(asker, listed)

    assert (report.n_entries, report.n_left_out) == (3, 1)
    first, *more = services.asked
    assert (first.query["set"], first.query["from"]) == ("cs:cs:LG", "2026-11-19")
    assert [each.query["resumptionToken"] for each in more] == ["2026-11-19/2", "2026-11-19/4"]
    assert services.n_too_soon == 0

    _go(clock, SATURDAY)
    services.changed[SATURDAY] = [answers.oai_record(id="2611.20006", created="2026-11-19")]
    assert _today(asker, listed).n_entries == 1
    assert services.asked[-1].query.get("from", "2026-11-20") == "2026-11-20"

    _go(clock, MONDAY)
    services.changed.clear()
    assert _today(asker, listed) == Quiet(listed.name, "Nothing is listed.")


def test_what_an_archive_takes_back_is_recommended_no_more_and_not_forgotten(
    asker, services, clock, engine
):
    listed = Listed(Kind.OAI, "cs.LG")
    records = [answers.oai_record(id=f"2611.2000{n}", created="2026-11-19") for n in (1, 2, 3)]
    services.changed[FRIDAY] = records
    assert _today(asker, listed).n_new == 3

    _go(clock, MONDAY)
    services.changed = {
        MONDAY: [
            answers.OAI_DELETED.format(id="2611.29999"),
            answers.oai_record(id="2611.20009", created="2026-01-01"),
            # of the second page
            answers.oai_record(
                id="2611.20002", created="2026-11-01", comments="This paper has been withdrawn."
            ),
            answers.OAI_DELETED.format(id="2611.20001"),
        ]
    }
    told = _today(asker, listed)
    assert isinstance(told, Quiet)
    with engines.transaction(engine) as session:
        rows = session.exec(select(Paper).order_by(Paper.id)).all()
        assert [row.withdrawn_on for row in rows] == [MONDAY, MONDAY, None]
        fresh = listings.of(session, THURSDAY, MONDAY, clock.now)
        assert [each.paper_id for each in fresh] == [rows[2].id]


def test_a_later_version_is_noted_though_it_is_no_news(asker, services, clock, engine):
    first = answers.rss(answers.announced("2611.20001v1", arxiv__journal_reference=...))
    second = answers.rss(
        answers.announced("2611.20001v2", "replace", arxiv__journal_reference="J. Ex. 2"),
        answers.announced("2611.20009v3", "replace"),
    )
    for day, feed in ((FRIDAY, first), (MONDAY, second)):
        _go(clock, day)
        services.pages["/rss/cs.LG+stat.ML"] = lambda _asked, feed=feed: answer(feed.encode())
        _today(asker, CS)
    with engines.transaction(engine) as session:
        (row,) = session.exec(select(Paper)).all()
        assert (row.version, row.journal, row.abstract) == (2, "J. Ex. 2", "We read 2611.20001.")
        assert row.announced == FRIDAY


def test_rest_between_two_pages_is_given_and_the_list_goes_on(asker, services, clock, known):
    listed = Listed(Kind.OAI, "cs.LG")
    services.changed[FRIDAY] = _records(6)
    busy = [20, 20]

    def page(asked: Asked) -> Iterable[bytes]:
        if "resumptionToken" in asked.query and busy:
            return answer(b"", 503, Retry_After=str(busy.pop()))
        return services.page(asked)

    services.pages["/oai"] = page
    began = clock.now
    assert _today(asker, listed).n_entries == 6
    assert clock.now - began >= timedelta(seconds=40)
    tokens = [each.query.get("resumptionToken") for each in services.asked]
    first, second = "2026-11-19/2", "2026-11-19/4"
    assert tokens == [None, first, first, first, second]


def test_a_list_that_breaks_off_for_long_or_again_and_again_is_begun_anew(
    asker, services, clock, known
):
    listed = Listed(Kind.OAI, "cs.LG")
    services.changed[FRIDAY] = _records(6)
    for wait, n_asked in (("900", 2), ("1", 2 + inquiry.MOST_RESTS)):
        services.asked.clear()
        services.pages["/oai"] = lambda asked, wait=wait: (
            answer(b"", 503, Retry_After=wait)
            if "resumptionToken" in asked.query
            else services.page(asked)
        )
        assert isinstance(_today(asker, listed), AppError)
        assert known(listed).state is SourceState.THROTTLED
        assert len(services.asked) == n_asked
        clock.now = known(listed).next_at
    services.pages.clear()
    assert _today(asker, listed).n_new == 6


def test_a_token_that_has_expired_makes_the_list_begin_anew(asker, services, clock, known, engine):
    listed = Listed(Kind.OAI, "cs.LG")
    services.changed[FRIDAY] = _records(6)
    expired = answers.oai_error("badResumptionToken", "The token is from yesterday")
    services.pages["/oai"] = lambda asked: (
        answer(expired.encode()) if "resumptionToken" in asked.query else services.page(asked)
    )
    assert "The token is from yesterday" in str(_today(asker, listed))
    assert known(listed).state is SourceState.FAILED
    with engines.transaction(engine) as session:
        assert session.exec(select(Paper)).all() == []
    services.pages.clear()
    clock.now = known(listed).next_at
    assert _today(asker, listed).n_new == 6


def test_after_a_long_pause_oai_pmh_is_asked_for_no_more_than_is_new(asker, services, clock, known):
    listed = Listed(Kind.OAI, "cs.LG")
    services.changed[FRIDAY] = _records(2)
    list(fetch.fetch(asker, listed))
    _go(clock, FRIDAY + 60 * DAY)
    list(fetch.fetch(asker, listed))
    assert services.asked[-1].query["from"] == str(FRIDAY + 50 * DAY)


def test_a_list_that_is_not_read_to_its_end_says_so(asker, services, monkeypatch):
    monkeypatch.setattr(inquiry, "MOST_LISTED", 5)
    services.changed[FRIDAY] = _records(9)
    report = _today(asker, Listed(Kind.OAI, "cs.LG"))
    assert report.n_entries == 6
    (line,) = report.unread
    assert (line.number, line.text) == (7, "The rest of the list")


def test_a_list_that_comes_slowly_ends_before_another_machine_may_ask(asker, services, clock):
    services.changed[FRIDAY] = _records(12)

    def slowly(asked: Asked) -> Iterable[bytes]:
        clock.forward(minutes=8)
        return services.page(asked)

    services.pages["/oai"] = slowly
    report = _today(asker, Listed(Kind.OAI, "cs.LG"))
    assert (report.n_entries, len(report.unread)) == (6, 1)
    assert clock.now - NOW < fetch.ROUND


def test_a_list_that_goes_in_circles_is_left(asker, services):
    page = answers.oai(*_records(2), token="again")
    services.pages["/oai"] = lambda _asked: answer(page.encode())
    report = _today(asker, Listed(Kind.OAI, "cs.LG"))
    assert len(report.unread) == 1
    assert len(services.asked) == 2


def _records(n: int) -> list[str]:
    return [answers.oai_record(id=f"2611.{20000 + k}", created="2026-11-19") for k in range(n)]


def test_oai_pmh_that_wants_rest_gets_it(asker, services, known):
    services.mood = "busy"
    listed = Listed(Kind.OAI, "hep-th")
    assert "asks for 30 seconds of rest" in str(_today(asker, listed))
    assert services.asked[0].query["set"] == "physics:hep-th"
    assert known(listed).state is SourceState.THROTTLED


def test_a_list_of_what_is_new_has_no_past_days(asker, services):
    told = fetch.fetch_day(asker, Listed(Kind.OAI, "cs"), THURSDAY)
    assert "no lists of past days" in told.says
    assert services.asked == []


def test_a_feed_lists_each_entry_once(asker, services, clock, known):
    url = f"{services.url}/blog"
    listed = Listed(Kind.FEED, url)
    services.pages["/blog"] = lambda _asked: _feed(2)
    assert _today(asker, listed).n_entries == 2
    clock.now = known(listed).next_at
    assert _today(asker, listed) == Quiet(listed.name, "Nothing new since Friday 20 November.")
    services.pages["/blog"] = lambda _asked: _feed(3, first=2)
    clock.now = known(listed).next_at
    assert _today(asker, listed).n_entries == 1
    services.pages["/blog"] = lambda _asked: _feed(3)  # what had gone for an hour is not new
    clock.now = known(listed).next_at
    assert isinstance(_today(asker, listed), Quiet)


def _feed(n: int, first: int = 0) -> list[bytes]:
    rows = "".join(
        f"<item><title>On the Habits of Whale {k}</title><link>https://b.example/{k}</link>"
        f"<description>We watched whale {k} for a year.</description></item>"
        for k in range(first, n)
    )
    return answer(
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Whales</title>{rows}'
        "</channel></rss>".encode()
    )


def test_looking_keeps_nothing_but_manners(asker, services, engine):
    _fill(services, FRIDAY)
    found = fetch.look(asker, HUB)
    assert found.outcome.n_entries == len(found.digest.entries) == 3
    with engines.transaction(engine) as session:
        assert session.exec(select(Source)).all() == []
        assert session.exec(select(SourceDay)).all() == []
        assert session.exec(select(Paper)).all() == []


def test_arxiv_is_never_asked_twice_within_three_seconds(asker, services):
    _fill(services, *(FRIDAY - n * DAY for n in range(8)))
    list(fetch.fetch(asker, CS))
    list(fetch.fetch(asker, Listed(Kind.ARXIV, "math")))
    assert len(services.asked) > 8
    assert services.n_too_soon == 0


def test_two_machines_do_not_ask_one_source_both(asker, services):
    _fill(services, FRIDAY)
    first, second = fetch.fetch(asker, HUB), fetch.fetch(asker, HUB)
    assert isinstance(next(first), Report)
    assert isinstance(next(second), Quiet)


def test_a_hostile_feed_fails_alone(asker, services):
    def bomb(_asked: Asked) -> Iterator[bytes]:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
        for _ in range(100):
            yield packer.compress(bytes(1_000_000))

    laughs = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
        <rss version="2.0"><channel><title>&b;</title></channel></rss>"""
    million = gzip.compress(b"<?xml version='1.0'?><rss><channel>" + b"<item/>" * 1_000_000)
    brackets = gzip.compress(b"[" + b"[]," * 2_000_000 + b"1]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    services.pages |= {
        "/million": lambda _asked: answer(million, Content_Encoding="gzip"),
        "/brackets": lambda _asked: answer(brackets, Content_Encoding="gzip"),
        "/bomb": bomb,
        "/laughs": lambda _asked: answer(laughs.encode()),
        "/away": lambda _asked: answer(status=302, Location="http://169.254.169.254/latest/"),
        "/whales": lambda _asked: _feed(2),
    }
    listed = [Listed(Kind.FEED, f"{services.url}{path}") for path in services.pages]
    told = [_today(asker, each) for each in listed]
    *broken, whales = told
    assert whales.n_new == 2
    for each, words in zip(
        broken,
        (
            "unpacks to more than",
            "unpacks to more than",
            "unpacks",
            "declares",
            "no public address",
        ),
        strict=True,
    ):
        assert isinstance(each, AppError)
        assert words in str(each)
    unit = 1 if sys.platform == "darwin" else 1000
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert more * unit < 100_000_000


@pytest.mark.parametrize("body", [b"<item/>" * 400_000, b"[" * 200_000, b'"",' * 600_000])
def test_an_answer_with_more_than_any_list_has_is_not_read(asker, services, body):
    services.pages["/much"] = lambda _asked: answer(body)
    told = _today(asker, Listed(Kind.FEED, f"{services.url}/much"))
    assert "more than any list of papers has" in str(told)


def test_seven_days_are_told_apart(asker, services, clock, on_days):
    """From a Monday on; on the Thursday a holiday empties the feed of the day after."""
    monday = date(2026, 11, 23)
    week = [monday + n * DAY for n in range(7)]
    for day in (*week[:4], FRIDAY):
        services.arxiv[day] = made_up.arxiv_ids(day)
    _go(clock, FRIDAY)
    list(fetch.fetch(asker, CS))
    for day, mood in zip(week, ("", "stale", "busy", "malformed", "", "", ""), strict=True):
        _go(clock, day)
        services.mood = mood
        _today(asker, CS)

    states = on_days(CS)
    assert [str(states[day]) for day in week] == [
        "fresh",
        "stale",
        "throttled",
        "unreadable",
        "empty",
        "empty",
        "empty",
    ]
    services.mood = ""
    services.arxiv[week[6] + DAY] = made_up.arxiv_ids(week[6] + DAY)
    _go(clock, week[6] + DAY)
    list(fetch.fetch(asker, CS))
    states = on_days(CS)
    assert [str(states[day]) for day in week[:5]] == ["fresh"] * 4 + ["empty"]
