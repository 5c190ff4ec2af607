"""What can go wrong between us and an endpoint below HTTP, by name.

Must not know the HTTP library. `detail` is made here from the origin and the system's own words, and
never from a URL, a header or a body: it can be shown and logged.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

TransportErrorKind = Literal["dns", "refused", "connect", "tls", "proxy", "timeout", "reset", "redirect", "protocol"]

_RESET_ERRNOS = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN}


class TransportError(Exception):
    """The request got no answer, or the answer broke off."""

    def __init__(self, kind: TransportErrorKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        """A sentence without secrets that names the origin."""


def origin_of(url: str) -> str:
    """Return `scheme://host[:port]` of a URL, without userinfo, path and query, or "the endpoint"."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the endpoint"
    if not parts.scheme or not host:
        return "the endpoint"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it was raised from, outermost first; ends also where causes form a ring."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def unanswered(error: TransportError) -> TransportError:
    """The same of a request whose answer had not begun."""
    return TransportError("reset", f"{error.detail} before an answer came") if error.kind == "reset" else error


def system_error(error: BaseException, origin: str) -> TransportError | None:
    """Name the failure by the operating system's or the TLS library's error in its causes, if there is one."""
    # The innermost error first: it is the system's own. SSLError and gaierror are OSErrors too.
    for cause in reversed(list(causes(error))):
        if isinstance(cause, ssl.SSLError):
            return TransportError("tls", f"{origin}: {_tls_reason(cause)}")
        if isinstance(cause, socket.gaierror):
            return TransportError("dns", f"{origin}: the host name cannot be resolved")
        if isinstance(cause, ConnectionRefusedError):
            return TransportError("refused", f"{origin}: nothing listens there (connection refused)")
        if isinstance(cause, ConnectionError) or getattr(cause, "errno", None) in _RESET_ERRNOS:
            return TransportError("reset", f"{origin}: the connection was reset")
        if isinstance(cause, OSError) and cause.errno is not None and not isinstance(cause, TimeoutError):
            reason = errno.errorcode.get(cause.errno, str(cause.errno))
            return TransportError("connect", f"{origin}: the host cannot be reached ({reason})")
    return None


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({error.verify_message})"
    reason = (error.reason or "handshake failed").replace("_", " ").lower()
    if "wrong version number" in reason or "http request" in reason or "record layer failure" in reason:
        return f"no TLS is spoken at this port ({reason})"
    return f"TLS failed ({reason})"
