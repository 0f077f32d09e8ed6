"""One field of a form as it was typed, made fit to be stored and shown again."""

from typing import Annotated

from fastapi import Form
from pydantic import AfterValidator

from app.errors import BadValue
from app.languages import english
from app.mail import address

LONGEST = 1000
LOST = "\N{REPLACEMENT CHARACTER}"


def fit(text: str) -> str:
    """The text as it can be stored, looked for and shown."""
    # No database keeps a NUL, and no page can show half a surrogate pair.
    return text.replace("\0", LOST).encode("utf-8", "replace").decode()


Text = Annotated[str, Form(max_length=LONGEST), AfterValidator(fit)]


def read_address(text: str) -> str:
    """The address as we keep it. Raises BadValue, field "email", with a whole sentence."""
    if LOST in text:
        raise BadValue(
            "email", english("A letter of this address was lost on its way. Type it again.")
        )
    try:
        return address.normalise(text)
    except BadValue as e:
        raise BadValue("email", e.said) from e
