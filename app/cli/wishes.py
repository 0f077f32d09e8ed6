"""What an operator types about a subscriber, as the wish that sign-up takes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.errors import AppError, BadValue

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.pipeline.opt_in import Wish


def language(keywords: list[str] | None) -> str:
    """The options' words as one text of the interest language: an option is a word or phrase."""
    return ", ".join(_quoted(keyword.strip()) for keyword in keywords or [])


def _quoted(keyword: str) -> str:
    bare = keyword.removeprefix("-").strip()
    if " " not in bare or '"' in bare or "," in bare:
        return keyword
    return f'-"{bare}"' if keyword.startswith("-") else f'"{bare}"'


def wish(session: "Session", asked: dict[str, Any], typed: str) -> "Wish":
    """asked: email, likes, zone, hour, days, size as typed; None where nothing was. BadValue."""
    from app.mail import address, edition
    from app.pipeline.opt_in import Wish
    from app.recommend import interests

    liked = papers(session, asked["likes"] or [])
    return Wish(
        address=address.normalise(asked["email"]),
        interests=interests.parse(typed, has_likes=bool(liked)),
        liked=liked,
        zone=edition.parse_zone(asked["zone"] or "UTC").key,
        hour=edition.parse_hour(7 if asked["hour"] in {None, ""} else asked["hour"]),
        days=edition.parse_days(asked["days"] or "daily"),
        letter_size=_size(asked["size"]),
    )


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


def refuse_known(session: "Session", address: str, *, returning: bool) -> None:
    """Raise AppError for an address that is subscribed or suppressed.

    returning: somebody who unsubscribed may come back.
    """
    from app.store import subscribers, suppressions
    from app.store.tables import Status

    known = subscribers.by_address(session, address)
    if known and not (returning and known.status == Status.UNSUBSCRIBED):
        raise AppError(f"{address} is a subscriber already; use `paperboy subscribers edit`.")
    if suppressions.has(session, address):
        raise AppError(f"{address} is suppressed: it asked for no more mail, or refuses it.")


def subscribe(
    session: "Session", wish: "Wish", now: datetime, confirmed: bool, domain: str
) -> None:
    """Start the letters at once if they agreed already, else queue the letter that asks them."""
    from app.pipeline import opt_in
    from app.store import subscribers

    if confirmed:
        subscribers.activate(session, opt_in.note(session, wish, now), now)
    else:
        opt_in.request(session, wish, now, domain)
