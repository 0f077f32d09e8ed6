"""One message to the SMTP server, in two steps, and what the server's reply means.

Two steps because of the ledger: the message is offered (MAIL, RCPT), the caller writes down that it
is about to leave, and only then it is transmitted (DATA). A connection lost after the server said
"go on" leaves it open whether the message arrived; lost before that it did not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from app.errors import DeliveryError, Lost, Refused, Rejected
from app.wire import offer as offers
from app.wire import replies
from app.wire import server as servers
from app.wire.dialogue import Dialogue, dotted
from app.wire.offer import Offer
from app.wire.replies import SERVICE_CLOSING, NoReplyError, Reply
from app.wire.server import Server

GO_ON = 354


class Connection:
    """One open connection; use it for one message at a time. Open it with `connect`.

    extensions: what the server said it can do (RFC 5321 §4.1.1.1): keyword, in lower case → value.
    n_offered, n_taken: how many messages it was asked to take, and took. has_offer: whether one was
    offered along with the message before it, and `hear_offer` is to follow.
    """

    def __init__(self, dialogue: Dialogue, extensions: dict[str, str], server: Server) -> None:
        self._dialogue = dialogue
        self._server = server
        self._is_open = True
        self._pipelines = "pipelining" in extensions
        self.extensions = extensions
        self.n_offered = self.n_taken = 0
        self.has_offer = False

    @property
    def is_open(self) -> bool:
        """Whether the server still listens, as far as is known."""
        return self._is_open and self._dialogue.is_open

    @property
    def most_bytes(self) -> int:
        """The longest message it takes, as it said (RFC 1870); 0: it did not say."""
        return offers.most_bytes(self.extensions)

    @property
    def is_worn(self) -> bool:
        """Whether it has had its share: some servers refuse who never lets go."""
        return self.n_offered >= self._server.max_per_connection and not self.has_offer

    async def offer(self, sender: str, recipient: str, size: int = 0) -> None:
        """Name sender and one recipient. Raises Deferred or Rejected; nothing has left then.

        size: of the message in bytes, for a server that wants to know (RFC 1870).
        """
        mail, rcpt = offers.commands(
            Offer(sender, recipient, size), self.extensions, self._server.host
        )
        self.n_offered += 1
        offered = self._offer_at_once if self._pipelines else self._offer_in_turn
        await self._or_give_up(offered(mail, rcpt))

    async def hear_offer(self) -> None:
        """What the server says of the message offered along; raises as `offer` does."""
        self.has_offer = False
        await self._or_give_up(self._hear_both())

    @property
    def is_answered(self) -> bool:
        """Whether `hear_offer` need not wait."""
        return self._dialogue.n_heard >= 2 or not self._dialogue.is_open

    async def _or_give_up(self, offering: Awaitable[None]) -> None:
        try:
            await offering
        except NoReplyError as e:
            await self._give_up(replies.silence(e))
        except DeliveryError as e:
            await self._give_up(e)
        except asyncio.CancelledError:
            self.drop()
            raise

    async def _offer_in_turn(self, mail: bytes, rcpt: bytes) -> None:
        self._accepted(await self._ask(mail), self._meaning_at_mail)
        self._accepted(await self._ask(rcpt), replies.meaning)

    async def _offer_at_once(self, mail: bytes, rcpt: bytes) -> None:
        """Both in one packet, as RFC 2920 has it; DATA waits for the caller's ledger."""
        self._dialogue.say(mail, rcpt)
        await self._hear_both()

    async def _hear_both(self) -> None:
        wait = self._server.patience.command
        at_mail = await self._dialogue.hear(wait)
        if not at_mail.is_yes and at_mail.code != SERVICE_CLOSING:
            # Of what the server says to RCPT then, nothing matters but that it is heard.
            with suppress(NoReplyError):
                await self._dialogue.hear(wait)
        self._accepted(at_mail, self._meaning_at_mail)
        self._accepted(await self._dialogue.hear(wait), replies.meaning)

    async def _ask(self, command: bytes) -> Reply:
        self._dialogue.say(command)
        return await self._dialogue.hear(self._server.patience.command)

    @staticmethod
    def _accepted(reply: Reply, meaning: Callable[[Reply], DeliveryError]) -> None:
        if not reply.is_yes:
            raise meaning(reply)

    def _meaning_at_mail(self, reply: Reply) -> DeliveryError:
        """No recipient was named yet: a final word is about the sender, or the letter's size."""
        failure = replies.meaning(reply)
        if failure.code == SERVICE_CLOSING and not self.n_taken:
            return Refused(failure.code, failure.reply)
        if isinstance(failure, Rejected) and not replies.is_about_the_letter(failure):
            return Refused(failure.code, failure.reply)
        return failure

    async def transmit(
        self,
        message: bytes,
        following: Callable[[], Offer | None] = lambda: None,
        *,
        is_dotless: bool = False,
    ) -> tuple[int, str]:
        """Hand the message over and return the server's reply.

        following: what comes next, asked for while the server gets ready; where it can be, that is
        offered along with the end of this message, whose fate it does not touch: see `has_offer`.
        is_dotless: its lines end in CRLF, and none begins with a dot, as `message.build` makes
        them: to find that out costs more than all the rest.
        Raises Rejected, or Deferred; Lost means that it may have arrived all the same.
        """
        has_begun = False
        try:
            self._dialogue.say(b"DATA")
            along = self._along(following())
            reply = await self._dialogue.hear(self._server.patience.go_on)
            if reply.code == GO_ON:
                has_begun = True
                reply = await self._hand_over(message if is_dotless else dotted(message), along)
            if not (has_begun and reply.is_yes):
                raise replies.meaning(reply)
        except NoReplyError as e:
            await self._give_up(_in_doubt(replies.silence(e), has_begun))
        except DeliveryError as e:
            await self._give_up(_in_doubt(e, has_begun))
        self.n_taken += 1
        return reply.code, replies.on_one_line(reply.words)

    def _along(self, offer: Offer | None) -> Sequence[bytes]:
        if offer is None or not self._pipelines or self.is_worn:
            return ()
        try:
            return offers.commands(offer, self.extensions, self._server.host)
        except Rejected:
            return ()  # as it will be when it is offered by itself

    async def _hand_over(self, message: bytes, along: Sequence[bytes]) -> Reply:
        dialogue, patience = self._dialogue, self._server.patience
        dialogue.hand_over(message, *along)
        self.has_offer = bool(along)
        self.n_offered += self.has_offer
        if not dialogue.n_unsent:
            return await dialogue.hear(patience.taken)
        watch = asyncio.ensure_future(dialogue.watch_the_flow(patience.block))
        try:
            return await dialogue.hear(patience.taken)
        finally:
            watch.cancel()

    async def reset(self) -> None:
        """Take back what was offered."""
        self.has_offer = False
        try:
            self._dialogue.say(b"RSET")
            reply = await self._dialogue.hear_last(self._server.patience.command)
        except NoReplyError:
            self.drop()
        else:
            if reply.code == SERVICE_CLOSING:
                self.drop()

    async def close(self) -> None:
        """Say QUIT, if anybody is still listening; what was offered is taken back by that."""
        self._is_open = False
        try:
            with suppress(NoReplyError):
                self._dialogue.say(b"QUIT")
                await self._dialogue.hear_last(5)
        finally:
            self.drop()

    def drop(self) -> None:
        """Hang up without a word."""
        self._is_open = self.has_offer = False
        self._dialogue.hang_up()

    async def _give_up(self, failure: DeliveryError) -> NoReturn:
        if failure.code in {0, SERVICE_CLOSING}:
            self.drop()
        elif not self.has_offer:
            await self.reset()
        raise failure


def _in_doubt(failure: DeliveryError, has_begun: bool) -> DeliveryError:
    return Lost(0, failure.reply) if has_begun and not failure.code else failure


async def connect(server: Server) -> Connection:
    """As `servers.reach` does, and raises."""
    transport, extensions = await servers.reach(server)
    return Connection(Dialogue(transport), extensions, server)
