"""Forms as people send them: every field as typed, read one by one, all problems named at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TypeVar

from fastapi import UploadFile
from pydantic import BaseModel, Field, field_validator

from app.errors import BadValue
from app.languages import Language, Languages, english
from app.mail import edition, foreign
from app.recommend import interests, tuning
from app.recommend.tuning import Tuning
from app.store import subscribers
from app.store.tables import Subscriber

T = TypeVar("T")
USUAL_SIZE = 10
CHOSEN = "chosen"


class Choices(BaseModel):
    """What the sign-up page and the preferences share. rhythm: one of RHYTHMS, or "chosen".

    threshold to empty_day: see recommend.tuning; a box that is not ticked is not sent at all.
    language: a code, "" for that of the page.
    """

    interests: str = ""
    zone: str = "UTC"
    hour: str = "7"
    rhythm: str = "daily"
    days: list[str] = Field(default_factory=list)
    letter_size: str = ""
    threshold: str = tuning.USUAL.threshold.value
    dial: str = f"{tuning.USUAL.dial:g}"
    exploration: str = tuning.name_exploration(tuning.USUAL.exploration)
    shares_likes: str = "no"
    empty_day: str = tuning.USUAL.empty_day.value
    language: str = ""

    @property
    def is_tuned(self) -> bool:
        """Whether the fine tuning is not the usual one, or holds a problem: it must not hide."""
        usual = Choices()
        names = [each.name for each in fields(Tuning)]
        return any(getattr(self, name) != getattr(usual, name) for name in names)

    @field_validator("*")
    @classmethod
    def _storable(cls, typed: object) -> object:
        # No database keeps a NUL, and no page can show half a surrogate pair.
        if isinstance(typed, str):
            return typed.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        return typed


class SignUp(Choices):
    """liked: one paper a line, by arXiv id, link or exact title. picked: ids of papers ticked.

    file: of references. seal: see `seals`. comment: a field that no person sees, or fills in.
    """

    email: str = ""
    liked: str = ""
    picked: list[str] = Field(default_factory=list)
    file: UploadFile | None = None
    seal: str = ""
    comment: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing yet says what should be in the letters."""
        has_file = self.file is not None and bool(self.file.filename)
        return not (self.interests.strip() or self.liked.strip() or self.picked or has_file)


@dataclass
class Reader:
    """Reads field by field. problems: field → sentence, in the order of the reading."""

    problems: dict[str, str] = field(default_factory=dict)

    def take(self, read: Callable[[], T], otherwise: T) -> T:
        """What `read` returns; where it raises BadValue, note the sentence and go on."""
        try:
            return read()
        except BadValue as e:
            self.problems[e.field] = e.said
            return otherwise


def apply_choices(
    subscriber: Subscriber, typed: Choices, most_papers: int, has_likes: bool, reader: Reader
) -> tuple[interests.Interest, ...]:
    """Set what was chosen on the subscriber, unless there is a problem; return the interests."""
    nothing: tuple[interests.Interest, ...] = ()
    wanted = reader.take(lambda: read_interests(typed, has_likes), nothing)
    zone = reader.take(lambda: read_zone(typed.zone), "UTC")
    hour = reader.take(lambda: edition.parse_hour(typed.hour), 7)
    days = reader.take(lambda: read_days(typed), frozenset(edition.DAYS))
    size = reader.take(lambda: read_size(typed, most_papers), 1)
    tuned = read_tuning(typed, reader)
    if not reader.problems:
        subscriber.zone, subscriber.hour, subscriber.letter_size = zone, hour, size
        subscriber.days = ",".join(day for day in edition.DAYS if day in days)
        subscribers.tune(subscriber, tuned)
    return wanted


def choices_of(subscriber: Subscriber, wanted: Sequence[interests.Interest]) -> Choices:
    """A subscriber's settings the way they would be typed."""
    days = tuple(subscriber.days.split(","))
    rhythm = next((name for name, named in edition.RHYTHMS.items() if named == days), CHOSEN)
    return Choices(
        interests=interests.format(wanted),
        zone=subscriber.zone,
        hour=str(subscriber.hour),
        rhythm=rhythm,
        days=list(days) if rhythm == CHOSEN else [],
        letter_size=str(subscriber.letter_size),
        threshold=subscriber.threshold,
        dial=f"{subscriber.dial:g}",
        exploration=tuning.name_exploration(subscriber.exploration),
        shares_likes="yes" if subscriber.shares_likes else "no",
        empty_day=subscriber.empty_day,
        language=subscriber.language,
    )


def read_interests(typed: Choices, has_likes: bool) -> tuple[interests.Interest, ...]:
    """Nothing may be typed where liked papers tell enough. Raises BadValue."""
    return interests.parse(typed.interests, has_likes=has_likes)


def read_days(typed: Choices) -> frozenset[str]:
    """The days of a named rhythm, or those ticked. Raises BadValue."""
    if typed.rhythm != CHOSEN:
        if typed.rhythm not in edition.RHYTHMS:
            raise BadValue("days", english("Choose one of the rhythms offered."))
        return frozenset(edition.RHYTHMS[typed.rhythm])
    if not typed.days:
        raise BadValue("days", english("Tick at least one day of the week."))
    return edition.parse_days(",".join(typed.days))


def read_size(typed: Choices, most: int) -> int:
    """How many papers a letter may hold; the usual number if nothing is said. Raises BadValue."""
    digits = typed.letter_size.strip() or usual_size(most)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 4 and 1 <= int(digits) <= most):
        raise BadValue(
            "letter_size", english("Give a whole number of papers from 1 to {most}.", most=most)
        )
    return int(digits)


def read_language(typed: str, otherwise: Language, spoken: Languages) -> str:
    """The code of the language chosen, that of the page if none was. Raises BadValue."""
    code = typed.strip() or otherwise.code
    if not spoken.knows(code):
        raise BadValue("language", english("Choose one of the languages offered."))
    return code


def read_tuning(typed: Choices, reader: Reader) -> Tuning:
    """What was chosen; the usual where the reader notes a problem."""
    usual = tuning.USUAL
    return Tuning(
        threshold=reader.take(lambda: tuning.parse_threshold(typed.threshold), usual.threshold),
        dial=reader.take(lambda: tuning.parse_dial(typed.dial), usual.dial),
        exploration=reader.take(
            lambda: tuning.parse_exploration(typed.exploration), usual.exploration
        ),
        shares_likes=reader.take(
            lambda: tuning.parse_consent(typed.shares_likes), usual.shares_likes
        ),
        empty_day=reader.take(lambda: tuning.parse_empty_day(typed.empty_day), usual.empty_day),
    )


def usual_size(most: int) -> str:
    """The number a new form shows."""
    return str(min(USUAL_SIZE, most))


def read_pause(until: str, today: date) -> date:
    """The day letters start again, as a date field sends it. Raises BadValue."""
    try:
        day = date.fromisoformat(until.strip())
    except ValueError as e:
        raise BadValue("until", english("Give a date like 2026-12-31.")) from e
    if not today < day <= today.replace(day=1, year=today.year + 2):
        raise BadValue("until", english("Give a date after today, and within the next two years."))
    return day


def read_zone(typed: str) -> str:
    """The time zone's name as it is usually written. Raises BadValue."""
    return edition.parse_zone(typed.strip()).key


def as_sentence(said: str) -> str:
    """What a page shows of a sentence that may quote what was typed: tamed, ended, capital."""
    words = foreign.tame(said)
    ended = words if words.endswith((".", "!", "?")) else f"{words}."
    return ended[:1].upper() + ended[1:]
