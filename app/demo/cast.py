"""Three invented people who differ in how they tell Paperboy what they care about."""

from dataclasses import dataclass

from app.recommend import board, picks
from app.recommend.calibration import Band
from app.recommend.candidates import Candidate
from app.recommend.interests import Interest, parse
from app.recommend.profile import Taste
from app.recommend.vectors import Model


@dataclass(frozen=True)
class Person:
    """words: what they type at sign-up.

    likes, dislikes: what the papers they like, or do not, are about; the demo finds some such
    papers among those of the first day, whatever digests it is given.
    """

    name: str
    address: str
    words: str
    likes: str = ""
    dislikes: str = ""

    def tells(self) -> str:
        """How they differ from the others, in a few words."""
        parts = [f"types {self.words}" if self.words else ""]
        parts.append(f"likes papers on {self.likes}" if self.likes else "")
        parts.append(f"dislikes one on {self.dislikes}" if self.dislikes else "")
        return "; ".join(part for part in parts if part)


CAST = (
    Person("Ada", "ada@example.org", '"reinforcement learning", agents, reasoning'),
    Person("Bo", "bo@example.org", "", likes="diffusion video image generation"),
    Person(
        "Chidi",
        "chidi@example.org",
        '"language models", medicine, protein',
        likes="protein molecules drug",
        dislikes="speech audio",
    ),
)


def papers_about(model: Model, words: str, n: int) -> list[int]:
    """Up to `n` papers of a model that match some words best; the first where nothing matches."""
    if not words:
        return []
    asked: tuple[Interest, ...] = parse(words)
    everyone = sorted(model.row_of)
    everything = board.lay_out(model, [Candidate(paper_id) for paper_id in everyone])
    reader = picks.Reader(Taste(asked), limit=n, threshold=Band.LOOK)
    found = [pick.paper_id for pick in picks.rank(everything, [reader])[0]]
    return found or everyone[:1]
