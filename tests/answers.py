"""What sources answer, made up: with every field, and then changed as a test needs it."""

import html
import json
from typing import Any

PERSON = {
    "_id": "66f0000000000000000000b2",
    "avatarUrl": "/avatars/00ff.svg",
    "fullname": "Bo Sample",
    "name": "bosample",
    "user": "bosample",
    "type": "user",
    "isPro": False,
}
LAB = {"_id": "66f0000000000000000000d4", "name": "examplelab", "fullname": "Example Lab"}
HF_PAPER: dict[str, Any] = {
    "id": "2610.01234",
    "authors": [
        {"_id": "66f0000000000000000000a1", "name": "Ada Example", "hidden": False},
        {"_id": "66f0000000000000000000a2", "name": "Bo Sample", "hidden": False, "user": PERSON},
    ],
    "publishedAt": "2026-10-02T00:00:00.000Z",
    "submittedOnDailyAt": "2026-10-05T00:00:00.000Z",
    "title": "Sparse Retrieval\nStill Works",
    "submittedOnDailyBy": PERSON,
    "summary": "We revisit term weighting\nfor paper recommendation.",
    "upvotes": 37,
    "discussionId": "66f0000000000000000000c3",
    "projectPage": "https://example.org/sparse",
    "githubRepo": "https://github.com/example/sparse",
    "githubRepoAddedBy": "user",
    "githubStars": 12,
    "ai_summary": "Term weighting remains competitive.",
    "ai_keywords": ["sparse retrieval", "TF-IDF"],
    "organization": LAB,
}
HF_ROW: dict[str, Any] = {
    "publishedAt": "2026-10-02T13:45:10.000Z",
    "title": "Sparse Retrieval\nStill Works",
    "summary": "We revisit term weighting\nfor paper recommendation.",
    "thumbnail": "https://cdn-thumbnails.example.org/social-thumbnails/papers/2610.01234.png",
    "numComments": 2,
    "submittedBy": PERSON,
    "organization": LAB,
    "isAuthorParticipating": True,
}


def hf_row(row: dict[str, Any] | None = None, **paper: Any) -> dict[str, Any]:
    """An entry of Hugging Face's list; ... as a value takes a field away."""
    return _without(HF_ROW | {"paper": _without(HF_PAPER | paper)} | (row or {}))


def hf_list(*rows: dict[str, Any]) -> str:
    return json.dumps(rows or [hf_row()])


def _without(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not ...}


def hf_page(*rows: dict[str, Any], day: str = "2026-10-02", swap: bool = False) -> str:
    """A Daily Papers page, its state in one attribute of one element among others."""
    state = {"periodType": "day", "dateString": day, "dailyPapers": rows, "prevDate": "2026-10-01"}
    return hf_state(state, swap=swap)


def hf_state(state: dict[str, Any], target: str = "DailyPapers", *, swap: bool = False) -> str:
    props = f'data-props="{html.escape(json.dumps(state))}"'
    both = [f'data-target="{target}"', props]
    attributes = " ".join(reversed(both) if swap else both)
    menu = html.escape(json.dumps({"classNames": "", "isWide": False}))
    return f"""<!doctype html>
<html class=""><head><meta charset="utf-8"><title>Daily Papers</title></head><body>
<div class="SVELTE_HYDRATER contents" data-target="MainHeader" data-props="{menu}"><header>1 > 0
</header></div><main><div class="SVELTE_HYDRATER contents" {attributes}><section>Papers</section>
</div></main></body></html>"""
