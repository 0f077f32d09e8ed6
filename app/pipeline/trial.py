"""A live comparison of two settings of the ranking: both in every letter, told apart by team."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from app.errors import BadValue, NotReady
from app.recommend import interleaving, picks, weights
from app.recommend.board import Board
from app.recommend.interleaving import Drafted, Team
from app.recommend.vectors import Model
from app.recommend.weights import Weights

# Between a model's id and what is on trial, in letter.model_id; neither has one.
MARK = "+"


def parse(setting: str) -> Weights | None:
    """Read PAPERBOY_TRIAL, "fade=0.3,liked=4"; None where it is empty. Raises NotReady."""
    named = [part.strip() for part in setting.split(",") if part.strip()]
    if not named:
        return None
    try:
        wanted = weights.parse(named)
    except BadValue as e:
        raise NotReady(f"PAPERBOY_TRIAL cannot be used: {e}.") from e
    if wanted == weights.USUAL:
        raise NotReady("PAPERBOY_TRIAL changes no weight; name another value, or leave it empty.")
    return wanted


def name(tried: Weights) -> str:
    """What is on trial, as `parse` reads it: "fade=0.3,liked=4", in the order of the weights."""
    usual = asdict(weights.USUAL)
    changed = {key: value for key, value in asdict(tried).items() if value != usual[key]}
    return ",".join(f"{key}={value:.12g}" for key, value in changed.items())


def model_id(model: Model, tried: Weights | None) -> str:
    """What a letter says of how it was ranked: the model's id, and what was on trial."""
    return model.id if tried is None else f"{model.id}{MARK}{name(tried)}"


def seed(subscriber_id: int, edition: date) -> str:
    """Decides a letter's draft: ranked again, it is the same."""
    return f"{subscriber_id} {edition}"


def rank(
    board: Board,
    readers: Sequence[picks.Reader],
    tried: Weights | None,
    seeds: Sequence[str],
) -> list[list[Drafted]]:
    """Choose each reader's picks as `picks.rank` does; on a trial both ways, and mix them.

    seeds: see `seed`, one a reader. Without a trial no pick has a team.
    """
    usual = picks.rank(board, readers)
    if tried is None:
        return [[(pick, Team.NONE) for pick in found] for found in usual]
    other = picks.rank(board, readers, tried)
    same = _twins(board)
    return [
        interleaving.draft(a, b, reader.limit, seed, same)
        for a, b, reader, seed in zip(usual, other, readers, seeds, strict=True)
    ]


def _twins(board: Board) -> dict[int, set[int]]:
    """The papers that are one work: each setting may have chosen another spelling of it."""
    ids, twins = board.day.paper_ids.tolist(), board.day.twins
    return {ids[place]: {ids[other] for other in others} for place, others in twins.items()}
