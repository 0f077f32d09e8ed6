"""Which of the lists in JSON is it? Ask that one's reader for the digest."""

from datetime import date

from app.errors import UnreadableDigest
from app.papers import biorxiv, exported, hf_json, json_text
from app.papers.paper import Digest


def read(text: str, read_on: date) -> Digest:  # noqa: ARG001  (its days have their years)
    """Raises UnreadableDigest if it is none of them, and what the format's own reader raises."""
    try:
        answer = json_text.parse(text)
    except UnreadableDigest:
        if exported.is_one(text):  # of several lines, each one JSON
            return exported.read(text)
        raise
    if exported.is_line(answer) and exported.is_one(text):
        return exported.read(text)
    return biorxiv.of_answer(answer) if biorxiv.is_one(answer) else hf_json.of_answer(answer)
