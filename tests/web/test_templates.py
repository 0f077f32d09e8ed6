"""Templates are files of ours, and what they can see is no more than they print."""

import ast
import os
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel, SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

APP = Path(__file__).parents[2] / "app"
# Whoever could print one of these could print passwords, or everybody's letters.
NOBODYS = (BaseModel, Engine, ModuleType, SecretStr, Session, type(os.environ))


def names_called(path):
    called = (
        n.func for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)
    )
    return {getattr(each, "attr", "") or getattr(each, "id", "") for each in called}


def test_no_text_from_elsewhere_becomes_a_template():
    called = {path.relative_to(APP).as_posix(): names_called(path) for path in APP.rglob("*.py")}

    assert not [path for path, names in called.items() if names & {"from_string", "Template"}]
    makers = {path for path, names in called.items() if "Environment" in names}
    assert makers == {"mail/layout.py", "web/pages.py"}


def test_no_template_sees_the_settings_the_database_or_the_environment(app):
    head = app.state.letterhead
    every = (*app.state.pages._templates.values(), head.templates, *head.others.values())
    for templates in every:
        assert len(templates.globals) > 5
        for name, seen in templates.globals.items():
            parts = getattr(seen, "__dict__", {}).values()
            assert not [each for each in (seen, *parts) if isinstance(each, NOBODYS)], name
