import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from app import environment, settings
from app.choices import Tls
from app.errors import NotReady
from app.settings import Settings

LONG = "hunter2-hunter2-hunter2"


@pytest.fixture
def setting(monkeypatch):
    def put(name, value):
        monkeypatch.setenv(f"PAPERBOY_{name}", value)

    return put


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "70000"),
        ("SMTP_PORT", "mail"),
        ("PORT", "-1"),
        ("SMTP_TLS", "maybe"),
        ("SMTP_HELLO", "box"),
        ("SMTP_HELLO", "box.example.org\r\nMAIL"),
        ("SMTP_CONNECTIONS", "0"),
        ("SMTP_CONNECTIONS", "51"),
        ("SENDERS", "0"),
        ("SENDERS", "9"),
        ("SMTP_TIMEOUT", "0"),
        ("SMTP_TIMEOUT", "soon"),
        ("SMTP_TIMEOUT", "-5"),
        ("CLAIM_LEASE", "0"),
        ("CLAIM_LEASE", "-1"),
        ("TICK", "0"),
        ("TICK", "-30"),
        ("TICK", "now and then"),
        ("CANDIDATE_DAYS", "0"),
        ("LETTER_SIZE", "51"),
        ("CORPUS_DAYS", "29"),
        ("CORPUS_DAYS", "a year"),
        ("CORPUS_DAYS", "1000000"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("BASE_URL", "papers.example.org"),
        ("BASE_URL", "ftp://papers.example.org"),
        ("BASE_URL", "http://"),
        ("BASE_URL", "http://[::1"),
        ("BASE_URL", "http://localhost:http"),
        ("BASE_URL", "http://localhost/?page=1"),
        ("BASE_URL", "http://localhost/#top"),
        ("BASE_URL", "http://local host/"),
        ("BASE_URL", "http://name:hunter2@localhost/"),
        ("MAIL_FROM", "Paperboy"),
        ("MAIL_FROM", "a@b.org, c@d.org"),
        ("MAIL_FROM", "Paperboy <>"),
        ("MAIL_FROM", "Paperboy <a@b.org>\r\nBcc: c@d.org"),
        ("ADMIN_MAIL", "foo"),
        ("ADMIN_MAIL", "@example.org"),
        ("ADMIN_MAIL", "Ops <ops@example.org>"),
        ("ADMIN_MAIL", "a@b.org, c@d.org"),
        ("ADMIN_MAIL", "a@b.org\r\nBcc: c@d.org"),
        ("SECRET_KEYS", "short"),
        ("SECRET_KEYS", f"{LONG},short"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(setting, name, value):
    setting(name, value)
    with pytest.raises(NotReady, match=rf"^PAPERBOY_{name}: .+\.$"):
        settings.load()


@pytest.mark.parametrize("name", ["SMTP_PASSWORD", "SECRET_KEYS"])
@pytest.mark.parametrize(
    ("other", "value"), [("PORT", "x"), ("BASE_URL", "x"), ("SECRET_KEYS", "x")]
)
def test_no_secret_is_shown_because_its_neighbour_is_wrong(setting, name, other, value):
    setting(name, LONG)
    setting(other, value)
    with pytest.raises(NotReady) as problem:
        settings.load()
    assert LONG not in str(problem.value)
    assert "hunter2" not in repr(problem.value)


def test_no_secret_is_shown_because_it_is_wrong_itself(setting):
    setting("SECRET_KEYS", "hunter2")
    with pytest.raises(NotReady) as problem:
        settings.load()
    assert "hunter2" not in str(problem.value)


def test_secrets_are_masked_wherever_settings_are_shown(setting):
    setting("SECRET_KEYS", LONG)
    setting("SMTP_PASSWORD", LONG)
    loaded = settings.load()
    assert LONG not in f"{loaded!r} {loaded} {loaded.model_dump(mode='json')}"


def test_every_bad_value_is_named_at_once(setting):
    setting("SMTP_PORT", "mail")
    setting("LOG_LEVEL", "LOUD")
    with pytest.raises(NotReady) as problem:
        settings.load()
    lines = str(problem.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "PAPERBOY_SMTP_PORT",
        "PAPERBOY_LOG_LEVEL",
    ]


def test_a_setting_may_be_kept_in_a_file(setting, tmp_path: Path):
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    setting("SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert settings.load().smtp_password == SecretStr("hunter2")


def test_the_environment_beats_a_file_and_that_beats_dotenv(setting, tmp_path: Path):
    (tmp_path / ".env").write_text("PAPERBOY_SMTP_HOST=from-dotenv\n", encoding="utf-8")
    assert settings.load().smtp_host == "from-dotenv"
    (tmp_path / "host").write_text("from-file\n", encoding="utf-8")
    setting("SMTP_HOST_FILE", str(tmp_path / "host"))
    assert settings.load().smtp_host == "from-file"
    setting("SMTP_HOST", "from-environment")
    assert settings.load().smtp_host == "from-environment"
    assert settings.load(smtp_host="named").smtp_host == "named"


def test_a_line_of_dotenv_may_name_a_file_too(tmp_path: Path):
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    line = f"PAPERBOY_SMTP_PASSWORD_FILE={tmp_path / 'password'}\n"
    (tmp_path / ".env").write_text(line, encoding="utf-8")
    assert settings.load().smtp_password == SecretStr("hunter2")


def test_a_name_that_no_setting_has_is_told_with_the_one_it_is_like(setting, tmp_path: Path):
    (tmp_path / ".env").write_text("PAPERBOY_BASEURL=x\nHOME_PAGE=y\n", encoding="utf-8")
    setting("SMTP_PASWORD_FILE", "/run/secrets/smtp")
    setting("QQQQ", "1")
    setting("SMTP_HOST", "mail.example.org")
    assert list(environment.idle(Settings)) == [
        "PAPERBOY_BASEURL is set, but no setting has this name; did you mean PAPERBOY_BASE_URL?",
        "PAPERBOY_QQQQ is set, but no setting has this name.",
        "PAPERBOY_SMTP_PASWORD_FILE is set, but no setting has this name; did you mean "
        "PAPERBOY_SMTP_PASSWORD?",
    ]


@pytest.mark.parametrize(
    ("variables", "lines", "counts"),
    [
        ({"SMTP_HOST": "mine", "SMTP_HOST_FILE": "file"}, "", "PAPERBOY_SMTP_HOST"),
        ({"SMTP_HOST_FILE": "file"}, "PAPERBOY_SMTP_HOST=mine", "PAPERBOY_SMTP_HOST_FILE"),
        ({"SMTP_HOST": "mine"}, "PAPERBOY_SMTP_HOST_FILE=file", "PAPERBOY_SMTP_HOST"),
        ({}, "PAPERBOY_SMTP_HOST_FILE=file\nPAPERBOY_SMTP_HOST=mine", "PAPERBOY_SMTP_HOST"),
    ],
)
def test_a_value_beside_its_file_is_told(setting, tmp_path: Path, variables, lines, counts):
    (tmp_path / "file").write_text("from-the-file", encoding="utf-8")
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    for name, value in variables.items():
        setting(name, value)
    told = f"PAPERBOY_SMTP_HOST and PAPERBOY_SMTP_HOST_FILE are both set: {counts} counts, "
    assert list(environment.idle(Settings)) == [f"{told}the other does not."]
    is_file = counts.endswith("_FILE")
    assert settings.load().smtp_host == ("from-the-file" if is_file else "mine")


def test_the_same_name_in_both_places_is_nothing_to_tell(setting, tmp_path: Path):
    (tmp_path / ".env").write_text("PAPERBOY_SMTP_HOST=usual", encoding="utf-8")
    setting("SMTP_HOST", "today")
    assert list(environment.idle(Settings)) == []


def test_an_empty_variable_is_as_good_as_none(setting):
    setting("SMTP_PORT", "")
    setting("SMTP_TLS", "")
    setting("SMTP_HOST_FILE", "")
    assert settings.load() == Settings(_env_file=None)


def test_a_file_that_is_not_there_is_named(setting, tmp_path: Path):
    setting("SMTP_PASSWORD_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(NotReady, match="nowhere"):
        settings.load()


def test_a_file_that_is_no_text_is_named(setting, tmp_path: Path):
    (tmp_path / "password").write_bytes(b"\xff\xfe\x00")
    setting("SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(NotReady, match="PAPERBOY_SMTP_PASSWORD_FILE"):
        settings.load()


def test_a_dotenv_that_is_no_text_is_named(tmp_path: Path):
    (tmp_path / ".env").write_bytes(b"PAPERBOY_SMTP_HOST=\xff\xfe")
    with pytest.raises(NotReady, match=r"\.env"):
        settings.load()


def test_a_public_address_needs_keys_of_its_own(setting):
    setting("BASE_URL", "https://papers.example.org")
    with pytest.raises(NotReady, match="set PAPERBOY_SECRET_KEYS to a long random text"):
        settings.load()
    setting("SECRET_KEYS", LONG)
    assert settings.load().is_public


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1:1/lab", "http://[::1]:8000"]
)
def test_a_machine_of_ones_own_needs_no_keys(setting, url):
    setting("BASE_URL", url)
    loaded = settings.load()
    assert not loaded.is_public
    assert loaded.signing_keys == []


@pytest.mark.parametrize("url", ["http://localhost.example.org", "http://127.0.0.1.nip.io"])
def test_a_name_that_begins_like_this_machine_is_public(setting, url):
    setting("BASE_URL", url)
    with pytest.raises(NotReady, match="is public"):
        settings.load()


def test_a_claim_outlasts_the_wait_for_a_reply(setting):
    setting("CLAIM_LEASE", "60")
    setting("SMTP_TIMEOUT", "30")  # DATA waits twice
    with pytest.raises(NotReady, match="PAPERBOY_CLAIM_LEASE must be longer than PAPERBOY_SMTP"):
        settings.load()
    setting("SMTP_TIMEOUT", "29")
    settings.load()


def test_keys_are_parted_by_commas_newest_first(setting):
    setting("SECRET_KEYS", f" new-{LONG} , old-{LONG},")
    assert settings.load().signing_keys == [f"new-{LONG}", f"old-{LONG}"]


def test_the_base_address_ends_without_a_slash(setting):
    setting("BASE_URL", "http://localhost/lab/")
    assert settings.load().base_url == "http://localhost/lab"


@pytest.mark.parametrize(
    ("host", "port", "asked", "tls"),
    [
        ("localhost", "25", "", Tls.NONE),
        ("127.0.0.1", "465", "", Tls.NONE),
        ("mail.example.org", "25", "", Tls.STARTTLS),
        ("mail.example.org", "587", "", Tls.STARTTLS),
        ("mail.example.org", "465", "", Tls.TLS),
        ("mail.example.org", "465", "starttls", Tls.STARTTLS),
        ("mail.example.org", "25", "none", Tls.NONE),
        ("localhost", "25", "tls", Tls.TLS),
    ],
)
def test_mail_that_leaves_the_machine_is_encrypted_unless_told_otherwise(
    setting, host, port, asked, tls
):
    setting("SMTP_HOST", host)
    setting("SMTP_PORT", port)
    setting("SMTP_TLS", asked)
    assert settings.load().tls is tls


@pytest.mark.parametrize("text", ["90", "PT90S", "00:01:30"])
def test_times_are_given_in_seconds_or_as_iso_8601(setting, text):
    setting("SMTP_TIMEOUT", text)
    assert settings.load().smtp_timeout == timedelta(seconds=90)


@pytest.mark.parametrize(
    "sender", ["Paperboy <paperboy@localhost>", "a@b.org", "Bücher <p@bücher.example>"]
)
def test_a_sender_is_one_address_perhaps_with_a_name(setting, sender):
    setting("MAIL_FROM", sender)
    assert settings.load().mail_from == sender


def test_the_database_lies_in_the_data_folder_unless_told_otherwise(setting, tmp_path: Path):
    setting("DATA_DIR", str(tmp_path / "data"))
    assert settings.load().database == f"sqlite:///{tmp_path / 'data' / 'paperboy.sqlite3'}"
    setting("DATABASE_URL", "sqlite:////elsewhere")
    assert settings.load().database == "sqlite:////elsewhere"


def test_the_data_folder_is_where_this_system_keeps_such_things(tmp_path: Path, monkeypatch):
    assert settings.load().data_dir == Path(os.environ["XDG_DATA_HOME"]) / "paperboy"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert settings.load().data_dir == Path.home() / ".local" / "share" / "paperboy"


def test_settings_do_not_change_while_the_service_runs():
    loaded = settings.load()
    with pytest.raises(ValueError, match="frozen"):
        loaded.smtp_port = 26


def test_somebody_elses_variables_are_left_alone(setting):
    before = settings.load()
    setting("NO_SUCH_SETTING", "x")
    assert settings.load() == before


@pytest.mark.parametrize("url", ["chat.example.org/hook", "file:///etc/passwd", "https://"])
def test_a_webhook_that_is_no_web_address_is_refused_and_not_shown(monkeypatch, url):
    monkeypatch.setenv("PAPERBOY_ALERT_WEBHOOK", url)
    with pytest.raises(NotReady, match="ALERT_WEBHOOK: give it like https://chat") as refused:
        settings.load()
    assert "passwd" not in str(refused.value)


def test_settings_told_to_another_process_are_the_same_there(setting):
    made = Settings(
        _env_file=None,
        secret_keys=f"{LONG},{LONG}er",
        smtp_password='päss"word\n',
        smtp_tls=Tls.STARTTLS,
        warm_up="2026-11-23",
        tick="PT1M30S",
        database_url="sqlite:///x.sqlite3",
    )
    setting("SMTP_PASSWORD", "another")
    setting("SMTP_HOST", "mail.example.org")
    told = settings.to_text(made)
    assert "\n" not in told
    assert settings.of_text(told) == made
