"""Nobody can be flooded through us, and who signs up in earnest still can."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW
from sqlalchemy import event
from sqlmodel import col, select
from structlog.testing import capture_logs

from app.errors import TooMany
from app.pipeline import admission, opt_in
from app.recommend import interests
from app.store import engine as engines
from app.store import letters, permits, subscribers, suppressions
from app.store.tables import LetterKind, OutboxEntry, Permit, Status

WISH = opt_in.Wish("victim@example.org", interests.parse("retrieval"))
ASKED = opt_in.Asked("You ask for letters. (Text 1)", "https://papers.example.org/subscribe")
SECOND, MINUTE, HOUR, DAY = (timedelta(**{n: 1}) for n in ("seconds", "minutes", "hours", "days"))


@pytest.fixture
def ask(engine, day):
    def request(address=WISH.address, network="", now=NOW):
        with engines.transaction(engine) as session:
            wish, asked = replace(WISH, address=address), replace(ASKED, network=network)
            return opt_in.request(session, day.desk.head, wish, asked, now)

    return request


@pytest.fixture
def letters_due(engine):
    """When each letter that asks for confirmation is due, in order."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            rows = select(OutboxEntry.due_at).where(OutboxEntry.kind == LetterKind.CONFIRM)
            return list(session.exec(rows.order_by(col(OutboxEntry.due_at))))

    return read


def most_within(moments, span):
    """The largest number of moments in any half-open window of that length."""
    return max((sum(a <= b < a + span for b in moments) for a in moments), default=0)


def test_one_address_gets_one_letter_a_day_and_three_in_thirty_days(ask, letters_due):
    for hour in range(0, 24 * 45, 7):
        ask(now=NOW + hour * HOUR)
    assert most_within(letters_due(), DAY) == 1
    assert most_within(letters_due(), 30 * DAY) == 3
    assert len(letters_due()) == 6


def test_who_answered_and_left_need_not_wait_a_day(ask, engine, day):
    for n in range(4):
        now = NOW + n * HOUR
        due_at = ask(now=now)
        assert (due_at == now) == (n < 3)
        with engines.transaction(engine) as session:
            person = subscribers.by_address(session, WISH.address)
            if due_at:
                stamp = int(now.timestamp())
                token = day.desk.head.links.tokens.make("confirm", person.id, stamp)
                opt_in.confirm(session, day.desk.head.links.tokens, token, now + MINUTE)
            subscribers.unsubscribe(session, person)


def test_a_network_signs_up_five_times_an_hour(ask):
    for n in range(5):
        ask(f"reader{n}@example.org", "192.0.2.0/24")
    with pytest.raises(TooMany, match="your network") as refused:
        ask("reader6@example.org", "192.0.2.0/24")
    assert refused.value.wait == HOUR
    ask("reader6@example.org", "198.51.100.0/24")
    ask("reader7@example.org", "192.0.2.0/24", now=NOW + HOUR)


def test_the_operators_own_sign_ups_are_counted_by_address_only(ask):
    assert all(ask(f"reader{n}@example.org") for n in range(20))
    assert ask("reader0@example.org") is None


def test_sixty_letters_an_hour_go_out_and_the_others_wait_in_order(ask, letters_due):
    with capture_logs() as logged:
        due = [ask(f"reader{n}@example.org", now=NOW + n * SECOND) for n in range(200)]
    assert due == sorted(due) == letters_due()
    assert most_within(due, HOUR) == admission.PER_HOUR
    assert due[59] == NOW + 59 * SECOND
    assert due[60] == NOW + HOUR + admission.LATE
    late = [at + admission.LATE if n < 60 else at for n, at in enumerate(due)]
    assert most_within(late, HOUR) == admission.PER_HOUR
    (told,) = [each for each in logged if each["event"] == "too_many_sign_ups"]
    assert told["log_level"] == "error"
    assert told["next_letter"] == due[60]


def test_a_letter_that_would_wait_half_a_day_is_not_written_at_all(ask, letters_due, day):
    answers = [ask(f"reader{n}@example.org") for n in range(12 * 60 + 5)]
    assert answers[-5:] == [None] * 5
    assert len(letters_due()) == 12 * 60
    assert max(letters_due()) == NOW + 11 * (HOUR + admission.LATE)


def test_a_letter_that_waited_has_the_date_and_the_term_of_when_it_goes(ask, engine, day):
    for n in range(61):
        due_at = ask(f"reader{n}@example.org")
    with engines.transaction(engine) as session:
        person = subscribers.by_address(session, "reader60@example.org")
        letter = letters.of_edition(session, person.id, due_at.date(), LetterKind.CONFIRM)
        assert letter.date == due_at == NOW + HOUR + admission.LATE
        token = day.desk.head.links.confirm(person.id, letter.date).rpartition("/")[2]
        opt_in.confirm(session, day.desk.head.links.tokens, token, due_at + 48 * HOUR)


def flood(ask, n_victims, n_networks, n):
    """Sign up n times within an hour; what came of it."""
    told = Counter()
    for k in range(n):
        number = k * 7919 % n_networks
        network = f"10.{number // 256}.{number % 256}.0/24"
        try:
            ask(f"victim{k % n_victims}@example.org", network, NOW + k * HOUR / n)
            told["taken"] += 1
        except TooMany:
            told["refused"] += 1
    return told


@pytest.mark.parametrize("n", [300, pytest.param(10_000, marks=pytest.mark.full)])
def test_a_victim_bombed_from_a_thousand_networks_gets_one_letter(ask, letters_due, n):
    told = flood(ask, 1, 1_000, n)
    assert told["taken"] == min(n, 5_000)
    assert len(letters_due()) == 1


@pytest.mark.parametrize("n", [300, pytest.param(10_000, marks=pytest.mark.full)])
def test_ten_thousand_victims_of_one_network_are_five(ask, letters_due, n):
    assert flood(ask, n, 1, n) == {"taken": 5, "refused": n - 5}
    assert len(letters_due()) == 5


@pytest.mark.parametrize("n", [400, pytest.param(5_000, marks=pytest.mark.full)])
def test_many_victims_of_many_networks_make_no_more_than_sixty_an_hour(ask, letters_due, n):
    flood(ask, n, 1_000, n)
    assert most_within(letters_due(), HOUR) == admission.PER_HOUR


def test_existing_readers_are_left_alone_by_a_flood(ask, make_subscriber, letters_due, engine):
    reader = make_subscriber()
    before = reader.model_dump()
    for n in range(30):
        ask(reader.address, f"10.0.{n}.0/24")
    with engines.transaction(engines.reading(engine)) as session:
        assert subscribers.by_address(session, reader.address).model_dump() == before
    assert letters_due() == []


def test_no_address_and_no_network_is_kept_in_clear_by_a_limit(ask, engine):
    ask(network="192.0.2.0/24")
    with engines.transaction(engines.reading(engine)) as session:
        names = session.exec(select(Permit.name)).all()
    assert len(names) == 3
    assert not any("example" in name or "192" in name for name in names)


@pytest.fixture
def statements(engine):
    """What the database is told during a sign-up, each statement by its first words."""

    def of(act):
        told = []

        def note(_connection, _cursor, statement, *_others):
            told.append(" ".join(statement.split()[:3]))

        event.listen(engine, "before_cursor_execute", note)
        act()
        event.remove(engine, "before_cursor_execute", note)
        return Counter(told)

    return of


def test_the_database_works_as_hard_whoever_the_address_belongs_to(
    ask, statements, engine, make_subscriber
):
    with engines.transaction(engine) as session:
        suppressions.add(session, "dead@example.org", "bounced", NOW)
    active = make_subscriber()
    ask("pending@example.org")
    gone = make_subscriber()
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_id(session, gone.id))

    known = ("pending@example.org", "dead@example.org", active.address, gone.address)
    usual = statements(lambda: ask("new@example.org", "192.0.2.0/24"))
    for address in known:
        told = statements(lambda address=address: ask(address, "198.51.100.0/24"))
        # A row that is there is changed instead of added, and nothing else differs.
        assert abs(told.total() - usual.total()) <= 4, (address, told - usual, usual - told)
        writes = {
            n: sum(k for s, k in c.items() if s.startswith(("INSERT", "UPDATE", "DELETE")))
            for n, c in (("told", told), ("usual", usual))
        }
        assert abs(writes["told"] - writes["usual"]) <= 2


def test_what_is_undone_for_a_known_address_leaves_nothing(ask, dump, make_subscriber):
    reader = make_subscriber()
    before = dump()
    assert ask(reader.address) is None
    assert dump() == before


def test_a_moment_booked_is_the_first_with_room(session):
    def book(now, latest=NOW + 10 * HOUR):
        return permits.book(session, "confirm", 2, HOUR, now, latest)

    first, second = book(NOW), book(NOW + MINUTE)
    assert (first, second) == (NOW, NOW + MINUTE)
    assert book(NOW + 2 * MINUTE) == NOW + HOUR
    assert book(NOW + 2 * MINUTE) == NOW + HOUR + MINUTE
    assert book(NOW + 2 * MINUTE, latest=NOW + HOUR) is None
    assert book(NOW + 2 * MINUTE) == NOW + 2 * HOUR
    assert book(NOW + 5 * HOUR) == NOW + 5 * HOUR


def test_a_pending_reader_stays_pending_and_the_last_wish_counts(ask, engine):
    ask()
    ask(now=NOW + HOUR)
    with engines.transaction(engines.reading(engine)) as session:
        assert subscribers.by_address(session, WISH.address).status == Status.PENDING
