"""When to try a deferred letter again, and when to let it go."""

import random
from datetime import datetime, timedelta

# Quick at first for greylisting, then slow; the last step repeats.
STEPS = tuple(timedelta(minutes=m) for m in (5, 15, 30, 60, 120))
# Below the 4–5 days of RFC 5321 §4.5.4.1 on purpose: tomorrow's letter replaces today's.
GIVE_UP_AFTER = timedelta(hours=20)


def next_attempt(attempts: int, first_due: datetime, now: datetime) -> datetime | None:
    """The moment of the next attempt after `attempts` failed ones, or None to give up.

    Spread by up to a tenth, so that a relay that was down is not met by everybody at once; the
    spread comes from the letter's own facts, so that it can be foretold.
    """
    step = STEPS[min(attempts, len(STEPS)) - 1]
    spread = random.Random(f"{first_due.isoformat()}{attempts}").random()  # noqa: S311
    moment = now + step * (1 + spread / 10)
    return None if moment - first_due > GIVE_UP_AFTER else moment
