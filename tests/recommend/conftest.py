"""A small invented corpus: four subjects, four papers each."""

import pytest

from app.papers.paper import Paper
from app.recommend import vectors
from app.recommend.vectors import Model

PAPERS = {
    1: Paper(
        "Protein Folding with Sparse Attention",
        "We predict how a protein folds. Attention over residues replaces physical simulation,"
        " and protein structures come out sharper.",
    ),
    2: Paper(
        "Proteins That Never Fold",
        "Disordered proteins have no stable structure. We chart their residues and measure"
        " binding in living cells.",
    ),
    3: Paper(
        "Binding Pockets from Sequence Alone",
        "Drug binding depends on pockets of a protein. A sequence model finds such pockets"
        " without any known structure of residues.",
    ),
    4: Paper(
        "μ-Opioid Receptors in Motion",
        "Simulation of the μ-opioid receptor shows how binding of a drug opens its pocket.",
    ),
    5: Paper(
        "Diffusion Models Draw Faster",
        "Sampling from diffusion models takes many steps. We distil an image generator so that"
        " four steps of denoising are enough.",
    ),
    6: Paper(
        "Video Diffusion for Weather",
        "A diffusion model of video frames forecasts rain. Denoising is guided by radar.",
    ),
    7: Paper(
        "Editing Images by Denoising Backwards",
        "An image is inverted through a diffusion model, edited, and sampled again.",
    ),
    8: Paper(
        "Face Recognition under Poor Light",
        "Camera images of faces are noisy at night. Denoising before recognition halves errors.",
    ),
    9: Paper(
        "Speech Recognition for Whispered Vowels",
        "Whispering removes pitch from speech. A recogniser trained on whispered audio restores"
        " the vowels.",
    ),
    10: Paper(
        "Audio Tokens for Spoken Dialogue",
        "Dialogue systems turn speech into text first. Audio tokens keep pitch and pauses.",
    ),
    11: Paper(
        "A Choir of Synthetic Voices",
        "Singing differs from speech in pitch. We synthesise a choir from audio of one singer.",
    ),
    12: Paper(
        "Hearing Aids That Learn",
        "A hearing aid adapts its audio filters to the wearer by few-shot learning.",
    ),
    13: Paper(
        "Sorting Almost Sorted Lists in C++",
        "Lists in practice are almost sorted. A merge algorithm in C++ uses their runs.",
    ),
    14: Paper(
        "Shortest Paths in Changing Graphs",
        "Edges of road graphs change weight all day. Our algorithm repairs shortest paths.",
    ),
    15: Paper(
        "Counting Triangles of Huge Graphs",
        "A streaming algorithm counts the triangles of a graph in one pass over its edges.",
    ),
    16: Paper(
        "Colouring Graphs Online",
        "Vertices arrive one by one. The algorithm colours the graph and never recolours.",
    ),
}
# What some readers like, so that there is something to learn from them in sum.
LIBRARIES = [[1, 2, 3, 14], [1, 2, 15], [2, 3, 4, 16], [5, 6, 7, 9]] * 100


@pytest.fixture(scope="session")
def model() -> Model:
    """The model of PAPERS."""
    return vectors.fit(PAPERS)


@pytest.fixture(scope="session")
def papers() -> dict[int, Paper]:
    """PAPERS, for tests that change them (a copy)."""
    return dict(PAPERS)


@pytest.fixture(scope="session", params=["words alone", "readers too"])
def known(request: pytest.FixtureRequest, papers: dict[int, Paper]) -> Model:
    """A model with authors and categories, with and without what readers like in sum."""
    told = {
        n: Paper(
            each.title,
            each.abstract,
            ("Ada Lovelace",) if n % 3 else ("Y. Le",),
            categories=("cs.LG",) if n > 8 else (),
        )
        for n, each in papers.items()
    }
    return vectors.fit(told, libraries=LIBRARIES if request.param == "readers too" else ())
