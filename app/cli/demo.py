"""`paperboy demo`: the command that opens on the letters."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import shown

if TYPE_CHECKING:
    from datetime import date

    from app.demo.stage import Stage
    from app.demo.story import Change, Told


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Digests to use instead of our samples; the last comes on day two."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop after the summary.")] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port of the pages; 8000 or a free one.", show_default=False
        ),
    ] = 0,
) -> None:
    """Play two whole days here, with invented people.

    Sample digests, three subscribers, a mail server that only catches, the pages on localhost.
    Nothing is kept but a temporary folder with the letters.
    """
    import tempfile

    from app import logs
    from app.demo import stage, story
    from app.demo.visitor import Visitor

    logs.configure("WARNING", "console")
    folder = Path(tempfile.mkdtemp(prefix="paperboy-demo-"))
    first, second = _two_days(files)
    with stage.built(folder, port) as built:
        today = shown.now().date()
        yesterday = today - timedelta(days=1)
        visitor = Visitor(built.settings.base_url)
        print(f"1. The digests of {_name(yesterday)} come in")
        story.read_digests(built, first, yesterday, print)
        print("2. Three people sign up on the page and confirm by the link mailed to them")
        story.sign_up(built, visitor, print)
        print("3. Their letters go out by SMTP")
        letters = story.send_letters(built, yesterday)
        _print_letters(letters)
        reader = letters[0]
        clicked, title = story.click(built, visitor, reader)
        print(f"4. {reader.person.name} presses “more like this” under “{title}”")
        print(f"5. The digests of {_name(today)} come in, and the next letters go out")
        story.read_digests(built, second, today, print)
        changed = story.changes(built, reader.person, clicked, today)
        letters += story.send_letters(built, today)
        visitor.close()
        _print_letters(letters[3:])
        print(f"What the click changed in {reader.person.name}'s letter of {_name(today)}:")
        _print_changes(changed)
        _summary(letters, built)
        if not once:
            _stay(letters, built)


def _two_days(files: Sequence[Path] | None) -> tuple[Sequence[Path], Sequence[Path]]:
    if files:
        return (files[:-1], files[-1:]) if len(files) > 1 else (files, files)
    samples = sorted((Path(__file__).parents[1] / "samples").glob("day-*.txt"))
    return (
        [sample for sample in samples if sample.name.startswith("day-1")],
        [sample for sample in samples if sample.name.startswith("day-2")],
    )


def _name(day: "date") -> str:
    return f"{day.day} {day:%B}"


def _print_letters(letters: "Sequence[Told]") -> None:
    for told in letters:
        print(f"   to {told.person.name}: {told.subject}")


def _print_changes(changed: "Sequence[Change]") -> None:
    from app.mail import excerpt

    rows = [
        (_place(c.before), _place(c.after), excerpt.cut(c.title, 60), excerpt.cut(c.reason, 100))
        for c in changed
    ]
    shown.table(("without it", "now", "paper", "why"), rows)


def _place(rank: int | None) -> str:
    return "—" if rank is None else str(rank)


def _summary(letters: "Sequence[Told]", built: "Stage") -> None:
    rows = [
        (told.person.name, told.day, told.n_picks, told.state, told.subject) for told in letters
    ]
    shown.table(("who", "edition", "papers", "state", "subject"), rows, title="Summary")
    print(f"{len(built.catcher.letters)} letters were caught; to read those of the two days:")
    for told in letters:
        if told.path:
            print(f"   {told.person.name}, {told.day}: {told.path.with_suffix('.html')}")


def _stay(letters: "Sequence[Told]", built: "Stage") -> None:
    import asyncio

    print(f"\nOpen {built.settings.base_url} for today's papers and the sign-up page, or a letter:")
    for told in letters:
        if told.url:
            print(f"   {told.person.name}, {told.day}: {told.url}")
    print("Mail that you cause there is caught too. Ctrl-C ends it all.", flush=True)
    try:
        asyncio.run(_tick_on(built))
    except KeyboardInterrupt:
        print()


async def _tick_on(built: "Stage") -> None:
    import asyncio

    from app.scheduler import Ticks

    async with Ticks(built.day, timedelta(seconds=2)).running():
        await asyncio.Event().wait()
