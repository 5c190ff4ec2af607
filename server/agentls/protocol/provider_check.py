"""Whether a provider is acceptable beyond its types: key, headers, proxy, request fields.

Pure. Invariant: no error quotes a key, a header's value or a proxy's password.
"""

import re
from collections.abc import Iterable, Mapping

from agentls.protocol.base_url import normalise_base_url, split_url
from agentls.protocol.errors import InvalidParams
from agentls.protocol.provider import MASK, Provider

MAX_KEY_BYTES = 8192
_MAX_LEVELS = 64
_MAX_HEADERS = 64
_MAX_HEADER_BYTES = 8192
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OWN_BODY_FIELDS = frozenset({"messages", "model", "stream", "tools"})
_SECRET_HEADER = re.compile(r"auth|cookie|cred|key|pass|secret|signature|token", re.IGNORECASE)


def check_provider(provider: Provider) -> tuple[Provider, list[str]]:
    """The provider with its base URL normalised, and sentences for the user.

    Raises InvalidParams whose path names the field.
    """
    base_url, warnings = normalise_base_url(provider.base_url, provider.allow_insecure_http)
    for name, text in (("id", provider.id), ("name", provider.name), ("modelId", provider.model_id)):
        if not text.isprintable() or not text.strip():
            raise InvalidParams(f"provider.{name} must be printable text", f"provider.{name}")
    check_headers(provider.headers or {})
    if provider.proxy is not None:
        check_proxy(provider.proxy)
    _check_free_json(provider.extra_body or {}, "provider.extraBody")
    for field in provider.extra_body or {}:
        if field in _OWN_BODY_FIELDS:
            path = f"provider.extraBody.{field}"
            raise InvalidParams(f"{path} is set by agentls itself", path)
    return provider.model_copy(update={"base_url": base_url}), warnings


def _check_free_json(value: object, path: str) -> None:
    """Raises InvalidParams for JSON that could not be sent on: text that is not Unicode, too many levels."""
    level: list[object] = [value]
    for _ in range(_MAX_LEVELS):
        level = [part for each in level for part in _parts(each, path)]
        if not level:
            return
    raise InvalidParams(f"{path} is nested more than {_MAX_LEVELS} levels deep", path)


def _parts(value: object, path: str) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    if isinstance(value, list):
        return value
    if isinstance(value, str) and not value.isascii() and value.encode("utf-8", "replace").decode() != value:
        raise InvalidParams(f"{path} has text that is not valid Unicode", path)
    return ()


def check_api_key(text: str) -> str:
    """The key as it is, if it can be sent in a header; empty means no key. Raises InvalidParams.

    Some HTTP clients notice a line break in a header value only when sending, so it is refused here.
    """
    if len(text) > MAX_KEY_BYTES:
        raise InvalidParams(f"apiKey is longer than {MAX_KEY_BYTES} bytes", "apiKey")
    if not all("!" <= character <= "~" for character in text):
        raise InvalidParams(
            "apiKey must be plain ASCII without spaces and line breaks; was more than the key pasted?",
            "apiKey",
        )
    return text


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises InvalidParams for a header that cannot be sent or that agentls sets itself."""
    if len(headers) > _MAX_HEADERS:
        raise InvalidParams(f"provider.headers has more than {_MAX_HEADERS} entries", "provider.headers")
    seen: set[str] = set()
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise InvalidParams("provider.headers has a name that is no header name", "provider.headers")
        path = f"provider.headers.{name}"
        if name.lower() in _OWN_HEADERS:
            raise InvalidParams(f"{path} is set by agentls itself", path)
        if name.lower() in seen:
            raise InvalidParams(f"{path} is there twice, in different case", path)
        seen.add(name.lower())
        if value == MASK:
            raise InvalidParams(f"{path} is the masked value of a result; send the real one", path)
        if len(value) > _MAX_HEADER_BYTES:
            raise InvalidParams(f"{path} is longer than {_MAX_HEADER_BYTES} bytes", path)
        if not all(" " <= character <= "~" for character in value) or value != value.strip():
            raise InvalidParams(f"{path} must be plain ASCII without line breaks, with no space at either end", path)


def check_proxy(text: str) -> None:
    """Raises InvalidParams unless `text` is `http://host:port` or `https://…`, with or without a password."""
    parts = split_url(text, "provider.proxy")
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise InvalidParams("provider.proxy must end after the port", "provider.proxy")


def is_secret_header(name: str) -> bool:
    """Whether a header's value is treated as a secret: judged by its name."""
    return _SECRET_HEADER.search(name) is not None


def secrets_of(provider: Provider) -> Iterable[str]:
    """Every secret inside a provider's own fields, for redaction. The key is not among them."""
    for name, value in (provider.headers or {}).items():
        if is_secret_header(name):
            yield value
            # "Bearer abc": the part after the scheme is a secret of its own.
            yield from value.split(" ", 1)[1:]
    if provider.proxy is not None:
        userinfo = split_url(provider.proxy, "provider.proxy").netloc.rpartition("@")[0]
        if userinfo:
            yield userinfo
            yield from userinfo.split(":", 1)[1:]
