"""Django as a sender of the same letters; run by delivery.py with a Python that has Django.

    python benchmarks/django_peer.py FOLDER PORT {ready,linked}

ready: text and HTML are ready-made, and only put into a message and sent. linked: each link of
ours gets its signed token first, as a Django site would make it. Neither keeps a ledger.
"""

import email
import email.policy
import json
import pickle
import re
import resource
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core import mail, signing

OURS = re.compile(r"https://papers\.example\.org/[^\s\"<]+")
Part = tuple[str, str, str, str, str, list[str]]


def main() -> None:
    """Send everything once, and print what it took."""
    folder, port, way = sys.argv[1:]
    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(port), SECRET_KEY="x" * 50)
    django.setup()
    parts = [_part(*each) for each in _messages(Path(folder) / "messages.pickle")]
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with mail.get_connection() as connection:
        for n, (sender, recipient, subject, text, html, urls) in enumerate(parts):
            if way == "linked":
                text, html = _linked(n, text, html, urls)  # noqa: PLW2901
            message = mail.EmailMultiAlternatives(
                subject, text, sender, [recipient], connection=connection
            )
            message.attach_alternative(html, "text/html")
            message.send()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / 1024
    print(json.dumps({"n": len(parts), "wall": wall, "cpu": cpu, "peak": peak}))


def _messages(path: Path) -> list[tuple[str, str, bytes]]:
    found = []
    with path.open("rb") as file:
        while True:
            try:
                found.append(pickle.load(file))  # noqa: S301  (our own, of a moment ago)
            except EOFError:
                return found


def _part(sender: str, recipient: str, raw: bytes) -> Part:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = (parsed.get_body((kind,)).get_content() for kind in ("plain", "html"))
    urls = list(dict.fromkeys(OURS.findall(text)))
    return sender, recipient, str(parsed["Subject"]), text, html, urls


def _linked(n: int, text: str, html: str, urls: list[str]) -> tuple[str, str]:
    for at, url in enumerate(urls):
        signed = f"https://papers.example.org/{signing.dumps((n, at))}"
        text, html = text.replace(url, signed), html.replace(url, signed)
    return text, html


if __name__ == "__main__":
    main()
