"""The command line. Imports of weight stay inside the commands: `--help` must come at once."""

import errno
import os
import sys
from typing import Annotated

import typer

from app.cli import (
    comparison,
    demo,
    digests,
    doctor,
    doubts,
    letters,
    operation,
    people,
    reasons,
    roles,
    sending,
    sources,
    submissions,
    suppressions,
)
from app.errors import AppError

# A full disk, a quota, a limit to a file's size.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

app = typer.Typer(
    name="paperboy",
    help="Your daily papers, delivered: reads digests of new papers, picks for each subscriber "
    "the few that matter to them, and mails them a short letter.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(roles.serve)
app.command()(roles.worker)
app.command()(roles.scheduler)
app.command()(operation.migrate)
app.command()(digests.ingest)
app.add_typer(sources.app, name="sources")
app.add_typer(submissions.app, name="submissions")
app.add_typer(people.app, name="subscribers")
app.add_typer(suppressions.app, name="suppressions")
app.command()(suppressions.learn)
app.command()(letters.preview)
app.command()(reasons.why)
app.command()(letters.run)
app.command()(sending.resume)
app.add_typer(doubts.app, name="doubts")
app.command()(letters.rank)
app.add_typer(digests.export, name="export")
app.command()(comparison.replay)
app.command()(comparison.stats)
app.command()(operation.config)
app.command()(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"paperboy {version('paperboy')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Options of `paperboy` itself."""


def main() -> None:
    """Run a command; exit 0 done, 1 failed, 2 usage, 130 interrupted."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # here, where it can still be said that it does not work
    except AppError as e:
        print(f"paperboy: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) has gone; Python would complain once more while closing stdout.
        sys.stderr.close()
        sys.exit(1)
    except OSError as e:
        if e.errno not in _NO_ROOM:
            raise
        print(f"paperboy: The output cannot be written: {e.strerror}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left would be tried once more
        sys.exit(1)


if __name__ == "__main__":
    main()
