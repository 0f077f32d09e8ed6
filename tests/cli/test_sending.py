from conftest import NOW

from app.store import brakes
from app.store import engine as engines


def test_resume_says_what_it_lets_go(paperboy, migrated):
    engine = engines.connect(f"sqlite:///{migrated / 'paperboy.sqlite3'}")
    with engines.transaction(engine) as session:
        brakes.put_on(session, "bounces", "6 % came back", NOW)
    said = paperboy("resume")
    assert "Let go: bounces (since 2026-11-20 09:00 UTC): 6 % came back" in said.out
    with engines.transaction(engine) as session:
        assert brakes.all_of(session) == []
    assert "Nothing is held." in paperboy("resume").out
    engine.dispose()
