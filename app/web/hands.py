"""Browsers in which somebody has pressed a button of ours: with them, no scanner is about.

A cookie, the same for everybody: it says that there was a hand, and not whose. Readers open the
links of a letter where they opened the one that confirmed their sign-up, and scanners come without
a past.
"""

from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response

from app.pipeline.compose import Letterhead

COOKIE, PRESSED = "paperboy_hand", "pressed"
# Browsers keep none for longer.
LASTS = timedelta(days=400)


def note(request: Request, answer: Response) -> None:
    """Remember that a button was pressed in this browser; sent back to pages of taps only."""
    head: Letterhead = request.app.state.letterhead
    answer.set_cookie(
        COOKIE,
        PRESSED,
        max_age=int(LASTS.total_seconds()),
        path=f"{request.app.state.pages.root}/feedback",
        httponly=True,
        # Of mail in the browser, too, a link is followed with it.
        samesite="lax",
        secure=head.links.base_url.startswith("https:"),
    )


def are_known(request: Request) -> bool:
    """Whether a button was pressed in this browser before."""
    return request.cookies.get(COOKIE) == PRESSED
