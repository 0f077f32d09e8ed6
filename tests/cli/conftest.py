"""The command line, called as a person calls it, in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import __main__ as command_line


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Paperboy = Callable[..., Outcome]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the settings name."""
    folder = tmp_path / "data"
    monkeypatch.setenv("PAPERBOY_DATA_DIR", str(folder))
    monkeypatch.setenv("PAPERBOY_MAIL_FROM", "Paperboy <paperboy@example.org>")
    return folder


@pytest.fixture
def migrated(data_dir: Path, empty_database: bytes) -> Path:
    """The same with a migrated database in it."""
    data_dir.mkdir()
    (data_dir / "paperboy.sqlite3").write_bytes(empty_database)
    return data_dir


@pytest.fixture
def paperboy(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Paperboy:
    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["paperboy", *words])
        code = 0
        try:
            command_line.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run
