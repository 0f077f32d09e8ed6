"""The same work is known again, and a look-alike is not taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import identity
from app.papers.paper import Paper


def known(**facts):
    return identity.keys(Paper(**{"title": "A Title"} | facts))


def test_keys_come_strongest_first():
    paper = {"arxiv_id": "2610.01234v2", "doi": "https://doi.org/10.1000/XYZ.1", "title": "A Title"}

    assert known(**paper) == ("arxiv:2610.01234", "doi:10.1000/xyz.1", "title:a title")


@pytest.mark.parametrize(
    ("text", "arxiv_id"),
    [
        ("2610.01234", "2610.01234"),
        ("2610.01234v11", "2610.01234"),
        ("0704.0001", "0704.0001"),
        ("hep-ex/0307015v1", "hep-ex/0307015"),
        ("math.GT/0309136", "math/0309136"),
        ("https://arxiv.org/abs/2610.01234v1", "2610.01234"),
        ("http://arxiv.org/pdf/2610.01234.pdf", "2610.01234"),
        ("https://huggingface.co/papers/2606.00683", "2606.00683"),
        ("https://huggingface.co/login?next=%2Fpapers%2F2606.00683", "2606.00683"),
        ("oai:arXiv.org:2610.01234v1", "2610.01234"),
        ("as shown in arXiv:2610.01234 [cs.IR]", "2610.01234"),
        ("10.48550/arXiv.2610.01234", "2610.01234"),
        ("it costs 1905.12345 in all", ""),
        ("2613.01234", ""),
        ("arXiv:2610.0123", ""),
        ("https://example.org/papers/about", ""),
        ("", ""),
    ],
)
def test_arxiv_ids_are_found_in_links_and_names_only(text, arxiv_id):
    assert identity.arxiv_id_in(text) == arxiv_id


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1000/ABC.5", "10.1000/abc.5"),
        ("doi:10.1016/S0140-6736(05)12345-6.", "10.1016/s0140-6736(05)12345-6"),
        ("(see 10.1000/xyz)", "10.1000/xyz"),
        ("http://dx.doi.org/10.1000%2Fxyz", "10.1000/xyz"),
        ("version 10.2/3", ""),
    ],
)
def test_dois_are_found_without_resolver_and_punctuation(text, doi):
    assert identity.doi_in(text) == doi


@pytest.mark.parametrize(
    "other",
    [
        "SPARSE  retrieval – still works",
        "Sparse Retrieval: Still Works.",
        "Sparse\nRetrieval Still Works",
    ],
)
def test_a_retyped_title_is_the_same_work(other):
    assert known(title="Sparse Retrieval Still Works") == known(title=other)


def test_tex_and_unicode_spell_the_same_title():
    assert known(title='The Schr\\"odinger Bridge') == known(title="The Schrödinger Bridge")


@pytest.mark.parametrize(
    "other",
    [
        "Sparse Retrieval Still Works II",
        "Sparse Retrieval Still Works, Part 2",
        "Corrigendum: Sparse Retrieval Still Works",
        "Sparse Retrieval++ Still Works",
    ],
)
def test_a_look_alike_title_shares_no_key(other):
    assert not {*known(title="Sparse Retrieval Still Works")} & {*known(title=other)}


def test_arxivs_own_doi_is_its_id():
    assert known(doi="10.48550/arXiv.2610.01234")[0] == "arxiv:2610.01234"
    assert len(known(doi="10.48550/arXiv.2610.01234")) == 2


@given(st.text(min_size=1))
def test_any_title_has_one_key_and_keeps_it(title):
    keys = known(title=title)

    assert len(keys) == (1 if title.strip() else 0) or keys[0].startswith(("arxiv:", "title:"))
    assert keys == known(title=title)
