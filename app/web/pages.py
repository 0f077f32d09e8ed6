"""Pages: the Jinja environment they are rendered in, and the answers made of them."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.recommend import highlight
from app.web import forms

DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

# Of a `recommend.calibration.Band`.
BANDS = {"strong": "Strong fit", "good": "Good fit", "worth a look": "Worth a look"}


class Pages:
    """Renders templates/web/<name>.html. folder: of all templates; base_url: of the service."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.root = urlsplit(base_url).path.rstrip("/")
        self._static = folder / "static"
        self._templates = Environment(
            loader=FileSystemLoader(folder / "web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self._templates.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        self._templates.globals |= {"root": self.root, "asset": cache(self._asset)}
        self._templates.globals |= {"day_names": DAY_NAMES, "bands": BANDS, "zones": zones}
        self._templates.filters |= {"day": day, "moment": moment, "month": month}
        self._templates.filters |= {"highlighted": highlighted, "sentence": forms.as_sentence}

    def know(self, **facts: Any) -> None:
        """Let every template use these."""
        self._templates.globals |= facts

    def text(self, name: str, **facts: Any) -> str:
        """The words of one template as a person reads them, without markup, on one line."""
        html = self._templates.get_template(f"{name}.html").render(facts)
        return " ".join(Markup(html).striptags().split())  # noqa: S704 - only to take tags off

    def show(self, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """Render one page."""
        html = self._templates.get_template(f"{name}.html").render(facts)
        return HTMLResponse(html, status)

    def go(self, path: str) -> RedirectResponse:
        """Send the browser to a page of ours with GET, so that a reload repeats no POST."""
        return RedirectResponse(self.root + path, 303)

    def _asset(self, name: str) -> str:
        # Named by its content, so that a browser never pairs an old style with a new page.
        digest = sha256((self._static / name).read_bytes()).hexdigest()[:10]
        return f"{self.root}/static/{name}?v={digest}"


@cache
def zones() -> tuple[str, ...]:
    """The time zones offered: continents and cities, and UTC."""
    hidden = ("Etc/", "SystemV/", "US/", "posix/", "right/")
    named = (name for name in available_timezones() if "/" in name and not name.startswith(hidden))
    return ("UTC", *sorted(named))


def day(when: date) -> str:
    """Write a date as "Saturday 21 November 2026"."""
    return f"{when:%A} {when.day} {when:%B} {when.year}"


def month(when: date) -> str:
    """Write the month of a date as "November 2026"."""
    return f"{when:%B} {when.year}"


def moment(when: datetime, zone: str) -> str:
    """Write a moment as "Monday 23 November 2026 at 07:00 (Europe/Berlin)"."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{day(local)} at {local:%H:%M} ({zone})"


def highlighted(text: str, terms: Sequence[str]) -> Markup:
    """Escape `text`, with the words of `terms`, in any form of theirs, marked."""
    parts, end = [], 0
    for start, stop in highlight.spans(text, terms) if terms else ():
        found = Markup("<mark>{}</mark>").format(text[start:stop])
        parts += [escape(text[end:start]), found]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])
