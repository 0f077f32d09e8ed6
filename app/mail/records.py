"""What a sender's domain has to say in the DNS, and whether it does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.mail import dkim

# RFC 1035 §3.3: a TXT record is made of strings no longer than this.
LONGEST_STRING = 255
_POLICY = re.compile(r"v\s*=\s*DMARC1\s*;")


@dataclass(frozen=True)
class Record:
    """A record to publish. value: a TXT record's in quoted strings, as zone files have it."""

    name: str
    kind: str
    value: str
    why: str


def to_publish(
    mail_domain: str,
    return_domain: str,
    signer: dkim.Signer | None,
    *,
    has_mailbox: bool = False,
    reports_to: str = "",
    relay: str = "",
) -> list[Record]:
    """The records, with gaps in capitals that only the manuals of others can fill.

    mail_domain: of the sender's address; return_domain: of the return path, in whose mailbox we
    read if it has one; relay: the host that takes our letters, "" for this machine.
    """
    source = f"include:WHAT-{relay.upper()}-TELLS-YOU" if relay else "ip4:WHERE-THIS-MACHINE-SENDS"
    reports = f"; rua=mailto:{reports_to}" if reports_to else ""
    signature = (
        [Record(signer.record_name, "TXT", quoted(signer.record), "DKIM: our signature's key")]
        if signer
        else []
    )
    mailbox = (
        [
            Record(
                return_domain,
                "MX",
                "10 HOST-OF-THE-BOUNCE-MAILBOX.",
                "MX: where bounces come back to; the mailbox must take addresses with a +",
            )
        ]
        if has_mailbox
        else []
    )
    reporting = reports_to.rpartition("@")[2].lower()
    consent = (
        [
            Record(
                f"{mail_domain}._report._dmarc.{reporting}",
                "TXT",
                quoted("v=DMARC1"),
                f"DMARC: that {reporting} takes another domain's reports; without it none come",
            )
        ]
        if reporting and not is_aligned(mail_domain, reporting)
        else []
    )
    return [
        Record(return_domain, "TXT", quoted(f"v=spf1 {source} ~all"), "SPF: who may send"),
        *mailbox,
        *signature,
        Record(
            f"_dmarc.{mail_domain}",
            "TXT",
            quoted(f"v=DMARC1; p=none{reports}"),
            "DMARC: to begin with, only ask; p=quarantine when reports show that all is well",
        ),
        *consent,
    ]


def quoted(text: str) -> str:
    """A TXT record's text as quoted strings, none too long."""
    parts = [text[at : at + LONGEST_STRING] for at in range(0, len(text), LONGEST_STRING)]
    return " ".join(f'"{part}"' for part in parts)


def is_aligned(mail_domain: str, other: str) -> bool:
    """Whether DMARC (RFC 9989) takes both for the same sender, as far as can be told offline.

    One within the other: which domains two siblings both belong to is for a public list to say.
    """
    one, two = f".{mail_domain.lower()}", f".{other.lower()}"
    return one.endswith(two) or two.endswith(one)


def spf_fault(found: Sequence[str]) -> str:
    """What is wrong with the SPF records of a domain, or ""."""
    policies = [terms for text in found if (terms := text.lower().split())[:1] == ["v=spf1"]]
    if len(policies) > 1:
        return f"has {len(policies)} SPF records, and so none counts (RFC 7208 §3.2)"
    if not policies:
        return "has no SPF record"
    # As domains have it that never send, and names under a wildcard.
    is_closed = policies[0][1:] in (["-all"], ["~all"])
    return "has an SPF record that lets nobody send" if is_closed else ""


def mx_fault(hosts: Sequence[str]) -> str:
    """What is wrong with where mail for a domain goes, or ""."""
    if not hosts:
        return "has no MX record, so bounces cannot come back"
    is_null = list(hosts) == [""]
    return "says that it takes no mail (RFC 7505), so bounces cannot come back" if is_null else ""


def dkim_fault(found: Sequence[str], signer: dkim.Signer) -> str:
    """What is wrong with the published key, or ""."""
    published = [tags for text in found if (tags := dkim.tags(text)).get("p")]
    if not published:
        return "has no DKIM record, and so no signature of ours holds"
    if {tags["p"] for tags in published} != {dkim.public_key(signer.record)}:
        return "publishes another key than the one we sign with"
    if any("y" in tags.get("t", "").lower().split(":") for tags in published):
        return "says that our signatures are but a test (t=y), so that they need not count"
    if any("sha256" not in tags.get("h", "sha256").lower().split(":") for tags in published):
        return "lets no signature by SHA-256 hold (h=), and ours are"
    return ""


def policy_in_force(answers: Sequence[list[str] | None]) -> list[str] | None:
    """Of what stands at each of `dmarc_names`, or None for no answer, that which receivers go by.

    A wildcard answers there too, with what is no policy, and is passed by.
    """
    answered = (found for found in answers if found)
    return next((found for found in answered if any(map(_POLICY.match, found))), answers[0])


def dmarc_fault(found: Sequence[str], mail_domain: str, signs: str) -> str:
    """What is wrong with the DMARC record of a domain, or "".

    signs: the domain of our signatures, "" where we make none.
    """
    policies = [text for text in found if _POLICY.match(text)]
    if not policies:
        return "has no DMARC record"
    if len(policies) > 1:
        return f"has {len(policies)} DMARC records, and so none counts"
    tags = dkim.tags(policies[0])
    if "p" not in tags:
        return "has a DMARC record without p="
    is_strict = tags.get("adkim", "").lower() == "s"
    if is_strict and signs and signs.lower() != mail_domain.lower():
        return f"wants signatures by {mail_domain} itself (adkim=s), and ours are by {signs}"
    return ""


def dmarc_names(mail_domain: str) -> list[str]:
    """Where the policy for a domain may stand: its own name, then those above but the topmost."""
    labels = mail_domain.split(".")
    return [f"_dmarc.{'.'.join(labels[at:])}" for at in range(max(1, len(labels) - 1))]
