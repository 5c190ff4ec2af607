"""What to do when no answer came at all: names, ports, certificates, proxies, clocks.

Knows kinds of transport failure and the words of their details, no socket. Invariant: one or two sentences that
name a setting, a command or a thing to check.
"""

from agentls.chat.advice.provider_pages import START_BY_PORT, STARTS
from agentls.chat.server import ServerHint, host_of, port_of


def transport_advice(transport: str, kind: str, server: ServerHint, words: str) -> str:
    """The advice for one kind of transport failure; "" to fall back on the code's general sentence."""
    words = words.partition(": ")[2] or words  # the origin comes first: its host name is no word of the failure
    match transport:
        case "dns":
            return _dns(server)
        case "refused":
            return _refused(kind, server)
        case "connect":
            return (
                "The network has no way to this host: check the base URL's host, your network or VPN, and whether a"
                " firewall is in between."
            )
        case "tls":
            return _tls(words)
        case "proxy":
            return _proxy(words)
        case "timeout":
            return _timeout(server, words)
        case "protocol":
            return _protocol(server, words)
        case "reset":
            return _reset(server, words)
    return ""


def _dns(server: ServerHint) -> str:
    host = host_of(server.base_url)
    if "." not in host and host:
        return (
            f"The host name {host[:60]} cannot be found from here: inside a container or WSL use host.docker.internal"
            " or the machine's address, and check the spelling."
        )
    return "The host name cannot be found: check the base URL's spelling, the network connection and the VPN."


def _refused(kind: str, server: ServerHint) -> str:
    if server.is_local:
        guess = kind or START_BY_PORT.get(port_of(server.base_url) or 0, "")
        elsewhere = " If agentls runs in a container or in WSL, use the host's address instead of localhost."
        shown = server.base_url[:80]
        start = STARTS.get(guess, f"Nothing listens at {shown}: start the server, or correct the port.")
        return start + elsewhere
    if there := STARTS.get(kind):
        return f"{there} To be reached from another machine it must listen on 0.0.0.0, not only on 127.0.0.1."
    return "The host is there but refuses this port: check the port and the scheme of the base URL."


def _tls(words: str) -> str:
    if "no tls is spoken" in words or "wrong version number" in words:
        return "This port speaks no TLS: write http:// in place of https:// in the base URL, or use the https port."
    if "ca bundle" in words:
        return "Set caBundle to a readable file with certificates in PEM form."
    if "expired" in words or "not yet valid" in words:
        return "The server's certificate is out of date: have it renewed, and check this machine's clock."
    if "hostname mismatch" in words or "not valid for" in words or "doesn't match" in words or "ip address" in words:
        return "The certificate is for another name: use the host name that it was made for in the base URL."
    if "self" in words or "issuer" in words or "not trusted" in words or "unable to get" in words:
        return (
            "The certificate is self-signed or from a company's own authority: set caBundle to the file with that"
            " authority's certificate (PEM)."
        )
    return "Check the base URL's host name and port; behind a company proxy, set caBundle to its certificate file."


def _proxy(words: str) -> str:
    if "407" in words:
        return "The proxy wants a user name and password: write them in the provider's proxy setting (http://user:password@host)."
    if "cannot be reached" in words:
        return "The proxy does not answer: check its address and port in the provider's proxy setting, or remove it."
    if "valid url" in words or "must be an http" in words:
        return "Write the proxy as a URL, such as http://proxy.example:3128."
    return "The proxy refuses the way to this host: check the provider's proxy setting, or ask whoever runs the proxy."


def _timeout(server: ServerHint, words: str) -> str:
    if "no connection" in words or "connection timed out" in words:
        return (
            "The host does not answer: check the base URL's host and port, VPN and firewall; timeouts.connectS is how"
            " long is waited."
        )
    if "nothing came" in words or "keep-alive signals any more" in words:
        return "The server went silent in the middle: try again; for a slow model raise timeouts.idleS."
    if server.is_local:
        return (
            "Try again: a local server may still be loading the model or reading a long prompt; raise"
            " timeouts.firstByteS if that takes longer."
        )
    return ""


def _protocol(server: ServerHint, words: str) -> str:
    if "character that http does not allow" in words or "user name or password" in words:
        return "Enter the API key, the headers and the base URL again, without line breaks and unusual characters."
    if "compressed" in words:
        return "The server, or a proxy in front of it, compresses its answers unasked or wrongly: turn that off there."
    if "no valid http" in words and "(badstatusline)" not in words:
        return "The server, or a proxy in front of it, breaks the rules of HTTP: update it, or leave the proxy out."
    if server.base_url.startswith("http://"):
        return "What answers there speaks no plain http: the base URL may need https://, or another port."
    return ""


def _reset(server: ServerHint, words: str) -> str:
    if server.base_url.startswith("http://") and "before an answer" in words and not server.is_local:
        return "The server closed the connection without an answer: try again; the base URL may need https://."
    if server.is_local:
        also = " The base URL may also need https://." if server.base_url.startswith("http://") else ""
        crashed = "Try again; if it stays, look at the server's log: it may have crashed, often for want of memory."
        return crashed + (also if "before an answer" in words else "")
    return ""
