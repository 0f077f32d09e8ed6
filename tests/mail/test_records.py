import re

import pytest

from app.mail import records


def test_the_records_name_every_domain_that_takes_part(signer):
    made = records.to_publish(
        "papers.example.org",
        "bounces.example.org",
        signer,
        has_mailbox=True,
        reports_to="ops@example.org",
        relay="smtp.relay.example",
    )

    assert [(each.name, each.kind) for each in made] == [
        ("bounces.example.org", "TXT"),
        ("bounces.example.org", "MX"),
        ("paperboy._domainkey.example.org", "TXT"),
        ("_dmarc.papers.example.org", "TXT"),
    ]
    assert "SMTP.RELAY.EXAMPLE" in made[0].value
    assert made[3].value == '"v=DMARC1; p=none; rua=mailto:ops@example.org"'


def test_without_key_and_mailbox_there_are_two_records():
    made = records.to_publish("example.org", "example.org", None)

    assert [each.why.partition(":")[0] for each in made] == ["SPF", "DMARC"]


def test_a_key_is_published_in_strings_that_fit(signer):
    strings = re.findall('"([^"]*)"', records.quoted(signer.record))

    assert "".join(strings) == signer.record
    assert len(signer.record) > 255 >= max(map(len, strings))


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("example.org", "example.org", True),
        ("Papers.example.org", "example.ORG", True),
        ("example.org", "mail.example.org", True),
        ("example.org", "example.com", False),
        ("badexample.org", "example.org", False),
    ],
)
def test_a_domain_is_aligned_with_those_in_and_around_it(one, other, aligned):
    assert records.is_aligned(one, other) is aligned


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (["v=spf1 ip4:192.0.2.1 ~all", "site-verification=1"], ""),
        (["V=SPF1"], ""),
        ([], "has no SPF record"),
        (["v=spf10 -all"], "has no SPF record"),
        (["v=spf1 ip4:192.0.2.1 -all"], ""),
        (["v=SPF1  ~all "], "has an SPF record that lets nobody send"),
        (["v=spf1 -all", "v=spf1 +all"], "has 2 SPF records, and so none counts (RFC 7208 §3.2)"),
    ],
)
def test_exactly_one_spf_record_counts(found, fault):
    assert records.spf_fault(found) == fault


def test_the_published_key_has_to_be_ours(signer):
    assert records.dkim_fault([signer.record.replace("; p=", ";  p= ")], signer) == ""
    assert "no DKIM" in records.dkim_fault([], signer)
    assert "no DKIM" in records.dkim_fault(["v=DKIM1; p="], signer)
    assert "another key" in records.dkim_fault(["v=DKIM1; k=rsa; p=AAAA"], signer)
    assert "another key" in records.dkim_fault([signer.record, "v=DKIM1; p=AAAA"], signer)
    assert "but a test" in records.dkim_fault([f"{signer.record}; t=s:Y"], signer)
    assert "SHA-256" in records.dkim_fault([f"{signer.record}; h=sha1"], signer)
    assert records.dkim_fault([f"{signer.record}; t=s; h=sha1 : sha256"], signer) == ""


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (["v=DMARC1; p=none"], ""),
        (["v=DMARC1;p=reject; rua=mailto:a@b.org"], ""),
        (["spf"], "has no DMARC record"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "has 2 DMARC records, and so none counts"),
        (["v=DMARC1; rua=mailto:a@b.org"], "has a DMARC record without p="),
    ],
)
def test_exactly_one_dmarc_record_counts(found, fault):
    assert records.dmarc_fault(found, "example.org", "") == fault


def test_a_strict_policy_wants_signatures_of_the_very_domain():
    strict = ["v=DMARC1; p=reject; adkim=S"]
    assert "adkim=s" in records.dmarc_fault(strict, "papers.example.org", "example.org")
    assert records.dmarc_fault(strict, "example.org", "Example.org") == ""
    assert records.dmarc_fault(strict, "papers.example.org", "") == ""
    assert records.dmarc_fault(["v=DMARC1; p=none"], "papers.example.org", "example.org") == ""


def test_what_else_stands_where_a_policy_might_hides_none_above():
    above = ["v=DMARC1; p=none"]
    assert records.policy_in_force([["v=spf1 -all"], above]) == above
    assert records.policy_in_force([None, above]) == above
    assert records.policy_in_force([["v=spf1 -all"], []]) == ["v=spf1 -all"]
    assert records.policy_in_force([None, []]) is None


def test_reports_to_another_domain_need_its_consent():
    made = records.to_publish("example.org", "example.org", None, reports_to="ops@example.net")
    assert made[-1].name == "example.org._report._dmarc.example.net"
    assert made[-1].value == '"v=DMARC1"'


def test_a_policy_may_stand_at_a_domain_above():
    assert records.dmarc_names("a.papers.example.org") == [
        "_dmarc.a.papers.example.org",
        "_dmarc.papers.example.org",
        "_dmarc.example.org",
    ]
    assert records.dmarc_names("example.org") == ["_dmarc.example.org"]
