"""Mail addresses: which ones we take, and the one spelling under which we keep them."""

from email_validator import EmailNotValidError, validate_email

from app.errors import BadValue


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
        raise BadValue("email", f"“{shown}” is no mail address we can write to: {e}") from e
    return found.normalized.lower()
