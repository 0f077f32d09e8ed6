"""A good letter, and ways to make it odd."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dkim as dkimpy
import pytest
from jinja2 import Environment, FileSystemLoader

from app.mail import dkim, layout, letter, message, press
from app.papers.paper import Paper
from app.recommend import voice
from app.recommend.voice import Point

MakeDaily = Callable[..., letter.Daily]
SITE = "https://papers.example.org"
ABSTRACT = (
    "We weigh terms again, e.g. with BM25, and compare with dense encoders. A sparse model comes "
    "within 0.5 points (see Fig. 3) at a hundredth of the cost. Synonyms explain the rest of it."
)


@pytest.fixture(scope="session")
def templates() -> Environment:
    """The real templates."""
    return layout.environment(FileSystemLoader(Path(__file__).parents[2] / "templates"))


def wanted(*texts: str) -> Point:
    """That a reader asked for these words."""
    return voice.point(voice.WANTED["whole"], texts)


@pytest.fixture(scope="session")
def make_pick() -> Callable[..., letter.PickView]:
    """A pick of a paper; fields of Paper and of PickView may be told, and what was `asked` for."""

    def make(rank: int = 1, **changes: Any) -> letter.PickView:
        made_up = {
            "title": f"Sparse retrieval still works, part {rank}",
            "abstract": ABSTRACT,
            "authors": ("Ada Example", "Bo Sample"),
            "url": f"https://arxiv.org/abs/2610.{rank:05}",
            "organisation": "",
            "code_url": "",
        }
        told = {name: changes.pop(name) for name in made_up if name in changes}
        pick = letter.PickView(
            paper=letter.show(Paper(**made_up | told)),
            points=(wanted(*changes.pop("asked", ("sparse retrieval",))),),
            votes=rank,
            rank=rank,
        )
        return replace(pick, **changes)

    return make


@pytest.fixture(scope="session")
def make_daily(make_pick) -> MakeDaily:
    """The letter of 21 November 2026 with ten picks out of 345, unless told otherwise."""

    def make(**changes: Any) -> letter.Daily:
        made_up = {
            "edition": date(2026, 11, 21),
            "picks": tuple(make_pick(rank) for rank in range(1, 11)),
            "n_candidates": 345,
            "preferences_url": f"{SITE}/preferences/token",
            "pause_url": f"{SITE}/preferences/token#pause",
            "unsubscribe_url": f"{SITE}/unsubscribe/token",
            "browser_url": f"{SITE}/letters/token",
            "feedback_url": f"{SITE}/feedback/token",
            "trap_url": f"{SITE}/feedback/token/0/trap",
            "why": "You signed up on 3 October 2026 with the words “sparse retrieval”.",
            "postal": "Example Lab, 1 Sample Street, Anytown",
        }
        return letter.Daily(**made_up | changes)

    return make


@pytest.fixture(scope="session")
def make_confirm() -> Callable[..., letter.Confirm]:
    """The question to a new subscriber."""

    def make(**changes: Any) -> letter.Confirm:
        made_up = {
            "confirm_url": f"{SITE}/confirm/token",
            "words": "“sparse retrieval” and “recommender systems”",
            "expires": "Monday 23 November 2026, 07:00 (Europe/Berlin)",
            "why": "This address was typed into the form at papers.example.org.",
        }
        return letter.Confirm(**made_up | changes)

    return make


@pytest.fixture(scope="session")
def build() -> Callable[..., bytes]:
    """A message around a letter, to one invented reader."""

    def make(
        laid_out: letter.Rendered | letter.Quoted, kind: str = "daily", **changes: Any
    ) -> bytes:
        at = datetime(2026, 11, 21, 6, tzinfo=UTC)
        made_up = {
            "sender": "Paperboy <paperboy@example.org>",
            "recipient": "reader@example.com",
            "message_id": message.message_id(at.date(), 7, kind, "example.org"),
            "date": at,
            "kind": kind,
        }
        if kind == "daily":
            made_up |= {"list_id": "daily.example.org", "unsubscribe_url": f"{SITE}/unsubscribe/t"}
        is_quoted = isinstance(laid_out, letter.Quoted)
        quoted = laid_out if is_quoted else press.quoted(laid_out)
        return message.build(quoted, **made_up | changes)

    return make


@pytest.fixture(scope="session")
def key_pem() -> str:
    """A key made for this test run."""
    return dkim.new_key()


@pytest.fixture(scope="session")
def signer(key_pem: str) -> dkim.Signer:
    """Signs for example.org."""
    return dkim.Signer("example.org", "paperboy", key_pem)


@pytest.fixture(scope="session")
def verifies(signer: dkim.Signer) -> Callable[[bytes], bool]:
    """Whether a receiver would find the signature on these bytes to be good."""

    def answer(name: bytes, timeout: float = 5) -> bytes | None:
        is_ours = name.decode().rstrip(".") == signer.record_name
        return signer.record.encode() if is_ours else None

    return lambda signed: dkimpy.verify(signed, dnsfunc=answer)
