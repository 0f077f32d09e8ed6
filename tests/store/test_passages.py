import pytest
from sqlmodel import Session

from app.store import passages, tables
from app.store.passages import Needle, Span, Where

EVERYWHERE = [Span()]


@pytest.fixture
def stored(session: Session) -> list[int]:
    from datetime import date

    told = [
        {"title": "Owls", "abstract": "They see at night.", "authors": ["Ada Müller"]},
        {"title": "Bats", "abstract": "They hear at NIGHT, 100% sure.", "authors": ["Bo Tide"]},
        {"title": "Toads_in_water", "abstract": "", "categories": ["q-bio.NC"]},
        {"title": "Schrödinger's owl", "abstract": "Seen, and \\emph{not} seen."},
    ]
    rows = [tables.Paper(first_seen=date(2026, 11, 20), **each) for each in told]
    for row in rows:
        session.add(row)
        session.flush()
    return [row.id or 0 for row in rows]


@pytest.mark.parametrize(
    ("needles", "places"),
    [
        ([Needle(("night",))], [1, 0]),
        ([Needle(("night", "see"))], [0]),
        ([Needle(("night",)), Needle(("bats",))], [1]),
        ([Needle(("night",)), Needle(("toads",))], [2, 1, 0]),
        ([Needle(("M", "ller"), Where.AUTHORS)], [0]),
        ([Needle(("bio.nc",), Where.CATEGORIES)], [2]),
        ([Needle(("Schr", "dinger"))], [3]),
        ([Needle(("%",))], [1]),
        ([Needle(("s_in",))], [2]),
        ([Needle(("\\emph",))], [3]),
        ([Needle(("' OR 1=1 --",))], []),
        ([Needle(())], [3, 2, 1, 0]),
    ],
)
def test_papers_are_found_by_the_letters_in_them(session: Session, stored, needles, places):
    found = passages.holding(session, needles, EVERYWHERE, 10)
    assert found == [stored[place] for place in places]


def test_only_the_spans_are_looked_through_newest_first_up_to_the_limit(session: Session, stored):
    anything = [Needle(())]
    first, second, third, last = stored
    assert passages.holding(session, anything, [Span(None, first), Span(third)], 10) == [
        last,
        third,
        first,
    ]
    assert passages.holding(session, anything, [Span(second, third)], 10) == [third, second]
    assert passages.holding(session, anything, EVERYWHERE, 3) == [last, third, second]
    assert passages.holding(session, anything, [], 3) == []
