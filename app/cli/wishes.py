"""What an operator types about a subscriber, as the wish that sign-up takes."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.cli import shown
from app.errors import AppError, BadValue

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from app.mail.links import Tokens
    from app.pipeline.compose import Letterhead
    from app.pipeline.opt_in import Wish
    from app.recommend.interests import Interest
    from app.recommend.language import Typed
    from app.settings import Settings

COMMAND = "paperboy subscribers"
TUNING = ("threshold", "dial", "exploration", "shares_likes", "empty_day")
# One interest without quotes: its minus and name, its words, its weight.
_INTEREST = re.compile(
    r"(?P<before>[-−–]?\s*(?i:(?:author|category)\s*:)?)\s*(?P<words>.+?)(?P<weight>\s+[x×][\d.,]+)?"
)
_SIGNS = re.compile('["“”„«»「」『』,;，、；،؛]')


def language(keywords: list[str] | None) -> str:
    """The options as one text of the interest language: each is one interest, quoted or not.

    An option in which a later word is left out, or named, holds several: "diffusion -video".
    """
    # "-k=-video" reaches us as "=-video", which would ask for the very thing.
    return ", ".join(_quoted(keyword.strip().removeprefix("=")) for keyword in keywords or [])


@contextmanager
def pointing(keywords: list[str] | None) -> Iterator[None]:
    """Show the text whose character an error names: of several options nobody has typed it."""
    try:
        yield
    except BadValue as e:
        whole = language(keywords)
        if "character" not in str(e) or e.field != "interests" or [whole] == keywords:
            raise
        raise BadValue(e.field, f"{e}; all of them are read as: {whole}") from e


def _quoted(keyword: str) -> str:
    found, read = _INTEREST.fullmatch(keyword), _read(keyword)
    stands = len(read) <= 1 or any(each.negative or each.name for each in read[1:])
    if not found or _SIGNS.search(found["words"]) or stands:
        return keyword
    before, words, weight = found["before"].replace(" ", ""), found["words"], found["weight"] or ""
    weighted = f'{before}"{words}"{weight}'
    # Not everything that looks like a weight is one: x264 is a name.
    return weighted if len(_read(weighted)) <= 1 else f'{before}"{words}{weight}"'


def _read(typed: str) -> "list[Typed]":
    """The interests that a text holds; none if it cannot be read, which `interests` will say."""
    from app.recommend import language

    try:
        return list(language.read(typed))
    except BadValue:
        return []


def tuned(
    threshold: str | None,
    dial: str | None,
    exploration: str | None,
    share_likes: bool | None,
    empty_day: str | None,
) -> dict[str, str]:
    """Those options of the tuning that were given, by the names of TUNING."""
    consent = None if share_likes is None else ("yes" if share_likes else "no")
    given = zip(TUNING, (threshold, dial, exploration, consent, empty_day), strict=True)
    return {name: typed for name, typed in given if typed is not None}


def wish(session: "Session", asked: dict[str, Any], typed: str) -> "Wish":
    """asked: email, likes, zone, hour, days, size, language as typed, None where nothing was;
    and TUNING.

    Raises BadValue.
    """
    from app.mail import address, edition
    from app.pipeline.opt_in import Wish
    from app.recommend import interests, tuning

    liked = papers(session, asked["likes"] or [])
    return Wish(
        address=address.normalise(asked["email"]),
        interests=interests.parse(typed, has_likes=bool(liked)),
        liked=liked,
        zone=edition.parse_zone(asked["zone"] or "UTC").key,
        hour=edition.parse_hour(7 if asked["hour"] in {None, ""} else asked["hour"]),
        days=edition.parse_days(asked["days"] or "daily"),
        letter_size=_size(asked["size"]),
        tuning=tuning.parse({name: asked[name] for name in TUNING if asked.get(name)}),
        language=spoken(asked.get("language")),
    )


def spoken(code: str | None) -> str:
    """The code of a language that letters can be in, "" where none is given. Raises BadValue."""
    from app import assembly

    known = assembly.languages()
    if code and not known.knows(code):
        listed = ", ".join(each.code for each in known.all)
        raise BadValue("language", f"“{code}” is no language of ours; choose one of: {listed}.")
    return code or ""


def _size(text: str | int) -> int:
    if not str(text).isdecimal() or not 1 <= int(text) <= 50:
        raise BadValue("size", f"“{text}” is no size for a letter; give a number from 1 to 50.")
    return int(text)


def papers(session: "Session", names: list[str]) -> tuple[int, ...]:
    """The ids of stored papers named by arXiv id, link or title. Raises BadValue."""
    from app.store import papers

    found = {name: papers.named(session, name) for name in names}
    for name, paper in found.items():
        if paper is None:
            raise BadValue(
                "like", f"No stored paper is “{name}”; give an arXiv id, a link or a whole title."
            )
    return tuple(paper.id or 0 for paper in found.values() if paper)


def refuse_known(session: "Session", tokens: "Tokens", address: str, *, returning: bool) -> None:
    """Raise AppError for an address that is subscribed, suppressed, or was erased at its wish.

    returning: somebody who unsubscribed may come back.
    """
    from app.pipeline import erasure
    from app.store import subscribers, suppressions
    from app.store.tables import Status

    known = subscribers.by_address(session, address)
    if known and not (returning and known.status == Status.UNSUBSCRIBED):
        raise AppError(f"{address} is a subscriber already; use `paperboy subscribers edit`.")
    if suppressions.has(session, address):
        raise AppError(f"{address} is suppressed; `paperboy suppressions check` says why.")
    if erasure.is_erased(session, tokens, address):
        raise AppError(f"{address} was deleted at its owner's wish; only they can sign up again.")


def subscribe(
    session: "Session", wish: "Wish", now: datetime, confirmed: bool, head: "Letterhead"
) -> datetime | None:
    """Start the letters at once if they agreed already, else queue the letter that asks them.

    Returns when that letter goes, None if there is none.
    """
    from app.pipeline import opt_in

    if confirmed:
        text = "The operator added this address, and says that its owner had agreed already."
        opt_in.vouch(session, wish, opt_in.Asked(text, COMMAND), now)
        return None
    text = "The operator added this address, and a letter asked its owner to confirm."
    return opt_in.request(session, head, wish, opt_in.Asked(text, COMMAND), now)


def tell_letter(due_at: datetime | None, now: datetime) -> str:
    """Say when the letter that asks goes, for the operator's eyes."""
    if due_at is None:
        return (
            "no letter asks them to confirm now: one address is asked once a day and three times "
            "in 30 days at most"
        )
    when = "" if due_at <= now else f" at {due_at:%Y-%m-%d %H:%M} UTC, after many others"
    return f"a letter that asks them to confirm waits to be sent{when}"


def tell_unknown(
    settings: "Settings",
    engine: "Engine",
    typed: Sequence[tuple[str, Sequence["Interest"]]],
    now: datetime,
) -> None:
    """Note on standard error which interests no paper meets; each with the place they stand at."""
    if not any(interests for _, interests in typed):
        return
    from app import assembly
    from app.pipeline import ingest
    from app.recommend import hints
    from app.store import engine as engines

    models = assembly.day(settings, engine).desk.models
    waiting = shown.waiting("Looking for papers that speak of it")
    with waiting, engines.transaction(engines.reading(engine)) as session:
        model = models.of(session, ingest.day(now))
    if not model.row_of:  # before the first digest everything is unknown
        return
    # Many people type the same, and what is near a word is searched for among all words.
    different = {each for _, interests in typed for each in interests}
    said = {each: hints.unknown(model, [each]) for each in different}
    for place, interests in typed:
        for unknown in (unknown for each in interests for unknown in said[each]):
            print(f"Note: {place}{unknown.sentence()}", file=sys.stderr)
