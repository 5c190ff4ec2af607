"""A provider's base URL: what is acceptable, how it is spelled, which origin it means.

Pure; resolves no name. Invariant: a host is judged as it was parsed, so no spelling of another host counts as
this machine, and plain http goes nowhere else unless the user allowed it.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from agentls.protocol.errors import InvalidParams

_PATH = "provider.baseUrl"
_MAX_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_LOOPBACK_V4 = IPv4Network("127.0.0.0/8")
_OWN_ENDPOINTS = ("/chat/completions", "/models")
_PASTED_ENDPOINTS = (*_OWN_ENDPOINTS, "/completions", "/responses", "/embeddings")
_WHOLE_PATHS = {".services.ai.azure.com": "/models"}
"""Hosts whose base URL ends like an endpoint (Azure AI inference)."""
_SCHEMELESS = re.compile(
    r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,100})(:[0-9]{1,5})?(/[a-z0-9_./~-]{0,100})?", re.IGNORECASE
)


def normalise_base_url(text: str, allow_insecure_http: bool) -> tuple[str, list[str]]:
    """The base URL without trailing slash and pasted endpoints, and sentences about what was changed.

    Raises InvalidParams with path `provider.baseUrl`. Rows B131, B132.
    """
    parts = split_url(text, _PATH)
    host = parts.hostname or ""
    warnings: list[str] = []
    if "@" in parts.netloc:
        raise InvalidParams(
            "provider.baseUrl must not contain a user name or password; set the key by agent/provider/setKey",
            _PATH,
        )
    if "?" in text or "#" in text:
        raise InvalidParams(
            "provider.baseUrl must end before any ? or #; Azure's api-version goes into azureApiVersion",
            _PATH,
        )
    if parts.scheme == "http" and not is_loopback(host):
        if not allow_insecure_http:
            raise InvalidParams(
                "provider.baseUrl uses plain http to another machine, so the key and all code would travel"
                " unencrypted; use https, or set allowInsecureHttp (in the editor's gear panel, or"
                " provider.allowInsecureHttp in the TOML file)",
                _PATH,
            )
        warnings.append("The base URL uses plain http: the key and all code travel unencrypted.")
    path = parts.path.rstrip("/")
    while pasted := _pasted_endpoint(host, path):
        path = path[: -len(pasted)].rstrip("/")
        why = "which agentls adds itself" if pasted in _OWN_ENDPOINTS else "which is no part of it"
        warnings.append(f"The base URL ended in {pasted}, {why}: it was removed.")
    return f"{parts.scheme}://{_authority(parts)}{path}", warnings


def split_url(text: str, path: str) -> SplitResult:
    """An http or https URL in its parts, each checked; errors name the field `path`.

    urlsplit alone drops tabs and newlines silently and takes a backslash as part of the host.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise InvalidParams(f"{path} is longer than {_MAX_LENGTH} characters", path)
    if not all("!" <= character <= "~" for character in text) or "\\" in text:
        raise InvalidParams(
            f"{path} must be plain ASCII without spaces and backslashes; international names in xn-- form",
            path,
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidParams(f"{path} is not a valid URL", path) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidParams(f"{path} must begin with https:// or http://{_offer(text, path)}", path)
    host = parts.hostname or ""
    if not host:
        raise InvalidParams(f"{path} has no host", path)
    if port == 0 or parts.netloc.endswith(":") or not (_HOST.fullmatch(host) or _is_ipv6(parts.netloc, host)):
        raise InvalidParams(f"{path} has no valid host and port", path)
    return parts


def _pasted_endpoint(host: str, path: str) -> str:
    """The endpoint that a path ends in; "" for none, or where it belongs there."""
    if any(host.endswith(suffix) and path.lower() == whole for suffix, whole in _WHOLE_PATHS.items()):
        return ""
    return next((each for each in _PASTED_ENDPOINTS if path.lower().endswith(each)), "")


def _offer(text: str, path: str) -> str:
    """The address with a scheme, as the end of a sentence, where it only lacks one; that of a proxy is mostly http."""
    lacking = _SCHEMELESS.fullmatch(text)
    if lacking is None:
        return ""
    is_plain = path != _PATH or is_loopback(lacking[1].lower().strip("[]"))
    return f": write {'http' if is_plain else 'https'}://{text}"


def is_loopback(host: str) -> bool:
    """Whether a parsed host is this machine: 127.0.0.0/8, ::1 or localhost, in their plain spelling only."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address in _LOOPBACK_V4
    return address == IPv6Address("::1")


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised URL; a default port is left out, so spelling does not matter."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_authority(parts)}"


def _authority(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None or parts.port == _DEFAULT_PORTS[parts.scheme]:
        return host
    return f"{host}:{parts.port}"


def _is_ipv6(netloc: str, host: str) -> bool:
    if not netloc.rpartition("@")[2].startswith("[") or "%" in host:
        return False
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True
