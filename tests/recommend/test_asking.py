import numpy as np
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import asking, interests, vectors


def asked(model, text):
    return asking.ask(model, sorted(interests.parse(text)))


def test_echoes_are_the_papers_that_match_best_all_that_was_typed(model):
    found = asked(model, "diffusion denoising")

    echoes = asking.echoes(found, sparse.csr_array(np.ones((1, 2))))

    rows = echoes.indices[np.argsort(-echoes.data)]
    ids = {row: paper_id for paper_id, row in model.row_of.items()}
    assert {ids[row] for row in rows[:2].tolist()} <= {5, 6, 7}
    assert len(rows) <= asking.N_ECHOES


def test_a_paper_not_learned_from_is_nobodys_echo(papers):
    model = vectors.fit(papers, {99: Paper("Diffusion", "Diffusion denoising of diffusion.")})
    found = asked(model, "diffusion")

    assert model.row_of[99] not in asking.echoes(found, sparse.csr_array([[1.0]])).indices
    assert found.best.shape == (1, len(model.row_of))


def test_the_best_are_kept_whole_and_ties_go_to_the_earlier_paper(model, monkeypatch):
    monkeypatch.setattr(asking, "DEEP", 2)
    matrix = sparse.csr_array([[0.5, 0.0, 0.5, 0.5, 0.9], [0.0, 0.1, 0.0, 0.0, 0.0]])

    kept = asking._keep(matrix, 2).toarray()

    assert kept.tolist() == [[0.5, 0, 0, 0, 0.9], [0, 0.1, 0, 0, 0]]


def test_an_author_or_category_has_facets_and_no_words(papers):
    model = vectors.fit({**papers, 17: Paper("One more", authors=("Ada Lovelace",))})

    found = asked(model, 'author:"A. Lovelace", category:cs.LG')

    assert not found.rows.nnz
    met = (found.facets @ model.facets.T).toarray() > 0
    assert met[found.column[interests.parse('author:"A. Lovelace"')[0]]].sum() == 1
    assert not met[found.column[interests.parse("category:cs.LG")[0]]].any()


def test_asking_nothing_gives_nothing(model):
    found = asking.ask(model, [])

    assert asking.echoes(found, sparse.csr_array((3, 0))).shape == (3, len(model.row_of))
