"""All machines together ask a host one thing at a time, and no faster than it likes."""

import threading
from datetime import timedelta

from conftest import NOW
from sqlalchemy import Engine
from sqlmodel import Session

from app.store import engine as engines
from app.store import hosts
from app.store.tables import Host

GAP, LEASE = timedelta(seconds=3), timedelta(seconds=60)


def _take(session: Session, holder: str = "one", name: str = "arxiv.org", **later: float):
    return hosts.take(session, name, holder, GAP, LEASE, NOW + timedelta(**later))


def _give_back(session: Session, holder: str, **later: float):
    hosts.give_back(session, "arxiv.org", holder, NOW + timedelta(**later), GAP)


def test_a_host_that_was_never_asked_is_free(session: Session):
    assert hosts.free_at(session, "arxiv.org") is None
    assert _take(session) == hosts.NOW
    assert hosts.free_at(session, "arxiv.org") == NOW + GAP


def test_questions_are_as_far_apart_as_the_host_likes(session: Session):
    _take(session)
    _give_back(session, "one", seconds=1)  # it may have reached the host only now

    assert _take(session, "two", seconds=1) == timedelta(seconds=3)
    assert _take(session, "two", seconds=3.9) == timedelta(seconds=0.1)
    assert _take(session, "two", seconds=4) == hosts.NOW


def test_a_question_under_way_is_waited_for(session: Session):
    _take(session)

    assert _take(session, "two", seconds=10) > hosts.NOW
    _give_back(session, "two", seconds=11)  # not theirs to give
    assert _take(session, "two", seconds=12) > hosts.NOW
    _give_back(session, "one", seconds=13)
    assert _take(session, "two", seconds=16) == hosts.NOW


def test_a_holder_that_died_holds_nobody_up_for_long(session: Session):
    _take(session)
    assert _take(session, "two", seconds=59) > hosts.NOW
    assert _take(session, "two", seconds=60) == hosts.NOW


def test_another_host_has_a_turn_of_its_own(session: Session):
    _take(session)
    assert _take(session, name="huggingface.co") == hosts.NOW


def test_a_host_that_wants_rest_gets_it_and_the_longer_word_stands(session: Session):
    hosts.rest(session, "arxiv.org", NOW + timedelta(minutes=10), NOW)
    hosts.rest(session, "arxiv.org", NOW + timedelta(minutes=2), NOW)

    assert _take(session) == timedelta(minutes=10)
    assert _take(session, minutes=9) == timedelta(minutes=1)
    assert _take(session, minutes=10) == hosts.NOW


def test_no_word_of_a_clock_that_was_set_since_blocks_a_host(session: Session):
    _take(session, days=400)
    assert _take(session, "two") == hosts.NOW


def test_of_many_who_ask_at_once_one_begins(engine: Engine):
    begun: list[str] = []

    def ask(holder: str) -> None:
        with engines.transaction(engine) as session:
            if _take(session, holder) == hosts.NOW:
                begun.append(holder)

    threads = [threading.Thread(target=ask, args=[f"machine {n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(begun) == 1
    with engines.transaction(engine) as session:
        assert session.get_one(Host, "arxiv.org").holder == begun[0]
