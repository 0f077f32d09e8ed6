"""P15: how soon the command line answers, and what the pages load before they need it."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import goals

ROUNDS = 9
IMPORTED = """
import sys
from pathlib import Path
from app import main
from app.settings import Settings
from app.store import engine, migration
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), secret_keys="a-key-for-benchmarks")
migration.migrate(engine.connect(settings.database))
app = main.create_app(settings)
from fastapi.testclient import TestClient
for path in ("/", "/healthz", "/readyz", "/preferences"):
    TestClient(app).get(path)
print([name for name in sys.modules if name == "sklearn" or name.startswith("sklearn.")])
"""


def main() -> None:
    """Medians of CPU time, in turns."""
    bare, ours = [sys.executable, "-c", "pass"], [sys.executable, "-m", "app.cli", "--help"]
    told = {"env": {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}}
    goals.cpu_of(ours, **told)  # the first one compiles
    pairs = [(goals.cpu_of(bare, **told), goals.cpu_of(ours, **told)) for _ in range(ROUNDS)]
    ratio = statistics.median(mine for _, mine in pairs) / statistics.median(b for b, _ in pairs)
    goals.say("P15", "CPU of `paperboy --help` ÷ `python -c pass`", "≤ 15", ratio, ratio <= 15)
    with tempfile.TemporaryDirectory() as folder:
        asked = [sys.executable, "-c", IMPORTED, folder]
        done = subprocess.run(asked, check=True, capture_output=True, text=True, **told)  # noqa: S603
    found = done.stdout.strip().splitlines()[-1]
    n = len(found.split(",")) if found != "[]" else 0
    goals.say("P15", "modules of scikit-learn in the pages' process at its start", "0", n, n == 0)


if __name__ == "__main__":
    main()
