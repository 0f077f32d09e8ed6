"""What the figures mean, and that they cost little however many letters there ever were."""

from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import event

from app.store import health
from app.store.tables import Bounce, BounceKind, State, Status

DAY_AGO = NOW - timedelta(days=1)

CHEAP = {
    "letters_due": lambda s: health.letters_due(s, DAY_AGO, NOW),
    "failures": lambda s: health.failures(s, DAY_AGO),
    "queue": lambda s: health.queue(s, NOW),
    "last_success": health.last_success,
    "doubtful": health.doubtful,
    "hand_overs": health.hand_overs,
    "unsent_since": lambda s: health.unsent_since(s, DAY_AGO),
    "since_last": lambda s: health.since_last(s, 1000),
    "reception": lambda s: health.reception(s, DAY_AGO, NOW),
    "count_unwritten": lambda s: health.count_unwritten(s, NOW),
    "next_due": health.next_due,
}


@pytest.fixture
def plans(session):
    """The plans of all queries that a call makes."""

    def explain(call):
        asked = []

        def note(_connection, _cursor, statement, values, _context, _many):
            asked.append((statement, values))

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        call(session)
        event.remove(connection, "before_cursor_execute", note)
        return [
            row[3]
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]

    return explain


@pytest.mark.sqlite
@pytest.mark.parametrize("name", CHEAP)
def test_no_figure_walks_through_all_letters_or_subscribers(plans, name):
    found = plans(CHEAP[name])
    assert found
    assert not [step for step in found if step.startswith(("SCAN outbox", "SCAN subscriber"))]


def test_the_oldest_of_those_that_wait_is_due_already(session, make_entry):
    make_entry(due_at=NOW + timedelta(minutes=1))
    assert health.queue(session, NOW) == health.Queue(0, None)
    make_entry(state=State.DEFERRED, due_at=NOW - timedelta(minutes=2))
    make_entry(due_at=NOW)
    assert health.queue(session, NOW) == health.Queue(2, NOW - timedelta(minutes=2))


def test_the_last_success_is_that_settled_last_not_that_due_last(session, make_entry):
    assert health.last_success(session) is None
    make_entry(state=State.SENT, due_at=NOW - timedelta(hours=3), settled_at=NOW)
    early = NOW - timedelta(hours=1)
    make_entry(state=State.SENT, due_at=NOW - timedelta(hours=2), settled_at=early)
    assert health.last_success(session) == NOW


def test_a_letter_counts_as_bounced_once_however_often_it_is_told(session, make_entry):
    entry = make_entry(state=State.FAILED, code=550, reason="5.1.1", due_at=NOW)
    make_entry(state=State.SENT, due_at=NOW, settled_at=NOW)
    for n in range(3):
        session.add(
            Bounce(
                subscriber_id=entry.subscriber_id,
                letter_id=entry.letter_id,
                kind=BounceKind.HARD,
                report=str(n),
                at=NOW,
            )
        )
    session.flush()
    assert health.reception(session, DAY_AGO, NOW) == health.Reception(2, 1, 0, 0)


def test_a_bounce_of_an_older_letter_is_not_counted_against_newer_ones(session, make_entry):
    old = make_entry(state=State.SENT, due_at=NOW - timedelta(days=5), settled_at=DAY_AGO)
    make_entry(state=State.SENT, due_at=NOW, settled_at=NOW)
    made_up = {"kind": BounceKind.HARD, "report": "r", "at": NOW}
    session.add(Bounce(subscriber_id=old.subscriber_id, letter_id=old.letter_id, **made_up))
    session.flush()
    assert health.reception(session, DAY_AGO, NOW) == health.Reception(1, 0, 0, 0)


def test_a_letter_nobody_wrote_counts_as_unsent(session, make_person):
    make_person(next_due_at=DAY_AGO)
    make_person(next_due_at=DAY_AGO - timedelta(days=9), status=Status.UNSUBSCRIBED)
    assert health.unsent_since(session, None) == DAY_AGO
