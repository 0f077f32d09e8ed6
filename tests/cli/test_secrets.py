"""A day with everything switched on and much of it failing: no secret is told anywhere."""

import base64
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from local_web import LocalWeb, answer
from smtp_sink import Sink

from app import main, settings
from app.mail import dkim

SAMPLE = Path(sys.modules["app"].__file__).parent / "samples" / "day-1-compact.txt"
ADA = "ada@example.org"
SECRETS = {
    "SECRET_KEYS": "seeded-signing-key-of-links",
    "SMTP_PASSWORD": "seeded-password-of-the-relay",
    "BOUNCE_MAILBOX_PASSWORD": "seeded-password-of-the-mailbox",
    "ADMIN_TOKEN": "seeded-token-of-the-operator",
    "METRICS_TOKEN": "seeded-token-of-the-figures",
    "HF_TOKEN": "seeded-token-of-the-source",
    "SOURCES_PASSWORD": "seeded-password-of-the-digests",
    "ALERT_WEBHOOK": "http://127.0.0.1:1/seeded-path-of-the-hook",
}
SETTINGS = {
    "SMTP_HOST": "127.0.0.1",
    "SMTP_USERNAME": "paperboy",
    "BOUNCE_ADDRESS": "reports@example.org",
    "BOUNCE_MAILBOX": "imap://reports@127.0.0.1:1/INBOX",
    "SOURCES": "hf-daily, imap://papers@127.0.0.1:1/INBOX",
    "ADMIN_MAIL": "operator@example.org",
    "DKIM_DOMAIN": "localhost",
    "MAIL_FROM": "Paperboy <paperboy@localhost>",
    "LOG_LEVEL": "DEBUG",
}
COMMANDS = [
    ["config"],
    ["config", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["ingest", str(SAMPLE)],
    ["ingest"],
    ["sources"],
    ["sources", "test", "hf-daily"],
    ["subscribers", "add", ADA, "--keyword", "language model", "--confirmed"],
    ["subscribers", "show", ADA],
    ["subscribers", "export"],
    ["preview", ADA],
    ["run", "--now"],
    ["learn"],
    ["stats", "--json"],
    ["suppressions", "list"],
    ["export", "papers"],
    ["migrate"],
]
PATHS = ["/nowhere", "/readyz", "/metrics", "/operator", "/operator/login", "/preferences/x", "/"]


@pytest.fixture
def secrets(monkeypatch):
    """All of them set; how each would look where it is told, also as a log-in sends it."""
    key = dkim.new_key()
    for name, value in (SECRETS | SETTINGS | {"DKIM_PRIVATE_KEY": key}).items():
        monkeypatch.setenv(f"PAPERBOY_{name}", value)
    plain = [value.rpartition("/")[2] for value in SECRETS.values()] + [key.splitlines()[5]]
    in_base64 = [
        base64.b64encode(b"\0" * n + each.encode())[4:-4] for n in range(3) for each in plain
    ]
    return [*plain, *(each.decode() for each in in_base64)]


@pytest.fixture
def hub(monkeypatch):
    """A source that takes the token and answers something else."""
    with LocalWeb(lambda _asked: answer(b'{"error": "No such token"}', 401)) as web:
        monkeypatch.setenv("PAPERBOY_SOURCE_HOSTS", f"huggingface.co={web.url}")
        yield web


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_no_secret_is_told_on_a_whole_day(
    paperboy, migrated, database, secrets, hub, monkeypatch, caplog
):
    told, failed = [], set()
    for password in ("another one", SECRETS["SMTP_PASSWORD"]):
        with Sink(password=password) as relay:
            monkeypatch.setenv("PAPERBOY_SMTP_PORT", str(relay.port))
            for words in COMMANDS:
                done = paperboy(*words)
                told += [done.out, done.err]
                failed |= {words[0]} if done.code else set()
    letters = [taken.raw.decode() for taken in relay.taken]
    app = main.create_app(settings.load())
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    answers = [client.get(path) for path in PATHS]
    answers += [client.post("/operator/login", data={"token": "a guess"})]
    app.state.engine.dispose()
    told += [f"{each.headers}{each.text}" for each in answers]
    kept = [path.read_bytes() for path in migrated.rglob("*") if path.is_file()]

    assert {"doctor", "run", "learn", "ingest", "sources"} <= failed
    assert SECRETS["HF_TOKEN"] in hub.asked[0].headers["authorization"]
    assert ADA in [taken.recipient for taken in relay.taken]
    stored = [str(database.rows()), *(each.decode("latin-1") for each in kept)]
    everything = "".join([*told, *letters, caplog.text, *stored])
    assert [secret for secret in secrets if secret in everything] == []
