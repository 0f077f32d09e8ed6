import json
from datetime import UTC, datetime

from conftest import NOW

from app.pipeline import warm_up
from app.store import brakes
from app.store import engine as engines


def test_resume_says_what_it_lets_go(paperboy, database):
    with engines.transaction(database.engine) as session:
        brakes.put_on(session, "bounces", "6 % came back", NOW)
    said = paperboy("resume")
    assert "Let go: bounces (since 2026-11-20 09:00 UTC): 6 % came back" in said.out
    with engines.transaction(database.engine) as session:
        assert brakes.all_of(session) == []
    assert "Nothing is held." in paperboy("resume").out


def test_stats_tells_how_far_the_warm_up_is_and_when_the_rest_goes(
    paperboy,
    same_database,
    day,
    engine,
    make_subscriber,
    store_papers,
    retrieval_papers,
    monkeypatch,
):
    store_papers(*retrieval_papers)
    for _ in range(60):
        make_subscriber("retrieval")
    day.rank_due()
    now = datetime.now(UTC)
    plan = warm_up.WarmUp(now.date())
    with engines.transaction(engine) as session:
        plan.ration(session, now)
        plan.take(session, 30, now)
    assert "Warm-up" not in paperboy("stats").out
    monkeypatch.setenv("PAPERBOY_WARM_UP", now.date().isoformat())
    told = json.loads(paperboy("stats", "--json").out)["delivery"]["warm_up"]
    then = warm_up.tomorrow(now).isoformat()
    assert told == {"cap": 50, "left": 20, "put_off": 10, "until": then, "cap_then": 100}
    said = paperboy("stats").out
    assert "50 letters may leave today (UTC), 20 are left" in said
    shown = f"{warm_up.tomorrow(now):%d %b %Y, %H:%M} UTC"
    assert f"10 are put off until {shown}, when 100 may leave" in said
