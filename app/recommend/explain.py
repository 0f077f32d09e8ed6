"""Why a paper was picked: every share of its score, and a sentence that says the largest.

A letter or page that only says its sentences needs no numpy, so this module imports none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

# The sentence names a share that is at least this part of the largest, and no lesser one.
_NAMED = 0.3


@dataclass(frozen=True)
class Share:
    """What an interest added. text: as typed. part: the words found, where not the whole is."""

    text: str
    share: float
    part: tuple[str, ...] = ()


@dataclass(frozen=True)
class LikedShare:
    """What likeness to a liked paper added, or to a disliked one took away (share < 0).

    words: up to three that weigh most among those both papers use, as the corpus writes them.
    """

    paper_id: int
    share: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """The shares of one score; all of them and `rest` add up to it.

    terms, liked: largest share first. disliked: most negative first. rest: what the liked and
    disliked papers not named add together. trending: picked by trend alone, without a score.
    """

    terms: tuple[Share, ...] = ()
    liked: tuple[LikedShare, ...] = ()
    disliked: tuple[LikedShare, ...] = ()
    rest: float = 0.0
    trending: bool = False

    @property
    def total(self) -> float:
        """The score it explains."""
        asked = sum(term.share for term in self.terms)
        return asked + sum(near.share for near in (*self.liked, *self.disliked)) + self.rest


def to_json(reason: Reason) -> str:
    """Write a reason on one line; equal reasons give equal text."""
    return json.dumps(asdict(reason), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Reason:
    """Read what `to_json` wrote."""
    read: dict[str, Any] = json.loads(text)
    return Reason(
        terms=tuple(Share(s["text"], s["share"], tuple(s["part"])) for s in read["terms"]),
        liked=_liked(read["liked"]),
        disliked=_liked(read["disliked"]),
        rest=read["rest"],
        trending=read["trending"],
    )


def _liked(read: list[dict[str, Any]]) -> tuple[LikedShare, ...]:
    return tuple(LikedShare(s["paper_id"], s["share"], tuple(s["words"])) for s in read)


def sentence(reason: Reason, titles: Mapping[int, str]) -> str:
    """Say the largest shares in plain English; plain text, to be escaped by whoever prints it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    if reason.trending:
        return "Trending now; not yet chosen by your own interests."
    asked = sum(term.share for term in reason.terms)
    liked = sum(near.share for near in reason.liked)
    said = []
    if reason.terms and asked >= _NAMED * liked:
        said.append(_say_terms(reason.terms))
    if reason.liked and liked >= _NAMED * asked:
        said.append(_say_liked(reason, titles))
    return " ".join(said) or "No word of it is among yours."


def _say_terms(terms: Sequence[Share]) -> str:
    named = [t for t in terms if t.share >= _NAMED * terms[0].share][:3]
    whole = [_quote(term.text) for term in named if not term.part]
    if whole:
        return f"You asked for {_list(whole)}."
    return f"Speaks of {_list(named[0].part)}, from your {_quote(named[0].text)}."


def _say_liked(reason: Reason, titles: Mapping[int, str]) -> str:
    nearest = reason.liked[0]
    title = titles.get(nearest.paper_id, "").strip()
    liked = sum(share.share for share in reason.liked) + reason.rest
    others = nearest.share < _NAMED * liked
    name = f"“{title}”, which you liked" if title else "a paper you liked"
    speak = f" (both speak of {_list(nearest.words)})" if nearest.words else ""
    return f"Close to {name}{speak}{', and to others' if others else ''}."


def _quote(text: str) -> str:
    return f"“{text}”" if " " in text else text


def _list(texts: Sequence[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if texts[1:] else texts)
