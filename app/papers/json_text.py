"""JSON as the values it stands for."""

import json

from app.errors import UnreadableDigest


def parse(text: str) -> object:
    """Raises UnreadableDigest, which says where the text stops being JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        raise UnreadableDigest(
            f"This JSON cannot be read: line {e.lineno}, column {e.colno}: {e.msg}."
        ) from e
    except (ValueError, RecursionError) as e:
        raise UnreadableDigest(
            "This JSON cannot be read: it holds a number, or lists in lists, beyond all measure."
        ) from e
