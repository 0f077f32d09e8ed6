"""Past days ranked again with other settings, and judged by what readers said since.

Only papers that were shown can have been liked, so a replay flatters the settings then in force;
a trial does not. What people typed and wish is as it stands now. Days are those of UTC.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, BadValue
from app.mail import edition
from app.pipeline import readers
from app.pipeline.models import Models, Rules
from app.recommend import measures, picks, tuning, weights
from app.recommend.board import Board
from app.recommend.measures import Difference
from app.recommend.weights import Weights
from app.store import engine as engines
from app.store import feedback, letters, papers, subscribers, tallies
from app.store.tables import Status, Subscriber

BATCH = 500
K = 10
WISHES = ("threshold", "dial", "exploration", "letter_size")

NOTHING_SAID = (
    "There is nothing to compare: no active subscriber liked or saved a paper that was new in "
    "these days, after it came. Give an earlier --from or a later --to."
)
NO_LETTER = (
    "There is nothing to compare: who liked or saved papers that were new in these days was due "
    "no letter on them that could have brought one: it was none of their days of the week, before "
    "they signed up, or they had been sent those papers already. Give an earlier --from or a later "
    "--to."
)

_Sent = dict[int, set[int]]  # subscriber id → the papers they were sent


@dataclass(frozen=True)
class Setting:
    """Other weights, and what everybody is taken to wish: columns of their row by name."""

    weights: Weights = weights.USUAL
    wishes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """Of one letter or a mean of letters, each from 0 to 1; see recommend.measures."""

    ndcg: float
    precision: float
    coverage: float


@dataclass(frozen=True)
class PersonDay:
    """One reader's letter of one day, ranked in both ways."""

    subscriber_id: int
    usual: Figures
    changed: Figures


@dataclass(frozen=True)
class Plan:
    """What a replay goes through.

    praise: as `feedback.praise`. first_seen: of each paper in it. start: what was said and sent
    before this moment is known from the beginning.
    """

    days: Sequence[date]
    praise: Mapping[int, Mapping[int, datetime]]
    first_seen: Mapping[int, date]
    start: datetime


@dataclass(frozen=True)
class Comparison:
    """Means over person-days. difference: changed less usual, by the names of Figures."""

    n_people: int
    n_person_days: int
    usual: Figures
    changed: Figures
    difference: Mapping[str, Difference]


def parse(settings: Iterable[str]) -> Setting:
    """Read "fade=0.3", "threshold=strong", "letter_size=5". Raises BadValue, field "set"."""
    known = [each.name for each in fields(Weights)]
    wishes: dict[str, Any] = {}
    weighed: list[str] = []
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if name in WISHES:
            wishes[name] = _wish(name, value)
        elif equals and name in known:
            weighed.append(setting)
        else:
            there = ", ".join(sorted([*known, *WISHES]))
            raise BadValue("set", f"“{setting}” sets nothing; write name=value, of {there}.")
    return Setting(weights.parse(weighed), wishes)


def _wish(name: str, value: str) -> str | int | float:
    if name == "threshold":
        return tuning.parse_threshold(value).value
    if name == "exploration" and value[:1].isalpha():
        return tuning.parse_exploration(value)
    try:
        number = int(value) if name == "letter_size" else float(value)
    except ValueError as e:
        raise BadValue("set", f"“{name}={value}” is not like {name}=1.") from e
    least, most = (1, 50) if name == "letter_size" else (0, 1)
    if not least <= number <= most:
        raise BadValue("set", f"{name} must be from {least} to {most}, and not {value}.")
    return number


def prepare(session: Session, rules: Rules, first: date, last: date) -> Plan:
    """Look what there is to replay from `first` to `last`, both included.

    Days too far from every liked or saved paper to matter are passed over.
    Raises BadValue if first is after last, or so early that letters and votes were folded since;
    AppError if nobody liked or saved a paper.
    """
    if first > last:
        raise BadValue("from", f"--from {first} is after --to {last}.")
    _require_kept(session, first)
    active = {person.id for person in subscribers.all_of(session, Status.ACTIVE)}
    start = _start(first)
    said = feedback.praise(session, start)
    praise = {reader: of_reader for reader, of_reader in said.items() if reader in active}
    rows = papers.by_ids(session, sorted({n for of_reader in praise.values() for n in of_reader}))
    first_seen = {paper_id: row.first_seen for paper_id, row in rows.items()}
    window = timedelta(days=rules.candidate_days)
    near = [day for day in first_seen.values() if first - window < day <= last]
    if not near:
        raise AppError(NOTHING_SAID)
    days = _days(max(first, min(near) - window), min(last, max(near) + window))
    return Plan(days, praise, first_seen, start)


def _require_kept(session: Session, first: date) -> None:
    until = tallies.until(session)
    if until is not None and first <= until:
        raise BadValue(
            "from",
            f"Letters and votes up to {until} are folded into counts (PAPERBOY_KEEP_LETTERS): "
            f"give --from {until + timedelta(days=1)} or later.",
        )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end(day: date) -> datetime:
    return _start(day + timedelta(days=1))


def run(engine: Engine, rules: Rules, setting: Setting, plan: Plan) -> Iterator[list[PersonDay]]:
    """Rank each day of the plan both ways, and give its person-days that count; write nothing.

    A day counts for a person if both ways have left a paper to find that they liked or saved
    later. Either way sends each of them a paper once, over all days.
    """
    models, ids = Models(rules), sorted(plan.praise)
    with engines.transaction(engines.reading(engine)) as session:
        usual = _sent_before(session, ids, plan.start)
    changed = {reader: set(sent) for reader, sent in usual.items()}
    for day in plan.days:
        with engines.transaction(engines.reading(engine)) as session:
            replayed = _Day(session, models.board(session, day, _end(day)), rules, plan, day)
            found: list[PersonDay] = []
            for start in range(0, len(ids), BATCH):
                people = [
                    person
                    for person in subscribers.by_ids(session, ids[start : start + BATCH])
                    if _is_asked(person, day)
                ]
                found += _person_days(replayed, setting, people, usual, changed)
        yield found


def _sent_before(session: Session, ids: Sequence[int], before: datetime) -> _Sent:
    found: _Sent = {reader: set() for reader in ids}
    for start in range(0, len(ids), BATCH):
        found |= letters.papers_sent(session, ids[start : start + BATCH], before)
    return found


def _is_asked(person: Subscriber, day: date) -> bool:
    confirmed = person.confirmed_at or person.created_at
    return edition.DAYS[day.weekday()] in person.days.split(",") and confirmed.date() <= day


@dataclass(frozen=True)
class _Day:
    session: Session
    board: Board
    rules: Rules
    plan: Plan
    day: date

    def rank(self, people: Sequence[Subscriber], weighed: Weights, sent: _Sent) -> list[list[int]]:
        """What the letters of this day would hold, as paper ids by rank."""
        asking = readers.of(
            self.session,
            people,
            self.day,
            _end(self.day),
            said_before=_start(self.day),
            sent=sent,
        )
        found = picks.rank(self.board, asking, weighed)
        return [[pick.paper_id for pick in ranked] for ranked in found]

    def wanted(self, person: Subscriber) -> set[int]:
        """The new papers of this day that they liked or saved at its start or later."""
        oldest = self.day - timedelta(days=self.rules.candidate_days - 1)
        return {
            paper_id
            for paper_id, at in self.plan.praise[person.id or 0].items()
            if at >= _start(self.day) and oldest <= self.plan.first_seen[paper_id] <= self.day
        }


def _person_days(
    replayed: _Day, setting: Setting, people: Sequence[Subscriber], usual: _Sent, changed: _Sent
) -> Iterator[PersonDay]:
    # Rows of nobody's session: what is only tried must not be stored.
    wishing = [Subscriber(**(person.model_dump() | dict(setting.wishes))) for person in people]
    ranked = replayed.rank(people, weights.USUAL, usual)
    again = replayed.rank(wishing, setting.weights, changed)
    for person, one, other in zip(people, ranked, again, strict=True):
        reader, wanted = person.id or 0, replayed.wanted(person)
        left_one, left_other = wanted - usual[reader], wanted - changed[reader]
        if left_one and left_other:
            yield PersonDay(reader, _figures(one, left_one), _figures(other, left_other))
        usual[reader].update(one)
        changed[reader].update(other)


def _figures(ranked: Sequence[int], relevant: Set[int]) -> Figures:
    return Figures(
        measures.ndcg(ranked, relevant, K),
        measures.precision(ranked, relevant, K),
        measures.coverage(ranked, relevant),
    )


def compare(person_days: Sequence[PersonDay]) -> Comparison:
    """Sum up. Raises AppError where no day counted."""
    if not person_days:
        raise AppError(NO_LETTER)
    by_reader: dict[int, list[PersonDay]] = {}
    for each in person_days:
        by_reader.setdefault(each.subscriber_id, []).append(each)
    return Comparison(
        n_people=len(by_reader),
        n_person_days=len(person_days),
        usual=_mean([each.usual for each in person_days]),
        changed=_mean([each.changed for each in person_days]),
        difference={
            name: measures.paired(
                [[_difference(d, name) for d in days] for days in by_reader.values()]
            )
            for name in (each.name for each in fields(Figures))
        },
    )


def _difference(day: PersonDay, name: str) -> float:
    difference: float = getattr(day.changed, name) - getattr(day.usual, name)
    return difference


def _mean(figures: Sequence[Figures]) -> Figures:
    columns = zip(*map(astuple, figures), strict=True)
    return Figures(*(sum(column) / len(figures) for column in columns))
