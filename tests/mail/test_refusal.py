import pytest

from app.mail import refusal
from app.mail.refusal import Kind


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_these_codes_tell_of_a_dead_address(code):
    assert refusal.judge(f"550 {code} no") == (Kind.HARD, code)
    assert refusal.judge(f"550-{code} no") == (Kind.HARD, code)
    assert refusal.judge("550 no", code) == (Kind.HARD, code)


@pytest.mark.parametrize(
    "code",
    ["5.7.1", "5.7.26", "5.7.515", "5.7.509", "5.3.0", "5.3.4", "5.6.0", "4.7.0", "4.3.2", "5.1.8"],
)
def test_these_codes_are_the_senders_fault(code):
    assert refusal.judge(f"550 {code} user unknown") == (Kind.SENDER, code)


@pytest.mark.parametrize("code", ["5.2.2", "5.4.4", "5.5.0", "4.2.2", "5.2.0", "5.1.0", "5.1.100"])
def test_the_others_count(code):
    assert refusal.judge(f"552 {code} not today") == (Kind.SOFT, code)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Unknown address error 550-'5.1.1 User unknown'", (Kind.HARD, "5.1.1")),
        ("Unknown address error 550-'5.7.1 Message is spam'", (Kind.SENDER, "5.7.1")),
        (
            "Unknown address error 554-'user doesn't have a b.org account'",
            (Kind.HARD, "5.1.1"),
        ),
        ("Sender denied", (Kind.SENDER, "5.7.1")),
        ("Address rejected.", (Kind.SOFT, "5.1.0")),
    ],
)
def test_a_code_of_any_address_leaves_it_to_the_words_whose(words, verdict):
    assert refusal.judge(f"5.1.0 - {words} (delivery attempts: 0)", "5.1.0") == verdict


def test_a_directory_of_users_that_does_not_list_one_has_no_mailbox_for_them():
    words = "User ada (ada@example.net) not listed in Domino Directory"
    assert refusal.judge(words, "5.0.0") == (Kind.HARD, "5.1.1")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("550 5.1.1 no such person", "5.1.1"),
        ("550-5.1.1 Gmail says it twice 550 5.1.1", "5.1.1"),
        ("mailbox is full (#5.2.2)", "5.2.2"),
        ("host 5.1.1.2 said: 452 4.2.2 full", "4.2.2"),
        ("Exim 4.96.1 at 5.1.1.9", ""),
        ("version 15.1.1", ""),
        ("550 no such person", ""),
        ("", ""),
        ("5.1.1", "5.1.1"),
        ("5.9.1", ""),
    ],
)
def test_an_enhanced_code_is_found_in_words(words, code):
    assert refusal.code_in(words) == code


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("550 No such user here", Kind.HARD),
        ("550 <blocklist@example.org>: user unknown", Kind.HARD),
        ("554 This mailbox is disabled", Kind.HARD),
        ("552 mailbox is full", Kind.SOFT),
        ("550 relaying denied", Kind.SENDER),
        ("550 Administrative prohibition - envelope blocked", Kind.SENDER),
        ("550 Helo command rejected: need fully-qualified hostname", Kind.SENDER),
        ("504 5.5.2 <3f2a>: Helo command rejected: need fully-qualified hostname", Kind.SENDER),
        ("450 4.7.1 <box>: Helo command rejected: Host not found", Kind.SENDER),
        ("501 5.5.4 invalid address", Kind.SOFT),
        ("550 user unknown; this attempt was not blocked", Kind.HARD),
        ("554 Your host is on a blacklist; no such user", Kind.SENDER),
        ("450 user unknown", Kind.SOFT),
        ("554 transaction failed", Kind.SOFT),
        ("", Kind.SOFT),
    ],
)
def test_plain_words_speak_where_no_code_does(words, kind):
    assert refusal.judge(words)[0] == kind


@pytest.mark.parametrize(
    "words",
    [
        "554 5.2.252 SendAsDenied; a@example.org not allowed to send as b@example.org; STOREDRV",
        "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message",
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message",
        "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits",
        "550 5.4.5 Daily SMTP relay sending limit exceeded for customer.",
        "550 5.4.6 Unusual sending activity detected. Please try after sometime",
        "550 5.1.0 <paperboy@example.org>: Sender address rejected: Domain not found",
        "554 Message rejected: Email address is not verified.",
        "550 5.5.0 limit of 400 rcpts per 24 hours reached",
        "550 Your account has been suspended",
        "554 5.2.1 The sender's account is disabled",
    ],
)
def test_what_a_relay_has_against_us_is_no_readers_fault(words):
    assert refusal.judge(words)[0] == Kind.SENDER


@pytest.mark.parametrize(
    "words",
    [
        "552 5.2.2 The email account that you tried to reach is over quota",
        "550 5.2.0 The user has reached the daily receiving limit",
        "550 5.2.0 mailbox unavailable",
        "550 5.4.1 Recipient address rejected: Access denied",
    ],
)
def test_what_a_mailbox_cannot_take_is_not_ours(words):
    assert refusal.judge(words)[0] == Kind.SOFT


def test_a_block_list_that_says_user_unknown_is_not_believed():
    assert refusal.judge("550 5.1.1 rejected by Spamhaus")[0] == Kind.SENDER


def test_a_mailbox_that_gets_too_much_at_once_is_not_dead():
    assert refusal.judge("550 5.2.1 is receiving mail at a rate that")[0] == Kind.SOFT
