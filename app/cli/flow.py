"""The part of `paperboy stats` that tells whether letters flow."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.cli import shown
from app.languages import amount

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.pipeline.warm_up import WarmUp

WEEK = timedelta(days=7)


def figures(session: "Session", now: datetime, warms_up: "WarmUp | None" = None) -> dict[str, Any]:
    """What waits, how the letters of a week were received, and what holds sending."""
    from app.pipeline import guard
    from app.store import brakes, doubts, health, outbox
    from app.store.tables import State

    waiting = health.queue(session, now)
    received = health.reception(session, now - WEEK, now)
    held = brakes.all_of(session)
    names = {brake.name for brake in held}
    age = now - waiting.oldest if waiting.oldest else timedelta()
    return {
        "waiting": waiting.n_letters,
        "oldest_due": _iso(waiting.oldest),
        "waited_minutes": int(age.total_seconds() // 60),
        "deferred": outbox.count_by_state(session).get(State.DEFERRED, 0),
        "doubtful": health.doubtful(session),
        "in_doubt": doubts.count(session),
        "warm_up": _warm_up(session, now, warms_up) if warms_up else None,
        "7 days": {
            "received": received.n_letters,
            "bounced": received.n_bounced,
            "bounce_rate": _rate(received.n_bounced, received.n_letters),
            "turned_away": received.n_turned_away,
            "turned_away_rate": _rate(received.n_turned_away, received.n_letters),
            "complaints": received.n_complaints,
            "complaint_rate": _rate(received.n_complaints, received.n_letters),
        },
        "brakes": [{"name": b.name, "reason": b.reason, "since": _iso(b.since)} for b in held],
        "warnings": [
            each.reason
            for each in guard.findings(session, now)
            if each.reason and each.name not in names
        ],
        "last_success": _iso(health.last_success(session)),
        "next_due": _iso(health.next_due(session)),
    }


def _warm_up(session: "Session", now: datetime, plan: "WarmUp") -> dict[str, Any]:
    from app.pipeline import warm_up
    from app.store import waiting

    put_off, until = waiting.known_by(session, warm_up.REASON)
    return {
        "cap": plan.cap(now),
        "left": plan.left(session, now),
        "put_off": put_off,
        "until": _iso(until),
        "cap_then": plan.cap(warm_up.tomorrow(now)),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _rate(n: int, n_letters: int) -> float | None:
    return n / n_letters if n_letters else None


def tell(told: dict[str, Any]) -> None:
    """The same for a person."""
    from app.store import brakes

    week = told["7 days"]
    waits = f", the oldest for {_span(told['waited_minutes'])}" if told["waiting"] else ""
    rows = [
        ("waiting to be sent", f"{told['waiting']}{waits}"),
        ("deferred until later", told["deferred"]),
        ("in doubt, ever", told["doubtful"]),
        ("in doubt, held for you", told["in_doubt"]),
        ("bounced, 7 days", _part(week["bounced"], week["bounce_rate"], week["received"])),
        (
            "refused for our sake, 7 days",
            _part(week["turned_away"], week["turned_away_rate"], week["received"]),
        ),
        ("complaints, 7 days", _part(week["complaints"], week["complaint_rate"], week["received"])),
        ("last taken by the server", _moment(told["last_success"]) or "never"),
        ("next letter due", _moment(told["next_due"]) or "none"),
    ]
    shown.table(("delivery", ""), rows)
    _tell_warm_up(told["warm_up"])
    for brake in told["brakes"]:
        since = _moment(brake["since"])
        shown.problem(brakes.sentence(brake["name"], since, brake["reason"]))
    if told["in_doubt"]:
        letters = amount(told["in_doubt"], "letter", "letters")
        shown.problem(f"{letters} may have arrived; see `paperboy doubts list`.")
    for warning in told["warnings"]:
        shown.problem(f"Sending is in danger: {warning}.")


def _tell_warm_up(told: dict[str, Any] | None) -> None:
    if told is None or told["cap"] is None:
        return
    print(f"Warm-up: {told['cap']} letters may leave today (UTC), {told['left']} are left.")
    if told["put_off"]:
        then = "as many as there are" if told["cap_then"] is None else told["cap_then"]
        print(
            f"{told['put_off']} are put off until {_moment(told['until'])}, when {then} may leave."
        )


def _moment(iso: str | None) -> str:
    """As it is read; the figures have it as programs do."""
    return f"{datetime.fromisoformat(iso):%d %b %Y, %H:%M} UTC" if iso else ""


def _span(minutes: int) -> str:
    if minutes < 120:
        return amount(minutes, "minute", "minutes")
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _part(n: int, rate: float | None, of: int) -> str:
    return f"{n} of {of}" if rate is None else f"{n} of {of} ({rate * 100:.2f} %)"
