import socket
import stat
import threading
from contextlib import nullcontext
from dataclasses import asdict
from datetime import timedelta

import pytest

from app import assembly
from app.errors import NotReady
from app.mail import dkim
from app.mail.links import Purpose
from app.settings import Settings


@pytest.fixture
def keyless(settings):
    return settings.model_copy(update={"secret_keys": Settings(_env_file=None).secret_keys})


def test_without_a_key_one_is_made_once_and_kept_for_the_owner_only(keyless):
    token = assembly.tokens(keyless).make(Purpose.UNSUBSCRIBE, 7)
    path = keyless.data_dir / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text(encoding="ascii")) == 64
    assert assembly.tokens(keyless).read(Purpose.UNSUBSCRIBE, token, 1) == (7,)


@pytest.mark.parametrize(
    ("machine", "base_url", "hello"),
    [
        ("box.example.net", "https://papers.example.org", "box.example.net"),
        ("3f2a9c1b0d4e", "https://papers.example.org/daily", "papers.example.org"),
        ("3f2a9c1b0d4e", "https://bücher.example.org", "xn--bcher-kva.example.org"),
        ("3f2a9c1b0d4e", "http://localhost:8000", "3f2a9c1b0d4e"),
        ("3f2a9c1b0d4e", "http://192.0.2.1:8000", "3f2a9c1b0d4e"),
        ("3f2a9c1b0d4e", "http://[2001:db8::1]", "3f2a9c1b0d4e"),
    ],
)
def test_mail_servers_are_greeted_by_a_name_with_a_domain(
    settings, monkeypatch, machine, base_url, hello
):
    monkeypatch.setattr(socket, "gethostname", lambda: machine)
    told = settings.model_copy(update={"base_url": base_url})
    assert assembly.server(told).hello == hello
    chosen = told.model_copy(update={"smtp_hello": "mail.example.org"})
    assert assembly.server(chosen).hello == "mail.example.org"


def test_programs_that_start_at_once_keep_one_key(keyless):
    start, made = threading.Barrier(8), []

    def make():
        start.wait()
        made.append(assembly.tokens(keyless).make(Purpose.UNSUBSCRIBE, 7))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert [path.name for path in keyless.data_dir.glob("secret*")] == ["secret.key"]


@pytest.mark.parametrize("damage", [b"", b"short", b"\xff" * 64])
def test_a_damaged_key_is_named_and_not_replaced(keyless, damage):
    path = keyless.data_dir / "secret.key"
    path.write_bytes(damage)
    with pytest.raises(NotReady, match=r"secret\.key"):
        assembly.tokens(keyless)
    assert path.read_bytes() == damage


def test_a_key_that_cannot_be_kept_is_named(keyless, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    elsewhere = keyless.model_copy(update={"data_dir": tmp_path / "file"})
    with pytest.raises(NotReady, match="cannot be kept"):
        assembly.tokens(elsewhere)


def test_keys_that_are_set_are_used_and_none_is_made(settings):
    token = assembly.tokens(settings).make(Purpose.UNSUBSCRIBE, 7)
    assert assembly.letterhead(settings).links.tokens.read(Purpose.UNSUBSCRIBE, token, 1) == (7,)
    assert not (settings.data_dir / "secret.key").exists()


def test_a_store_that_was_never_migrated_names_the_command(unmigrated):
    with pytest.raises(NotReady, match="paperboy migrate"):
        assembly.store(unmigrated)


def test_the_day_is_run_by_the_settings(settings, engine):
    changed = settings.model_copy(update={"smtp_connections": 7, "smtp_host": "mail.example.org"})
    day = assembly.day(changed, engine)
    assert (day.n_connections, day.server.host, day.server.tls) == (
        7,
        "mail.example.org",
        "starttls",
    )
    assert day.lease == settings.claim_lease
    assert day.server.patience.taken == settings.smtp_timeout.total_seconds()


def test_sources_are_told_whom_to_write_to(settings, engine, clock):
    changed = _told(settings, base_url="https://papers.example.org", admin_mail="op@example.org")
    agent = assembly.asker(changed, engine, clock, threading.Event()).client.agent
    assert agent.startswith("Paperboy/")
    assert agent.endswith(" (+https://papers.example.org; mailto:op@example.org)")


def _told(settings, **changes):
    return Settings(_env_file=None, **settings.model_dump() | changes)


def test_each_reply_is_waited_for_as_long_as_the_standard_asks(settings):
    """RFC 5321 §4.5.3.2; only the last wait, for the reply to the message, may be set."""
    waits = {"greeting": 300, "command": 300, "go_on": 120, "block": 180}

    usual = assembly.server(settings).patience
    short = assembly.server(settings.model_copy(update={"smtp_timeout": timedelta(seconds=9)}))

    assert asdict(usual) == waits | {"taken": 600}
    assert asdict(short.patience) == waits | {"taken": 9}


def test_letters_are_signed_where_key_and_domain_are_set(settings):
    told = _told(settings, dkim_domain="example.org", dkim_private_key=dkim.new_key())

    assert assembly.letterhead(told).signer.record_name == "paperboy._domainkey.example.org"
    assert assembly.letterhead(settings).signer is None


@pytest.mark.parametrize(
    ("url", "signer", "refused"),
    [
        ("https://papers.example.org", "nobody", True),
        ("https://papers.example.org", "us", False),
        ("https://papers.example.org", "the relay", False),
        # No mail program shows the button of a letter whose link is not https.
        ("http://papers.example.org", "nobody", False),
        ("https://localhost", "nobody", False),
    ],
)
def test_a_button_to_unsubscribe_is_offered_in_signed_letters_only(settings, url, signer, refused):
    key = {"dkim_domain": "example.org", "dkim_private_key": dkim.new_key()}
    changes = {"us": key, "the relay": {"relay_signs": True}}.get(signer, {})
    told = _told(settings, base_url=url, **changes)

    with pytest.raises(NotReady, match="PAPERBOY_RELAY_SIGNS") if refused else nullcontext():
        assembly.letterhead(told)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"dkim_domain": "example.org"}, "PAPERBOY_DKIM_PRIVATE_KEY"),
        ({"dkim_private_key": "x"}, "PAPERBOY_DKIM_DOMAIN"),
        ({"dkim_domain": "example.org", "dkim_private_key": "x"}, "PAPERBOY_DKIM_PRIVATE_KEY"),
        ({"bounce_address": "nobody"}, "PAPERBOY_BOUNCE_ADDRESS"),
        ({"bounce_address": f"{'a' * 30}@example.org"}, "PAPERBOY_BOUNCE_ADDRESS"),
    ],
)
def test_what_would_fail_every_letter_is_told_at_the_start(settings, changes, name):
    with pytest.raises(NotReady, match=name):
        assembly.letterhead(_told(settings, **changes))
