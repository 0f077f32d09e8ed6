"""One message on a connection of its own, for whoever has no more to send."""

from app.wire import smtp
from app.wire.server import Server


async def send(server: Server, sender: str, recipient: str, message: bytes) -> tuple[int, str]:
    """Hand it over, and return the server's reply. Raises DeliveryError."""
    connection = await smtp.connect(server)
    try:
        await connection.offer(sender, recipient, len(message))
        return await connection.transmit(message)
    finally:
        if connection.is_open:
            await connection.close()
