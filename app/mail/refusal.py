"""What a server's refusal says of the address: enhanced status codes (RFC 3463) and plain words.

Gmail and Outlook refuse the *sender* in the same breath as others refuse a dead address. Whoever
takes the one for the other empties the list on the first day of a bad DNS record.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """HARD: the address is of no use. SOFT: not today. SENDER: not the recipient's fault at all.

    COMPLAINT: its owner said "spam". UNSUBSCRIBE: a mail that asks for an end. NONE: says nothing.
    """

    HARD = "hard"
    SOFT = "soft"
    SENDER = "sender"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NONE = "none"


HARD_CODES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# RFC 3463 §3: the sender's own address (1.7, 1.8); mail system (3), content (6) and policy (7).
_ABOUT_THE_SENDER = re.compile(r"[45]\.(?:1\.[78]$|[367]\.)")
# Not part of a longer number, such as an IP address or a version.
_CODE = r"([245]\.[0-7]\.\d{1,3})(?!\d|\.\d)"
_AFTER_REPLY = re.compile(rf"(?<!\d)[245]\d\d[ -]+[#\['\"]?{_CODE}")
_ANYWHERE = re.compile(rf"(?<![\d.]){_CODE}")
_REFUSED = re.compile(r"(?<!\d)5[05]\d(?!\d)")
_ADDRESS = re.compile(r"<[^<>\s]{1,320}>|[^\s<>]{1,64}@[^\s<>]{1,255}")

_BLOCKED = re.compile(
    r"spamhaus|black-?list|block-?list|blocked using|dnsbl|\brbl\b|reputation|\bdmarc\b|\bspf\b"
    r"|\bdkim\b",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"\bspam|\bpolicy\b|relay(?:ing)? (?:access )?(?:denied|not permitted)|authenticat|sender"
    r"|access denied|\bblocked\b|administrative(?:ly)? prohibit",
    re.IGNORECASE,
)
_RATE = re.compile(r"too (?:quickly|many)|at a rate\b|rate limit", re.IGNORECASE)
_FULL = re.compile(
    r"over ?quota|quota exceeded|exceed\w* (?:\w+ ){0,3}quota"
    r"|(?:mailbox|mailfolder|inbox)(?: \w+){0,2} full",
    re.IGNORECASE,
)
_DISABLED = re.compile(
    r"(?:account|mailbox|user)(?: that you tried to reach)?(?: is| has been| was)? "
    r"(?:disabled|inactive|deactivated|closed|suspended)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found)"
    r"|(?:unknown|no such|invalid) (?:user|recipient|mailbox|local part|address)"
    r"|no mailbox here by that name|not listed in (?:domino directory|public name)"
    r"|(?:doesn't|does not) have an? [\w.]{1,40} account"
    r"|(?:user|mailbox|account|address|recipient)(?: that you tried to reach)? "
    r"(?:doesn't|does not) exist",
    re.IGNORECASE,
)
# How we greeted our relay, in whose name we send, how much: no reader has a part in that, though
# Microsoft's and Google's say so under codes of mailboxes and addresses (5.2.252, 5.1.90, 5.4.5).
_OURS = re.compile(
    r"\b(?:helo|ehlo)\b|send ?as\b|sendasdenied|not allowed to send|sender address rejected"
    r"|not verified|STOREDRV\.Submission|submission ?quota|outbound ?spam|\bsending activity"
    r"|(?:sending|daily|hourly|24-hour) (?!receiv)(?:\w+ ){0,3}(?:limit|quota)"
    r"|(?:messages|rcpts|recipients) (?:per|in) \d* ?(?:hour|day)|\byour (?:\w+ )?account\b"
    r"|\bsender'?s? account\b",
    re.IGNORECASE,
)
# The first that fits wins: a block list's reply may well speak of users too.
_BY_WORDS = (
    (_BLOCKED, "5.7.1"),
    (_FULL, "5.2.2"),
    (_DISABLED, "5.2.1"),
    (_UNKNOWN, "5.1.1"),
    (_POLICY, "5.7.1"),
)


def code_in(words: str) -> str:
    """The enhanced code in a server's words, "5.1.1", or ""; one after a reply code comes first."""
    found = _AFTER_REPLY.search(words) or _ANYWHERE.search(words)
    return found[1] if found else ""


def without_addresses(words: str) -> str:
    """The same words, fit for a log or for what stays when somebody is removed."""
    return _ADDRESS.sub("<…>", words)


def is_vague(code: str) -> bool:
    """Whether a code says no more than good or bad, such as 5.0.0.

    5.1.0 is of an address, but some mean the sender's by it.
    """
    return not code or code[1:] in {".0.0", ".1.0"}


def judge(words: str, status: str = "") -> tuple[Kind, str]:
    """What a refusal means, and the enhanced code that tells. words: the server's, with its codes.

    status: what whoever reports them made of them; the server's own code comes first.
    """
    own = code_in(words)
    code = status if is_vague(own) and not is_vague(status) else own or status
    plain = _ADDRESS.sub(" ", words)
    if is_vague(code) and (code.startswith("5") or _REFUSED.search(plain)):
        code = next((named for said, named in _BY_WORDS if said.search(plain)), code)
    return _kind_of(code, plain), code


def _kind_of(code: str, words: str) -> Kind:
    if code.startswith("2"):
        return Kind.NONE
    if _ABOUT_THE_SENDER.match(code) or _OURS.search(words):
        return Kind.SENDER
    if code not in HARD_CODES:
        return Kind.SOFT
    # Gmail says 5.2.1 of a mailbox that gets too much at once; some filters say 5.1.1 of anything.
    if _BLOCKED.search(words):
        return Kind.SENDER
    return Kind.SOFT if _RATE.search(words) else Kind.HARD
