"""An answer's bytes as they come, unpacked no further than the limits allow."""

import zlib
from dataclasses import dataclass

from app.errors import NotAllowed, Unreachable

# A page this small does no harm, however well it was packed.
_SMALL = 1_000_000
_GZIP = 31  # zlib's word for: a gzip header, and the largest window


@dataclass(frozen=True)
class Limits:
    """What one fetch may cost: bytes on the wire and unpacked, how much more the latter may be
    than the former, seconds in all and redirects.
    """

    wire: int = 10_000_000
    unpacked: int = 50_000_000
    ratio: int = 200
    seconds: float = 30.0
    redirects: int = 5


class Body:
    """Grows by the pieces of one answer; encoding: its Content-Encoding."""

    def __init__(self, encoding: str, limits: Limits) -> None:
        packing = encoding.strip().lower()
        if packing not in {"", "identity", "gzip", "x-gzip"}:
            raise NotAllowed(f"The answer is packed as “{packing[:40]}”, which was not asked for.")
        self._unpacks = zlib.decompressobj(_GZIP) if packing.endswith("gzip") else None
        self._limits = limits
        self._n_wire = 0
        self._bytes = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises NotAllowed as soon as a limit is passed, Unreachable."""
        self._n_wire += len(piece)
        if self._n_wire > self._limits.wire:
            raise NotAllowed(f"The answer is longer than {_mega(self._limits.wire)}.")
        if self._unpacks is None:
            self._bytes += piece
            return
        most = min(self._limits.unpacked, max(_SMALL, self._limits.ratio * self._n_wire))
        self._bytes += _unpack(self._unpacks, piece, most - len(self._bytes) + 1)
        if len(self._bytes) > most:
            raise NotAllowed(
                f"The answer unpacks to more than {self._limits.ratio} times its length, "
                f"or to more than {_mega(self._limits.unpacked)}."
            )

    def whole(self) -> bytes:
        """All of it. Raises Unreachable if its packed part breaks off."""
        if self._unpacks is not None and self._n_wire and not self._unpacks.eof:
            raise Unreachable("The packed answer breaks off.")
        return bytes(self._bytes)


def _unpack(unpacks: "zlib._Decompress", piece: bytes, at_most: int) -> bytes:
    try:
        unpacked = unpacks.decompress(piece, at_most)
    except zlib.error as e:
        raise Unreachable("The answer is packed, but damaged.") from e
    if unpacks.unused_data:
        # A second archive behind the first: allowed, never seen, and costly to follow.
        raise Unreachable("The answer goes on after its packed part ends.")
    return unpacked


def _mega(n_bytes: int) -> str:
    return f"{n_bytes / 1_000_000:g} MB"
