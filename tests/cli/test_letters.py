"""`paperboy preview`, `run` and `rank`."""

import json
import re
import sys
from pathlib import Path

import pytest
from smtp_sink import DROP

from app import assembly
from app import settings as settings_
from app.mail.links import Purpose

SAMPLES = Path(sys.modules["app"].__file__).parent / "samples"


@pytest.fixture
def ada(paperboy, migrated, monkeypatch, sink):
    """Ada, the day's papers, and a mail server."""
    monkeypatch.setenv("PAPERBOY_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", str(sink.port))
    paperboy("ingest", str(SAMPLES / "day-1-compact.txt"))
    paperboy("subscribers", "add", "ada@example.org", "--keyword", "language model", "--confirmed")


def test_run_now_sends_everybody_one_letter_however_often(ada, paperboy, sink):
    first = paperboy("run", "--now", "--json")
    assert first.code == 0
    assert json.loads(first.out) | {"sent": 1, "letters": 1} == json.loads(first.out)
    assert sink.recipients() == ["ada@example.org"]

    again = paperboy("run", "--now")
    assert again.code == 0
    assert "0 sent" in again.out
    assert len(sink.taken) == 1


def test_run_without_now_leaves_those_alone_who_are_not_due(ada, paperboy, sink):
    assert "0 due" in paperboy("run").out
    assert sink.taken == []


def test_a_dry_run_shows_the_letters_and_records_nothing(ada, paperboy, sink, database):
    done = paperboy("run", "--now", "--dry-run")
    assert "ada@example.org" in done.out
    assert "1 due; nothing was recorded or sent." in done.out
    assert (sink.taken, database.rows()["outbox"]) == ([], [])


def test_a_dry_run_can_be_read_by_a_program(ada, paperboy):
    (line,) = json.loads(paperboy("run", "--now", "--dry-run", "--json").out)
    assert line["email"] == "ada@example.org"
    assert line["subject"]


def test_a_letter_can_be_mailed_to_see_what_arrives(ada, paperboy, sink, database):
    done = paperboy("preview", "ada@example.org", "--mail-to", "ops@example.net")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"127.0.0.1:{sink.port} took it for ops@example.net: 250 2.0.0 OK\n"
    (taken,) = sink.taken
    assert (taken.sender, taken.recipient) == ("paperboy@example.org", "ops@example.net")
    assert f"Subject: {taken.message['Subject']}" in paperboy("preview", "ada@example.org").out
    assert (database.rows()["outbox"], database.rows()["letter"]) == ([], [])


@pytest.mark.parametrize("is_stored", [False, True])
def test_no_link_in_a_mail_to_try_with_is_the_readers(ada, paperboy, sink, is_stored):
    if is_stored:
        paperboy("run", "--now")
    paperboy("preview", "ada@example.org", "--mail-to", "ops@example.net")
    tokens = assembly.tokens(settings_.load())
    text = sink.taken[-1].message.get_body(("plain",)).get_content()
    meant = {"unsubscribe": (Purpose.UNSUBSCRIBE, 1), "feedback": (Purpose.LETTER, 1)}
    meant["preferences"] = (Purpose.PREFERENCES, 2)
    for path, (purpose, n) in meant.items():
        found = re.findall(f"/{path}/([^/\\s#]+)", text)
        assert found
        assert {tokens.read(purpose, token, n)[0] for token in found} == {0}


def test_a_mail_to_try_with_that_nobody_takes_is_told_in_a_sentence(ada, paperboy, sink):
    sink.at_rcpt["*"] = ["550 5.7.1 not from you"]
    done = paperboy("preview", "ada@example.org", "--mail-to", "ops@example.net")
    assert done.code == 1
    assert "5.7.1 not from you" in done.err
    done = paperboy("preview", "ada@example.org", "--mail-to", "nobody")
    assert done.code == 1
    assert "“nobody” is not a mail address." in done.err


def test_the_preview_is_the_letter_that_goes_out(ada, paperboy, sink, database):
    seen = paperboy("preview", "ada@example.org").out
    assert database.rows()["outbox"] == []
    paperboy("run", "--now")
    subject = str(sink.taken[0].message["Subject"])
    assert f"Subject: {subject}" in seen
    reason = next(line for line in seen.splitlines() if "You asked for" in line)
    assert reason in sink.taken[0].message.get_body(("plain",)).get_content()


def test_with_the_mail_server_down_nothing_is_lost(ada, paperboy, sink, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", "1")
    down = paperboy("run", "--now")
    assert down.code == 1
    assert "cannot be reached" in down.err
    assert "sent by the next run" in down.err
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", str(sink.port))
    assert "1 sent" in paperboy("run").out


def test_a_single_letter_is_told_of_as_one(ada, paperboy, sink, database, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", "1")
    paperboy("run", "--now")
    database.execute("UPDATE outbox SET first_due_at = '2020-01-01 00:00:00'")
    assert "1 letter was given up: too old by now" in paperboy("run").err

    paperboy("subscribers", "add", "bo@example.org", "--keyword", "language model", "--confirmed")
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", str(sink.port))
    monkeypatch.setenv("PAPERBOY_DOUBT", "hold")
    sink.at_data["*"] = [DROP]
    assert "1 letter may have arrived, and is not sent again" in paperboy("run", "--now").err
    assert "1 letter may have arrived; see" in paperboy("stats").err


def test_somebody_for_whom_nothing_is_new_is_told_so(ada, paperboy):
    paperboy("subscribers", "add", "bo@example.org", "--keyword", "basketweaving", "--confirmed")
    done = paperboy("preview", "bo@example.org")
    assert done.code == 1
    assert "No letter" in done.err


def test_the_edition_of_a_day_can_be_asked_for_and_comes_once(ada, paperboy, sink):
    paperboy("ingest", "--day", "2026-03-02", str(SAMPLES / "day-2-spaced.txt"))
    for _ in range(2):
        assert paperboy("run", "--day", "2026-03-02").code == 0
    (taken,) = sink.taken
    assert "Monday 2 March 2026" in taken.message.get_body(("plain",)).get_content()
    assert "write it like 2026" in paperboy("run", "--day", "soon").err


def test_an_edition_holds_only_what_was_new_then(ada, paperboy, sink):
    assert "1 skipped: no new papers" in paperboy("run", "--day", "2026-03-02").out
    assert sink.taken == []


def test_the_yardstick_is_scored_by_the_days_own_code(paperboy, tmp_path):
    folder = tmp_path / "yardstick"
    folder.mkdir()
    texts = {"a": "whale song", "b": "sparse retrieval", "c": "whale sound", "d": "cooking eggs"}
    papers = [{"id": n, "title": t, "abstract": f"All about {t}."} for n, t in texts.items()]
    requests = [
        {"id": "r1", "keywords": ["whale"], "likes": [], "dislikes": [], "candidates": ["c", "d"]},
        {"id": "r2", "keywords": [], "likes": ["b"], "dislikes": [], "candidates": ["d", "b"]},
    ]
    (folder / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)))
    (folder / "requests.jsonl").write_text("\n".join(map(json.dumps, requests)))
    (folder / "background.txt").write_text("a\nb\n")
    (folder / "community.jsonl").write_text("")
    done = paperboy("rank", str(folder), str(tmp_path / "scores.jsonl"))
    assert done.code == 0, done.err
    lines = (tmp_path / "scores.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert (first["id"], second["id"]) == ("r1", "r2")
    assert first["scores"][0] > first["scores"][1]
    assert second["scores"][1] > second["scores"][0]


def test_the_yardstick_learns_from_the_community(paperboy, tmp_path):
    topics = {"a": "whale song", "b": "sparse retrieval", "c": "moon orbits", "d": "sparse index"}
    topics["e"] = "cooking eggs"
    papers = [{"id": n, "title": t, "abstract": f"All about {t}."} for n, t in topics.items()]
    # Nobody's words: only readers who like both tell that the one goes with the other.
    asked = {"id": "r", "keywords": [], "likes": ["a"], "dislikes": [], "candidates": ["d", "c"]}
    (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)))
    (tmp_path / "requests.jsonl").write_text(json.dumps(asked))
    (tmp_path / "background.txt").write_text("a\nb\ne\n")

    def scores():
        done = paperboy("rank", str(tmp_path), str(tmp_path / "scores.jsonl"))
        assert done.code == 0, done.err
        return json.loads((tmp_path / "scores.jsonl").read_text())["scores"]

    alone = scores()
    (tmp_path / "community.jsonl").write_text('["a", "b"]\n["e"]\n' * 20_000)
    assert scores()[0] > alone[0] + 0.1


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("papers.jsonl", "{", "line 1"),
        ("papers.jsonl", "[]", "no JSON object"),
        ("community.jsonl", '["zz"]', "zz"),
        ("community.jsonl", '{"a": 1}', "list"),
        ("papers.jsonl", '{"title": "no id"}', "id"),
        ("requests.jsonl", '{"id": "r", "candidates": ["zz"]}', "zz"),
        ("background.txt", "zz\n", "zz"),
    ],
)
def test_a_broken_yardstick_is_a_sentence(paperboy, tmp_path, file, content, sentence):
    (tmp_path / "papers.jsonl").write_text('{"id": "a", "title": "A title", "abstract": "Text."}')
    (tmp_path / "requests.jsonl").write_text('{"id": "r", "candidates": ["a"]}')
    (tmp_path / "background.txt").write_text("a\n")
    (tmp_path / file).write_text(content)
    done = paperboy("rank", str(tmp_path), str(tmp_path / "scores.jsonl"))
    assert done.code == 1
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert paperboy("rank", str(tmp_path / "nowhere"), "out").code == 1


def test_a_pause_holds_for_an_extra_run_too(ada, paperboy, sink, database):
    database.execute("UPDATE subscriber SET paused_until = '2199-01-01'")
    assert "0 due" in paperboy("run", "--now").out
    assert sink.taken == []


def test_a_dry_run_says_what_the_run_then_does_in_every_zone(ada, paperboy, sink):
    for n, zone in enumerate(("Pacific/Honolulu", "Pacific/Auckland", "Pacific/Kiritimati")):
        words = ("--keyword", "language model", "--zone", zone, "--confirmed")
        paperboy("subscribers", "add", f"far{n}@example.org", *words)
    planned = paperboy("run", "--now", "--dry-run").out
    assert "none: nothing fits" not in planned
    assert json.loads(paperboy("run", "--now", "--json").out)["sent"] == 4


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_far_from_all_digests_is_a_sentence(ada, paperboy, day):
    for words in (["preview", "ada@example.org"], ["run", "--dry-run"], ["ingest"]):
        done = paperboy(*words, "--day", day)
        assert done.code == 1
        assert "no day of any digest" in done.err


def test_a_relay_that_is_not_there_is_told_without_a_code(ada, paperboy, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SMTP_PORT", "1")
    done = paperboy("preview", "ada@example.org", "--mail-to", "ops@example.net")
    assert done.code == 1
    assert re.match(r"paperboy: \S+:1 cannot be reached: ", done.err)
