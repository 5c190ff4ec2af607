"""Which certificates are believed: the system's, certifi's, and what the user adds. Never none.

Must not know HTTP. Building a context takes tens of milliseconds: it is done in a thread, once.
"""

import ssl

from agentls.world.transport_error import TransportError


def build_trust(ca_bundle: str | None) -> ssl.SSLContext:
    """Return a verifying context; TransportError "tls" where the user's bundle cannot be read."""
    context = ssl.create_default_context()
    # Local: certifi comes with httpx and is needed only with it. Some systems have no store of their own.
    import certifi

    context.load_verify_locations(certifi.where())
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ValueError) as error:
            raise TransportError("tls", "the CA bundle of this provider cannot be read") from error
    return context


def no_trust() -> ssl.SSLContext:
    """Return a context that believes nobody: for plain http, where none is asked and none must cost time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
