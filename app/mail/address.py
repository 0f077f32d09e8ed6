"""Mail addresses: which ones we take, and the one spelling under which we keep them."""

from email_validator import EmailNotValidError, validate_email

from app.errors import BadValue
from app.languages import Sentence, english, roughly

# Of the library's own words, those that people meet; the rest is as precise in English only.
_KNOWN = (
    english("An email address must have an @-sign."),
    english("There must be something before the @-sign."),
    english("There must be something after the @-sign."),
    english("The part after the @-sign is not valid. It should have a period."),
    english("The part after the @-sign is not valid. It is not within a valid top-level domain."),
    english("An email address cannot have two periods in a row."),
    english("An email address cannot end with a period."),
    english("An email address cannot have a period immediately after the @-sign."),
)


def normalise(text: str) -> str:
    """Return the address in lower case and NFC, its domain in Unicode. Raises BadValue.

    The local part may differ by case (RFC 5321 §2.4), but no provider lets it, and a second
    subscription by a capital letter would be a second letter a day.
    """
    try:
        found = validate_email(
            text.strip(), strict=True, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as e:
        shown = text.strip()[:80]
        said = english(
            "“{typed}” is no mail address we can write to: {why}", typed=shown, why=_why(e)
        )
        raise BadValue("email", said) from e
    return found.normalized.lower()


def _why(error: EmailNotValidError) -> Sentence:
    said = str(error)
    known = (each for each in _KNOWN if each == said)
    return next(known, roughly(said, english("It holds signs that it must not, or is too long.")))
