"""The README speaks of what is there."""

import json
import os
import re
import stat
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from app import assembly, environment, settings
from app.settings import Settings

ROOT = Path(__file__).parents[1]
KEY = "0123456789abcdef" * 4
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_listed_with_its_description():
    for name, field in Settings.model_fields.items():
        row = next(
            (line for line in README.splitlines() if f"| `PAPERBOY_{name.upper()}` |" in line), ""
        )
        assert field.description in row, name


def test_it_names_no_setting_that_is_not_there():
    known = {f"PAPERBOY_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"PAPERBOY_[A-Z_]+[A-Z]", README))
    assert {name.removesuffix("_FILE") for name in named} <= known


def test_its_commands_and_targets_exist():
    import typer.main

    from app.cli.__main__ import app

    commands = set(typer.main.get_command(app).commands)
    spoken = set(re.findall(r"`?paperboy ([a-z]+)", README))
    assert spoken <= commands
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?\bmake ([a-z]+)", README)) <= targets


def test_the_settings_it_begins_with_are_kept_and_serve_at_every_start(tmp_path, monkeypatch):
    (block,) = re.findall(r"```sh\n(\(umask .+?END\n)make serve\n```", README, re.DOTALL)
    typed = block.replace("openssl rand -hex 32", f"echo {KEY}")
    subprocess.run(["sh", "-c", typed], check=True, cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    read = settings.load()
    assert read.is_public
    assert read.signing_keys == [KEY]
    assert assembly.server(read).password == "its-password"
    assert assembly.letterhead(read).sender == "Paperboy <paperboy@example.org>"
    assert list(environment.idle(Settings)) == []


def test_the_picture_of_a_letter_is_there():
    for picture in re.findall(r'src="([^"]+)"', README):
        assert (ROOT / picture).is_file()


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The services of the compose file that run Paperboy, by name."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return {name: each for name, each in compose["services"].items() if each["image"] == "paperboy"}


def test_the_compose_file_runs_commands_that_exist(composed):
    import typer.main

    from app.cli.__main__ import app

    commands = typer.main.get_command(app).commands
    assert set(composed) == {"migrate", "web", "scheduler", "worker"}
    for service in composed.values():
        name, *options = service["command"]
        known = {word for each in commands[name].params for word in each.opts}
        assert set(options) <= known


def test_the_compose_file_names_settings_that_exist_and_secrets_as_files(composed):
    known = {f"PAPERBOY_{name.upper()}": field for name, field in Settings.model_fields.items()}
    for service in composed.values():
        named = service["environment"]
        assert {name.removesuffix("_FILE") for name in named} <= set(known)
        plain = [name for name in named if name in known]
        assert not [name for name in plain if known[name].annotation is SecretStr]


def test_no_container_can_write_outside_its_volumes(composed):
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for line in ("USER paperboy", "STOPSIGNAL SIGTERM", "HEALTHCHECK ", "VOLUME /data"):
        assert line in image
    for service in composed.values():
        assert service["read_only"] is True
        assert service["volumes"] == ["data:/data", "secrets:/run/secrets:ro"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_containers_health_is_asked_of_itself_whatever_proxy_there_is(status, code):
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(re.search(r"^HEALTHCHECK .*CMD \\\n +(\[.+\])$", image, re.MULTILINE)[1])
    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.handle_request, daemon=True).start()
        script = command[2].replace("8000", str(server.server_port))
        proxied = {**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        done = subprocess.run([sys.executable, "-c", script], env=proxied, timeout=60, check=False)
    assert (command[:2], done.returncode) == (["python", "-c"], code)


def test_the_containers_stop_no_sooner_than_a_letter_may_take(composed):
    minutes = Settings.model_fields["smtp_timeout"].default.total_seconds() / 60
    assert int(composed["worker"]["stop_grace_period"].removesuffix("m")) > minutes
    assert int(re.search(r"TimeoutStopSec=(\d+)min", README)[1]) > minutes
