"""`paperboy replay` and `stats`, as an operator calls them."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.mail.links import Verdict
from app.store.tables import (
    Bounce,
    BounceKind,
    Brake,
    Feedback,
    LetterKind,
    Means,
    OutboxEntry,
    State,
    Tap,
)

SAMPLES = Path(sys.modules["app"].__file__).parent / "samples"
SOME_DAYS = ("--from", "2026-03-01", "--to", "2026-03-02")


@pytest.fixture
def sent(paperboy, database, monkeypatch, sink):
    """A letter that Ada got today, with a like of its first pick; the day."""
    monkeypatch.setenv("PAPERBOY_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", str(sink.port))
    paperboy("ingest", str(SAMPLES / "day-1-compact.txt"))
    paperboy("subscribers", "add", "ada@example.org", "--keyword", "language model", "--confirmed")
    assert paperboy("run", "--now").code == 0
    assert len(sink.taken) == 1
    first, *_ = database.picks()
    told = {"paper_id": first.paper_id, "letter_id": first.letter_id, "verdict": Verdict.LIKE}
    database.add(Feedback(subscriber_id=1, at=datetime.now(UTC), **told))
    # Not the day on which the tests began: it may have ended since.
    return database.letters()[0].edition_date


@pytest.fixture
def days(sent):
    return "--from", str(sent - timedelta(days=2)), "--to", str(sent)


def test_a_replay_shows_both_settings_side_by_side(days, paperboy):
    done = paperboy("replay", *days, "--set", "fade=0.3", "--set", "letter_size=1")
    assert done.code == 0, done.err
    assert "1 person-days of 1 people" in done.out
    for shown in (
        "nDCG@10",
        "precision@10",
        "coverage",
        "usual",
        "changed",
        "95 % interval",
        "too few days",
    ):
        assert shown in done.out
    assert "fade=0.3" in done.out


def test_a_replay_without_changes_shows_the_usual_alone(days, paperboy):
    done = paperboy("replay", *days)
    assert done.code == 0, done.err
    assert "nDCG@10" in done.out
    assert "changed" not in done.out


def test_a_replay_can_be_read_by_a_program(days, paperboy):
    found = json.loads(paperboy("replay", *days, "--set", "fade=0.3", "--json").out)
    assert found["set"] == ["fade=0.3"]
    assert (found["n_people"], found["n_person_days"]) == (1, 1)
    assert set(found["usual"]) == set(found["changed"]) == {"ndcg", "precision", "coverage"}
    assert 0 < found["usual"]["ndcg"] <= 1
    assert {"mean", "low", "high", "confidence"} == set(found["difference"]["ndcg"])


def test_a_replay_records_nothing(days, paperboy, database):
    before = database.rows()
    paperboy("replay", *days, "--set", "threshold=strong")
    assert database.rows() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "2026-02-30", "--to", "2026-03-01"), "2026-02-30"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "--from 2026-03-02 is after"),
        (("--from", "2026-03-01", "--to", "2026-03-02"), "liked or saved"),
        ((*SOME_DAYS, "--set", "fades=1"), "“fades=1” sets nothing"),
        ((*SOME_DAYS, "--set", "dial=9"), "dial must be from 0 to 1"),
    ],
)
def test_what_cannot_be_replayed_is_a_sentence(paperboy, migrated, words, sentence):
    done = paperboy("replay", *words)
    assert done.code == 1
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_the_numbers_of_the_last_letters_are_shown(sent, paperboy):
    done = paperboy("stats")
    assert done.code == 0, done.err
    assert str(sent) in done.out
    for heading in ("edition", "sent", "skipped", "last 7 days", "last 30 days", "rank", "kind"):
        assert heading in done.out
    assert "Trial" not in done.out


def test_the_numbers_can_be_read_by_a_program(sent, paperboy):
    found = json.loads(paperboy("stats", "--json").out)
    (edition,) = found["editions"]
    assert (edition["sent"], edition["failed"], edition["skipped"]) == (1, 0, {})
    assert found["feedback"]["7 days"] == {"like": 1, "dislike": 0, "save": 0}
    assert found["ranks"]["1"] == {"shown": 1, "liked": 1}
    shown = sum(rate["shown"] for rate in found["ranks"].values())
    assert sum(rate["shown"] for rate in found["kinds"].values()) == shown
    assert found["votes"] == {"counted": 0, "voided": {}, "provisional": 0}
    assert found["trials"] == []


def test_votes_that_count_and_those_that_do_not_are_told(sent, paperboy, database):
    now = datetime.now(UTC)
    for pick in database.picks()[:3]:
        told = {"verdict": Verdict.SAVE, "means": Means.SCRIPT, "at": now, "settled": True}
        void = "so said a test" if pick.rank == 1 else ""
        database.add(Tap(letter_id=pick.letter_id, paper_id=pick.paper_id, void=void, **told))
    found = json.loads(paperboy("stats", "--json").out)
    assert found["votes"] == {"counted": 2, "voided": {"so said a test": 1}, "provisional": 0}
    assert "void: so said a test" in paperboy("stats").out


def test_stats_tell_whether_letters_flow(sent, paperboy):
    done = paperboy("stats")
    assert "waiting to be sent" in done.out
    assert "0 of 1 (0.00 %)" in done.out
    assert not done.err
    flow = json.loads(paperboy("stats", "--json").out)["delivery"]
    assert (flow["waiting"], flow["deferred"], flow["doubtful"]) == (0, 0, 0)
    assert flow["7 days"]["received"] == 1
    assert flow["last_success"].startswith(str(sent)[:4])
    assert flow["next_due"] > flow["last_success"]
    assert f"{sent:%d %b %Y}, " in done.out
    assert f"{sent}T" not in done.out
    assert flow["brakes"] == flow["warnings"] == []


def test_stats_tell_what_waits_what_bounced_and_what_holds_sending(sent, paperboy, database):
    yesterday = datetime.now(UTC) - timedelta(hours=27)
    edition = {"kind": LetterKind.DAILY, "edition_date": date(2026, 1, 1)}
    came_back = {"kind": BounceKind.HARD, "report": "r", "at": datetime.now(UTC)}
    database.add(
        Bounce(subscriber_id=1, letter_id=database.picks()[0].letter_id, **came_back),
        Brake(name="bounces", reason="Too many.", since=yesterday),
        OutboxEntry(subscriber_id=1, due_at=yesterday, first_due_at=yesterday, **edition),
    )
    done = paperboy("stats")
    assert "1, the oldest for 27 hours" in done.out
    assert "1 of 1 (100.00 %)" in done.out
    assert "(bounces): Too many. `paperboy resume` lets it go on." in done.err
    flow = json.loads(paperboy("stats", "--json").out)["delivery"]
    assert [brake["name"] for brake in flow["brakes"]] == ["bounces"]
    assert flow["7 days"]["bounce_rate"] == 1


@pytest.mark.parametrize("state", State)
def test_each_letter_of_an_edition_is_in_one_column(sent, paperboy, database, state):
    day, now = date(2026, 1, 1), datetime.now(UTC)
    entry = {"kind": LetterKind.DAILY, "edition_date": day, "state": state, "reason": "because"}
    database.add(OutboxEntry(subscriber_id=1, due_at=now, first_due_at=now, **entry))
    (line,) = [line for line in paperboy("stats").out.splitlines() if str(day) in line]
    figures = line.replace(" because", "").split()[1:]
    assert sum(map(int, figures)) == 1


def test_stats_warn_where_nothing_was_sent_for_a_day(paperboy, migrated, database):
    paperboy("subscribers", "add", "ada@example.org", "--keyword", "birds", "--confirmed")
    database.execute("UPDATE subscriber SET next_due_at = '2026-01-01 07:00:00.000000'")
    done = paperboy("stats")
    assert "Sending is in danger: the server has taken no letter, although one was due" in done.err


def test_a_trial_is_told_with_its_verdict(sent, paperboy, database):
    database.execute("UPDATE letter SET model_id = '0123+fade=0.3'")
    database.execute("UPDATE pick SET team = 'b' WHERE rank = 1")
    done = paperboy("stats")
    assert f"Trial of fade=0.3 (B), {sent} to {sent}: No verdict yet: " in done.out
    (trial,) = json.loads(paperboy("stats", "--json").out)["trials"]
    assert (trial["a"], trial["b"], trial["letters"], trial["preferred"]) == (0, 1, 1, "")


def test_before_the_first_letter_that_is_said(paperboy, migrated):
    assert "No letter was written yet" in paperboy("stats").out
    assert json.loads(paperboy("stats", "--json").out)["editions"] == []


def test_a_trial_that_cannot_be_run_stops_the_run(paperboy, migrated, monkeypatch):
    monkeypatch.setenv("PAPERBOY_TRIAL", "fades=0.3")
    done = paperboy("run")
    assert done.code == 1
    assert done.err.startswith("paperboy: PAPERBOY_TRIAL cannot be used: “fades” is no weight")
