import asyncio
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from app.scheduler import Ticks


@pytest.fixture
def closed_door():
    """A port where every connection is hung up at once; how often anybody came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up():
            while True:
                try:
                    met, _ = listening.accept()
                except OSError:
                    return
                came.append(met)
                met.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        yield listening.getsockname()[1], came
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def out_since(day, clock, closed_door, make_subscriber, store_papers, retrieval_papers):
    """Forty letters to send, and a server that hangs up."""
    store_papers(*retrieval_papers)
    people = [make_subscriber("retrieval") for _ in range(40)]
    day.server = replace(day.server, port=closed_door[0])
    assert day.rank_due().n_letters == len(people)
    return people


@pytest.mark.sqlite
def test_hours_without_a_server_cost_few_connections_and_no_letter(
    request, day, clock, sink, closed_door, out_since
):
    """At most 200 in six hours. More than 110 seconds nobody waits once it is back, and 60 seconds
    in the mean: nobody can do better with so few, for six hours have 360 minutes.

    On a clock that is told and leaves out the ticks that only rest.
    """
    n_hours = 6 if request.config.getoption("full") else 1
    began, came = clock.now, closed_door[1]
    ticks, knocks = Ticks(day, timedelta(hours=1)), []

    async def live():
        while clock.now < began + timedelta(hours=n_hours):
            knocks.append(clock.now)
            await ticks._letters()
            assert ticks._rest.lasts_at(clock.now)
            clock.now = ticks._rest.since + ticks._rest.span
        day.server = sink.server
        await ticks._letters()

    asyncio.run(live())
    assert len(came) == len(knocks) <= n_hours * 200 / 6 + 4
    waits = [(later - knock).total_seconds() for knock, later in pairwise(knocks)]
    assert max(waits) <= 110
    assert sum(wait**2 / 2 for wait in waits) / sum(waits) <= 60  # its mean for any moment
    assert sink.recipients() == sorted(person.address for person in out_since)


@pytest.mark.sqlite
def test_a_server_that_gives_no_answer_is_waited_for_all_the_time(day, out_since, clock):
    """What a try that hangs has waited is taken off the rest after it."""
    ticks, real = Ticks(day, timedelta(hours=1)), day.deliver

    async def hang(**told):
        clock.forward(seconds=127)
        return await real(**told)

    day.deliver = hang
    for _ in range(6):
        asyncio.run(ticks._letters())
        assert not ticks._rest.lasts_at(clock.now)
