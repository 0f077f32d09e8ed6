"""`paperboy subscribers`: the operator's way to look after people."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import moving, shown, wishes
from app.errors import AppError

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.recommend.interests import Interest
    from app.store.tables import Subscriber

app = typer.Typer(help="Add, look at, change, move and remove subscribers.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The subscriber's mail address.")]
Keywords = Annotated[
    list[str] | None,
    typer.Option(
        "--keyword",
        "-k",
        help='One interest: a word or phrase, author:"…" or category:cs.LG; - before it leaves '
        "papers out, x2 behind it counts double.",
    ),
]
Likes = Annotated[
    list[str] | None, typer.Option("--like", help="A stored paper: arXiv id, link, title or id.")
]
Zone = Annotated[str | None, typer.Option(help="IANA time zone, such as Europe/Berlin.")]
Hour = Annotated[str | None, typer.Option(help="Hour of the day, 0 to 23, in that zone.")]
Days = Annotated[str | None, typer.Option(help="daily, weekdays, weekly, or days: mon,thu.")]
Tongue = Annotated[
    str | None, typer.Option("--language", help="Of their letters and pages: en, de, …")
]
Size = Annotated[int | None, typer.Option(help="Papers per letter at most.", min=1, max=50)]
Threshold = Annotated[
    str | None, typer.Option(help="Least fit of a paper: strong, good (the usual) or worth-a-look.")
]
Dial = Annotated[
    str | None, typer.Option(help="From 0, for me, to 1, what everyone reads, in steps of 0.25.")
]
Exploration = Annotated[
    str | None,
    typer.Option(help="A paper to learn from: never, now-and-then (the usual) or every-letter."),
]
ShareLikes = Annotated[
    bool | None,
    typer.Option(
        "--share-likes/--no-share-likes",
        help="They agree that their likes, only in sum with others', teach what goes together.",
    ),
]
EmptyDay = Annotated[
    str | None,
    typer.Option(
        help="On a day without a paper: no-letter (the usual), short-note or older-papers."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@app.command()
def add(
    email: Email,
    keyword: Keywords = None,
    like: Likes = None,
    zone: Zone = None,
    hour: Hour = None,
    days: Days = None,
    size: Size = None,
    threshold: Threshold = None,
    dial: Dial = None,
    exploration: Exploration = None,
    share_likes: ShareLikes = None,
    empty_day: EmptyDay = None,
    language: Tongue = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They agreed already: mail no confirmation.")
    ] = False,
) -> None:
    """Subscribe somebody, and ask them by letter to confirm.

    With --confirmed they are not asked: you know that they want it.
    """
    from app import assembly
    from app.store import engine as engines

    now = shown.now()
    settings, engine = assembly.store()
    head, tuned = (
        assembly.letterhead(settings),
        wishes.tuned(threshold, dial, exploration, share_likes, empty_day),
    )
    with engines.transaction(engine) as session:
        asked: dict[str, Any] = {
            "zone": zone,
            "hour": hour,
            "days": days,
            "size": size or settings.letter_size,
        }
        asked |= {"email": email, "likes": like, "language": language, **tuned}
        with wishes.pointing(keyword):
            wish = wishes.wish(session, asked, wishes.language(keyword))
        wishes.refuse_known(session, head.links.tokens, wish.address, returning=True)
        due_at = wishes.subscribe(session, wish, now, confirmed, head)
    what = "letters start" if confirmed else wishes.tell_letter(due_at, now)
    print(f"Added {wish.address}; {what}.")
    wishes.tell_unknown(settings, engine, [("", wish.interests)], now)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Everyone, with their state and when their next letter is due."""
    from app import assembly
    from app.store import engine as engines

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        lines = moving.lines(session)
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    elif not lines:
        print("Nobody yet; `paperboy subscribers add` or the sign-up page change that.")
    else:
        headings = ("email", "status", "interests", "likes", "next letter (UTC)")
        rows = [
            [line["email"], line["status"], line["interests"], len(line["likes"]), line["next"]]
            for line in lines
        ]
        shown.table(headings, rows)


@app.command()
def show(email: Email, as_json: AsJson = False) -> None:
    """One subscriber: wishes, feedback and their letters' fate."""
    from app import assembly
    from app.store import consents, outbox
    from app.store import engine as engines

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        person = find(session, email)
        line = moving.lines(session, only=person)[0]
        agreed = [each.model_dump() for each in consents.of_subscriber(session, person.id or 0)]
        sent = [
            {
                "edition": entry.edition_date.isoformat(),
                "kind": entry.kind.value,
                "state": entry.state.value,
                "reason": entry.reason,
            }
            for entry in outbox.of_subscriber(session, person.id or 0)
        ]
    if as_json:
        whole = {**line, "consents": [_plain(each) for each in agreed], "letters": sent}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    for name, value in line.items():
        print(f"{name:12} {'; '.join(value) if isinstance(value, list) else moving.cell(value)}")
    consented = [[each[name] or "—" for name in CONSENT] for each in map(_plain, agreed)]
    shown.table(("asked", "confirmed", "form", "network", "letter", "told"), consented)
    shown.table(("edition", "kind", "state", "what was said"), [each.values() for each in sent])


CONSENT = ("asked_at", "confirmed_at", "form_url", "network", "message_id", "text")


def _plain(consent: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one consent, its moments as ISO 8601."""
    return {
        name: value.isoformat() if hasattr(value := consent[name], "isoformat") else value
        for name in CONSENT
    }


def find(session: "Session", email: str) -> "Subscriber":
    """The subscriber of that address. Raises BadValue or AppError."""
    from app.mail import address
    from app.store import subscribers

    person = subscribers.by_address(session, address.normalise(email))
    if person is None:
        raise AppError(f"No subscriber has the address {email}.")
    return person


@app.command()
def edit(
    email: Email,
    keyword: Keywords = None,
    like: Likes = None,
    zone: Zone = None,
    hour: Hour = None,
    days: Days = None,
    size: Size = None,
    threshold: Threshold = None,
    dial: Dial = None,
    exploration: Exploration = None,
    share_likes: ShareLikes = None,
    empty_day: EmptyDay = None,
    language: Tongue = None,
) -> None:
    """Change the wishes of a subscriber.

    Only what is given changes; --keyword replaces all words so far, --like adds papers.
    """
    from app import assembly
    from app.mail.links import Verdict
    from app.recommend import interests, tuning
    from app.store import engine as engines
    from app.store import feedback, subscribers

    now = shown.now()
    typed: tuple[Interest, ...] = ()
    settings, engine = assembly.store()
    tuned = wishes.tuned(threshold, dial, exploration, share_likes, empty_day)
    with engines.transaction(engine) as session:
        person = find(session, email)
        if keyword:
            likes = bool(like) or feedback.has_liked(session, person.id or 0)
            with wishes.pointing(keyword):
                typed = interests.parse(wishes.language(keyword), has_likes=likes)
            subscribers.set_interests(session, person.id or 0, typed)
        for paper_id in wishes.papers(session, like or []):
            feedback.record(session, person.id or 0, paper_id, Verdict.LIKE, now)
        _reschedule(person, zone, hour, days)
        person.letter_size = size or person.letter_size
        person.language = wishes.spoken(language) or person.language
        subscribers.tune(person, tuning.parse(tuned, subscribers.tuning_of(person)))
        subscribers.plan_anew(session, person, now)
    print(f"Changed {person.address}.")
    wishes.tell_unknown(settings, engine, [("", typed)], now)


def _reschedule(person: "Subscriber", zone: str | None, hour: str | None, days: str | None) -> None:
    from app.mail import edition

    if zone is not None:
        person.zone = edition.parse_zone(zone).key
    if hour is not None:
        person.hour = edition.parse_hour(hour)
    if days is not None:
        chosen = edition.parse_days(days)
        person.days = ",".join(day for day in edition.DAYS if day in chosen)


@app.command()
def remove(email: Email) -> None:
    """Delete a subscriber and everything about them.

    Words, feedback, letters.
    """
    from app import assembly
    from app.store import engine as engines
    from app.store import scrubbing, subscribers

    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        person = find(session, email)
        subscribers.remove(session, person)
        scrubbing.ask(session, shown.now())
    print(f"Removed {person.address} and everything about them.")


app.command("export")(moving.export)
app.command("import")(moving.import_)
