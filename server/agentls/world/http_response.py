"""An answer whose headers are here: its body, the limits on waiting for it, and the ways to end it.

Must not know the HTTP library: it is given pieces and how to close. However a body ends, the socket is
either back in the pool or closed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass

from agentls.world.transport_error import TransportError
from agentls.world.watchdog import Watchdog

_DRAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Limits in seconds, enforced here and not by the library."""

    connect_s: float
    """Name look-up, connection, TLS and a proxy's tunnel together."""
    first_byte_s: float
    """From the request to the first byte of the answer's body, connecting included."""
    idle_s: float
    """Between two arrivals of bytes after that."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the client knows of a running exchange and the response needs."""

    origin: str
    pieces: AsyncGenerator[bytes, None]
    """The decoded body."""
    close: Callable[[], Awaitable[None]]
    """Closes the socket, or gives it back where the body was read to its end."""
    expected: tuple[type[Exception], ...]
    """What the library raises when the outside misbehaves."""
    named: Callable[[BaseException], TransportError]
    in_background: Callable[[Coroutine[None, None, None]], None]
    timeouts: HttpTimeouts
    first_deadline_s: float
    """The loop's time by which the first piece must be here."""


class HttpResponse:
    """An answer whose headers are here. End it with `chunks` to the end, `read`, `read_some`, `release` or `aclose`."""

    def __init__(self, status: int, headers: Mapping[str, str], exchange: Exchange) -> None:
        self.status = status
        self.headers = headers
        """Lower-case names; a repeated header's values are joined by ", "."""
        self._exchange = exchange
        self._watchdog = Watchdog(exchange.first_deadline_s, exchange.timeouts.idle_s)
        self._has_begun = False
        self._is_released = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the decoded body as it arrives, several HTTP chunks at once where they are there.

        TransportError "timeout" or "reset" where the body breaks off. A cancel or an error closes the
        socket at once; a caller that stops early must `release` or `aclose`.
        """
        while (piece := await self._next()) is not None:
            if piece:
                yield piece

    async def read(self, limit_bytes: int) -> bytes:
        """Return the body, at most `limit_bytes` of it; what comes after that is not read."""
        parts = bytearray()
        while len(parts) < limit_bytes and (piece := await self._next()) is not None:
            parts += piece
        await self.aclose()
        return bytes(parts[:limit_bytes])

    async def read_some(self, limit_bytes: int, limit_s: float) -> bytes:
        """Return what comes of the body within both limits, however it ends: for an answer whose status says enough."""
        parts = bytearray()
        with suppress(TransportError, TimeoutError):
            async with asyncio.timeout(limit_s):
                while len(parts) < limit_bytes and (piece := await self._next()) is not None:
                    parts += piece
        await self.aclose()
        return bytes(parts[:limit_bytes])

    def release(self) -> None:
        """Give the connection back without waiting: for an answer that is complete but for its last bytes.

        What is left is read in the background for up to a second, so that the connection can be used again.
        """
        if not self._is_released:
            self._is_released = True
            self._exchange.in_background(self._drain())

    async def aclose(self) -> None:
        """Close at once: the socket too, unless the body was read to its end. Idempotent."""
        if not self._is_released:
            await self._close()

    async def _close(self) -> None:
        self._watchdog.close()
        await self._exchange.pieces.aclose()
        await self._exchange.close()

    async def _next(self) -> bytes | None:
        """Return the next piece, or None at the end of the body."""
        self._watchdog.start()
        try:
            piece = await anext(self._exchange.pieces)
        except StopAsyncIteration:
            self._watchdog.close()
            return None
        except asyncio.CancelledError as cancel:
            is_timeout = self._watchdog.caused()
            await self._close()
            if not is_timeout:
                raise
            limits = self._exchange.timeouts
            waited = f"nothing came for {limits.idle_s:g} s"
            if not self._has_begun:
                waited = f"no answer within {limits.first_byte_s:g} s"
            raise TransportError("timeout", f"{self._exchange.origin}: {waited}") from cancel
        except self._exchange.expected as error:
            await self._close()
            raise self._exchange.named(error) from error
        finally:
            self._watchdog.stop()
        self._has_begun = True
        return piece

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(_DRAIN_S):
                while await self._next() is not None:
                    pass
        except (TransportError, TimeoutError):
            pass
        finally:
            await self._close()
