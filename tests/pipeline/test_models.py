import gc
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW

from app.pipeline import models as station
from app.pipeline.models import Models, Rules
from app.recommend import vectors
from app.store import engine as engines
from app.store import models, papers
from app.store.tables import Paper

TODAY = NOW.date()


@pytest.fixture
def shelf(settings):
    return settings.data_dir / "models"


@pytest.fixture
def model_of(engine, store_papers, retrieval_papers):
    """The model that a process which starts now ranks with."""
    store_papers(*retrieval_papers)

    def get(shelf):
        with engines.transaction(engines.reading(engine)) as session:
            return Models(Rules(7), shelf).of(session, TODAY)

    return get


def test_a_kept_model_is_not_fitted_again(model_of, shelf):
    fitted = model_of(shelf)
    marked = replace(fitted, surfaces={"whale": "kept"})
    models.keep(shelf, marked)
    assert model_of(shelf).surfaces == {"whale": "kept"}


def test_the_id_is_known_without_fitting(model_of, day, engine):
    with engines.transaction(engines.reading(engine)) as session:
        fitted = day.desk.models.of(session, TODAY)
    assert model_of(None).id == fitted.id
    assert models.load(day.data_dir / "models", fitted.id) is not None


def test_a_new_paper_makes_another_model(model_of, shelf, store_papers, birds):
    before = model_of(shelf)
    store_papers(*birds)
    assert model_of(shelf).id != before.id
    assert len(list(shelf.iterdir())) == 2


def test_a_damaged_model_is_told_of_fitted_anew_and_replaced(model_of, shelf, logged):
    fitted = model_of(shelf)
    path = shelf / f"{fitted.id}.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert model_of(shelf).surfaces == fitted.surfaces
    assert path.read_bytes() == whole
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("model_fitted_anew", "warning")
    assert path.name in line["reason"]


def test_a_folder_that_cannot_be_written_is_told_of_and_ranking_goes_on(model_of, tmp_path, logged):
    (tmp_path / "file").touch()
    assert model_of(tmp_path / "file" / "models").row_of
    assert {(line["event"], line["log_level"]) for line in logged} == {
        ("model_fitted_anew", "warning"),
        ("model_not_kept", "warning"),
    }


def test_without_a_shelf_nothing_is_kept(model_of, shelf):
    assert model_of(None).row_of
    assert not shelf.exists()


def test_another_version_of_fitting_has_another_id(model_of, retrieval_papers):
    corpus = dict(enumerate(retrieval_papers, start=1))
    assert vectors.version(corpus) == vectors.fit(corpus).id
    assert vectors.version(corpus, libraries=[[1, 2]]) != vectors.version(corpus)
    assert vectors.version(corpus, libraries=[[2, 1], [3]]) == vectors.version(
        corpus, libraries=[[3], [1, 2, 2]]
    )


@pytest.fixture
def desk(engine, store_papers, retrieval_papers):
    """Asks for the board as a shard does, at some moment."""
    store_papers(*retrieval_papers)
    kept = Models(Rules(7))

    def board(now=NOW):
        with engines.transaction(engines.reading(engine)) as session:
            return kept.board(session, now.date(), now)

    return board


@pytest.fixture
def unread(monkeypatch):
    """From now on the corpus must not be read."""

    def never(*_):
        raise AssertionError("every shard would wait for this")

    return lambda: monkeypatch.setattr(station.papers, "texts", never)


def test_one_shard_after_the_other_reads_the_corpus_once(desk, unread):
    first = desk()
    unread()
    assert desk(NOW + timedelta(minutes=9)) is first


def test_a_new_paper_is_on_the_next_shards_board(desk, store_papers, birds):
    before = desk()
    ids = store_papers(*birds)
    assert set(ids) == set(desk().day.paper_ids.tolist()) - set(before.day.paper_ids.tolist())


@pytest.mark.parametrize("later", [timedelta(minutes=10), timedelta(hours=-1)])
def test_what_was_filled_in_since_is_read_after_a_while(desk, engine, later):
    """As it is when the clock was set back, for nobody knows how long it has been then."""
    before = desk()
    with engines.transaction(engine) as session:
        session.get_one(Paper, int(before.day.paper_ids[0])).abstract = "Of krill alone."
    assert desk() is before
    assert desk(NOW + later).model.id != before.model.id


def test_a_board_of_a_moment_that_has_passed_is_none_for_the_next_shard(
    engine, store_papers, retrieval_papers
):
    store_papers(*retrieval_papers, votes=(9,) * len(retrieval_papers))
    kept, earlier = Models(Rules(7)), NOW - timedelta(minutes=5)
    with engines.transaction(engines.reading(engine)) as session:
        then = kept.board_then(session, NOW.date(), earlier)
        now = kept.board(session, NOW.date(), NOW)
    assert not then.day.trends.any()
    assert now.day.trends.all()


def test_a_paper_stored_after_the_corpus_was_read_waits_for_the_next_board(
    desk, monkeypatch, retrieval_papers
):
    read = papers.texts

    def all_but_the_last(*asked):
        *found, _ = read(*asked).items()
        return dict(found)

    monkeypatch.setattr(station.papers, "texts", all_but_the_last)
    assert len(desk().day.paper_ids) == len(retrieval_papers) - 1


def test_a_large_model_is_put_out_of_the_way_of_the_garbage_collection(desk, monkeypatch):
    monkeypatch.setattr(station, "MANY", 10)
    gc.unfreeze()
    try:
        desk()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
