import asyncio
import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from app.scheduler import Ticks

EVERY_SECONDS = 30


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


def test_hours_without_a_server_cost_few_connections_and_no_letter(
    request, day, clock, sink, closed_door, make_subscriber, store_papers, retrieval_papers
):
    """At most 200 in six hours, on a clock that is told and leaves out the ticks that only rest."""
    n_hours = 6 if request.config.getoption("full") else 1
    port, came = closed_door
    store_papers(*retrieval_papers)
    people = [make_subscriber("retrieval") for _ in range(40)]
    day.server = replace(day.server, port=port)
    assert day.rank_due().n_letters == len(people)
    ticks = Ticks(day, EVERY_SECONDS)

    async def live():
        end = clock.now + timedelta(hours=n_hours)
        while clock.now < end:
            await ticks._letters()
            clock.now = max(clock.now + timedelta(seconds=EVERY_SECONDS), ticks._rest_until)
        day.server = sink.server
        returned = clock.now
        while not sink.taken:
            await ticks._letters()
            clock.forward(seconds=EVERY_SECONDS)
        return (clock.now - returned).total_seconds()

    assert asyncio.run(live()) <= 120 + EVERY_SECONDS
    assert n_hours * 20 < len(came) <= n_hours * 200 / 6 + 1
    assert sink.recipients() == sorted(person.address for person in people)
