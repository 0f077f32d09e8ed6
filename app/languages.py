"""What is said to people, in their own language.

English is the language of the code: each text is its own key in the catalogs of the others, which
are gettext's .po files. How a date is written is in the catalog too, so that a letter has the same
bytes whatever a library of locales thinks of that next year.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812  (a method is called date)
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo


class Sentence(str):
    """A text in English that knows how it was made, and so can be said in other languages."""

    __slots__ = ("facts", "forms")

    forms: tuple[str, ...]
    facts: Mapping[str, object]


def english(text: str, /, **facts: object) -> Sentence:
    """Fill in a text. {name} in it: one of the facts.

    A fact may be a Sentence too, or several: a tuple is listed with "and", a list without.

    The text is found by the test that all texts are translated, so it must be written out here.
    """
    return _made((text,), text, facts)


def counted(one: str, many: str, n: int, /, **facts: object) -> Sentence:
    """The same for a text that depends on a number, {n} in it."""
    return _made((one, many), one if n == 1 else many, {"n": n, **facts})


def amount(n: int, one: str, many: str) -> str:
    """A number and what agrees with it, for operators: “1 letter was”, “3 letters were”."""
    return f"{n} {one if n == 1 else many}"


def roughly(text: str, otherwise: Sentence) -> Sentence:
    """A text that is known in English alone; in other languages something else is said for it."""
    made = Sentence(text)
    made.forms, made.facts = otherwise.forms, otherwise.facts
    return made


def quoted(text: str) -> Sentence:
    """Put a text of others in the quotes of each language."""
    return english(QUOTED, text=text)


def _made(forms: tuple[str, ...], text: str, facts: Mapping[str, object]) -> Sentence:
    made = Sentence(text.format(**dict(ENGLISH.said(facts))) if facts else text)
    made.forms, made.facts = forms, facts
    return made


WEEKDAYS = (
    english("Monday"),
    english("Tuesday"),
    english("Wednesday"),
    english("Thursday"),
    english("Friday"),
    english("Saturday"),
    english("Sunday"),
)
MONTHS = (
    *(english("January"), english("February"), english("March"), english("April")),
    *(english("May"), english("June"), english("July"), english("August")),
    *(english("September"), english("October"), english("November"), english("December")),
)
# How a date and a list are written.
DAY = english("{weekday} {day} {month} {year}")
DATE = english("{day} {month} {year}")
BRIEF_DATE = english("{day} {month}")
MONTH = english("{month} {year}")
AT = english("{day} at {time} ({zone})")
UNTIL = english("{date}, {time} UTC")
CLOCK = english("{date}, {time}")
PERCENT = english("{n}%")
DECIMAL = english("{whole}.{part}")
LAST_OF_LIST = english("{others} and {last}")
QUOTED = english("“{text}”")


@dataclass(frozen=True, eq=False)
class Language:
    """code: as in HTML's lang (BCP 47). name: its own name for itself."""

    code: str = "en"
    name: str = "English"
    catalog: NullTranslations = field(default_factory=NullTranslations)
    _fillers: "_Fillers" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Each text is looked up once: letters say the same few over and over."""
        object.__setattr__(self, "_fillers", _Fillers(self))

    def gettext(self, text: str) -> str:
        """One text out of the catalog; English where it is not there."""
        return self.catalog.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The form of a text that fits a number."""
        return self.catalog.ngettext(one, many, n)

    def say(self, text: str) -> str:
        """A Sentence in this language; any other text as it is."""
        if self is ENGLISH or not isinstance(text, Sentence):
            return text
        one, many = text.forms[0], text.forms[-1]
        is_counted = len(text.forms) > 1
        said = (
            self.ngettext(one, many, int(str(text.facts["n"]))) if is_counted else self.gettext(one)
        )
        return said.format(**dict(self.said(text.facts))) if text.facts else said

    def say_any(self, told: object) -> object:
        """The same for what may be no text at all."""
        return self.say(told) if isinstance(told, Sentence) else told

    def said(self, facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        """What a text is filled in with."""
        for name, fact in facts.items():
            if isinstance(fact, tuple):
                yield name, self.listed([self.say(each) for each in fact])
            elif isinstance(fact, list):
                yield name, ", ".join(self.say(each) for each in fact)
            else:
                yield name, self.say(fact) if isinstance(fact, str) else fact

    def fill(self, text: str, /, **facts: object) -> str:
        """The same as `say` of `english`, for a text that is never needed in English first."""
        return self._fillers[text](**facts)

    def day(self, when: Date) -> str:
        """Write a date as "Saturday 21 November 2026"."""
        return self.fill(DAY, weekday=self.gettext(WEEKDAYS[when.weekday()]), **self._date(when))

    def date(self, when: Date) -> str:
        """Write a date as "21 November 2026"."""
        return self.fill(DATE, **self._date(when))

    def brief_date(self, when: Date) -> str:
        """Write a date of this year as "21 November"."""
        return self.fill(BRIEF_DATE, **self._date(when))

    def month(self, when: Date) -> str:
        """Write the month of a date as "November 2026"."""
        return self.fill(MONTH, **self._date(when))

    def moment(self, when: datetime, zone: str) -> str:
        """Write a moment as "Monday 23 November 2026 at 07:00 (Europe/Berlin)"."""
        local = when.astimezone(ZoneInfo(zone))
        return self.fill(AT, day=self.day(local), time=f"{local:%H:%M}", zone=zone)

    def until(self, when: datetime) -> str:
        """Write a moment, in UTC already, as "23 November 2026, 07:00 UTC"."""
        return self.fill(UNTIL, date=self.date(when), time=f"{when:%H:%M}")

    def clock(self, when: datetime) -> str:
        """Write a moment as "23 November 2026, 07:00"."""
        return self.fill(CLOCK, date=self.date(when), time=f"{when:%H:%M}")

    def _date(self, when: Date) -> dict[str, object]:
        return {
            "day": when.day,
            "month": self.gettext(MONTHS[when.month - 1]),
            "year": when.year,
        }

    def number(self, n: float) -> str:
        """Write "1234" or "0.5"."""
        whole, _, part = f"{n:g}".partition(".")
        return self.fill(DECIMAL, whole=whole, part=part) if part else whole

    def listed(self, texts: Sequence[str]) -> str:
        """Write "one, two and three"."""
        if len(texts) < 2:
            return "".join(texts)
        return self.fill(LAST_OF_LIST, others=", ".join(texts[:-1]), last=texts[-1])

    @lru_cache(maxsize=500)  # noqa: B019  (there are few languages, and they stay)
    def percent(self, n: int) -> str:
        """Write "72%" or, with the sign that is as wide as a plus, "−3%"."""
        return self.fill(PERCENT, n=f"{'−' * (n < 0)}{abs(n)}")


class _Fillers(dict[str, Callable[..., str]]):
    """By a text in English, what fills in its translation."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, text: str) -> Callable[..., str]:
        self[text] = filler = str(self._language.gettext(text)).format
        return filler


ENGLISH = Language()


@dataclass(frozen=True)
class Languages:
    """Those that a service speaks. others: by code, besides English."""

    others: Mapping[str, Language] = field(default_factory=dict)

    @property
    def all(self) -> list[Language]:
        """In the order of their codes, English first."""
        return [ENGLISH, *(self.others[code] for code in sorted(self.others))]

    def named(self, code: str) -> Language:
        """The language of this code, English where it is not spoken."""
        return self.others.get(code, ENGLISH)

    def knows(self, code: str) -> bool:
        """Whether a person can choose it."""
        return code == ENGLISH.code or code in self.others

    def asked_for(self, header: str) -> Language:
        """What Accept-Language (RFC 9110 §12.5.4) asks for, by lookup (RFC 4647 §3.4)."""
        known = {each.code.lower(): each for each in self.all}
        for wanted in _by_weight(header):
            parts = wanted.split("-")
            for n in range(len(parts), 0, -1):
                if found := known.get("-".join(parts[:n])):
                    return found
        return ENGLISH


_RANGE = re.compile(
    r"\s*([a-z0-9-]{1,60}|\*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
# A header of more than that is no browser's.
_LONGEST = 1_000


def _by_weight(header: str) -> list[str]:
    """The codes wanted, in lower case, best first; what cannot be read asks for nothing."""
    found = (_RANGE.fullmatch(part) for part in header[:_LONGEST].lower().split(","))
    weighed = [(each[1], float(each[2] or 1)) for each in found if each]
    return [code for code, q in sorted(weighed, key=lambda each: -each[1]) if q > 0]
