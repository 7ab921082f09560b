"""The HTTP connection to a server: its headers and its proxy.

The library `openai` and the environment can add headers and proxies meant for other servers. Only
the headers named here are sent, and a server on this machine is asked without a proxy.
"""

from __future__ import annotations

import ipaddress
import os
import urllib.request
from urllib.parse import urlsplit

import httpx2
import openai

from probes.backends.http.errors import redact
from probes.errors import ModelError
from probes.types import Endpoint


class PlainTransport(httpx2.AsyncHTTPTransport):
    """Sends requests with the headers that a server needs, and no others.

    Args:
        key: Sent in the header Authorization; empty for none.
        proxy: Its address; empty for none.
    """

    def __init__(self, key: str, proxy: str) -> None:
        super().__init__(proxy=proxy or None)
        self._key = key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request with its headers replaced."""
        headers = {
            "Host": request.url.netloc.decode("ascii"),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Authorization": f"Bearer {self._key or 'none'}",
            "Connection": "close",
            "Content-Type": "application/json",
            "User-Agent": "political-probes",
        }
        plain = httpx2.Request(
            request.method,
            request.url,
            headers=headers,
            content=await request.aread(),
            extensions=request.extensions,
        )
        return await super().handle_async_request(plain)


def connect(label: str, endpoint: Endpoint, key: str) -> openai.AsyncOpenAI:
    """A client of `openai` for one server.

    Args:
        label: Model and address, for errors.
        endpoint: Its address and limits.
        key: The API key; empty for none.

    Raises:
        ModelError: the environment's proxy cannot be used.
    """
    try:
        transport = PlainTransport(key, proxy_of(endpoint.url))
    except (ValueError, ImportError, httpx2.InvalidURL) as error:
        socks = "is a SOCKS proxy, which needs the package socksio"
        why = socks if isinstance(error, ImportError) else "should be http://HOST:PORT"
        raise ModelError(f"{label}: the environment's proxy {why}") from None
    client = httpx2.AsyncClient(transport=transport, follow_redirects=False)
    return openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=endpoint.url,
        max_retries=0,
        timeout=endpoint.timeout,
        http_client=client,
        default_headers=_default_headers(),
    )


def _default_headers() -> dict[str, str | openai.Omit]:
    """Headers that cancel those that `openai` adds from the environment (it cannot encode some)."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    names = [line.partition(":")[0].strip() for line in lines if ":" in line]
    added = ["OpenAI-Organization", "OpenAI-Project", *names]
    omitted = dict.fromkeys((n for n in added if n.lower() != "authorization"), openai.Omit())
    return {**omitted, "Authorization": "Bearer none"}


def proxy_of(url: str) -> str:
    """The environment's proxy for an address; empty for none, as for this machine."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or urllib.request.proxy_bypass(
        f"{host}:{parts.port}" if parts.port else host
    ):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def label_of(name: str, url: str) -> str:
    """Label of a model at an endpoint for errors: name, address, and the proxy without its
    password."""
    scheme, _, rest = proxy_of(url).partition("://")
    host = rest.rpartition("@")[2].partition("/")[0]
    through = (
        f" (through the environment's proxy {redact(f'{scheme}://{host}', '')})" if rest else ""
    )
    return f"{name}: {url}{through}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("example.org")
    (True, True, False)
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)
