"""The README speaks of what is there."""

import re
from pathlib import Path

from app.settings import Settings

ROOT = Path(__file__).parents[1]
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


def test_the_picture_of_a_letter_is_there():
    for picture in re.findall(r'src="([^"]+)"', README):
        assert (ROOT / picture).is_file()


def test_the_commands_of_the_compose_file_exist():
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert '["paperboy", "serve", "--host", "0.0.0.0"]' in compose
    named = set(re.findall(r"(PAPERBOY_[A-Z_]+):", compose))
    assert named <= {f"PAPERBOY_{name.upper()}" for name in Settings.model_fields}
