from dataclasses import replace

import pytest
from conftest import NOW

from app.pipeline import readers
from app.recommend import vectors
from app.store import engine as engines
from app.store import models

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
            return readers.Models(readers.Rules(7), shelf).of(session, TODAY)

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
