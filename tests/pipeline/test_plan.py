"""Which sources a day reads, and what people sent in is looked up with it."""

from dataclasses import replace

import answers
import pytest
from conftest import KEY
from sqlmodel import select

from app.errors import BadValue
from app.mail.links import Tokens
from app.pipeline import submissions
from app.pipeline.catalogue import Kind, Listed
from app.store import chosen
from app.store import engine as engines
from app.store.tables import ChosenSource, Submission, SubmissionState


@pytest.fixture
def asking(day, asker):
    """A day that asks the services made up here."""
    return replace(day, asker=asker, sources="hf-daily")


def test_sources_named_on_pages_are_read_without_a_restart_and_paused_ones_are_not(
    asking, engine, clock
):
    assert asking.listed() == [Listed(Kind.HF)]
    with engines.transaction(engine) as session:
        for name in ("medrxiv", "hf-daily", "biorxiv:neuroscience"):
            chosen.add(session, name, clock())
        chosen.pause(session, "medrxiv", paused=True)
    assert asking.listed() == [Listed(Kind.HF), Listed(Kind.BIORXIV, "neuroscience")]
    names = {each.name for each in asking.ingest_sources()}
    assert names == {"hf-daily", "biorxiv:neuroscience"}
    with engines.transaction(engine) as session:
        chosen.remove(session, "biorxiv:neuroscience")
    assert asking.listed() == [Listed(Kind.HF)]


def test_a_name_that_this_version_cannot_read_fails_alone(asking, engine, clock):
    with engines.transaction(engine) as session:
        session.add(ChosenSource(name="gopher:papers", at=clock()))
        session.add(ChosenSource(name="folder:/etc", at=clock()))
    told = list(asking.ingest_sources())
    failed = [str(each) for each in told if isinstance(each, BadValue)]
    assert len(failed) == 2
    assert "gopher:papers" in "".join(failed)
    assert len(told) > len(failed)


def test_what_was_sent_in_is_looked_up_and_told(asking, engine, clock, services, logged):
    services.crossref["10.1000/moons.7"] = answers.CROSSREF
    with engines.transaction(engine) as session:
        wanted = submissions.read("10.1000/moons.7")
        submissions.send(session, Tokens([KEY]), wanted, "", clock())
    asking.look_up()
    asking.look_up()
    with engines.transaction(engine) as session:
        assert session.exec(select(Submission)).one().state is SubmissionState.FOUND
    assert [each["event"] for each in logged] == ["submissions_found"]


def test_what_nobody_could_find_is_forgotten_after_a_month(day, engine, clock):
    with engines.transaction(engine) as session:
        for state in SubmissionState:
            session.add(Submission(name=f"url:{state}", sent="x", state=state, at=clock()))
    clock.forward(days=29)
    day.tidy()
    clock.forward(days=2)
    day.tidy()
    with engines.transaction(engine) as session:
        left = {row.state for row in session.exec(select(Submission))}
    assert left == set(SubmissionState) - {SubmissionState.UNKNOWN}
