"""`paperboy submissions`."""

import json
from datetime import UTC, datetime

import pytest

from app.papers.paper import Paper
from app.store import deeds, submissions
from app.store import engine as engines
from app.store.tables import SubmissionState


@pytest.fixture
def send(database):
    """Something that was sent in, and found unless told otherwise."""

    def make(title="", state=SubmissionState.FOUND):
        with engines.transaction(database.engine) as session:
            now = datetime.now(UTC)
            row = submissions.named(session, f"doi:10.1000/{title}", f"10.1000/{title}", now)
            row.state, row.n_visitors = state, 2
            if title:
                submissions.tell(row, Paper(title, url="https://example.org/moons"))

    return make


def test_what_waits_is_listed_accepted_and_declined(paperboy, send):
    send("Tides")
    send("Shoes")
    told = json.loads(paperboy("submissions", "list", "--json").out)
    assert [(each["id"], each["title"], each["visitors"]) for each in told] == [
        (1, "Tides", 2),
        (2, "Shoes", 2),
    ]
    assert "https://example.org/moons" in paperboy("submissions", "list").out
    assert paperboy("submissions", "accept", "1").out == "Submission 1 is on today's list.\n"
    assert paperboy("submissions", "decline", "2").out == "Submission 2 stays out.\n"
    assert paperboy("submissions", "list").out == "Nothing waits.\n"
    assert json.loads(paperboy("export", "papers").out)["title"] == "Tides"


def test_what_cannot_be_decided_is_told_why(paperboy, send):
    send("", SubmissionState.SENT)
    done = paperboy("submissions", "accept", "1")
    assert (done.code, "is being looked up: only a found one joins" in done.err) == (1, True)
    send("Tides", SubmissionState.ACCEPTED)
    done = paperboy("submissions", "decline", "2")
    assert (done.code, "is on the list already" in done.err) == (1, True)
    done = paperboy("submissions", "accept", "7")
    assert (done.code, "no submission 7" in done.err) == (1, True)


def test_the_list_says_why_nothing_was_found_in_words(paperboy, send, database):
    send("", SubmissionState.UNKNOWN)
    database.execute("UPDATE submission SET says = 'arXiv knows no such paper.'")
    told = paperboy("submissions", "list").out
    assert "was not found" in told
    assert "arXiv knows" in told
    assert "unknown" not in told
    assert paperboy("submissions", "again", "1").code == 0
    assert "is being looked up" in paperboy("submissions", "list").out


def test_what_was_accepted_can_be_taken_back_and_all_is_written_down(paperboy, send, database):
    send("Tides")
    paperboy("submissions", "accept", "1")
    assert "is on the list" in paperboy("submissions", "list", "--decided").out
    assert paperboy("submissions", "take-back", "1").code == 0
    assert "was left out" in paperboy("submissions", "list", "--decided").out
    done = paperboy("submissions", "take-back", "1")
    assert (done.code, "only an accepted one" in done.err) == (1, True)
    with engines.transaction(database.engine) as session:
        told = [(deed.who, deed.action, deed.detail) for deed in deeds.latest(session, 9)]
    assert told == [
        ("command line", "took a submission back", "Tides"),
        ("command line", "accepted a submission", "Tides"),
    ]
