import hashlib
import json
import os
import shutil
import threading
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from app.errors import UnusableModel
from app.papers.paper import Paper
from app.recommend import board, picks, vectors, words
from app.recommend.calibration import Band
from app.recommend.candidates import Candidate
from app.recommend.interests import Interest
from app.recommend.profile import Taste
from app.recommend.tastes import Tastes
from app.recommend.vectors import Model
from app.store import models

WORDS = ("owls", "hunting", "night", "whale", "songs", "krill", "μ-mesons", "C++", "naïve", "夜鷹")
PAPERS = {
    n: Paper(
        f"On {WORDS[n % 10]} and {WORDS[n % 7]}",
        f"We study {WORDS[n % 3]} of {WORDS[n % 9]}. {WORDS[n % 4]} {WORDS[n % 8]} help.",
        authors=(f"Ada Finch{n % 5}", "Li Wren"),
        categories=("q-bio.NC", f"odd\n{n % 2}"),
    )
    for n in range(1, 61)
}
# As many readers and likes as it takes to learn from them.
LIBRARIES = [[(reader + 2 * n) % 60 + 1 for n in range(30)] for reader in range(40)]


def equal(one: object, other: object) -> bool:
    """Are they of one kind, and alike to the last bit?"""
    if isinstance(one, Model | Tastes):
        names = [field.name for field in fields(one)]
        return all(equal(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, sparse.csr_array):
        parts = ("data", "indices", "indptr")
        alike = all(equal(getattr(one, part), getattr(other, part)) for part in parts)
        return alike and one.shape == other.shape
    if isinstance(one, np.ndarray):
        layouts = [(each.dtype, each.shape, each.flags.c_contiguous) for each in (one, other)]
        return layouts[0] == layouts[1] and one.tobytes() == other.tobytes()
    return type(one) is type(other) and one == other


def ranked(model: Model) -> list[list[picks.Pick]]:
    everything = board.lay_out(model, [Candidate(paper_id) for paper_id in model.row_of])
    known = sorted(model.row_of)
    tastes = (
        Taste((Interest("night owls"), Interest("songs", weight=2.0)), tuple(known[:1])),
        Taste((Interest("krill", negative=True),), tuple(known[1:4]), tuple(known[4:5])),
    )
    return picks.rank(everything, [picks.Reader(each, threshold=Band.LOOK) for each in tastes])


@pytest.fixture(scope="module")
def model():
    return vectors.fit(PAPERS, libraries=LIBRARIES)


@pytest.fixture(scope="module")
def kept(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    models.keep(folder, model)
    return folder / f"{model.id}.npz"


def renamed(model, name):
    return replace(model, id=name)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_model_comes_back_equal_and_ranks_the_same(model, kept):
    again = models.load(kept.parent, model.id)

    assert model.tastes
    assert equal(again, model)
    assert ranked(again) == ranked(model)
    assert any(ranked(model))


some_words = st.lists(st.sampled_from([*WORDS, "of", "the", ". "]), max_size=12).map(" ".join)
any_text = st.text(max_size=20)
any_paper = st.builds(
    Paper,
    title=some_words | any_text,
    abstract=some_words | any_text,
    authors=st.lists(any_text, max_size=3).map(tuple),
    categories=st.lists(any_text, max_size=2).map(tuple),
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.integers(1, 2**40), any_paper, max_size=8))
def test_the_model_of_any_corpus_comes_back_equal(corpus):
    model = vectors.fit(corpus)
    with TemporaryDirectory() as folder:
        models.keep(Path(folder), model)
        again = models.load(Path(folder), model.id)
    assert equal(again, model)
    assert ranked(again) == ranked(model)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_damaged_file_is_never_read_as_a_model(model, kept, data):
    content = bytearray(kept.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as folder:
        (Path(folder) / kept.name).write_bytes(content)
        with pytest.raises(UnusableModel, match=kept.name):
            models.load(Path(folder), model.id)


def test_a_model_under_another_name_is_not_taken_for_it(kept, tmp_path):
    shutil.copy(kept, tmp_path / "0123456789ab.npz")
    with pytest.raises(UnusableModel):
        models.load(tmp_path, "0123456789ab")


def test_a_file_of_another_format_is_not_used(model, kept, monkeypatch):
    monkeypatch.setattr(models, "FORMAT", models.FORMAT + 1)
    with pytest.raises(UnusableModel):
        models.load(kept.parent, model.id)


def test_a_file_that_somebody_else_made_is_not_used(tmp_path):
    np.savez(tmp_path / "0123456789ab.npz", rows=np.array([{"not": "plain"}]))
    with pytest.raises(UnusableModel):
        models.load(tmp_path, "0123456789ab")


def test_what_was_never_kept_is_not_there(tmp_path):
    assert models.load(tmp_path / "nowhere", "0123456789ab") is None


def test_the_newest_few_stay(model, tmp_path):
    untaught = replace(model, tastes=None)
    for n in range(models.KEPT + 2):
        models.keep(tmp_path, renamed(untaught, f"{n}"))
        os.utime(tmp_path / f"{n}.npz", (n, n))
    assert names(tmp_path) == {"2.npz", "3.npz", "4.npz"}


def test_a_model_in_use_counts_as_new(model, tmp_path):
    untaught = replace(model, tastes=None)
    for n in range(models.KEPT):
        models.keep(tmp_path, renamed(untaught, f"{n}"))
        os.utime(tmp_path / f"{n}.npz", (n, n))
    models.load(tmp_path, "0")
    models.keep(tmp_path, renamed(untaught, "last"))
    assert names(tmp_path) == {"0.npz", "2.npz", "last.npz"}


def test_what_readers_likes_taught_does_not_outlive_the_next_model(model, tmp_path):
    assert model.tastes is not None
    models.keep(tmp_path, renamed(model, "before"))
    models.keep(tmp_path, renamed(model, "after"))
    assert names(tmp_path) == {"after.npz"}


def test_the_model_just_kept_stays_though_the_clock_was_set_back(model, tmp_path):
    untaught = replace(model, tastes=None)
    for n in range(models.KEPT):
        models.keep(tmp_path, renamed(untaught, f"{n}"))
        os.utime(tmp_path / f"{n}.npz", (4e9 + n, 4e9 + n))
    models.keep(tmp_path, renamed(untaught, "last"))
    assert names(tmp_path) == {"1.npz", "2.npz", "last.npz"}


def test_drafts_of_a_writer_that_died_are_cleared_and_others_left(model, tmp_path):
    (tmp_path / "old.draft").touch()
    os.utime(tmp_path / "old.draft", (1, 1))
    (tmp_path / "new.draft").touch()
    models.keep(tmp_path, model)
    assert names(tmp_path) == {"new.draft", f"{model.id}.npz"}


def test_writers_of_one_model_at_once_leave_one_whole_file(model, tmp_path):
    start, failed = threading.Barrier(6), []

    def keep():
        start.wait()
        try:
            models.keep(tmp_path, model)
        except OSError as e:
            failed.append(e)

    threads = [threading.Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert names(tmp_path) == {f"{model.id}.npz"}
    assert equal(models.load(tmp_path, model.id), model)


def test_a_model_that_cannot_be_put_in_place_leaves_no_draft(model, tmp_path):
    (tmp_path / f"{model.id}.npz").mkdir()
    with pytest.raises(OSError, match=model.id):
        models.keep(tmp_path, model)
    assert names(tmp_path) == {f"{model.id}.npz"}


def test_what_a_fit_gives_changes_with_its_version_only(model):
    """Else kept models of before would pass for those of now.

    If this fails, raise vectors.VERSION (or words.VERSION), then write down what it gives now.
    """
    written = (model.surfaces, list(model.forms), model.pairs.tolist())
    told = (model.vocabulary, written, model.facet_of, model.rows.indices.tolist())
    given = hashlib.blake2s(json.dumps(told, sort_keys=True).encode(), digest_size=6).hexdigest()
    assert (vectors.VERSION, words.VERSION, given) == (5, 2, "007dd1b4abe1")
