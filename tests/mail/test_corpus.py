"""Letters made of nothing but hostile text: each is fit to send, and its signature holds.

`--full` makes 10,000 of them.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hostile import ADDRESSES, SEEDS, STRINGS

from app.errors import BadValue
from app.mail import address, letter, message, press
from app.recommend import voice

SITE = "https://papers.example.org"


def letters(make_pick, make_daily, make_confirm, n: int) -> Iterator[letter.Letter]:
    """So many letters; each string comes to stand in each place, side by side with others."""
    draw = random.Random(6)  # noqa: S311
    order = draw.sample(STRINGS, len(STRINGS))

    def text(k: int) -> str:
        return order[k % len(order)]

    for k in range(n):
        at = k * 11
        if k % 10 == 9:
            yield make_confirm(words=text(at), why=text(at + 1), postal=text(at + 2))
            continue
        picks = tuple(
            make_pick(
                rank,
                title=text(at + rank),
                abstract=text(at + rank + 1),
                authors=tuple(text(at + rank + j) for j in range(2, 2 + k % 6)),
                url=text(at + rank + 3),
                code_url=text(at + rank + 9),
                asked=(text(at + rank + 4),),
                terms=voice.lines([text(at + rank + 1)]),
                names=voice.lines([text(at + rank + 2)]),
                shares=((text(at + rank + 5), 70), (text(at + rank + 6), -30)),
                band=("strong", "good", "worth a look", "")[k % 4],
                exploring=k % 5 == rank,
            )
            for rank in range(k % 4)
        )
        note, why, postal = text(at + 8), text(at + 9), text(at + 10)
        yield make_daily(picks=picks, note=note, why=why, postal=postal, contact=text(at + 7))


def test_the_corpus_is_large():
    assert len(STRINGS) >= 500


def test_every_letter_of_hostile_text_is_fit_to_send_and_verifies(
    request, templates, make_pick, make_daily, make_confirm, build, signer, verifies, check_message
):
    n = 10_000 if request.config.getoption("full") else 300
    start = datetime(2020, 11, 21, 6, tzinfo=UTC)  # a signature of the future does not verify
    recipients = [each for each in ADDRESSES if is_address(each)]
    faulty = []
    for k, each in enumerate(letters(make_pick, make_daily, make_confirm, n)):
        at, kind = start + timedelta(minutes=k), each.kind
        facts = {
            "sender": f"{name(k)} <paperboy@example.org>",
            "recipient": recipients[k % len(recipients)],
            "message_id": message.message_id(at.date(), k, kind, "example.org"),
            "date": at,
        }
        if kind == "daily":
            facts["unsubscribe_mailto"] = f"reports+u{k}@example.org"
        rendered = press.quote(templates, each)
        try:
            raw = build(rendered, kind, **facts)
        except BadValue:  # the name, which only the operator can set, hides a line end
            raw = build(rendered, kind, **facts | {"sender": "paperboy@example.org"})
        signed = signer.sign(raw)
        try:
            check_message(signed)
            assert verifies(signed), "does not verify"
        except AssertionError as e:
            faulty.append((k, str(e)))
    assert not faulty


def name(k: int) -> str:
    """A sender's name of hostile text, quoted as an operator would have to."""
    text = STRINGS[k % len(STRINGS)][:60]
    return '"' + "".join(c for c in text if c.isprintable() and c not in '"\\') + '"'


def is_address(text: str) -> bool:
    try:
        message.envelope_address(text)
    except BadValue:
        return False
    return True


@pytest.mark.parametrize("typed", [*ADDRESSES, *SEEDS])
def test_a_hostile_address_is_refused_or_is_exactly_one(typed, build, check_message):
    """What sign-up lets pass can be mailed; what it does not is told."""
    try:
        taken = address.normalise(typed)
    except BadValue:
        return
    raw = build(letter.Rendered("S", "P", "", ""), recipient=taken)
    (line,) = [each for each in raw.split(b"\r\n") if each.startswith(b"To: ")]

    assert line == b"To: " + message.envelope_address(taken).encode()
    assert not set(message.envelope_address(taken)) & set("\r\n\0<>, ")
