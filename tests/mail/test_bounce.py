"""Reports in the forms that real mail systems give them, of our own making."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail import bounce, links
from app.mail.links import Tokens
from app.mail.refusal import Kind

REPORTS = Path(__file__).parent / "reports"
TOKENS = Tokens(["a key for these tests only"])
# File, what it is, and the code that says so.
EXPECTED = [
    ("arf_auth_failure", "none", ""),
    ("arf_fraud", "complaint", ""),
    ("arf_in_base64", "complaint", ""),
    ("arf_not_spam", "none", ""),
    ("arf_outlook", "complaint", ""),
    ("arf_to_the_return_path", "complaint", ""),
    ("arf_unsubscribe_address_left", "complaint", ""),
    ("arf_without_a_token", "complaint", ""),
    ("arf_yahoo", "complaint", ""),
    ("away_chinese", "none", ""),
    ("away_english", "none", ""),
    ("away_french", "none", ""),
    ("away_from_postmaster", "none", ""),
    ("away_german_abwesenheit", "none", ""),
    ("away_japanese", "none", ""),
    ("away_outlook_german", "none", ""),
    ("away_rfc3834", "none", ""),
    ("away_spanish", "none", ""),
    ("away_to_the_unsubscribe_address", "none", ""),
    ("away_without_a_mark", "none", ""),
    ("challenge_response", "none", ""),
    ("dovecot_over_quota", "soft", "5.2.2"),
    ("dsn_folded_upper_case", "hard", "5.1.6"),
    ("dsn_in_base64", "soft", "5.2.2"),
    ("exchange_2003", "hard", "5.1.1"),
    ("exchange_2010_unknown", "hard", "5.1.1"),
    ("exim_dsn_policy", "sender", "5.7.1"),
    ("exim_dsn_unknown", "hard", "5.1.1"),
    ("exim_dsn_unrouteable", "soft", "5.0.0"),
    ("exim_old_full", "soft", "5.2.2"),
    ("exim_old_unknown", "hard", "5.1.1"),
    ("exim_warning", "none", ""),
    ("gmail_delayed", "none", "4.4.1"),
    ("gmail_disabled", "hard", "5.2.1"),
    ("gmail_not_found", "hard", "5.1.1"),
    ("gmail_over_quota", "soft", "5.2.2"),
    ("gmail_too_quickly", "soft", "5.2.1"),
    ("gmail_unauthenticated", "sender", "5.7.26"),
    ("junk_outlook", "complaint", ""),
    ("listserv_failed_recipients", "hard", "5.1.1"),
    ("lmtp_over_quota", "soft", "4.2.2"),
    ("m365_access_denied", "soft", "5.4.1"),
    ("m365_delayed_expired", "soft", "4.4.7"),
    ("m365_full", "soft", "5.2.2"),
    ("m365_not_found", "hard", "5.1.10"),
    ("m365_restricted", "sender", "5.7.133"),
    ("m365_sender_unauthenticated", "sender", "5.7.515"),
    ("m365_transport", "sender", "5.7.1"),
    ("mailman_hold", "none", ""),
    ("outlook_com_unavailable", "soft", "5.5.0"),
    ("postfix_alias_all_gone", "hard", "5.1.1"),
    ("postfix_alias_partly", "none", "4.2.2"),
    ("postfix_blocked", "sender", "5.7.1"),
    ("postfix_blocked_as_unknown", "sender", "5.1.1"),
    ("postfix_delayed", "none", "4.4.1"),
    ("postfix_delivered", "none", "2.1.5"),
    ("postfix_expired", "soft", "4.4.1"),
    ("postfix_full", "soft", "5.2.2"),
    ("postfix_greylisted_expired", "soft", "4.2.0"),
    ("postfix_loop", "soft", "5.4.6"),
    ("postfix_no_host", "soft", "5.4.4"),
    ("postfix_null_mx", "hard", "5.1.10"),
    ("postfix_plain_words", "hard", "5.1.1"),
    ("postfix_smtputf8_unknown", "hard", "5.1.1"),
    ("postfix_unknown", "hard", "5.1.1"),
    ("qmail_expired", "soft", "4.4.7"),
    ("qmail_in_base64", "hard", "5.1.1"),
    ("qmail_no_mailbox", "hard", "5.1.1"),
    ("qmail_remote_words", "hard", "5.1.1"),
    ("qmail_vpopmail_full", "soft", "5.2.2"),
    ("read_receipt", "none", ""),
    ("reply_quoting_a_bounce", "none", ""),
    ("sendmail_no_code", "hard", "5.1.1"),
    ("sendmail_too_large", "sender", "5.3.4"),
    ("sendmail_unknown", "hard", "5.1.1"),
    ("sendmail_warning", "none", "4.4.1"),
    ("ses_bounce", "hard", "5.1.1"),
    ("ses_suppressed", "hard", "5.1.1"),
    ("unsubscribe_by_mail", "unsubscribe", ""),
    ("unsubscribe_by_service", "unsubscribe", ""),
    ("yahoo_disabled", "hard", "5.2.1"),
    ("yahoo_dmarc", "sender", "5.7.9"),
    ("yahoo_not_found", "hard", "5.1.1"),
    ("yahoo_old_no_account", "hard", "5.1.1"),
]
NEVER_SUPPRESSED = ("away", "challenge", "read_receipt", "reply", "mailman", "arf_not", "arf_auth")


def read(name):
    return bounce.read((REPORTS / f"{name}.eml").read_bytes())


@pytest.mark.parametrize(("name", "kind", "code"), EXPECTED)
def test_a_report_says_what_became_of_the_letter(name, kind, code):
    report = read(name)
    assert (report.kind, report.code) == (Kind(kind), code)
    assert report.said.isprintable()
    assert len(report.said) <= bounce.LONGEST_SAID


def test_the_table_names_every_report():
    assert sorted(name for name, _, _ in EXPECTED) == sorted(p.stem for p in REPORTS.glob("*.eml"))
    assert len(EXPECTED) >= 40


@pytest.mark.parametrize("name", [n for n, _, _ in EXPECTED if n != "arf_without_a_token"])
def test_a_report_leads_to_the_letter_it_was_made_for(name):
    first = read(name).addressed[0]
    if "unsubscribe" in name:
        assert links.read_unsubscribe_address(TOKENS, first) == 7
    else:
        assert links.read_bounce_address(TOKENS, first) == (7, 3)


@pytest.mark.parametrize("name", [n for n, _, _ in EXPECTED if n.startswith(NEVER_SUPPRESSED)])
def test_what_people_and_their_programs_answer_is_no_bounce(name):
    assert read(name).kind == Kind.NONE


def test_a_report_is_not_about_whom_its_text_names():
    ours = "paperboy+ba4brzmb4ngxkqwgesk5jygqzhxuio@example.org"
    raw = (REPORTS / "postfix_unknown.eml").read_bytes()
    head, _, body = raw.partition(b"\n\n")
    forged = head.replace(ours.encode(), b"paperboy@example.org") + b"\n\n" + body
    assert ours.encode() in forged
    assert bounce.read(forged).addressed == ()


def test_a_report_with_bytes_of_no_charset_is_read_all_the_same():
    raw = (REPORTS / "exchange_2010_unknown.eml").read_bytes().replace(b"us-ascii", b"x-klingon")
    assert bounce.read(raw.replace(b"not found", b"\xff\xfe\x00")).kind == Kind.HARD


def test_reports_with_crlf_read_the_same():
    for name, _, _ in EXPECTED:
        raw = (REPORTS / f"{name}.eml").read_bytes()
        assert bounce.read(raw.replace(b"\n", b"\r\n")) == bounce.read(raw), name


@settings(deadline=None)
@given(st.binary(max_size=4_000))
def test_no_bytes_at_all_are_too_much(raw):
    assert bounce.read(raw).kind in Kind


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from([name for name, _, _ in EXPECTED]),
    at=st.integers(0, 2_000),
    length=st.integers(0, 300),
    junk=st.binary(max_size=60),
)
def test_a_report_damaged_anywhere_never_names_anyone_else(name, at, length, junk):
    raw = (REPORTS / f"{name}.eml").read_bytes()
    report = bounce.read(raw[:at] + junk + raw[at + length :])
    for address in report.addressed:
        assert links.read_bounce_address(TOKENS, address) in {None, (7, 3)}


def _nested(depth, head="Content-Type: multipart/report; boundary=b{0}\n\n--b{0}\n"):
    return "".join(head.format(n) for n in range(depth)).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00" * 1_000_000,
        b"a: b\n" * 200_000,
        b"((((" * 250_000,
        b"To: " + b"(" * 1_000_000 + b"\n\n",
        b"To: " + b"a+" * 500_000 + b"@example.org\n\n",
        b"To: " + b"x+b" * 300_000 + b"\n\n",
        b"Content-Type: text/plain" + b"; a*0=b" * 100_000 + b"\n\n5.1.1",
        b"Return-Path: <>\n\n" + b"5.1.1." * 160_000,
        b"Return-Path: <>\nX-Failed-Recipients: a@b.org\n\n" + b"mailbox full " * 70_000,
        b"Return-Path: <>\nX-Failed-Recipients: a@b.org\n\n" + b"<" * 900_000,
        b"Return-Path: <>\nX-Failed-Recipients: " + b"a@b.org, " * 100_000 + b"\n\n550",
        b"Subject: " + b"=?utf-8?q?=00?= " * 60_000 + b"\n\n",
        _nested(1_000),
        _nested(1_000, "Content-Type: message/rfc822\n\n"),
        _nested(1_000, 'Content-Type: multipart/mixed; bou\tndary*0="b{0}"\n\n--b{0}\n'),
        b"Content-Type: message/delivery-status\n\n"
        + b"Action: failed\nStatus: 5.1.1\n\n" * 30_000,
        b"Content-Type: multipart/report; boundary=a\n\n" + b"--a\n\n" * 200_000,
    ],
    ids=range(17),
)
def test_a_megabyte_of_nonsense_says_nothing(raw):
    report = bounce.read(raw)
    assert not report.addressed
