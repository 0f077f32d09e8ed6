"""Mail to our bounce address, read: reports of failure and of complaint, and what only looks so.

Whom a report is about is never taken from what it says, for anybody can write anything into one:
only an address of ours counts, with the token we made for one letter. Bounces carry it as their
recipient. Feedback loops send complaints to one address for all, and quote the letter's return
path, or its unsubscribe address: there, too, the token and nothing else counts.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser

from flufl.bounce import all_failures

from app.mail import foreign, refusal
from app.mail.refusal import Kind

# flufl tells every detector it tries.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

# Real reports nest four deep and hold a dozen parts; a bomb's cost grows with the square of it.
MOST_PARTS, DEEPEST = 60, 6
MOST_DASHES = 1_000  # each at the beginning of a line, where a part may end
LONGEST_TEXT, LONGEST_SAID = 20_000, 300
ADDRESSED_IN = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_OUR_KIND = re.compile(r"[^\s<>()\[\],;:\"@\\]{1,50}\+[bu][a-z2-7]{20,62}@[\w.-]{1,255}", re.I)
_PART_SIGNS = re.compile(rb"boundary|message/", re.IGNORECASE)
# What RFC 3464, 3462 and 8098 name, and RFC 6533 where an address is not ASCII.
STATUS = ("message/delivery-status", "message/global-delivery-status")
READ = ("message/disposition-notification", "message/global-disposition-notification")
LETTER = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
# Outlook.com's mark in a letter that was reported as junk, also where nothing else says so.
REPORTED = "X-HmXmrOriginalRecipient"
# RFC 3464 §2.3.3; the other actions say that the letter got through.
FAILED, DELAYED = "failed", "delayed"
# RFC 5965 §7.3, and opt-out of its drafts; others praise a letter or speak of its signature.
COMPLAINTS = {"abuse", "fraud", "opt-out", "other"}
MILDEST_FIRST = (Kind.NONE, Kind.SENDER, Kind.SOFT, Kind.HARD)
# Where the returned letter begins, in reports of no standard form.
_RETURNED = re.compile(
    r"^[ >\t]*(?:-+ ?(?:This is a copy|Below this line|Original message|Returned message"
    r"|The body of the message|Mail header|Message header)|Return-Path:|Received: )",
    re.IGNORECASE | re.MULTILINE,
)
_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|<>", re.IGNORECASE)
_AWAY = re.compile(
    r"^(?:(?:re|aw|sv): *)?(?:out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply"
    r"|response)|abwesen|automatische antwort|réponse automatique|absence|respuesta automática"
    r"|fuera de la oficina|risposta automatica|resposta automática|automatisch antwoord|自動応答"
    r"|不在|自动回复|自動回覆|автоответ|on (?:vacation|leave)|i am away)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Report:
    """What a mail says.

    code: RFC 3463, or "". said: the server's words, on one line. addressed: the addresses in it
    that look like ours, the surest first; only their tokens tell whom it is about.
    """

    kind: Kind
    code: str = ""
    said: str = ""
    addressed: tuple[str, ...] = ()


def read(raw: bytes) -> Report:
    """Read any mail; whatever cannot be read says nothing (Kind.NONE). Never raises."""
    try:
        if len(_PART_SIGNS.findall(raw)) > MOST_PARTS or raw.count(b"\n--") > MOST_DASHES:
            mail: Message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
            return Report(Kind.NONE, addressed=_addresses(mail, ADDRESSED_IN))
        mail = message_from_bytes(raw, policy=policy.compat32)
        return _read(mail, raw)
    except Exception:  # noqa: BLE001  (the parsers' own faults on hostile bytes are beyond listing)
        return Report(Kind.NONE)


def _read(mail: Message, raw: bytes) -> Report:
    parts = list(_parts(mail))
    addressed = _addresses(mail, ADDRESSED_IN)
    letter = _fields(found) if (found := _of_type(parts, *LETTER)) else Message()
    if complaint := _of_type(parts, "message/feedback-report"):
        return _complaint(_fields(complaint), letter, addressed)
    if status := _of_type(parts, *STATUS):
        kind, code, said = _failure(status, _text(parts))
        return Report(kind, code, said, addressed)
    if letter[REPORTED]:
        said = _said(f"junk reported by {_header(mail, 'From')}")
        return Report(Kind.COMPLAINT, said=said, addressed=_of_letter(letter, addressed))
    is_sure = mail["X-Failed-Recipients"] or _of_type(parts, *READ)
    if _is_automatic(mail) and not is_sure:
        return Report(Kind.NONE, addressed=addressed)
    if any(re.search(r"\+u[a-z2-7]+@", address, re.IGNORECASE) for address in addressed):
        return Report(Kind.UNSUBSCRIBE, addressed=addressed)
    kind, code, said = _odd_failure(mail, raw, _text(parts))
    return Report(kind, code, said, addressed)


def _parts(mail: Message) -> Iterator[Message]:
    """The mail and its parts, but not those of the letter it returns."""
    level = [mail]
    for _ in range(DEEPEST):
        yield from level
        level = [
            part
            for outer in level
            if outer.get_content_maintype() == "multipart" and outer.is_multipart()
            for part in outer.get_payload()
            if isinstance(part, Message)
        ]


def _of_type(parts: Sequence[Message], *types: str) -> Message | None:
    return next((part for part in parts if part.get_content_type() in types), None)


def _header(part: Message, name: str) -> str:
    return " ".join(str(part.get(name, "")).split())


def _addresses(mail: Message, names: Sequence[str]) -> tuple[str, ...]:
    values = [str(value)[:4_000] for name in names for value in mail.get_all(name, [])[:20]]
    found = [match for value in values for match in _OUR_KIND.findall(value)]
    return tuple(dict.fromkeys(found))


def _text(parts: Sequence[Message]) -> str:
    """What the report says in words, as far as the letter it returns."""
    part = _of_type(parts, "text/plain") or _of_type(parts, "text/html")
    payload = part.get_payload(decode=True) if part else b""
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if part is not None and part.get_content_subtype() == "html":
        text = re.sub(r"<[^<>@]{1,2000}>", " ", text)
    returned = _RETURNED.search(text[:LONGEST_TEXT])
    return text[: returned.start() if returned else LONGEST_TEXT]


def _said(words: str) -> str:
    return foreign.tame(words[: 4 * LONGEST_SAID])[:LONGEST_SAID]


def _complaint(fields: Message, letter: Message, addressed: tuple[str, ...]) -> Report:
    """RFC 5965. fields: of the report; letter: the head of the letter that it is about."""
    kind = _header(fields, "Feedback-Type").lower()
    addressed += _addresses(fields, ("Original-Mail-From",))
    is_complaint = kind in COMPLAINTS
    return Report(
        Kind.COMPLAINT if is_complaint else Kind.NONE,
        said=_said(f"{kind} reported by {_header(fields, 'User-Agent')}"),
        addressed=_of_letter(letter, addressed),
    )


def _of_letter(letter: Message, addressed: tuple[str, ...]) -> tuple[str, ...]:
    """Our addresses in a complaint, with those it was sent back from; last, whom it unsubscribes.

    Some feedback loops take the return path out, but leave a letter its List-Unsubscribe.
    """
    own = _addresses(letter, ("Return-Path", "X-Original-Return-Path", "List-Unsubscribe"))
    return tuple(dict.fromkeys(addressed + own))


def _fields(part: Message) -> Message:
    """The header fields that a part holds as its content."""
    inner = part.get_payload()
    nested = [each for each in inner if isinstance(each, Message)] if inner else []
    if found := next((each for each in nested if each.keys()), None):
        return found
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else _decoded(part, nested)
    return BytesHeaderParser(policy=policy.compat32).parsebytes(content.lstrip(b"\r\n"))


def _decoded(part: Message, nested: Sequence[Message]) -> bytes:
    """What a part of fields holds in base64, which the standard library does not expect there."""
    whole = Message(policy=policy.compat32)
    whole["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"] or "7bit"
    whole.set_payload("".join(str(each.get_payload()) for each in nested))
    content = whole.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _failure(status: Message, text: str) -> tuple[Kind, str, str]:
    """RFC 3464. Of several recipients the luckiest counts: a letter that an alias still brings to
    somebody is no reason to stop."""
    blocks = [block for block in _blocks(status) if block["Action"] or block["Status"]]
    if not blocks:
        return Kind.NONE, "", ""
    each = [_of_recipient(block, text if len(blocks) == 1 else "") for block in blocks]
    return min(each, key=lambda one: MILDEST_FIRST.index(one[0]))


def _blocks(status: Message) -> list[Message]:
    payload = status.get_payload()
    blocks = [each for each in payload if isinstance(each, Message)] if payload else []
    if any(block["Action"] or block["Status"] for block in blocks):
        return blocks
    parser = BytesHeaderParser(policy=policy.compat32)
    texts = re.split(rb"\r?\n\r?\n", _decoded(status, blocks))
    return [parser.parsebytes(each) for each in texts[:MOST_PARTS]]


def _of_recipient(block: Message, text: str) -> tuple[Kind, str, str]:
    action = _header(block, "Action").lower().partition(" ")[0]
    status = refusal.code_in(_header(block, "Status"))
    words = _header(block, "Diagnostic-Code")[:LONGEST_TEXT]
    words = re.sub(r"^[\w-]{1,20} *; *", "", words)
    if not action:
        action = {"5": FAILED, "4": DELAYED}.get(status[:1], "")
    if action != FAILED:
        return Kind.NONE, status, _said(words)
    only_in_text = refusal.is_vague(refusal.code_in(words)) and refusal.is_vague(status)
    kind, code = refusal.judge(f"{words} {text}" if only_in_text else words, status)
    return kind, code, _said(words or text)


def _is_automatic(mail: Message) -> bool:
    """RFC 3834 §5, and what came before it. Old mailers mark their bounces as nothing at all."""
    submitted = _header(mail, "Auto-Submitted").lower().partition(";")[0].strip()
    marked = submitted.startswith("auto-") and submitted != "auto-generated"
    marked = marked or any(
        mail[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Vacation")
    )
    precedence = _header(mail, "Precedence").lower()
    return marked or precedence in {"auto_reply", "list"} or bool(_AWAY.match(_subject(mail)))


def _subject(mail: Message) -> str:
    try:
        return foreign.tame(str(make_header(decode_header(str(mail.get("Subject", ""))[:2_000]))))
    except (LookupError, ValueError):
        return _header(mail, "Subject")


def _odd_failure(mail: Message, raw: bytes, text: str) -> tuple[Kind, str, str]:
    """A report of no standard form, which only a mail system may send: the return path tells."""
    sender = _header(mail, "Return-Path") or _header(mail, "From")
    if not _DAEMON.search(sender):
        return Kind.NONE, "", ""
    head = message_from_bytes(raw[: 4 * LONGEST_TEXT], policy=policy.compat32)
    for part in _parts(head):
        _uncover(part)
    passing, final = all_failures(head)
    failed = bool(final) or bool(mail["X-Failed-Recipients"])
    if not failed or (passing and not final):
        return Kind.NONE, "", ""
    kind, code = refusal.judge(text, "5.0.0")
    return kind, code, _said(_telling(text))


def _uncover(part: Message) -> None:
    """Put the words in place of their base64, of which flufl would make nothing."""
    words = part.get_payload(decode=True)
    if _header(part, "Content-Transfer-Encoding").lower() == "base64" and isinstance(words, bytes):
        del part["Content-Transfer-Encoding"]
        part.set_payload(words.decode("utf-8", "replace"))


def _telling(text: str) -> str:
    """The line that names a code, and what it goes on with; else the beginning."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if refusal.code_in(line) or re.search(r"(?<![\d.])[45]\d\d[ -]", line):
            return " ".join(lines[number : number + 2])
    return " ".join(lines[:6])
