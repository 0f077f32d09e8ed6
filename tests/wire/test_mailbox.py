import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from conftest import NOW
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from imap_server import ImapServer

from app.errors import NotReady
from app.wire import mailbox
from app.wire.mailbox import Place


@pytest.fixture
def maildir(tmp_path) -> Path:
    path = tmp_path / "Mail dir"
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    for n in (1, 2, 3):
        (path / "new" / f"17636220{n}.M1P1.mx").write_bytes(b"mail %d" % n)
    return path


def at(path):
    return Place(f"maildir:{path}")


def test_a_maildir_gives_its_new_mails_and_keeps_what_is_not_confirmed(maildir):
    with mailbox.opened(at(maildir)) as box:
        mails = dict(box.unread())
        box.confirm("176362201.M1P1.mx")
    assert list(mails.values()) == [b"mail 1", b"mail 2", b"mail 3"]
    assert [path.name for path in (maildir / "cur").iterdir()] == ["176362201.M1P1.mx:2,S"]
    with mailbox.opened(at(maildir)) as box:
        assert [raw for _, raw in box.unread()] == [b"mail 2", b"mail 3"]


def test_a_mail_that_another_program_took_over_unread_is_still_new(maildir):
    for flags in ("", "F", "S", "RS", "T"):
        (maildir / "cur" / f"176362200{flags}.mx:2,{flags}").write_bytes(flags.encode())
    with mailbox.opened(at(maildir)) as box:
        mails = dict(box.unread())
        assert list(mails.values()) == [b"", b"F", b"mail 1", b"mail 2", b"mail 3"]
        box.confirm("176362200F.mx:2,F")
        assert "176362200F.mx:2,F" not in dict(box.unread())
    assert (maildir / "cur" / "176362200F.mx:2,FS").read_bytes() == b"F"


def test_a_maildir_goes_on_behind_the_mails_to_pass_by(maildir):
    with mailbox.opened(at(maildir)) as box:
        first = next(box.unread())[0]
        assert [raw for _, raw in box.unread({first})] == [b"mail 2", b"mail 3"]


def test_two_readers_of_a_maildir_do_not_stumble(maildir):
    with mailbox.opened(at(maildir)) as one, mailbox.opened(at(maildir)) as other:
        reading = one.unread()
        next(reading)
        for name, _ in list(other.unread()):
            other.confirm(name)
        assert list(reading) == []
        one.confirm("176362201.M1P1.mx")


def test_a_mail_of_any_size_costs_a_megabyte(maildir):
    (maildir / "new" / "0").write_bytes(b"x" * 3_000_000)
    with mailbox.opened(at(maildir)) as box:
        assert len(next(box.unread())[1]) == mailbox.LARGEST


def test_a_run_takes_five_hundred_mails(maildir):
    for n in range(600):
        (maildir / "new" / f"2{n:04}").touch()
    with mailbox.opened(at(maildir)) as box:
        assert len(list(box.unread())) == mailbox.MOST_AT_ONCE


def test_a_mail_that_cannot_be_read_is_told_after_the_others(maildir):
    (maildir / "new" / "176362202.M1P1.mx").unlink()
    (maildir / "new" / "176362202.M1P1.mx").mkdir()
    with mailbox.opened(at(maildir)) as box:
        reading = box.unread()
        assert [next(reading)[1], next(reading)[1]] == [b"mail 1", b"mail 3"]
        with pytest.raises(NotReady, match="cannot be read"):
            next(reading)


def test_a_folder_that_is_no_maildir_is_named(tmp_path):
    with pytest.raises(NotReady, match="no Maildir"), mailbox.opened(at(tmp_path)):
        pass


@pytest.mark.parametrize(
    "url",
    [
        *("maildir:here", "maildir://host/path", "pop3://me@x.org", "imaps://x.org", "imaps:///"),
        *("imaps://me:secret@x.org:99999/INBOX", "imaps://me:secret@[::1/INBOX", "/var/mail"),
    ],
)
def test_a_mailbox_that_cannot_be_meant_is_explained_without_its_password(url):
    with pytest.raises(NotReady, match="write it like") as told, mailbox.opened(Place(url)):
        pass
    assert "secret" not in str(told.value)


def imap(server, user="me%40example.org", folder="INBOX", **changes):
    facts = {"password": server.password} | changes
    return Place(f"imap://{user}@127.0.0.1:{server.port}/{folder}", **facts)


def test_an_imap_folder_gives_its_unseen_mails_and_marks_what_is_confirmed():
    with ImapServer(b"mail 1\r\n\r\nx", b"mail 2", b"mail 3 ) {5}\r\n") as server:
        with mailbox.opened(imap(server)) as box:
            mails = dict(box.unread())
            assert server.seen == set()
            box.confirm("12")
        assert mails == {"11": b"mail 1\r\n\r\nx", "12": b"mail 2", "13": b"mail 3 ) {5}\r\n"}
        assert server.seen == {12}
        assert any('LOGIN "me@example.org"' in line for line in server.heard)
        assert not any("EXPUNGE" in line for line in server.heard)
        with mailbox.opened(imap(server)) as box:
            assert [name for name, _ in box.unread()] == ["11", "13"]


def test_an_imap_folder_goes_on_behind_the_mails_to_pass_by():
    with ImapServer(b"one", b"two") as server, mailbox.opened(imap(server)) as box:
        first = next(box.unread())[0]
        assert [raw for _, raw in box.unread({first})] == [b"two"]


def test_an_empty_imap_folder_gives_nothing():
    with ImapServer() as server, mailbox.opened(imap(server)) as box:
        assert list(box.unread()) == []


def test_an_imap_mail_of_any_size_costs_a_megabyte():
    with ImapServer(b"x" * 3_000_000) as server, mailbox.opened(imap(server)) as box:
        assert [len(raw) for _, raw in box.unread()] == [mailbox.LARGEST]


@pytest.mark.parametrize("command", ["CAPABILITY", "LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_server_that_hangs_up_is_told_of(command):
    with ImapServer(b"mail 1") as server:
        server.breaks_at = command
        with pytest.raises(NotReady, match="cannot be read"):
            _read_all(imap(server))


def _read_all(place):
    with mailbox.opened(place) as box:
        for name, _ in box.unread():
            box.confirm(name)


def test_a_wrong_password_is_told_but_not_shown():
    with (
        ImapServer() as server,
        pytest.raises(NotReady, match="wrong password") as told,
        mailbox.opened(imap(server, password="hunter2-hunter2")),
    ):
        pass
    assert "hunter2" not in str(told.value)


def test_a_missing_folder_is_told():
    with (
        ImapServer() as server,
        pytest.raises(NotReady, match="no such folder"),
        mailbox.opened(imap(server, folder="Bounces")),
    ):
        pass


def test_a_server_that_is_down_is_told():
    with ImapServer() as server:
        place = imap(server)
    with pytest.raises(NotReady, match=r"127\.0\.0\.1 cannot be read"), mailbox.opened(place):
        pass


def test_no_password_leaves_for_another_machine_without_tls():
    with ImapServer(host="127.0.0.2") as server:
        place = Place(f"imap://me@127.0.0.2:{server.port}/INBOX", server.password)
        with pytest.raises(NotReady, match="TLS"), mailbox.opened(place):
            pass
        assert not any("LOGIN" in line for line in server.heard)


@pytest.fixture
def certificate(tmp_path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=4_000))
        .not_valid_after(NOW + timedelta(days=10_000))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_imaps_is_read_from_a_server_that_is_trusted_and_no_other(certificate):
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    with ImapServer(b"mail 1", tls=own) as server:
        url = f"imaps://me@127.0.0.1:{server.port}/INBOX"
        trusting = ssl.create_default_context(cafile=str(certificate))
        with mailbox.opened(Place(url, server.password, trusting)) as box:
            assert [raw for _, raw in box.unread()] == [b"mail 1"]
        server.heard.clear()
        with (
            pytest.raises(NotReady, match=r"(?i)certificate"),
            mailbox.opened(Place(url, server.password)),
        ):
            pass
        assert server.heard == []
