"""What holds sending: while a brake is on no letter leaves, and nobody is suppressed for it.

All brakes but one hold every letter.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.store.tables import Brake

# The one that holds no letters but those that ask somebody to confirm.
SIGN_UPS = "sign-ups"


def holds_all(brake: Brake) -> bool:
    """Whether it holds every letter."""
    return brake.name != SIGN_UPS


def held_by(name: str) -> str:
    """What the brake of this name holds, as an operator's sentence begins with it."""
    return "Mail that asks to confirm is held" if name == SIGN_UPS else "Sending is held"


def says(brake: Brake) -> str:
    """What a brake holds, since when and why, and the cure."""
    return sentence(brake.name, f"{brake.since:%d %B %Y, %H:%M} UTC", brake.reason)


def sentence(name: str, since: str, reason: str) -> str:
    """The same of what is known of one."""
    what = f"{held_by(name)} since {since} ({name}): {reason.rstrip('.')}."
    return f"{what} `paperboy resume` lets it go on."


def put_on(
    session: Session, name: str, reason: str, now: datetime, until: datetime | None = None
) -> None:
    """Hold sending, for a reason fit to be read by the operator; one of this name is renewed.

    until: when it lets go by itself; None: when somebody takes it off.
    """
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    first = insert(Brake).values(name=name, reason=reason, since=now, until=until)
    # Two machines may find out at once; neither is to fail for it.
    let_go = case((col(Brake.until) <= now, now), else_=col(Brake.since))
    renewed = {"reason": reason, "until": until, "since": let_go}
    session.execute(
        first.on_conflict_do_update(index_elements=["name"], set_=renewed),
        execution_options={"synchronize_session": False},
    )
    if brake := session.get(Brake, name):
        session.refresh(brake)


def take_off(session: Session, name: str) -> None:
    """Let go, if it holds."""
    brake = session.get(Brake, name)
    if brake is not None:
        session.delete(brake)
        session.flush()


def held(session: Session, now: datetime) -> Sequence[Brake]:
    """The brakes that are on, the oldest first."""
    return session.exec(_HELD, params={"now": now}).all()


# Put together once: every few letters ask.
_HELD = (
    select(Brake)
    .where(or_(col(Brake.until).is_(None), col(Brake.until) > bindparam("now")))
    .order_by(col(Brake.since))
)


def all_of(session: Session) -> Sequence[Brake]:
    """The same, and those that wait for a letter to try them."""
    return session.exec(select(Brake).order_by(col(Brake.since))).all()


def take_a_try(session: Session, name: str, now: datetime, until: datetime) -> bool:
    """Whether the caller may send one letter, to see if the brake is still needed.

    It has let go by itself, and holds everybody else until `until`.
    """
    tried = update(Brake).where(col(Brake.name) == name, col(Brake.until) <= now)
    found = session.scalars(tried.values(until=until).returning(col(Brake.name)))
    return found.first() is not None
