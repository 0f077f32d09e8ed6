"""`paperboy` itself, `migrate`, `config` and `demo`."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvicorn


def test_help_costs_little(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "subscribers" in done.stdout
    # What costs most is not even looked at.
    libraries = {"sklearn", "numpy", "sqlalchemy", "fastapi", "alembic", "pydantic", "rich"}
    parts_of_python = {"asyncio", "importlib.metadata"}
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in loaded
    assert not loaded & (libraries | parts_of_python)


@pytest.mark.parametrize(
    "command",
    [
        *("demo", "serve", "worker", "scheduler", "migrate", "ingest", "subscribers"),
        *("preview", "run", "rank", "config", "export"),
    ],
)
def test_every_command_explains_itself(paperboy, command):
    done = paperboy(command, "--help")
    assert done.code == 0
    assert "Usage: paperboy" in done.out


GROUPS = ["sources", "submissions", "subscribers", "suppressions", "doubts", "export"]


@pytest.mark.parametrize("group", [[], *([name] for name in GROUPS)])
def test_no_list_of_commands_cuts_a_sentence(paperboy, group):
    done = paperboy(*group, "--help")
    assert not [line for line in done.out.splitlines()[1:] if line.endswith("...")]


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_no_help_shows_a_default_that_is_none(paperboy, command):
    assert "default: 0]" not in paperboy(command, "--help").out


@pytest.mark.parametrize("words", [["bake"], ["run", "--fast"], ["preview"]])
def test_wrong_usage_exits_with_two(paperboy, words):
    assert paperboy(*words).code == 2


@pytest.mark.sqlite
def test_a_worker_without_a_queue_says_what_to_run_instead(paperboy, migrated, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process has its own
    done = paperboy("worker")
    assert done.code == 1
    assert "run `paperboy serve`" in done.err
    assert "PostgreSQL" in done.err


def test_migrating_twice_is_harmless(paperboy, data_dir):
    assert paperboy("migrate").code == 0
    assert paperboy("migrate").code == 0


@pytest.fixture
def grown(paperboy, data_dir, unmigrated, tmp_path, monkeypatch):
    """The old file of a service whose settings now name another database."""
    paperboy("migrate")
    paperboy("subscribers", "add", "ada@example.org", "--keyword", "owls", "--confirmed")
    monkeypatch.setenv("PAPERBOY_DATABASE_URL", unmigrated.database)
    return str(data_dir / "paperboy.sqlite3")


def test_a_service_moves_from_its_file_to_another_database(paperboy, grown):
    done = paperboy("migrate", "--from", grown)
    assert done.code == 0
    assert "rows of sqlite:///" in done.out
    assert "at revision" in done.out
    assert "owls" in paperboy("subscribers", "show", "ada@example.org").out


def test_a_file_to_move_from_that_is_not_there_is_not_made(paperboy, grown, tmp_path):
    done = paperboy("migrate", "--from", str(tmp_path / "none.sqlite3"))
    assert done.code == 1
    assert "There is no file" in done.err
    assert not (tmp_path / "none.sqlite3").exists()
    assert paperboy("migrate", "--from", "sqlite://").code == 1
    assert paperboy("migrate", "--from", "").code == 1


def test_a_service_moves_into_an_empty_database_only(paperboy, grown):
    assert paperboy("migrate", "--from", grown).code == 0
    done = paperboy("migrate", "--from", grown)
    assert done.code == 1
    assert "is not empty" in done.err


def test_config_shows_every_setting_and_no_secret(paperboy, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SMTP_PASSWORD", "hunter2-hunter2")
    monkeypatch.setenv("PAPERBOY_SECRET_KEYS", "a-very-secret-signing-key")
    monkeypatch.setenv("PAPERBOY_DATABASE_URL", "postgresql://me:pass-word@db/paperboy")
    for words in (["config"], ["config", "--json"]):
        done = paperboy(*words)
        assert done.code == 0
        for secret in ("hunter2", "a-very-secret", "pass-word"):
            assert secret not in done.out
    assert json.loads(paperboy("config", "--json").out)["smtp_tls"] == "none"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PORT", "many"),
        ("SOURCES", "gopher:papers"),
        ("SOURCE_HOSTS", "mirror.lab=gopher:papers"),
    ],
)
def test_a_wrong_setting_is_named(paperboy, monkeypatch, name, value):
    monkeypatch.setenv(f"PAPERBOY_{name}", value)
    done = paperboy("config")
    assert done.code == 1
    assert f"PAPERBOY_{name}" in done.err
    assert not done.out


PUBLIC = {"BASE_URL": "https://papers.example.org", "SECRET_KEYS": "a-key-for-the-tests-only"}


@pytest.fixture
def started(paperboy, monkeypatch):
    """What `serve` says at its start; its web server is not let run."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_: None)
    monkeypatch.setenv("PAPERBOY_PORT", "0")

    def serve(**changes):
        for name, value in changes.items():
            monkeypatch.setenv(f"PAPERBOY_{name}", value)
        return paperboy("serve").err

    yield serve
    gc.unfreeze()


def test_a_start_tells_what_letters_to_the_world_lack(started):
    told = started(**PUBLIC, RELAY_SIGNS="yes")

    for name in ("POSTAL_ADDRESS", "ADMIN_MAIL", "BOUNCE_ADDRESS"):
        assert f"PAPERBOY_{name} is empty" in told


def test_a_start_is_refused_where_nobody_signs_letters_to_the_world(started):
    told = started(**PUBLIC)

    assert told.startswith("paperboy: Nobody signs the letters")
    assert "Traceback" not in told


def test_what_is_there_at_the_start_is_collected_no_more(started):
    before = gc.get_freeze_count()
    started()
    assert gc.get_freeze_count() - before > 100_000


def test_a_start_on_ones_own_machine_has_nothing_to_tell(started):
    assert started() == ""


@pytest.mark.parametrize("setting", ["fade", "lking=4", "fade=0.5", "fade=many"])
def test_a_trial_that_cannot_be_is_named(paperboy, monkeypatch, setting):
    monkeypatch.setenv("PAPERBOY_TRIAL", setting)
    done = paperboy("config")
    assert done.code == 1
    assert "PAPERBOY_TRIAL" in done.err


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one whole demo printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--once"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder), "PAPERBOY_SMTP_HOST": "not.used.invalid"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_demo_sends_six_letters(played):
    assert played.count(" sent ") == 6
    for name in ("Ada", "Bo", "Chidi"):
        assert f"to {name}: " in played


def test_the_demo_shows_what_a_click_changed(played):
    (title,) = re.findall("presses “more like this” under “(.+)”", played)
    assert f"Close to “{title.split()[0]}" in played


def test_the_demo_reads_its_samples_whole(played):
    assert "not read" not in played


def test_the_demo_leaves_its_letters_to_be_read(played):
    from pathlib import Path

    paths = [Path(word) for word in played.split() if word.endswith(".html")]
    assert len(paths) == 6
    for path in paths:
        assert "<title>" in path.read_text(encoding="utf-8")
        assert path.with_suffix(".eml").is_file()


def test_a_database_address_that_cannot_be_read_is_a_sentence(paperboy, monkeypatch):
    for url in ("garbage", "postgresql://me:secret@h:notaport/db", "sqlite://me:secret@:99999/x"):
        monkeypatch.setenv("PAPERBOY_DATABASE_URL", url)
        done = paperboy("migrate")
        assert done.code == 1
        assert done.err.startswith("paperboy: PAPERBOY_DATABASE_URL cannot be read")
        assert "secret" not in done.err


def test_a_password_in_a_query_is_masked_too(paperboy, monkeypatch):
    monkeypatch.setenv("PAPERBOY_DATABASE_URL", "postgresql://db/paperboy?password=in-query")
    assert "in-query" not in paperboy("config", "--json").out


def test_a_second_service_on_a_port_ends_before_it_touches_anything(
    paperboy, data_dir, monkeypatch
):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = paperboy("serve", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"paperboy: The pages cannot be served on 127.0.0.1, port {port}: ")
    assert not data_dir.exists()


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["65536", "-1"])
def test_a_port_that_no_machine_has_is_a_slip_of_the_pen(paperboy, data_dir, command, port):
    done = paperboy(command, "--port", port)
    assert done.code == 2
    assert "--port" in done.err


@pytest.mark.parametrize("command", ["serve", "scheduler"])
def test_a_process_that_stays_says_at_once_that_it_is_there(migrated, command):
    buffered = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    told = [sys.executable, "-m", "app.cli", command]
    with subprocess.Popen(
        told, env=buffered | {"PAPERBOY_PORT": "0"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        guard = threading.Timer(60, process.kill)
        guard.start()
        line = process.stdout.readline()
        guard.cancel()
        process.terminate()
        process.communicate()
    assert line.startswith(b"Paperboy ")
    assert process.returncode == 0


SAMPLE = Path(__file__).parents[2] / "app" / "samples" / "day-1-cards.txt"
FULL = [["--help"], ["config"], ["config", "--json"], ["subscribers", "list"], ["export", "papers"]]


@pytest.mark.parametrize("words", FULL)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device on this system")
def test_an_output_that_is_full_is_told_in_a_sentence(migrated, paperboy, words):
    assert paperboy("ingest", str(SAMPLE)).code == 0
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = "paperboy: The output cannot be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (1, told)
