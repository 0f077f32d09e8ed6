"""Nobody's mailbox is flooded through our form or through the interface for programs."""

import logging
from collections import Counter, defaultdict
from datetime import timedelta

import anyio
import pytest
from conftest import NOW
from fastapi.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.pipeline import admission
from app.store import engine as engines
from app.store import subscribers, suppressions
from app.web import seals

log = logging.getLogger(__name__)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(minutes=30)
INTERESTS = "moons"


@pytest.fixture(params=["form", "interface"])
def ask(request, app):
    """Sign an address up from a network; the status of the answer."""
    state = app.state
    behind_proxy = ProxyHeadersMiddleware(app, trusted_hosts="*")
    client = TestClient(behind_proxy, base_url="http://localhost:8000", follow_redirects=False)

    def by_form(address, network):
        made = state.clock() - timedelta(seconds=9)
        seal = seals.make(state.letterhead.links.tokens, seals.Form.PAGE, made)
        form = {"email": address, "interests": INTERESTS, "seal": seal}
        return client.post("/subscribe", data=form, headers={"x-forwarded-for": network})

    def by_interface(address, network):
        wanted = {"email": address, "interests": INTERESTS}
        return client.post(
            "/api/v1/subscriptions", json=wanted, headers={"x-forwarded-for": network}
        )

    way = by_form if request.param == "form" else by_interface
    return lambda address, network: way(address, network).status_code


@pytest.fixture
def wait_until(day, clock, sink):
    """Let time pass, and letters go on their way twice an hour; when each recipient's were sent."""
    sent, begun = defaultdict(list), clock.now

    def until(moment):
        nonlocal begun
        while begun <= moment:
            clock.now, n = begun, len(sink.taken)
            anyio.run(day.deliver)
            for each in sink.taken[n:]:
                sent[each.recipient].append(begun)
            begun += TICK
        clock.now = moment
        return sent

    return until


def most_within(moments, span):
    """The largest number of moments in any half-open window of that length."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def scattered(n):
    """Of a thousand networks, all in turns, neighbours far apart."""
    return n * 7919 % 1_000


# Which victim the n-th sign-up is for, and from which network it comes.
SHAPES = {
    "one victim": (lambda _n: 0, scattered),
    "one network": (lambda n: n, lambda _n: 0),
    "many of both": (lambda n: n, scattered),
}
in_full = [
    pytest.param(shape, 10_000, hours, marks=pytest.mark.full, id=f"{shape}, {hours} h")
    for shape in SHAPES
    for hours in (1, 48)
]


@pytest.mark.parametrize(
    ("shape", "n", "hours"), [pytest.param("many of both", 64, 1, id="some"), *in_full]
)
def test_a_flood_of_sign_ups_mails_nobody_twice_and_not_many(
    ask, wait_until, engine, reader, shape, n, hours
):
    with engines.transaction(engine) as session:
        suppressions.add(session, "dead@example.org", "bounced", NOW)
        before = subscribers.by_id(session, reader.id).model_dump()
    victim, network = SHAPES[shape]
    told = Counter()
    for k in range(n):
        # Never at the very moment at which letters go: who came before it goes with them.
        wait_until(NOW + SECOND + k * hours * HOUR / n)
        if k % 10 == 0:
            for m, known in enumerate(("ada", "dead")):
                ask(f"{known}@example.org", f"172.{16 + m}.{scattered(k) // 4}.1")
        number = network(k)
        told[ask(f"victim{victim(k)}@example.org", f"10.{number // 250}.{number % 250}.9")] += 1
    sent = wait_until(NOW + (hours + 1) * HOUR + admission.LONGEST_QUEUE)

    every = [moment for moments in sent.values() for moment in moments]
    log.info("%s, %d in %d h: told %s, letters %d", shape, n, hours, dict(told), len(every))
    assert set(told) <= {303, 202, 429}
    assert 1 <= most_within(every, HOUR) <= admission.PER_HOUR
    assert all(most_within(moments, DAY) == 1 for moments in sent.values())
    assert all(recipient.startswith("victim") for recipient in sent)
    with engines.transaction(engines.reading(engine)) as session:
        assert subscribers.by_id(session, reader.id).model_dump() == before
