"""Pages: the Jinja environments they are rendered in, and the answers made of them."""

from collections.abc import Sequence
from copy import copy
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.languages import ENGLISH, WEEKDAYS, Language, Languages, english
from app.mail import edition, layout
from app.recommend import highlight
from app.web import forms

DAY_NAMES = dict(zip(edition.DAYS, WEEKDAYS, strict=True))

# Of a `recommend.calibration.Band`.
BANDS = {
    "strong": english("Strong fit"),
    "good": english("Good fit"),
    "worth a look": english("Worth a look"),
}


class Pages:
    """Renders templates/web/<name>.html. folder: of all templates; base_url: of the service.

    language: of what is shown; English until `speaking` or `speak` says another.
    """

    def __init__(self, folder: Path, base_url: str, spoken: Languages | None = None) -> None:
        self.root = urlsplit(base_url).path.rstrip("/")
        self.spoken, self.language = spoken or Languages(), ENGLISH
        self._static = folder / "static"
        loader, asset = FileSystemLoader(folder / "web"), cache(self._asset)
        self._templates = {
            language.code: self._environment(loader, language) for language in self.spoken.all
        }
        self.know(asset=asset)

    def _environment(self, loader: FileSystemLoader, language: Language) -> Environment:
        made = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            finalize=language.say_any,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        made.install_gettext_callables(  # type: ignore[attr-defined]
            language.gettext, language.ngettext, newstyle=True
        )
        made.globals |= {"root": self.root, "language": language, "languages": self.spoken.all}
        made.globals["of_papers"] = layout.of_papers(language)
        made.globals |= {"day_names": DAY_NAMES, "bands": BANDS, "zones": zones}
        made.filters |= {"day": language.day, "date": language.date, "month": language.month}
        made.filters |= {"moment": language.moment, "percent": language.percent}
        made.filters |= {"number": language.number}
        made.filters |= {"brief_date": language.brief_date, "listed": language.listed}
        made.filters |= {"highlighted": highlighted, "said": language.say}
        # term: a word that the database keeps; clock: a moment of UTC, where a column says so.
        made.filters |= {"term": language.gettext, "until": language.until, "clock": language.clock}
        made.filters["sentence"] = lambda text: forms.as_sentence(language.say(text))
        return made

    def know(self, **facts: Any) -> None:
        """Let every template use these."""
        for each in self._templates.values():
            each.globals |= facts

    def speaking(self, language: Language) -> "Pages":
        """The same pages in another language."""
        other = copy(self)
        other.language = language
        return other

    def speak(self, code: str) -> None:
        """Go on in a reader's own language, where they chose one."""
        if code:
            self.language = self.spoken.named(code)

    def text(self, name: str, **facts: Any) -> str:
        """The words of one template as a person reads them, without markup, on one line."""
        html = self._render(name, facts)
        return " ".join(Markup(html).striptags().split())  # noqa: S704 - only to take tags off

    def show(self, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """Render one page."""
        said_in = {"Content-Language": self.language.code, "Vary": "Accept-Language"}
        return HTMLResponse(self._render(name, facts), status, said_in)

    def _render(self, name: str, facts: dict[str, Any]) -> str:
        return self._templates[self.language.code].get_template(f"{name}.html").render(facts)

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


def highlighted(text: str, terms: Sequence[str]) -> Markup:
    """Escape `text`, with the words of `terms`, in any form of theirs, marked."""
    parts, end = [], 0
    for start, stop in highlight.spans(text, terms) if terms else ():
        found = Markup("<mark>{}</mark>").format(text[start:stop])
        parts += [escape(text[end:start]), found]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])
