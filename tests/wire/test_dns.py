import pytest
from name_server import NameServer

from app.wire import dns


@pytest.fixture
def names():
    with NameServer() as server:
        yield server


def test_a_long_text_is_put_together_from_its_strings(names):
    names.known["key.example.org", "TXT"] = ['"v=DKIM1; p=AA" "BB"', '"other"']

    assert sorted(dns.texts("key.example.org", names.address)) == ["other", "v=DKIM1; p=AABB"]


def test_mail_hosts_come_in_the_order_of_choice(names):
    names.known["example.org", "MX"] = ["20 b.example.org.", "10 a.example.org."]

    assert dns.mail_hosts("example.org", names.address) == ["a.example.org", "b.example.org"]


def test_what_is_not_there_is_told_from_what_cannot_be_asked(names, monkeypatch):
    names.known["example.org", "MX"] = ["10 a.example.org."]
    monkeypatch.setattr(dns, "SECONDS", 0.2)

    assert dns.texts("example.org", names.address) == []
    assert dns.texts("nowhere.example.org", names.address) == []
    assert dns.texts("a..b", names.address) is None
    assert dns.texts("a" * 70 + ".org", names.address) is None
    assert dns.texts("example.org", "no address") is None
    assert dns.texts("example.org", "127.0.0.1:port") is None
    names.is_silent = True
    assert dns.texts("example.org", names.address) is None
