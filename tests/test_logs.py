"""What the service logs, as another process reads it."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import datetime
import structlog
from app import logs
logs.configure("INFO", "{form}")
moment = datetime.datetime(2026, 11, 22, 7, 5, tzinfo=datetime.UTC)
structlog.get_logger().warning("seen", until=moment, day=moment.date(), reply="a\\nb", n=3)
"""


def _logged(form):
    told = [sys.executable, "-c", SCRIPT.format(form=form)]
    return subprocess.run(told, capture_output=True, text=True, check=True, timeout=60).stderr


def test_a_line_holds_moments_as_programs_read_them():
    line = json.loads(_logged("json"))
    assert line["until"] == "2026-11-22T07:05:00+00:00"
    assert line["day"] == "2026-11-22"
    assert line["n"] == 3


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_fact_is_one_line_whatever_a_server_replied(form):
    assert len(_logged(form).splitlines()) == 1
    assert "datetime" not in _logged(form)
