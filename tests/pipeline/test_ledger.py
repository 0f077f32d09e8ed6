import asyncio
import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, delete, event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.errors import NotReady
from app.pipeline.ledger import PATIENCE, Ledger
from app.store import engine as engines
from app.store.tables import Source


def _add(name):
    return lambda session: session.add(Source(name=name))


def _names(engine):
    with engines.transaction(engine) as session:
        return sorted(session.exec(select(Source.name)))


async def _together(engine: Engine, *works):
    """Hand all the works in while the ledger is busy, so that one commit takes them."""
    return await _at_once(engine, lambda ledger: [ledger.write(work) for work in works])


async def _joined(engine: Engine, work, *parts):
    """The same for the parts of one work."""
    return await _at_once(engine, lambda ledger: [ledger.join(work, part) for part in parts])


async def _at_once(engine: Engine, handed_in):
    busy, go_on = threading.Event(), threading.Event()

    def wait(_session):
        busy.set()
        assert go_on.wait(120)

    async with Ledger(engine) as ledger:
        first = asyncio.ensure_future(ledger.write(wait))
        assert await asyncio.to_thread(busy.wait, 120)
        waiting = [asyncio.ensure_future(each) for each in handed_in(ledger)]
        await asyncio.sleep(0)  # lets each hand its work in
        go_on.set()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)


def test_a_written_work_is_on_the_disk_and_its_result_comes_back(engine: Engine):
    async def write():
        async with Ledger(engine) as ledger:
            result = await ledger.write(lambda s: s.add(Source(name="one")) or 42)
            return result, _names(engine)

    assert asyncio.run(write()) == (42, ["one"])


def test_works_of_several_callers_share_one_commit(engine: Engine):
    commits = []
    event.listen(engine, "commit", commits.append)
    asyncio.run(_together(engine, *(_add(f"{n}") for n in range(8))))
    assert len(commits) == 1
    assert _names(engine) == [f"{n}" for n in range(8)]


def test_works_are_done_in_the_order_they_came(engine: Engine):
    done = []
    asyncio.run(_together(engine, *((lambda _s, n=n: done.append(n)) for n in range(8))))
    assert done == list(range(8))


def test_parts_of_one_work_are_done_together_and_each_has_its_answer(engine: Engine):
    seen = []

    def work(_session, parts):
        seen.append(list(parts))
        return lambda part: part * 10

    assert asyncio.run(_joined(engine, work, 1, 2, 3)) == [10, 20, 30]
    assert seen == [[1, 2, 3]]


def test_a_part_that_fails_leaves_the_others_alone(engine: Engine):
    def work(session, parts):
        session.add_all([Source(name=str(part)) for part in parts])
        session.flush()
        if 2 in parts:
            raise KeyError("poison")
        return lambda part: part

    one, two, three = asyncio.run(_joined(engine, work, 1, 2, 3))
    assert (one, three, _names(engine)) == (1, 3, ["1", "3"])
    assert isinstance(two, KeyError)


def test_what_a_failing_part_told_the_connection_itself_is_undone(engine: Engine):
    with engines.transaction(engine) as session:
        session.add_all([Source(name=name) for name in "123"])

    def forget(session, names):
        session.connection().execute(delete(Source).where(col(Source.name).in_(names)))
        if "2" in names:
            raise KeyError("poison")
        return lambda name: name

    one, two, three = asyncio.run(_joined(engine, forget, *"123"))
    assert (one, three, _names(engine)) == ("1", "3", ["2"])
    assert isinstance(two, KeyError)


def test_a_failing_work_leaves_its_neighbours_alone(engine: Engine):
    def fail(session):
        session.add(Source(name="half done"))
        session.flush()
        raise KeyError("poison")

    before, failed, after = asyncio.run(_together(engine, _add("one"), fail, _add("two")))
    assert isinstance(failed, KeyError)
    assert (before, after) == (None, None)
    assert _names(engine) == ["one", "two"]


def test_a_work_the_database_refuses_leaves_its_neighbours_alone(engine: Engine):
    one, twice, two = asyncio.run(_together(engine, _add("one"), _add("one"), _add("two")))
    assert isinstance(twice, IntegrityError)
    assert (one, two) == (None, None)
    assert _names(engine) == ["one", "two"]


@pytest.mark.sqlite
def test_a_failing_commit_reaches_everyone_and_keeps_nothing(engine: Engine):
    def owe(session):
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(text("INSERT INTO paper_name (name, paper_id) VALUES ('title:x', 99)"))

    outcomes = asyncio.run(_together(engine, _add("one"), owe, _add("two")))
    assert [type(outcome) for outcome in outcomes] == [IntegrityError] * 3
    assert _names(engine) == []


@pytest.mark.sqlite
def test_a_locked_database_is_told_as_a_sentence(engine: Engine, settings, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    impatient = engines.connect(settings.database)
    with engines.transaction(engine) as holder:
        holder.add(Source(name="mine"))
        holder.flush()
        outcomes = asyncio.run(_together(impatient, _add("one"), _add("two")))
    impatient.dispose()
    assert [type(outcome) for outcome in outcomes] == [NotReady] * 2
    assert _names(engine) == ["mine"]


def test_after_a_failure_the_ledger_goes_on(engine: Engine):
    async def write():
        async with Ledger(engine) as ledger:
            with pytest.raises(ZeroDivisionError):
                await ledger.write(lambda _: 1 / 0)
            await ledger.write(_add("one"))

    asyncio.run(write())
    assert _names(engine) == ["one"]


def test_a_caller_who_gives_up_does_not_stop_the_others(engine: Engine):
    async def write():
        async with Ledger(engine) as ledger:
            waiting = asyncio.ensure_future(ledger.write(_add("one")))
            await asyncio.sleep(0)
            waiting.cancel()
            await ledger.write(_add("two"))

    asyncio.run(write())
    assert "two" in _names(engine)


def test_leaving_the_ledger_ends_its_thread(engine: Engine):
    async def write():
        async with Ledger(engine) as ledger:
            await ledger.write(_add("one"))

    before = set(threading.enumerate())
    asyncio.run(write())
    assert set(threading.enumerate()) <= before


def test_a_joined_work_waits_for_the_whole_company(engine: Engine):
    done_for = []

    def double(_session, parts):
        done_for.append(sorted(parts))
        return lambda part: 2 * part

    async def join(*parts):
        async with Ledger(engine) as ledger:
            ledger.company = 3
            return await asyncio.gather(*(ledger.join(double, part) for part in parts))

    assert asyncio.run(join(1, 2, 3)) == [2, 4, 6]
    assert asyncio.run(join(7)) == [14]  # the others never came
    assert done_for == [[1, 2, 3], [7]]


def test_nobody_waits_for_those_who_have_left_the_company(engine: Engine):
    done_for = []

    def double(_session, parts):
        done_for.append(sorted(parts))
        return lambda part: 2 * part

    async def join():
        async with Ledger(engine) as ledger:
            ledger.company = 3
            with ledger.leave():
                await asyncio.gather(*(ledger.join(double, part) for part in (1, 2)))
            return ledger.company

    assert asyncio.run(join()) == 3
    assert done_for == [[1, 2]]


def test_what_follows_shares_the_commit_of_whoever_joins(engine: Engine):
    commits, done_for = [], []
    event.listen(engine, "commit", commits.append)

    def note(session, parts):
        session.add_all([Source(name=str(part)) for part in parts])
        done_for.append(list(parts))
        return lambda part: part

    async def write():
        async with Ledger(engine) as ledger:
            ledger.company = 1
            first = asyncio.ensure_future(ledger.follow(note, 1))
            await asyncio.sleep(0)  # lets it hand its work in
            await ledger.join(lambda _session, _parts: lambda _part: None, 2)
            shared = len(commits)
            alone = await ledger.follow(note, 3)  # nobody joins any more
            return await first, shared, alone

    assert asyncio.run(write()) == (1, 1, 3)
    assert done_for == [[1], [3]]


def test_nobody_waits_for_ever_though_others_keep_coming(engine: Engine):
    class Clocked(asyncio.SelectorEventLoop):
        ahead = 0.0

        def time(self):
            return super().time() + self.ahead

    def note(_session, _parts):
        return lambda part: part

    async def join():
        loop, n_waiting = asyncio.get_running_loop(), []
        async with Ledger(engine) as ledger:
            ledger.company, ledger._commit_takes = 20, 1.0
            with ExitStack() as left:
                for _ in range(20):
                    left.enter_context(ledger.leave())
                joined = []
                for part in range(10):
                    joined.append(asyncio.ensure_future(ledger.join(note, part)))
                    await asyncio.sleep(0)
                    n_waiting.append(len(ledger._joining))
                    loop.ahead += PATIENCE / 3
                return await asyncio.gather(*joined), n_waiting

    with asyncio.Runner(loop_factory=Clocked) as runner:
        answers, n_waiting = runner.run(join())
    assert answers == [*range(10)]
    assert max(n_waiting) <= 5
