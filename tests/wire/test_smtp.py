import asyncio
import socket
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtp_sink import DROP, DROP_IN_MESSAGE, GO_ON_AND_DROP, Sink

from app.errors import Deferred, DeliveryError, Lost, Refused, Rejected
from app.wire import dialogue, smtp
from app.wire.offer import Offer
from app.wire.server import Patience, Server

LETTER = b"Subject: Owls\r\n\r\n.They fly\r\n.\r\nat night.\r\n"
FROM, TO = "paperboy@example.org", "reader@example.org"


async def _hand_over(connection, recipient=TO):
    await connection.offer(FROM, recipient)
    return await connection.transmit(LETTER)


async def _send(server, recipient=TO):
    connection = await smtp.connect(server)
    try:
        return await _hand_over(connection, recipient)
    finally:
        await connection.close()


def _fails(server, kind, **envelope):
    with pytest.raises(DeliveryError) as failure:
        asyncio.run(_send(server, **envelope))
    assert type(failure.value) is kind
    return failure.value


def test_a_message_arrives_as_it_left_with_the_right_envelope(sink):
    code, reply = asyncio.run(_send(sink.server))
    (taken,) = sink.taken
    assert (taken.sender, taken.recipient, taken.raw) == (FROM, TO, LETTER)
    assert (code, reply) == (250, "2.0.0 OK")


def test_the_server_is_greeted_by_the_name_we_are_given(sink):
    asyncio.run(_send(replace(sink.server, hello="papers.example.org")))
    assert set(sink.greeted_by) == {"papers.example.org"}


def test_one_connection_serves_many_messages(sink):
    async def send_three():
        connection = await smtp.connect(sink.server)
        for n in range(3):
            await _hand_over(connection, f"reader{n}@example.org")
        await connection.close()

    asyncio.run(send_three())
    assert sink.n_connections == 1
    assert sink.recipients() == [f"reader{n}@example.org" for n in range(3)]


@pytest.mark.parametrize("phase", ["at_mail", "at_rcpt", "at_data"])
@pytest.mark.parametrize(
    ("answer", "kind"), [("450 4.2.0 greylisted", Deferred), ("550 5.1.1 no such person", Rejected)]
)
def test_a_refusal_is_told_in_the_servers_words(sink, phase, answer, kind):
    if phase == "at_mail" and kind is Rejected:
        kind = Refused  # no reader was named yet
    getattr(sink, phase)["*"] = [answer]
    failure = _fails(sink.server, kind)
    assert f"{failure.code} {failure.reply}" == answer
    assert sink.taken == []


@pytest.mark.parametrize("phase", ["at_mail", "at_rcpt", "at_data"])
def test_after_a_refusal_the_connection_serves_the_next_message(sink, phase):
    getattr(sink, phase)["*"] = ["550 5.1.1 no"]

    async def send_two():
        connection = await smtp.connect(sink.server)
        with pytest.raises(DeliveryError):
            await _hand_over(connection)
        assert connection.is_open
        await _hand_over(connection, "other@example.org")
        await connection.close()

    asyncio.run(send_two())
    assert sink.recipients() == ["other@example.org"]
    assert sink.n_connections == 1


@pytest.mark.parametrize("phase", ["at_mail", "at_rcpt", "at_data"])
@pytest.mark.parametrize(("answer", "code"), [("421 4.3.2 closing", 421), (DROP, 0)])
def test_a_server_that_goes_away_leaves_no_open_connection(sink, phase, answer, code):
    getattr(sink, phase)["*"] = [answer]

    async def try_one():
        connection = await smtp.connect(sink.server)
        with pytest.raises(Deferred) as failure:
            await _hand_over(connection)
        assert not connection.is_open
        assert failure.value.code == code

    asyncio.run(try_one())


@pytest.mark.parametrize("code", [530, 535, 538])
def test_to_be_asked_for_a_log_in_says_nothing_of_the_letter(sink, code):
    sink.at_mail["*"] = [f"{code} 5.7.0 authentication required"]
    assert _fails(sink.server, Refused).code == code


UNPROTECTED = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@UNPROTECTED
def test_a_log_in_is_made():
    with Sink(password="hunter2") as sink:
        server = replace(sink.server, username="paperboy", password="hunter2")
        asyncio.run(_send(server))
        assert len(sink.taken) == 1


@UNPROTECTED
def test_a_wrong_log_in_is_told_without_the_password():
    with Sink(password="right") as sink:
        server = replace(sink.server, username="paperboy", password="hunter2")
        failure = _fails(server, Refused)
        assert "refused the log-in of paperboy: " in failure.reply
        assert "hunter2" not in str(failure)
        assert sink.attempts == []


def test_a_server_that_is_not_there_is_named():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        failure = _fails(Server("127.0.0.1", port), Deferred)
    assert failure.code == 0
    assert f"127.0.0.1:{port} cannot be reached" in failure.reply


def test_tls_that_is_asked_for_and_not_offered_keeps_every_address_back(sink):
    failure = _fails(replace(sink.server, tls="starttls"), Deferred)
    assert "STARTTLS" in failure.reply
    assert sink.attempts == []


def test_tls_from_the_first_byte_to_a_server_without_it_keeps_every_address_back(sink):
    _fails(replace(sink.server, tls="tls"), Deferred)
    assert sink.attempts == []


@pytest.fixture
def starttls_sink(tls):
    with Sink(options={"tls_context": tls, "require_starttls": True}) as sink:
        yield sink


@pytest.fixture
def tls_sink(tls):
    with Sink(options={"ssl_context": tls}) as sink:
        yield sink


def _named(sink, mode, host="localhost"):
    return replace(sink.server, host=host, tls=mode)


@pytest.mark.usefixtures("trusted")
def test_starttls_protects_a_message(starttls_sink):
    asyncio.run(_send(_named(starttls_sink, "starttls")))
    assert [taken.raw for taken in starttls_sink.taken] == [LETTER]


@pytest.mark.usefixtures("trusted")
def test_tls_protects_a_message_from_the_first_byte(tls_sink):
    asyncio.run(_send(_named(tls_sink, "tls")))
    assert [taken.raw for taken in tls_sink.taken] == [LETTER]


def test_a_certificate_that_nobody_vouches_for_is_refused(starttls_sink, tls_sink):
    for sink, mode in ((starttls_sink, "starttls"), (tls_sink, "tls")):
        failure = _fails(_named(sink, mode), Deferred)
        assert "certificate" in failure.reply.lower()
        assert sink.attempts == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(starttls_sink, tls_sink):
    for sink, mode in ((starttls_sink, "starttls"), (tls_sink, "tls")):
        failure = _fails(_named(sink, mode, "127.0.0.1"), Deferred)
        assert "certificate" in failure.reply.lower()
        assert sink.attempts == []


def test_an_address_beyond_ascii_is_named_as_it_is(sink):
    asyncio.run(_send(sink.server, recipient="jörg@example.org"))
    assert sink.recipients() == ["jörg@example.org"]


@pytest.mark.parametrize(
    ("sender", "recipient", "said"),
    [
        (FROM, TO, {"SIZE=7"}),
        (FROM, "reader@xn--bcher-kva.example", {"SIZE=7"}),
        (FROM, "jörg@example.org", {"SIZE=7", "SMTPUTF8"}),
        ("jürgen@example.org", TO, {"SIZE=7", "SMTPUTF8"}),
    ],
)
def test_a_server_is_told_of_its_extensions_those_that_a_letter_needs(
    sink, sender, recipient, said
):
    real, told = sink.handle_MAIL, set()

    async def note(server, session, envelope, address, options):
        told.update(options)
        return await real(server, session, envelope, address, options)

    async def offer():
        connection = await smtp.connect(sink.server)
        await connection.offer(sender, recipient, 7)
        await connection.close()

    sink.handle_MAIL = note
    asyncio.run(offer())
    assert told == said


def test_an_address_beyond_ascii_is_refused_where_the_server_knows_none(answering):
    async def send():
        async with answering(MAIL=b"500 must not be asked") as server:
            await _send(server, recipient="jörg@example.org")

    with pytest.raises(Rejected, match="takes no address with non-ASCII letters"):
        asyncio.run(send())


def _met_by(answering, **answers):
    async def send():
        async with answering(**answers) as server:
            return await _send(server)

    return asyncio.run(send())


def test_a_reply_in_other_bytes_than_utf8_can_be_stored(answering):
    assert _met_by(answering, **{".": b"250 angenommen f\xfcr Sie"}) == (250, "angenommen f?r Sie")
    with pytest.raises(Rejected) as failure:
        _met_by(answering, RCPT=b"550 f\xfcr Sie nicht\r\n")
    failure.value.reply.encode()


def test_a_reply_with_a_sign_that_no_database_keeps_can_be_stored(answering):
    assert _met_by(answering, **{".": b"250 ok\0 f"}) == (250, "ok f")


def test_a_reply_of_many_lines_is_told_in_one(answering):
    with pytest.raises(Rejected) as failure:
        _met_by(answering, RCPT=b"550-no such\r\n550 person")
    assert failure.value.reply == "no such person"


def test_a_reply_without_end_is_cut(answering):
    many = b"".join(b"550-" + b"no" * 200 + b"\r\n" for _ in range(20)) + b"550 no"
    with pytest.raises(Rejected) as failure:
        _met_by(answering, RCPT=many)
    assert len(failure.value.reply) == 1000


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("nonsense", [b"", b"HTTP/1.1 400", b"25", b"2500 OK", b"\xff\xfe"])
def test_what_is_no_reply_leaves_the_letter_for_another_try(answering, step, nonsense):
    with pytest.raises(Deferred) as failure:
        _met_by(answering, **{step: nonsense})
    assert failure.value.code == 0


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "."])
@pytest.mark.parametrize("code", [200, 251, 252, 299])
def test_a_yes_is_known_by_its_first_digit(answering, step, code):
    told = (code, "2.0.0 fine") if step == "." else (250, "OK")
    assert _met_by(answering, **{step: b"%d 2.0.0 fine" % code}) == told


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [
        ("MAIL", b"354 go on", Deferred),
        ("RCPT", b"334 go on", Deferred),
        ("DATA", b"250 fine", Deferred),
        ("DATA", b"150 wait", Deferred),
        (".", b"354 go on", Lost),
        (".", b"150 wait", Lost),
    ],
)
def test_after_an_answer_to_something_else_nothing_more_is_said(answering, step, answer, kind):
    async def send():
        async with answering(**{step: answer}) as server:
            connection = await smtp.connect(server)
            try:
                with pytest.raises(Deferred) as failure:
                    await _hand_over(connection)
                return failure.value, connection.is_open
            finally:
                connection.drop()

    failure, is_open = asyncio.run(send())
    assert not is_open
    assert answer.decode() in failure.reply
    assert (type(failure), failure.code) == (kind, 0)


@pytest.mark.parametrize("greeting", [b"", b"554 no mail today", b"421 busy", b"SSH-2.0-x"])
def test_a_server_that_greets_otherwise_takes_nothing_and_fails_nothing(answering, greeting):
    with pytest.raises(Deferred, match="cannot be reached"):
        _met_by(answering, greeting=greeting)


def test_what_nobody_asked_for_answers_no_later_command(answering):
    async def send_after_a_word_too_many():
        async with answering(RSET=b"250 ok\r\n421 4.4.2 you are idle") as server:
            connection = await smtp.connect(server)
            await connection.offer(FROM, TO)
            await connection.reset()
            try:
                return await _hand_over(connection)
            finally:
                await connection.close()

    assert asyncio.run(send_after_a_word_too_many()) == (250, "OK")


def test_a_server_that_says_goodbye_to_a_reset_is_left(answering):
    async def reset():
        async with answering(RSET=b"421 4.3.2 closing") as server:
            connection = await smtp.connect(server)
            await connection.reset()
            try:
                return connection.is_open
            finally:
                connection.drop()

    assert not asyncio.run(reset())


@pytest.mark.parametrize("endless", [b"250-\r\n" * 20_000 + b"250 ok", b"250-" + b"x" * 99_000])
def test_an_answer_that_does_not_end_is_not_kept(answering, endless):
    async def send():
        async with answering(MAIL=endless) as server:
            await _send(replace(server, patience=Patience(command=20)))

    with pytest.raises(Deferred, match="answer has no end"):
        asyncio.run(send())


def test_a_letter_too_big_for_the_server_is_no_refusal_of_the_sender(sink):
    sink.at_mail["*"] = ["552 5.3.4 too big"]
    assert _fails(sink.server, Rejected).code == 552


OFFERS_LOG_IN = b"250-here\r\n250 AUTH LOGIN PLAIN CRAM-MD5"


@pytest.mark.parametrize("step", ["greeting", "EHLO", "STARTTLS", "AUTH"])
@pytest.mark.parametrize("code", [421, 454])
def test_a_server_that_has_no_time_now_is_told_in_its_own_words(answering, step, code):
    said, words = {"EHLO": OFFERS_LOG_IN}, f"{code} 4.7.0 too many of you"
    if step == "STARTTLS":
        said["EHLO"] = b"250-here\r\n250 STARTTLS"
    said |= {step: words.encode(), "HELO": words.encode()}

    async def reach():
        async with answering(**said) as server:
            tls = "starttls" if step == "STARTTLS" else "none"
            await smtp.connect(replace(server, tls=tls, username="us", password="hunter2"))

    with pytest.raises(Deferred) as failure:
        asyncio.run(reach())
    # Which is no refusal: that would hold everybody's letters for half an hour.
    assert (type(failure.value), failure.value.code) == (Deferred, code)
    assert words in failure.value.reply
    assert "hunter2" not in failure.value.reply


def test_a_way_to_log_in_that_is_offered_and_fails_is_not_the_last(answering):
    async def reach(**said):
        async with answering(EHLO=OFFERS_LOG_IN, AUTH=b"504 5.7.4 unknown", **said) as server:
            connection = await smtp.connect(replace(server, username="us", password="hunter2"))
            await connection.close()

    with pytest.raises(Refused, match=r"refused the log-in of us: 5\.7\.4 unknown"):
        asyncio.run(reach())
    asyncio.run(reach(**{"AUTH PLAIN": b"235 2.7.0 welcome"}))


def test_a_reply_that_does_not_come_in_time_leaves_the_letter_in_doubt(answering):
    async def send():
        async with answering(**{".": b"250-not all of it yet"}) as server:
            return await _send(replace(server, patience=Patience(taken=0.05)))

    with pytest.raises(Deferred) as failure:
        asyncio.run(send())
    assert failure.value.code == 0


def test_a_server_of_the_old_kind_is_greeted_in_the_old_way(answering):
    assert _met_by(answering, EHLO=b"502 what?", MAIL=b"250 fine") == (250, "OK")


def test_a_closed_connection_may_be_closed_again(sink):
    async def close_twice():
        connection = await smtp.connect(sink.server)
        await connection.close()
        await connection.close()
        assert not connection.is_open

    asyncio.run(close_twice())


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.515 access denied, the sending domain does not pass authentication",
        "550-5.7.26 this mail has been blocked because the sender is unauthenticated",
        "554 5.7.1 blocked by a block list",
        "550 5.1.8 the sender's domain does not exist",
        "554 5.3.2 not accepting mail",
        "552 5.7.0 blocked: spam",
    ],
)
@pytest.mark.parametrize("phase", ["at_rcpt", "at_data"])
def test_a_refusal_of_the_sender_is_not_held_against_the_reader(sink, phase, reply):
    getattr(sink, phase)["*"] = [reply.replace("550-", "550 ")]
    refused = _fails(sink.server, Refused)
    assert refused.code == int(reply[:3])
    assert sink.taken == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("552 5.3.4 too big", Rejected),
        ("554 5.6.0 a part of it cannot be read", Rejected),
        ("550 5.2.1 disabled", Rejected),
        ("450 4.7.1 greylisted", Deferred),
    ],
)
def test_a_refusal_of_the_letter_or_its_reader_is_not_held_against_the_sender(sink, reply, kind):
    sink.at_data["*"] = [reply]
    failure = _fails(sink.server, kind)
    assert (failure.code, failure.reply) == (int(reply[:3]), reply[4:])
    assert sink.taken == []


def test_a_busy_server_refuses_the_sender_only_if_it_took_nothing_on_the_connection(sink):
    async def two_letters():
        connection = await smtp.connect(sink.server)
        await _hand_over(connection)
        sink.at_mail["*"] = ["421 4.7.0 too much of you"] * 2
        with pytest.raises(Deferred) as failure:
            await _hand_over(connection)
        return failure.value

    assert type(asyncio.run(two_letters())) is Deferred
    assert _fails(sink.server, Refused).code == 421


@pytest.mark.parametrize(
    ("fault", "kind"), [(DROP, Deferred), (GO_ON_AND_DROP, Lost), (DROP_IN_MESSAGE, Lost)]
)
def test_doubt_begins_where_the_server_said_go_on(sink, fault, kind):
    sink.at_go_on["*"] = [fault]
    assert _fails(sink.server, kind).code == 0
    assert sink.taken == []


def test_a_message_too_big_for_the_server_is_not_even_offered():
    with Sink(options={"data_size_limit": 1_000}) as sink:

        async def offer(size):
            connection = await smtp.connect(sink.server)
            try:
                await connection.offer(FROM, TO, size)
            finally:
                await connection.close()

        with pytest.raises(Rejected, match=r"has 1001 bytes, and 127\.0\.0\.1 takes 1000 at most"):
            asyncio.run(offer(1_001))
        assert sink.attempts == []
        asyncio.run(offer(1_000))
        assert sink.attempts == [TO]


@pytest.mark.parametrize("size", [b"", b"0", b"much", b"-1", "²".encode(), b"9" * 5_000])
def test_a_size_that_is_none_limits_nothing(answering, size):
    assert _met_by(answering, EHLO=b"250-here\r\n250 SIZE " + size) == (250, "OK")


def test_each_step_may_take_as_long_as_the_standard_has_it():
    assert Patience() == Patience(greeting=300, command=300, go_on=120, block=180, taken=600)


@pytest.mark.parametrize("step", ["greeting", "MAIL", "RCPT", "DATA", "."])
def test_each_step_is_waited_for_as_long_as_it_may_take(answering, step):
    """A reply that never ends: the wait for the one step ends it, all others are long."""
    waits = {"greeting": "greeting", "MAIL": "command", "RCPT": "command", "DATA": "go_on"}
    patience = Patience(**{waits.get(step, "taken"): 0.2})

    async def send():
        async with answering(**{step: b"220-not all of it yet"}) as server:
            return await _send(replace(server, patience=patience))

    with pytest.raises(Deferred) as failure:
        asyncio.run(asyncio.wait_for(send(), 120))
    assert isinstance(failure.value, Lost) == (step == ".")


def test_a_server_that_takes_no_block_of_a_message_is_left():
    async def send():
        async def stall(reader, writer):
            done.append(asyncio.current_task())
            writer.write(b"220 here\r\n")
            while line := await reader.readline():
                if line == b"DATA\r\n":
                    writer.write(b"354 go on\r\n")
                    break
                writer.write(b"250 OK\r\n")
            await gone.wait()
            writer.close()

        gone, done = asyncio.Event(), []
        stalling = await asyncio.start_server(stall, "127.0.0.1", 0, limit=1_000)
        server = Server("127.0.0.1", stalling.sockets[0].getsockname()[1])
        connection = await smtp.connect(replace(server, patience=Patience(block=0.2)))
        await connection.offer(FROM, TO)
        try:
            await connection.transmit(b"x" * 70 + b"\r\n" + b"y" * 30_000_000)
        finally:
            gone.set()
            stalling.close()
            await asyncio.gather(*done)

    with pytest.raises(Lost):
        asyncio.run(asyncio.wait_for(send(), 120))


def test_nothing_more_leaves_once_the_wait_for_a_reply_is_over():
    """Else a message whose fate was written down as doubtful would arrive after that."""

    async def send():
        async def fall_asleep(reader, writer):
            done.append(asyncio.current_task())
            writer.write(b"220 here\r\n")
            while await reader.readline() != b"DATA\r\n":
                writer.write(b"250 OK\r\n")
            writer.write(b"354 go on\r\n")
            await given_up.wait()
            with suppress(ConnectionError):
                while some := await reader.read(1_000_000):
                    came.append(some)
            writer.close()

        given_up, done, came = asyncio.Event(), [], [b""]
        asleep = await asyncio.start_server(fall_asleep, "127.0.0.1", 0, limit=1_000)
        server = Server("127.0.0.1", asleep.sockets[0].getsockname()[1])
        waits = Patience(taken=0.2, block=0.2)
        connection = await smtp.connect(replace(server, patience=waits))
        await connection.offer(FROM, TO)
        try:
            with pytest.raises(Lost):
                await connection.transmit(b"x" * 70 + b"\r\n" + b"y" * 30_000_000)
        finally:
            given_up.set()
            asleep.close()
            await asyncio.gather(*done)
        return came[-1]

    last = asyncio.run(asyncio.wait_for(send(), 120))
    assert not last.endswith(b"\r\n.\r\n")


async def _offered(*said):
    """Offer a message to a server that says these things, one at each read, and then closes."""
    heard, done = [], []

    async def talk(reader, writer):
        done.append(asyncio.current_task())
        for answer in (b"220 here\r\n", b"250-here\r\n250 PIPELINING\r\n", *said):
            if answer.startswith(b"220") or (heard.append(await reader.read(1_000)) or heard[-1]):
                writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        connection = await smtp.connect(Server("127.0.0.1", server.sockets[0].getsockname()[1]))
        failure = None
        try:
            await connection.offer(FROM, TO)
        except DeliveryError as e:
            failure = e
        is_open = connection.is_open
        connection.drop()
        await asyncio.gather(*done)
    return heard[1:], is_open, failure


def test_sender_and_reader_are_named_together_where_the_server_allows_it():
    heard, _, failure = asyncio.run(_offered(b"250 OK\r\n250 OK\r\n"))

    assert heard == [f"MAIL FROM:<{FROM}>\r\nRCPT TO:<{TO}>\r\n".encode()]
    assert failure is None


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (b"550 5.7.1 not you\r\n503 MAIL first\r\n", Refused, 550),
        (b"550 5.7.1 not you\r\n", Refused, 550),
        (b"250 OK\r\n550 5.1.1 nobody\r\n", Rejected, 550),
        (b"250 OK\r\n450 4.2.0 later\r\n", Deferred, 450),
        (b"250 OK\r\n", Deferred, 0),
        (b"421 too busy\r\n", Refused, 421),
        (b"250 OK\r\n421 too busy\r\n", Deferred, 421),
        (b"250-2.1.0 fine\r\n250 OK\r\n554 5.1.1 no\r\n", Rejected, 554),
        (b"no reply\r\n250 OK\r\n", Deferred, 0),
    ],
)
def test_each_reply_belongs_to_the_command_it_answers(said, kind, code):
    _, is_open, failure = asyncio.run(_offered(said))

    assert (type(failure), failure.code) == (kind, code)
    assert not is_open


def test_a_server_that_speaks_out_of_turn_is_left_though_nobody_waits_for_it():
    async def send():
        async def babble(reader, writer):
            done.append(asyncio.current_task())
            writer.write(b"220 here\r\n")
            await reader.readline()
            writer.write(b"250 here\r\n")
            await connected.wait()
            writer.write(b"GET / HTTP/1.1\r\n")
            with suppress(ConnectionError):
                await reader.read()
            writer.close()

        done, connected = [], asyncio.Event()
        async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connection = await smtp.connect(Server("127.0.0.1", port))
            connected.set()
            await asyncio.wait_for(asyncio.gather(*done), 20)
            assert not connection.is_open

    asyncio.run(send())


NEXT = "next@example.org"
ALONG = f".\r\nMAIL FROM:<{FROM}>\r\nRCPT TO:<{NEXT}>\r\n".encode()


async def _outcome(step):
    try:
        return await step
    except DeliveryError as e:
        return type(e), e.code


async def _both(extensions, said, n_along, meanwhile=lambda: asyncio.sleep(0), **server_is):
    """Offer a message along with another to a server that says this after the first, and closes.

    n_along: how many commands come along. meanwhile: done before it says so. Return what became of
    the two, and all that was heard.
    """
    heard, done = [], []

    async def talk(reader, writer):
        done.append(asyncio.current_task())
        writer.write(b"220 here\r\n")
        answers = {b"EHLO": extensions, b"DATA": b"354 go on\r\n"}
        while (line := await reader.readline()) != b".\r\n":
            heard.append(line)
            if line[:4] in {b"EHLO", b"MAIL", b"RCPT", b"DATA"}:
                writer.write(answers.get(line[:4], b"250 OK\r\n"))
        heard.extend([line] + [await reader.readline() for _ in range(n_along)])
        await meanwhile()
        writer.write(said)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = await smtp.connect(Server("127.0.0.1", port, **server_is))
        await connection.offer(FROM, TO)
        offer = Offer(FROM, NEXT, 70_000)
        first = await _outcome(connection.transmit(b"short\r\n", lambda: offer))
        second = await _outcome(connection.hear_offer()) if connection.has_offer else "not offered"
        connection.drop()
        await asyncio.gather(*done)
    return first, second, b"".join(heard)


PIPELINING = b"250-here\r\n250 PIPELINING\r\n"
OK = (250, "OK")


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        (b"250 OK\r\n250 a\r\n250 b\r\n", OK, None),
        (b"250 OK\r\n250 a\r\n550 nobody\r\n", OK, (Rejected, 550)),
        (b"250 OK\r\n250 a\r\n450 later\r\n", OK, (Deferred, 450)),
        (b"250 OK\r\n450 later\r\n503 MAIL first\r\n", OK, (Deferred, 450)),
        (b"250 OK\r\n550 not you\r\n503 MAIL first\r\n", OK, (Refused, 550)),
        (b"250 OK\r\n421 enough\r\n", OK, (Deferred, 421)),
        (b"250 OK\r\n", OK, (Deferred, 0)),
        (b"250 OK\r\n250 a\r\n", OK, (Deferred, 0)),
        (b"250 OK\r\nno reply\r\n", OK, (Deferred, 0)),
        (b"250-O\r\n250 K\r\n250-a\r\n250 a\r\n550-b\r\n550 b\r\n", (250, "O K"), (Rejected, 550)),
        (b"552 too big\r\n250 a\r\n250 b\r\n", (Rejected, 552), None),
        (b"451 later\r\n250 a\r\n550 nobody\r\n", (Deferred, 451), (Rejected, 550)),
        (b"451 later\r\n421 enough\r\n", (Deferred, 451), (Refused, 421)),
        (b"421 enough\r\n", (Deferred, 421), "not offered"),
        (b"no reply\r\n250 a\r\n250 b\r\n", (Lost, 0), "not offered"),
        (b"", (Lost, 0), "not offered"),
    ],
)
def test_what_is_said_of_one_message_touches_no_other_offered_along_with_it(said, first, second):
    told = asyncio.run(_both(PIPELINING, said, n_along=2))

    assert told[:2] == (first, second)
    assert told[2].endswith(ALONG)


@pytest.mark.parametrize(
    ("extensions", "server_is"),
    [
        (b"250 here\r\n", {}),
        (b"250-here\r\n250-SIZE 60000\r\n250 PIPELINING\r\n", {}),
        (PIPELINING, {"max_per_connection": 1}),
    ],
    ids=["no pipelining", "too big", "a worn connection"],
)
def test_what_cannot_go_along_is_left_to_be_offered_by_itself(extensions, server_is):
    told = asyncio.run(_both(extensions, b"250 OK\r\n", n_along=0, **server_is))

    assert told[:2] == (OK, "not offered")
    assert told[2].endswith(b"short\r\n.\r\n")


@pytest.mark.parametrize("comes", [True, False])
def test_what_was_offered_along_may_come_or_be_taken_back(comes):
    with Sink() as sink:

        async def send():
            connection = await smtp.connect(sink.server)
            await connection.offer(FROM, TO)
            await connection.transmit(LETTER, lambda: Offer(FROM, NEXT))
            if comes:
                await connection.hear_offer()
                await connection.transmit(LETTER, lambda: Offer(FROM, "never@example.org"))
            await connection.reset()
            await _hand_over(connection, "last@example.org")
            await connection.close()

        asyncio.run(send())
        wanted = ["last@example.org", *[NEXT] * comes, TO]
        assert sink.recipients() == wanted
        assert sink.attempts == [TO, NEXT, *["never@example.org"] * comes, "last@example.org"]
        assert sink.n_connections == 1


class _Hurried(asyncio.SelectorEventLoop):
    """A loop whose clock can be put forward."""

    ahead = 0.0

    def time(self):
        return super().time() + self.ahead


@pytest.mark.parametrize(("waits", "outcome"), [([500], OK), ([500, 101], (Lost, 0))])
def test_the_wait_for_a_reply_is_as_long_as_it_may_be_whatever_the_one_before(waits, outcome):
    async def let_time_pass():
        loop = asyncio.get_running_loop()
        for seconds in waits:
            loop.ahead += seconds
            for _ in range(5):  # rounds, in which whatever is due is done
                await asyncio.sleep(0)

    both = _both(PIPELINING, b"250 OK\r\n250 a\r\n250 b\r\n", 2, let_time_pass)
    with asyncio.Runner(loop_factory=_Hurried) as runner:
        assert runner.run(both)[0] == outcome


@pytest.mark.parametrize("n_pauses", [3, 12])
def test_the_wait_for_the_last_reply_begins_when_the_message_has_left(n_pauses):
    """However slowly it is taken: a shorter wait makes second copies."""

    async def send():
        async def take_its_time(reader, writer):
            done.append(asyncio.current_task())
            writer.write(b"220 here\r\n")
            while await reader.readline() != b"DATA\r\n":
                writer.write(b"250 OK\r\n")
            writer.write(b"354 go on\r\n")
            for _ in range(n_pauses):
                await reader.readexactly(2_000_000)
                asyncio.get_running_loop().ahead += 170
            await reader.readuntil(b"\r\n.\r\n")
            asyncio.get_running_loop().ahead += 590
            for _ in range(5):
                await asyncio.sleep(0)
            writer.write(b"250 taken\r\n")
            await reader.read()
            writer.close()

        done = []
        slow = await asyncio.start_server(take_its_time, "127.0.0.1", 0, limit=40_000_000)
        server = Server("127.0.0.1", slow.sockets[0].getsockname()[1])
        connection = await smtp.connect(server)
        await connection.offer(FROM, TO)
        try:
            return await connection.transmit(b"x" * 30_000_000 + b"\r\n")
        finally:
            connection.drop()
            slow.close()
            await asyncio.gather(*done)

    with asyncio.Runner(loop_factory=_Hurried) as runner:
        assert runner.run(asyncio.wait_for(send(), 30_000)) == (250, "taken")


@given(st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"a", b".a"]), max_size=12))
def test_whatever_the_lines_the_message_ends_where_it_should(parts):
    wire = dialogue.dotted(b"".join(parts))
    wire += dialogue._dot(wire) + b"\r\n"
    assert wire.endswith(b"\r\n.\r\n")
    lines = wire.removesuffix(b".\r\n").removesuffix(b"\r\n").split(b"\r\n")
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)
    assert b"\n" not in wire.replace(b"\r\n", b"")
