"""Invented papers, and the real digests where they are at hand."""

import re
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[2] / "../shared/seeds"

PAPERS: list[tuple[str, str]] = [
    (
        "Sparse Retrieval Still Works: Term Weighting for Paper Recommendation at the "
        "Scale of a Lab",
        "Dense encoders dominate recent work on recommending papers, yet most reading "
        "groups own one small machine. We revisit term weighting for this setting and "
        "show that a well-tuned baseline is hard to beat when each reader has liked "
        "fewer than twenty papers. Our error analysis finds that the gain of large "
        "encoders comes from pre- and post-processing rather than from the model "
        "itself. Code is available at https://example.org/sparse-retrieval.",
    ),
    (
        "How quiet corners of a loss surface shape the memory of small networks",
        "In this paper we ask why small networks forget rare examples first. Training "
        "runs with entropy-regularized objectives are compared with plain ones on "
        "twelve tasks. The quiet corners -- regions where the gradient is small for "
        "most examples -- collect rare examples early and release them late. We give a "
        "bound of order O(n^{1/2}) for a convex toy model, and the bound is tight up to "
        "logarithmic factors.",
    ),
    (
        "LAMPLIGHT: A Benchmark for Night-Time Driving Models",
        "Driving models are tested by day, although a third of all trips end in the "
        "dark. LAMPLIGHT collects 40 hours of night-time driving from nine cities, with "
        "labels for glare, rain and missing street lights. State-of-the-art detectors "
        "lose between 12\\% and 31\\% of their accuracy, and fine-tuning on day-time data "
        "does not bring it back.",
    ),
    (
        "Does a Teacher Need to Know the Answer? Distillation from Uncertain Language Models",
        "Knowledge distillation assumes that the teacher is right. We study what a "
        "student learns when the teacher is {\\em uncertain} and says so. Across five "
        "tasks, ``I do not know'' turns out to be a useful label: students distilled "
        "from hedging teachers are better calibrated and, surprisingly, more accurate "
        "on the questions that the teacher could not answer.",
    ),
    (
        "kiln-solver: An Open Library for Firing Curves of Ceramic Materials",
        "We present an open library that simulates firing curves of ceramic materials "
        "in one and two dimensions. It solves the heat equation with phase changes by "
        "an implicit scheme, reads the temperature logs of common kilns, and fits the "
        "curves of a material from three test tiles. Schr\\\"oder's classical results are "
        "recovered within 2 percent.",
    ),
    (
        "On the Shape of Reading Lists, and Why Recommenders Make Them Longer Than Anyone Can Read",
        "Reading lists grow faster than they are read. Based on four years of anonymous "
        "logs we describe their shape, which follows a power law with exponent near "
        "1.8, and trace the growth to recommenders that never take a paper back. A "
        "simple rule that retires unread papers after two weeks halves the length of "
        "the lists; readers did not notice.",
    ),
]


@pytest.fixture(scope="session")
def papers() -> list[tuple[str, str]]:
    return PAPERS


@pytest.fixture(scope="session", params=["000", "001", "002", "003", "004"])
def seed(request: pytest.FixtureRequest) -> tuple[str, list[tuple[str, str]]]:
    """The text of one real digest, and its papers taken apart by hand: (title, abstract) each."""
    found = sorted(SEEDS.glob(f"{request.param}_*.txt"))
    if not found:
        pytest.skip("the real digests (shared/seeds, beside the repository) are not here")
    text = found[0].read_text(encoding="utf-8")
    rows = [line for line in text.split("\n") if line.strip()]
    if rows[0].startswith("Get trending"):
        rows = rows[2:]
        rows[0] = rows[0].removeprefix("Subscribe")
    else:
        rows = rows[1 + next(i for i, row in enumerate(rows) if re.fullmatch(r"\w{3} \d+", row)) :]
    return text, list(zip(rows[::2], rows[1::2], strict=True))


@pytest.fixture(scope="session")
def seed_texts() -> list[str]:
    found = sorted(SEEDS.glob("*.txt"))
    if not found:
        pytest.skip("the real digests (shared/seeds, beside the repository) are not here")
    return [path.read_text(encoding="utf-8") for path in found]
