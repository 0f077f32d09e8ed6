"""`paperboy doctor`, with a real relay and a real name server, both on loopback."""

import json
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from name_server import NameServer
from smtp_sink import Sink

from app.mail import dkim
from app.store import brakes, tables
from app.store import engine as engines
from app.wire import dns

KEY = dkim.new_key()
SIGNER = dkim.Signer("example.org", "paperboy", KEY)
SET = {
    "BASE_URL": "https://papers.example.org",
    "MAIL_FROM": "Paperboy <letters@papers.example.org>",
    "SECRET_KEYS": "the-signing-keys-of-links",
    "POSTAL_ADDRESS": "1 Sample Street",
    "ADMIN_MAIL": "ops@example.org",
    "BOUNCE_ADDRESS": "reports@bounces.example.org",
    "BOUNCE_MAILBOX": "maildir:/nowhere",
    "BOUNCE_MAILBOX_PASSWORD": "the-password-of-the-mailbox",
    "DKIM_DOMAIN": "example.org",
    "DKIM_PRIVATE_KEY": KEY,
    "SMTP_HOST": "127.0.0.1",
}


@pytest.fixture
def names():
    """A name server at which all is published that should be."""
    with NameServer() as server:
        server.known |= {
            ("bounces.example.org", "TXT"): ['"v=spf1 ip4:192.0.2.1 ~all"'],
            ("bounces.example.org", "MX"): ["10 mail.example.org."],
            ("paperboy._domainkey.example.org", "TXT"): [_quoted(SIGNER.record)],
            ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=none"'],
        }
        yield server


def _quoted(text):
    return f'"{text[:200]}" "{text[200:]}"'


@pytest.fixture
def setting(monkeypatch):
    def change(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"PAPERBOY_{name}", str(value))

    return change


@pytest.fixture
def doctor(paperboy, migrated, setting, sink, names):
    """Ask the doctor, about a service where all is well but for what is told."""
    setting(**SET, SMTP_PORT=sink.port)

    def ask(*options, **changes):
        setting(**changes)
        return paperboy("doctor", "--dns", names.address, *options)

    return ask


def _findings(done, level):
    return [line for line in done.out.splitlines() if line.startswith(f"{level} ")]


def test_a_service_in_order_has_nothing_to_be_told(doctor, sink):
    done = doctor()

    assert (done.code, _findings(done, "problem"), _findings(done, "warning")) == (0, [], [])
    assert "127.0.0.1" in done.out
    assert "SMTPUTF8" in done.out
    assert " UTC; " in done.out
    assert sink.n_connections == 1
    assert (sink.taken, sink.attempts) == ([], [])


def test_the_records_are_told_line_by_line_to_be_copied(doctor):
    lines = doctor().out.splitlines()

    (key,) = [line for line in lines if line.startswith("paperboy._domainkey.example.org. IN TXT ")]
    assert "".join(key.partition(" TXT ")[2].split('"')).replace(" ", "") == (
        SIGNER.record.replace(" ", "")
    )
    assert any(line.startswith("bounces.example.org. IN MX ") for line in lines)
    assert (
        '_dmarc.papers.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:ops@example.org"' in lines
    )


def test_a_script_reads_the_same_as_json(doctor):
    told = json.loads(doctor("--json").out)

    assert told["ok"] is True
    assert [record["kind"] for record in told["records"]] == ["TXT", "MX", "TXT", "TXT"]
    assert {finding["level"] for finding in told["findings"]} == {"ok"}


CHANGES = [
    ({"BASE_URL": "http://papers.example.org"}, "problem", "is not https"),
    ({"BASE_URL": "http://localhost:8000"}, "ok", "work on this machine only"),
    ({"MAIL_FROM": "paperboy@localhost"}, "problem", "trying out only; set PAPERBOY_MAIL_FROM"),
    ({"MAIL_FROM": "paperboy@example.net"}, "problem", "Set PAPERBOY_DKIM_DOMAIN=example.net"),
    ({"DKIM_PRIVATE_KEY": ""}, "problem", "PAPERBOY_DKIM_PRIVATE_KEY is not set"),
    ({"DKIM_PRIVATE_KEY": "garbage"}, "problem", "is no private key in PEM form"),
    ({"DKIM_DOMAIN": ""}, "problem", "PAPERBOY_DKIM_DOMAIN is not set"),
    ({"DKIM_DOMAIN": "", "DKIM_PRIVATE_KEY": ""}, "problem", "Nobody signs letters"),
    ({"DKIM_DOMAIN": "", "DKIM_PRIVATE_KEY": "", "RELAY_SIGNS": "yes"}, "ok", "The relay signs"),
    ({"POSTAL_ADDRESS": ""}, "warning", "PAPERBOY_POSTAL_ADDRESS is empty"),
    ({"ADMIN_MAIL": ""}, "warning", "PAPERBOY_ADMIN_MAIL is empty"),
    ({"BOUNCE_ADDRESS": "", "BOUNCE_MAILBOX": ""}, "warning", "PAPERBOY_BOUNCE_ADDRESS is empty"),
    ({"BOUNCE_MAILBOX": ""}, "problem", "set both or none"),
    ({"BOUNCE_ADDRESS": f"{'a' * 40}@x.org"}, "problem", "PAPERBOY_BOUNCE_ADDRESS"),
    ({"BOUNCE_ADDRESS": "nobody"}, "problem", "PAPERBOY_BOUNCE_ADDRESS"),
    ({"SMTP_PORT": "1"}, "problem", "127.0.0.1:1 cannot be reached"),
    ({"SMTP_TLS": "starttls"}, "problem", "STARTTLS extension not supported"),
    ({"DATA_DIR": "/dev/null/paperboy"}, "problem", "PAPERBOY_DATA_DIR"),
]


@pytest.mark.parametrize(("changes", "level", "words"), CHANGES, ids=lambda value: str(value)[:40])
def test_what_is_amiss_is_told_with_its_cure(doctor, changes, level, words):
    done = doctor(**changes)

    assert words in "\n".join(_findings(done, level))
    assert done.code == (1 if _findings(done, "problem") else 0)


PUBLISHED = [
    (("paperboy._domainkey.example.org", "TXT"), [], "problem", "has no DKIM record"),
    (("paperboy._domainkey.example.org", "TXT"), ['"p=AAAA"'], "problem", "another key"),
    (("bounces.example.org", "TXT"), [], "warning", "has no SPF record"),
    (("bounces.example.org", "TXT"), ['"v=spf1"', '"v=spf1 -all"'], "warning", "has 2 SPF records"),
    (("_dmarc.example.org", "TXT"), [], "warning", "has no DMARC record"),
    (("bounces.example.org", "TXT"), ['"v=spf1 -all"'], "warning", "lets nobody send"),
    (("bounces.example.org", "MX"), [], "warning", "bounces cannot come back"),
    (("bounces.example.org", "MX"), ["0 ."], "warning", "takes no mail (RFC 7505)"),
]


@pytest.mark.parametrize(("name", "values", "level", "words"), PUBLISHED)
def test_what_is_published_wrong_or_not_at_all_is_told(doctor, names, name, values, level, words):
    names.known[name] = values

    done = doctor()

    assert words in "\n".join(_findings(done, level))
    assert done.code == (1 if level == "problem" else 0)


def test_without_a_name_server_nothing_is_claimed(doctor, names, monkeypatch):
    monkeypatch.setattr(dns, "SECONDS", 0.2)
    names.is_silent = True

    done = doctor()

    assert done.code == 0
    assert len(_findings(done, "warning")) == 4
    assert all("could not be looked up" in line for line in _findings(done, "warning"))


def test_a_greeting_that_many_relays_refuse_is_told(doctor, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "3f2a9c1b0d4e")
    # The same machine, by a name that does not say so.
    remote = {"SMTP_HOST": "127.1", "SMTP_TLS": "none", "BASE_URL": "http://localhost:8000"}
    told = "\n".join(_findings(doctor(**remote), "warning"))
    assert "a greeting by 3f2a9c1b0d4e" in told
    assert "set PAPERBOY_SMTP_HELLO" in told
    told = "\n".join(_findings(doctor(**remote, SMTP_HELLO="box.example.org"), "warning"))
    assert "greeting" not in told


def test_a_relay_that_takes_little_is_told(doctor):
    with Sink(options={"data_size_limit": 100_000}) as small:
        done = doctor(SMTP_PORT=small.port)

    assert "takes 100000 bytes at most" in "\n".join(_findings(done, "warning"))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_is_told_and_never_shown(doctor):
    with Sink(password="right") as strict:
        login = {"SMTP_USERNAME": "me", "SMTP_PORT": strict.port}
        wrong = doctor(SMTP_PASSWORD="a-wrong-password", **login)
        right = doctor(SMTP_PASSWORD="right", **login)

    assert (wrong.code, right.code) == (1, 0)
    assert "refused the log-in of me" in wrong.out
    assert "logged in as me" in right.out
    for done in (wrong, right):
        for secret in ("a-wrong-password", KEY.split("\n")[5], "signing-keys", "password-of-the"):
            assert secret not in done.out + done.err


def test_a_brake_that_is_on_is_told(doctor, database):
    with engines.transaction(database.engine) as session:
        brakes.put_on(session, "bounces", "Six of a hundred came back.", datetime.now(UTC))

    done = doctor()

    assert done.code == 1
    assert "Six of a hundred came back. `paperboy resume`" in "\n".join(_findings(done, "problem"))


def test_a_database_that_was_never_migrated_is_told(doctor, database):
    tables.metadata.drop_all(database.engine)

    done = doctor()

    assert done.code == 1
    assert "paperboy migrate" in "\n".join(_findings(done, "problem"))


def test_a_key_that_others_can_read_is_told(doctor, tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    path.write_text(KEY, encoding="ascii")
    monkeypatch.delenv("PAPERBOY_DKIM_PRIVATE_KEY", raising=False)
    for mode, n_warnings in ((0o644, 1), (0o600, 0)):
        path.chmod(mode)
        done = doctor(DKIM_PRIVATE_KEY="", DKIM_PRIVATE_KEY_FILE=path)
        assert len(_findings(done, "warning")) == n_warnings


def test_a_new_key_serves_and_is_for_its_owner_only(paperboy, tmp_path):
    path = tmp_path / "key.pem"

    done = paperboy("doctor", "--new-key", str(path))

    assert done.code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert dkim.Signer("example.org", "paperboy", path.read_text(encoding="ascii")).record
    assert "PRIVATE KEY" not in done.out


def test_a_key_that_is_there_is_never_overwritten(paperboy, tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("mine", encoding="ascii")

    done = paperboy("doctor", "--new-key", str(path))

    assert done.code == 1
    assert "exists already" in done.err
    assert path.read_text(encoding="ascii") == "mine"
    assert paperboy("doctor", "--new-key", str(tmp_path / "no" / "key")).code == 1


def test_config_masks_keys_and_passwords(paperboy, setting):
    mailbox = "imaps://me:in-the-url@mail.example.org/INBOX"
    setting(**SET | {"BOUNCE_MAILBOX": mailbox}, METRICS_TOKEN="the-token-of-metrics")

    for words in (["config"], ["config", "--json"]):
        out = paperboy(*words).out
        for secret in (
            KEY.split("\n")[5],
            "in-the-url",
            "the-token",
            "password-of",
            "signing-keys",
        ):
            assert secret not in out


@pytest.mark.parametrize(
    ("name", "value"), [("SOURCES", "gopher:papers"), ("SOURCE_HOSTS", "a.example=ftp://b.example")]
)
def test_a_source_that_cannot_be_read_is_a_problem(doctor, setting, name, value):
    setting(**{name: value})
    done = doctor()
    assert done.code == 1
    assert f"PAPERBOY_{name} names “{value}”" in done.out


def test_no_half_a_key_is_left_where_a_disk_is_full(tmp_path):
    # No file may grow: the nearest to a full disk that needs no disk.
    command = f"ulimit -f 0; exec {sys.executable} -m app.cli doctor --new-key {tmp_path}/key.pem"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"paperboy: {tmp_path}/key.pem cannot be written: ")
    assert not list(tmp_path.glob("key*"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SMPT_HOST": "mail.example.org"}, "did you mean PAPERBOY_SMTP_HOST?"),
        ({"SMTP_HOST_FILE": "/etc/hostname"}, "PAPERBOY_SMTP_HOST counts, the other does not."),
    ],
)
def test_what_is_set_and_changes_nothing_is_told(doctor, paperboy, changes, words):
    assert words in "\n".join(_findings(doctor(**changes), "warning"))
    assert words in paperboy("config").err
