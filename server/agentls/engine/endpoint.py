"""One provider as something to talk to: its addresses, its headers, its time-outs.

Knows no task and no conversation. Invariant: the key goes to the provider's own origin and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentls import __version__
from agentls.chat.address import completions_url, key_headers, models_url
from agentls.chat.advice.key_kind import key_kind
from agentls.chat.server import ServerHint
from agentls.protocol.base_url import origin_of
from agentls.world.http import HttpClient, HttpResponse, HttpTimeouts

if TYPE_CHECKING:
    from agentls.protocol.provider import Provider
    from agentls.world.clock import Clock

USER_AGENT = f"agentls/{__version__}"
ACCEPTED = "text/event-stream, application/json"
"""An answer is read by its first bytes, whatever was asked for (quirks D13, D14)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider as it is now, with the key that belongs to it."""

    provider: Provider
    http: HttpClient
    clock: Clock
    key: str | None = field(default=None, repr=False)
    kind: str = ""
    """The kind of server that it told itself to be, where its address tells nothing: a key of `server.NAMES`."""

    @property
    def hint(self) -> ServerHint:
        """What is known of the server: enough for advice, nothing secret."""
        return ServerHint(
            base_url=self.provider.base_url,
            model=self.provider.model_id,
            kind=self.kind,
            has_key=self.key is not None,
            key_kind=key_kind(self.key or ""),
        )

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`."""
        return origin_of(self.provider.base_url)

    @property
    def models_url(self) -> str:
        """Where the list of models is."""
        return models_url(self.provider.base_url, self.provider.azure_api_version)

    async def post_completion(self, body: bytes) -> HttpResponse:
        """Ask for a chat completion. Raises TransportError."""
        provider = self.provider
        url = completions_url(provider.base_url, provider.model_id, provider.azure_api_version)
        return await self._post(url, body, ACCEPTED, self.timeouts)

    async def post_json(self, url: str, body: bytes, *, timeouts: HttpTimeouts | None = None) -> HttpResponse:
        """Post JSON to another address of the same server. Raises TransportError; ValueError for another origin."""
        self._require_own(url)
        return await self._post(url, body, "application/json", timeouts or self.timeouts)

    async def get(self, url: str, *, timeouts: HttpTimeouts | None = None) -> HttpResponse:
        """Get another address of the same server. Raises TransportError; ValueError for another origin."""
        self._require_own(url)
        return await self.http.get(
            url,
            headers=self._headers("application/json"),
            timeouts=timeouts or self.timeouts,
            proxy=self.provider.proxy,
            ca_bundle=self.provider.ca_bundle,
        )

    @property
    def timeouts(self) -> HttpTimeouts:
        """As the provider's settings say."""
        limits = self.provider.timeouts
        return HttpTimeouts(connect_s=limits.connect_s, first_byte_s=limits.first_byte_s, idle_s=limits.idle_s)

    async def _post(self, url: str, body: bytes, accept: str, timeouts: HttpTimeouts) -> HttpResponse:
        return await self.http.post(
            url,
            headers={"content-type": "application/json", **self._headers(accept)},
            body=body,
            timeouts=timeouts,
            proxy=self.provider.proxy,
            ca_bundle=self.provider.ca_bundle,
        )

    def _headers(self, accept: str) -> dict[str, str]:
        provider = self.provider
        headers = {"accept": accept, "user-agent": USER_AGENT}
        if self.key is not None:
            headers |= key_headers(self.key, provider.base_url, provider.azure_api_version)
        return headers | {name.lower(): value for name, value in (provider.headers or {}).items()}

    def _require_own(self, url: str) -> None:
        if origin_of(url) != self.origin:
            raise ValueError("the address is not the provider's own")
