"""`paperboy doctor`: what to publish in the DNS, and whether letters could leave."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import shown
from app.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cli.checks import Finding
    from app.mail.records import Record


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    new_key: Annotated[
        Path | None,
        typer.Option(help="Make a key to sign letters with in this new file, and do nothing else."),
    ] = None,
    dns: Annotated[
        str, typer.Option(help="Ask this name server, like 192.0.2.1 or 192.0.2.1:5353.")
    ] = "",
) -> None:
    """Print the DNS records to publish, and check the set-up.

    Checks settings, relay, database, clock and DNS; sends nothing.
    Exits with 1 if there is any problem.
    """
    if new_key is not None:
        _make_key(new_key)
        return
    from app import environment
    from app import settings as settings_
    from app.cli import checks

    settings = settings_.load()
    with shown.waiting("Looking …"):
        findings = list(checks.everything(settings, shown.now(), dns))
    findings += [
        checks.Finding(checks.Level.WARNING, "settings", each)
        for each in environment.idle(settings_.Settings)
    ]
    try:
        records = checks.sending(settings).records()
    except AppError:  # told among the findings
        records = []
    is_well = not any(finding.level is checks.Level.PROBLEM for finding in findings)
    if as_json:
        found = [shown.plain(each) for each in findings]
        told = {"ok": is_well, "records": [shown.plain(r) for r in records], "findings": found}
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        _print_records(records)
        _print_findings(findings)
    if not is_well:
        raise typer.Exit(1)


def _print_records(records: "Sequence[Record]") -> None:
    """As lines of a zone file, never wrapped: they are there to be copied."""
    if records:
        print("To publish in the DNS:\n")
    for record in records:
        print(f"; {record.why}\n{record.name}. IN {record.kind} {record.value}\n")


def _print_findings(findings: "Sequence[Finding]") -> None:
    for each in findings:
        print(f"{each.level:<8} {each.about:<10} {each.says}")


def _make_key(path: Path) -> None:
    from app.mail import dkim

    pem = dkim.new_key()
    try:
        # Refuses a file that is there: with its key gone, letters on their way would not verify.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as e:
        raise AppError(f"{path} exists already, and is left as it is; name a new file.") from e
    except OSError as e:
        raise AppError(f"{path} cannot be written: {e.strerror}.") from e
    try:
        with os.fdopen(opened, "w", encoding="ascii") as stream:
            stream.write(pem)
    except OSError as e:
        path.unlink()  # half a key would be in the way of the next try
        raise AppError(f"{path} cannot be written: {e.strerror}.") from e
    print(f"The key is in {path}, for you alone to read. Now set PAPERBOY_DKIM_DOMAIN and")
    print(f"PAPERBOY_DKIM_PRIVATE_KEY_FILE={path}; `paperboy doctor` then tells what to publish.")
