"""The service in numbers, in the text format of Prometheus.

Every figure is counted in the tables: it holds for all processes of the service, and after a
restart. So all are gauges, also those that only grow. Counting millions of letters takes longer
than a scraper waits; see web.scrapes.
"""

import hmac
import ipaddress
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeHistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session
from starlette.background import BackgroundTask

from app.mail import scanners
from app.store import brakes, health, heartbeats, outbox, papers, statistics, taps
from app.store import engine as engines
from app.store.tables import BounceKind, State
from app.web.deps import NowDep
from app.web.scrapes import Scrapes

router = APIRouter()
DAY = timedelta(days=1)
# Seconds; a server may take ten minutes for its reply.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("/metrics")
def metrics(request: Request, now: NowDep) -> Response:
    """All of it, for whoever may see it: the bearer of METRICS_TOKEN, or this machine."""
    token: str = request.app.state.metrics_token
    if token and not _bears(request, token):
        return PlainTextResponse(
            "This page asks for the token of PAPERBOY_METRICS_TOKEN, as a bearer token.\n",
            401,
            headers={"WWW-Authenticate": "Bearer"},
        )
    if not token and not _is_local(request):
        return PlainTextResponse(
            "Without PAPERBOY_METRICS_TOKEN this page answers the service's own machine only.\n",
            403,
        )

    def count() -> bytes:
        with engines.transaction(engines.reading(request.app.state.engine)) as session:
            return generate_latest(_counted(session, now))

    scrapes: Scrapes = request.app.state.scrapes
    # A count that took long is made anew when this scrape has its answer.
    again = BackgroundTask(scrapes.renew, count)
    return Response(scrapes.answer(count), media_type=CONTENT_TYPE_PLAIN_0_0_4, background=again)


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def _is_local(request: Request) -> bool:
    # A proxy on this machine asks from loopback too, on behalf of the whole world.
    if any(name == "forwarded" or name.startswith("x-forwarded-") for name in request.headers):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class _Given(Collector):
    """A family of figures as it is."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> list[Metric]:
        return [self._family]


class _Figures:
    """Gauges of a registry of their own, each set in one call."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def tell(self, name: str, meaning: str, figure: float) -> None:
        Gauge(f"paperboy_{name}", meaning, registry=self.registry).set(figure)

    def tell_each(self, name: str, meaning: str, label: str, figures: Mapping[str, float]) -> None:
        gauge = Gauge(f"paperboy_{name}", meaning, [label], registry=self.registry)
        for word, figure in figures.items():
            gauge.labels(word).set(figure)

    def tell_spread(
        self, name: str, meaning: str, values: Sequence[float], bounds: Sequence[float]
    ) -> None:
        """How many of the values are at most each bound, and their sum."""
        counts = [(str(bound), sum(v <= bound for v in values)) for bound in (*bounds, math.inf)]
        named = [(bound.replace("inf", "+Inf"), n) for bound, n in counts]
        self.registry.register(
            _Given(GaugeHistogramMetricFamily(f"paperboy_{name}", meaning, named, sum(values)))
        )

    def tell_moment(self, name: str, meaning: str, moment: datetime | None) -> None:
        """Nothing at all where there was none: a zero would be a moment in 1970."""
        if moment is not None:
            self.tell(f"{name}_timestamp_seconds", meaning, moment.timestamp())


def _counted(session: Session, now: datetime) -> CollectorRegistry:
    figures = _Figures()
    figures.tell_moment("counted", "When all of this was counted", now)
    _letters(figures, session, now)
    _queue(figures, session, now)
    _reception(figures, session, now)
    _runs(figures, session)
    _readers(figures, session, now)
    return figures.registry


def _letters(figures: _Figures, session: Session, now: datetime) -> None:
    every, today = outbox.count_by_state(session), health.letters_due(session, now - DAY, now)
    for name, meaning, counts in (
        ("letters", "Letters by what became of them", every),
        ("letters_24h", "The same of letters due in the last 24 hours", today),
    ):
        by_state = {state.value: counts.get(state, 0) for state in State}
        figures.tell_each(name, meaning, "state", by_state)
    failed = health.failures(session, now - DAY)
    totals = {kind: count.total for kind, count in failed.items()}
    recent = {kind: count.recent for kind, count in failed.items()}
    figures.tell_each("failed", "Letters failed for good, by what failed", "class", totals)
    figures.tell_each("failed_24h", "The same in the last 24 hours", "class", recent)
    doubtful = "Times a letter may have gone out twice"
    figures.tell("doubtful", doubtful, health.doubtful(session))
    took = "Seconds to hand over each of the last thousand letters that a server took"
    figures.tell_spread("smtp_seconds", took, health.hand_overs(session), BOUNDS)


def _queue(figures: _Figures, session: Session, now: datetime) -> None:
    waiting = health.queue(session, now)
    age = (now - waiting.oldest).total_seconds() if waiting.oldest else 0
    figures.tell("queue_letters", "Letters that are due and not taken up", waiting.n_letters)
    figures.tell("queue_oldest_age_seconds", "How long the oldest of them has waited", age)


def _reception(figures: _Figures, session: Session, now: datetime) -> None:
    reports = health.reports(session, now - DAY)
    complaints = reports.pop(BounceKind.COMPLAINT)
    totals = {kind.value: count.total for kind, count in reports.items()}
    recent = {kind.value: count.recent for kind, count in reports.items()}
    figures.tell_each("bounces", "Bounces that were read, by kind", "kind", totals)
    figures.tell_each("bounces_24h", "The same in the last 24 hours", "kind", recent)
    figures.tell("complaints", "Complaints that were read", complaints.total)
    figures.tell("complaints_24h", "The same in the last 24 hours", complaints.recent)
    suppressed = health.count_suppressed(session)
    figures.tell("suppressions", "Addresses never to be mailed again", suppressed)
    held = {brake.name: 1.0 for brake in brakes.all_of(session)}
    figures.tell_each("brake", "1 while this holds letters", "name", held)


def _runs(figures: _Figures, session: Session) -> None:
    figures.tell_moment(
        "last_success", "When a server last took a letter", health.last_success(session)
    )
    beats = heartbeats.latest(session)
    began, ended = beats.get(health.RUN_BEGAN), beats.get(health.RUN_ENDED)
    if began and ended:
        seconds = max((ended - began).total_seconds(), 0)
        figures.tell("run_duration_seconds", "How long the last run with letters took", seconds)
        figures.tell_moment("run_ended", "When it ended", ended)
    figures.tell_moment(
        "scheduler", "When the scheduler last ticked", beats.get(heartbeats.SCHEDULER)
    )


def _readers(figures: _Figures, session: Session, now: datetime) -> None:
    statuses = {s.value: n for s, n in health.subscribers_by_status(session).items()}
    figures.tell_each("subscribers", "Subscribers by status", "status", statuses)
    unwritten = health.count_unwritten(session, now)
    figures.tell("subscribers_due", "Subscribers whose letter is due and not written", unwritten)
    said = "Votes that count: what readers said, and did not take back"
    for name, meaning, since in (
        ("feedback", said, LONG_AGO),
        ("feedback_24h", "The same in the last 24 hours", now - DAY),
    ):
        votes = {v.value: n for v, n in statistics.feedback(session, since).items()}
        figures.tell_each(name, meaning, "verdict", votes)
    counted, void, waiting = taps.counts(session)
    states = {"counted": counted, "voided": sum(void.values()), "provisional": waiting}
    figures.tell_each("votes", "Taps in letters by what became of them", "state", states)
    voided = {reason: void.get(reason, 0) for reason in scanners.REASONS}
    figures.tell_each("votes_voided", "Those that do not count, by reason", "reason", voided)
    figures.tell("papers", "Papers that are stored", papers.count(session))
    n_digests, last = health.digests(session)
    figures.tell("digests", "Digests that were read", n_digests)
    figures.tell_moment("last_digest", "When a new digest was last read", last)
    if last is not None:
        age = (now - last).total_seconds()
        figures.tell("last_digest_age_seconds", "How long ago that was", age)
