import pytest
from sqlmodel import Session, col, select

from app.store.prepared import AT_ONCE, PreparedByIds
from app.store.tables import Source

_IDS = PreparedByIds(lambda ids: select(Source.id).where(col(Source.id).in_(ids)))


@pytest.fixture
def stored(session: Session) -> list[int]:
    """The ids of more rows than one statement asks for."""
    rows = [Source(name=str(n)) for n in range(2 * AT_ONCE + 3)]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


@pytest.mark.parametrize("n", [0, 1, 3, AT_ONCE, 2 * AT_ONCE + 3])
def test_a_list_of_any_length_brings_each_row_once(session: Session, stored, n):
    found = _IDS.rows(session, stored[:n])
    assert sorted(found) == [(each,) for each in stored[:n]]


def test_ids_that_are_not_there_bring_nothing(session: Session, stored):
    gone = max(stored) + 1
    assert _IDS.rows(session, [stored[0], gone, gone + 1]) == [(stored[0],)]
