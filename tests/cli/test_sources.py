"""`paperboy sources`."""

import json
from datetime import UTC, datetime, timedelta

import answers
import pytest
import services as made_up
from services import Services

from app.store import chosen, sources
from app.store import engine as engines
from app.store.sources import Outcome
from app.store.tables import SourceState

# Feeds are asked once; others are asked for the days before too, a second apart.
FIXED, NAMED = (f"feed:https://rss.arxiv.org/rss/{subject}" for subject in ("cs.LG", "cs.CL"))


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def hub(migrated, monkeypatch):
    """Hugging Face, with a list for today."""
    with Services(_now) as services:
        mirrors = ", ".join(f"{host}={url}" for host, url in services.mirrors.items())
        monkeypatch.setenv("PAPERBOY_SOURCE_HOSTS", mirrors)
        for day in (_now().date(), _now().date() + timedelta(days=1)):
            services.hub[day] = made_up.hub_rows(_now().date())
        yield services


@pytest.fixture
def note(database):
    """Keep what a source answered today."""

    def keep(name, state, says):
        with engines.transaction(database.engine) as session:
            source = sources.named(session, name)
            sources.note(session, source, _now().date(), Outcome(state, says), _now())
            sources.note_last(session, source, Outcome(state, says), _now())

    return keep


def test_it_tells_how_each_fares(paperboy, migrated, note, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SOURCES", "hf-daily,arxiv:cs.LG,folder:/in")
    note("arxiv:cs.LG", SourceState.STALE, "The list of yesterday again.")

    done = paperboy("sources")
    assert done.code == 0
    assert "not asked yet" in done.out
    assert "The list of yesterday again." in done.out
    assert "folder:/in is read every ten minutes." in done.out

    told = json.loads(paperboy("sources", "--json").out)
    assert [(each["name"], each["state"]) for each in told["sources"]] == [
        ("hf-daily", None),
        ("arxiv:cs.LG", "stale"),
        ("folder:/in", None),
    ]
    assert told["sources"][1]["days"][0]["n_asked"] == 1
    assert told["folders"] == ["/in"]


def test_without_a_source_it_says_how_to_name_one(paperboy, migrated):
    assert "set PAPERBOY_SOURCES" in paperboy("sources").out


def test_one_is_asked_and_what_was_read_is_shown_and_not_stored(paperboy, hub):
    done = paperboy("sources", "test", "hf-daily")
    assert done.code == 0
    assert (done.err, "hf-daily: fresh. 3 papers." in done.out) == ("", True)
    assert "Paper 2 of" in done.out
    assert "0 papers" in paperboy("ingest").out

    told = json.loads(paperboy("sources", "test", "hf-daily", "--json").out)
    assert (told["state"], len(told["entries"])) == ("fresh", 3)


def test_one_that_is_broken_fails_and_says_why(paperboy, hub):
    hub.page = lambda _asked: []
    done = paperboy("sources", "test", "hf-daily")
    assert done.code == 1
    assert "hf-daily: failed. 127.0.0.1 gives no answer" in done.out


@pytest.mark.parametrize("name", ["hf-daily,arxiv:cs", ""])
def test_only_one_source_can_be_tried(paperboy, migrated, name):
    done = paperboy("sources", "test", name)
    assert done.code == 1
    assert "is not one source" in done.err


def test_the_files_of_a_folder_are_shown_and_not_stored(paperboy, migrated, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text(answers.hf_list(), encoding="utf-8")
    assert paperboy("sources", "test", f"folder:{tmp_path / 'in'}").code == 0
    (tmp_path / "in" / "b").write_text("Milk, bread", encoding="utf-8")
    done = paperboy("sources", "test", f"folder:{tmp_path / 'in'}")
    assert done.code == 1
    assert "a: Hugging Face JSON, 1 paper\n" in done.out
    assert "b: This does not look like a digest" in done.out
    assert "2 files; nothing is stored." in done.out
    assert "0 papers" in paperboy("ingest").out

    missing = paperboy("sources", "test", "folder:/no/such")
    assert (missing.code, "cannot be read" in missing.err) == (1, True)


@pytest.mark.parametrize("name", ["foo:bar", "arxiv:nowhere", "imaps://nobody"])
def test_a_name_that_was_typed_is_not_blamed_on_the_setting(paperboy, migrated, name):
    done = paperboy("sources", "test", name)
    assert (done.code, "You named" in done.err) == (1, True)
    assert "PAPERBOY_SOURCES" not in done.err


def test_every_kind_that_can_be_tried_is_offered(paperboy, migrated):
    done = paperboy("sources", "test", "foo:bar")
    for kind in (
        "hf-daily",
        "arxiv:",
        "arxiv-oai:",
        "biorxiv:",
        "medrxiv:",
        "feed:",
        "maildir:",
        "folder:",
    ):
        assert kind in done.err


def test_new_mails_are_shown_and_stay_new(paperboy, migrated, tmp_path):
    for name in ("new", "cur"):
        (tmp_path / "papers" / name).mkdir(parents=True)
    (tmp_path / "papers" / "new" / "1").write_bytes(b"Subject: Lunch\n\nIt is at noon.\n")
    done = paperboy("sources", "test", f"maildir:{tmp_path / 'papers'}")
    assert done.code == 0
    assert "Lunch: " in done.out
    assert "1 new mail; nothing is marked as read." in done.out


def test_those_named_on_the_operators_page_are_shown_and_fetched_too(
    paperboy, hub, database, monkeypatch
):
    monkeypatch.setenv("PAPERBOY_SOURCES", FIXED)
    with engines.transaction(database.engine) as session:
        for name in (NAMED, FIXED, "feed:https://blog.example.org/rss"):
            chosen.add(session, name, _now())
        chosen.pause(session, "feed:https://blog.example.org/rss", paused=True)

    told = json.loads(paperboy("sources", "--json").out)["sources"]
    assert [(each["name"], each["fixed"], each["paused"]) for each in told] == [
        (FIXED, True, False),
        (NAMED, False, False),
        ("feed:https://blog.example.org/rss", False, True),
    ]
    assert "paused" in paperboy("sources").out
    fetched = paperboy("ingest")
    # By the other's clock, it may have come a moment too soon after the first.
    assert NAMED in fetched.out + fetched.err
