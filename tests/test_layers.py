"""The house stands as drawn: imports point down, and each library stays in its rooms."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"

# From the top down; rooms on one line never import each other.
FLOORS = [
    {"cli"},
    {"demo"},
    {"main"},
    {"assembly"},
    {"web", "scheduler", "worker"},
    {"pipeline"},
    {"store", "wire"},
    {"mail"},
    {"recommend"},
    {"papers"},
    {"settings", "logs", "samples"},
    {"choices", "environment"},
    {"catalogs"},
    {"errors"},
    {"languages"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# The settings become values before they reach a room that computes.
NO_SETTINGS = {"papers", "recommend", "mail", "store", "wire", "pipeline"}
PURE = {"papers", "recommend", "mail"}

# Third-party library → the rooms that may import it.
HOMES = {
    "aiosmtpd": {"demo"},
    "aiosmtplib": {"wire"},
    "alembic": {"store"},
    "apscheduler": {"scheduler"},
    "babel": {"catalogs"},
    "bibtexparser": {"papers"},
    "cryptography": {"mail"},
    "css_inline": {"mail"},
    "dkim": {"mail"},
    "dns": {"wire"},
    "email_validator": {"mail"},
    "fastapi": {"web", "main"},
    "flufl": {"mail"},
    "httpx2": {"demo", "wire"},
    "idna": {"mail"},
    "imap_tools": {"wire"},
    "itsdangerous": {"mail"},
    "jinja2": {"mail", "web", "pipeline", "assembly", "main"},
    "lxml": {"papers"},
    "markupsafe": {"mail", "web"},
    "numpy": {"recommend", "store"},
    "procrastinate": {"store", "worker"},
    "prometheus_client": {"web"},
    "psycopg": {"worker"},
    "pydantic": {"settings", "environment", "web"},
    "pydantic_core": {"papers", "pipeline"},
    "pydantic_settings": {"settings", "environment"},
    "pylatexenc": {"papers"},
    "rich": {"cli"},
    "rispy": {"papers"},
    "scipy": {"recommend", "store"},
    "sklearn": {"recommend"},
    "snowballstemmer": {"recommend"},
    "sqlalchemy": {"store", "pipeline", "assembly", "demo", "cli", "main", "web"},
    "sqlmodel": {"store", "pipeline", "web", "cli", "demo"},
    "starlette": {"web", "main"},
    "structlog": {"logs", "pipeline", "scheduler", "web", "main", "worker"},
    "typer": {"cli"},
    "uvicorn": {"cli", "demo"},
}
# What a pure room may not know of: sockets, the clock's and the environment's modules, files.
IMPURE = {
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "subprocess",
    "os",
    "time",
    "sqlite3",
    "asyncio",
}


MODULES = sorted(path for path in APP.rglob("*.py") if path != APP / "__init__.py")


def room_of(path: Path) -> str:
    first = path.relative_to(APP).parts[0]
    return first.removesuffix(".py")


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Every module a file imports, as a dotted name, with its line."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from ((name, node.lineno) for name in names)


def those_that(offend: Callable[[Path, str], bool]) -> list[str]:
    """The imports that offend, in all modules; a test for each would cost more than it tells."""
    return [
        f"{path}:{line} imports {name}"
        for path in MODULES
        for name, line in imports(path)
        if offend(path, name)
    ]


def test_every_room_is_drawn() -> None:
    assert {room_of(path) for path in MODULES} <= set(FLOOR)


def test_imports_point_down_only() -> None:
    def points_up(path: Path, name: str) -> bool:
        room, (top, _, rest) = room_of(path), name.partition(".")
        other = rest.split(".")[0]
        return top == "app" and other != room and FLOOR[other] <= FLOOR[room]

    assert those_that(points_up) == []


def test_computing_rooms_get_values_and_not_settings() -> None:
    def reads_settings(path: Path, name: str) -> bool:
        return room_of(path) in NO_SETTINGS and name.startswith("app.settings")

    assert those_that(reads_settings) == []


def test_libraries_stay_in_their_rooms() -> None:
    def is_away(path: Path, name: str) -> bool:
        homes = HOMES.get(name.split(".", maxsplit=1)[0])
        return homes is not None and room_of(path) not in homes

    assert those_that(is_away) == []


def test_every_third_party_library_has_a_home() -> None:
    known = {"app", "_typeshed", *sys.stdlib_module_names, *HOMES}

    assert those_that(lambda _path, name: name.split(".")[0] not in known) == []


def test_pure_rooms_open_nothing() -> None:
    def opens(path: Path, name: str) -> bool:
        return room_of(path) in PURE and any(f"{name}.".startswith(f"{each}.") for each in IMPURE)

    assert those_that(opens) == []


def test_no_room_but_a_door_asks_for_the_time() -> None:
    for path in MODULES:
        if room_of(path) in PURE | {"store", "wire", "pipeline"}:
            text = path.read_text(encoding="utf-8")
            for asked in (".now(", ".utcnow(", ".today(", "time.time("):
                assert asked not in text, f"{path} asks {asked}…); take it as an argument"


def test_a_module_stays_within_three_hundred_lines() -> None:
    long = [path for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 300]

    assert long == []


def test_stores_never_commit() -> None:
    for path in (APP / "store").glob("*.py"):
        assert ".commit(" not in path.read_text(encoding="utf-8"), path


def test_only_the_command_line_prints() -> None:
    for path in MODULES:
        if room_of(path) != "cli":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id != "print", f"{path}:{node.lineno}"


def test_the_top_level_is_as_the_design_says() -> None:
    given = {"pyproject.toml", "README.md", "app", "migrations", "templates", "tests"}
    given |= {"docker-compose.yml"}
    may_join = {"Makefile", "Dockerfile", "LICENSE", "CHANGELOG.md", "constraints.txt"}
    may_join |= {"benchmarks", ".ci", ".gitignore", ".dockerignore"}
    git = ROOT / ".git"
    if not git.exists():
        pytest.skip("this is no git checkout")
    import subprocess

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {name.split("/")[0] for name in tracked} <= given | may_join
