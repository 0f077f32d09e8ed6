"""`paperboy why`: the place of one paper in one letter, told to an operator."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import people, shown
from app.errors import AppError

if TYPE_CHECKING:
    from app.pipeline.why import Answer


def why(
    email: people.Email,
    paper: Annotated[str, typer.Argument(help="arXiv id, link, title or id of a stored paper.")],
    day: Annotated[str, typer.Option("--day", help="Edition of this day, YYYY-MM-DD.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Say why somebody got a paper, or why not.

    And what made its score, share by share.
    """
    from app import assembly
    from app.pipeline import due, ingest
    from app.pipeline import why as reasons
    from app.recommend import voice as voices
    from app.store import engine as engines
    from app.store import papers

    edition, now = shown.parse_day(day) if day else None, shown.now()
    settings, engine = assembly.store()
    desk = assembly.day(settings, engine).desk
    with engines.transaction(engines.reading(engine)) as session:
        person, row = people.find(session, email), papers.named(session, paper)
        if row is None:
            raise AppError(
                f"No stored paper is “{paper}”; give an arXiv id, a link or a whole title."
            )
        wanted = due.on(person, edition, now)
        today = edition or ingest.day(now)
        answer = reasons.of(session, desk, wanted, row, today, now, voices.OF_READER)
    if as_json:
        print(json.dumps(shown.plain(answer), ensure_ascii=False, indent=1))
    else:
        _tell(answer)


def _tell(answer: "Answer") -> None:
    print(f"“{answer.title}”, edition of {answer.day}")
    print(answer.told)
    if answer.reason:
        print(f"{'Why' if answer.rank else 'In its favour'}: {answer.reason}")
    if not answer.shares:
        return
    band = f", {answer.band}" if answer.band else ""
    rows = [(f"{share:.3f}", _percent(share, answer.score), name) for name, share in answer.shares]
    total = f"{sum(share for _, share in answer.shares):.3f}"
    shown.table(
        ("share", "", "of"),
        [*rows, (total, "", "score")],
        title=f"What made its score (fit {answer.fit:.3f}{band})",
    )


def _percent(share: float, score: float) -> str:
    return f"{100 * share / score:.0f}%" if score > 0 else ""
