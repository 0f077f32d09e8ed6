"""`paperboy suppressions` and `paperboy learn`."""

import json

from app.mail.links import Tokens, bounce_address


def test_an_address_is_added_checked_listed_and_lifted(paperboy, migrated):
    assert "not suppressed" in paperboy("suppressions", "check", "Ada@Example.org").out
    assert paperboy("suppressions", "add", "Ada@Example.org", "--reason", "asked us").code == 0
    assert "asked us" in paperboy("suppressions", "check", "ada@example.org").out
    (line,) = json.loads(paperboy("suppressions", "list", "--json").out)
    assert (line["email"], line["reason"]) == ("ada@example.org", "asked us")
    assert "asked us" in paperboy("suppressions", "list").out
    done = paperboy("suppressions", "add", "ada@example.org")
    assert (done.code, "already" in done.err) == (1, True)
    assert paperboy("suppressions", "lift", "ADA@example.org").code == 0
    assert paperboy("suppressions", "lift", "ada@example.org").code == 1
    assert paperboy("suppressions", "list").out == "No address is suppressed.\n"
    assert json.loads(paperboy("suppressions", "list", "--json").out) == []


def test_a_suppressed_subscriber_is_no_longer_due_until_lifted(paperboy, migrated):
    paperboy("subscribers", "add", "ada@example.org", "-k", "whales", "--confirmed")

    def due():
        (line,) = json.loads(paperboy("subscribers", "list", "--json").out)
        return line["next"]

    before = due()
    paperboy("suppressions", "add", "ada@example.org")
    assert due() == "—"
    paperboy("suppressions", "lift", "ada@example.org")
    assert due() == before


def test_what_is_no_address_is_refused(paperboy, migrated):
    for command in ("add", "lift", "check"):
        done = paperboy("suppressions", command, "nobody")
        assert (done.code, done.err.startswith("paperboy: ")) == (1, True)


def test_without_a_mailbox_there_is_nothing_to_learn(paperboy, migrated):
    done = paperboy("learn")
    assert done.code == 1
    assert "PAPERBOY_BOUNCE_MAILBOX" in done.err


def test_the_mailbox_is_read_on_demand_and_what_came_back_is_shown(
    paperboy, migrated, tmp_path, monkeypatch
):
    key = "a-key-for-this-test-only"
    for name in ("new", "cur"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    monkeypatch.setenv("PAPERBOY_BOUNCE_MAILBOX", f"maildir:{tmp_path / 'mail'}")
    monkeypatch.setenv("PAPERBOY_SECRET_KEYS", key)
    paperboy("subscribers", "add", "ada@example.org", "-k", "whales", "--confirmed")
    to = bounce_address("bounce@example.org", Tokens([key]), 1, 1)
    raw = (
        f"Return-Path: <>\nFrom: mailer-daemon@example.net\nTo: {to}\n"
        "X-Failed-Recipients: ada@example.org\n\n550 5.1.1 no such user\n"
    )
    (tmp_path / "mail" / "new" / "1").write_text(raw, encoding="ascii")
    done = paperboy("learn")
    assert (done.code, "hard: 1" in done.out) == (0, True)
    shown = json.loads(paperboy("suppressions", "check", "ada@example.org", "--json").out)
    assert shown["suppressed"]
    assert [each["code"] for each in shown["bounces"]] == ["5.1.1"]
    assert "5.1.1" in paperboy("suppressions", "check", "ada@example.org").out
    assert json.loads(paperboy("learn", "--json").out)["read"] == 0
