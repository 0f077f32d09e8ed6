"""JSON as the values it stands for."""

import json

import pydantic_core

from app.errors import UnreadableDigest


def parse(text: str) -> object:
    """Raises UnreadableDigest, which says where the text stops being JSON."""
    try:
        # In two thirds of the time. It refuses more (half of a pair of surrogates, lists in lists
        # 200 deep, all that is no JSON): of that json has the last word, and the words for it.
        return pydantic_core.from_json(text, cache_strings="keys")
    except (ValueError, TypeError):
        return _slowly(text)


def _slowly(text: str) -> object:
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
