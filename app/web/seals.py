"""When a form for strangers was made, signed into it: what comes back at once is a program's."""

from datetime import datetime, timedelta
from enum import IntEnum

from app.errors import BadLink
from app.mail.links import Purpose, Tokens

LEAST, MOST = timedelta(seconds=2), timedelta(days=1)


class Form(IntEnum):
    """Which of our forms it is; the value stands in the seal."""

    PAGE = 1
    BOX = 2
    SUBMISSION = 3


PATHS = {Form.PAGE: "/subscribe", Form.BOX: "/", Form.SUBMISSION: "/submit"}


def make(tokens: Tokens, form: Form, now: datetime) -> str:
    """Seal a form that is made `now`."""
    return tokens.make(Purpose.FORM, form, int(now.timestamp() * 1000))


def read(tokens: Tokens, seal: str, now: datetime) -> Form | None:
    """Tell which form was sent; None for one not of ours, sent at once, or left lying for a day."""
    try:
        number, stamp = tokens.read(Purpose.FORM, seal, n_facts=2)
        form = Form(number)
    except (BadLink, ValueError):
        return None
    age = timedelta(milliseconds=int(now.timestamp() * 1000) - stamp)
    return form if LEAST <= age <= MOST else None
