"""Downloads one public file by address and sha256, and caches it.

Only https addresses of public hosts are requested, redirects included: a stranger's file must not
make this machine send requests within its network (`public_host`). A file is cached under its
checksum, whole or not at all, and only after the caller has checked it (`write_cache`). Independent
of formats.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from platformdirs import user_cache_path

from probes.errors import SetError
from probes.files import atomic
from probes.files.public_host import is_local, judged_addresses, require_https

if TYPE_CHECKING:
    import ssl

    import httpx2

LIMIT = 5_000_000
"""Maximum size of a file, in bytes."""
SILENCE, PATIENCE = 20.0, 60.0
"""Timeouts in seconds: of a silent server, and of the whole download."""
REDIRECTS = 10
"""Maximum number of redirects."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def cache_folder() -> Path:
    """Cache folder for downloads: PROBES_CACHE, else the user's cache folder.

    That is XDG_CACHE_HOME if it is set, else the system's default: ~/.cache on Linux.

    Raises:
        SetError: none of them is set, and there is no home folder.
    """
    if chosen := os.environ.get("PROBES_CACHE"):
        return Path(chosen) / "texts"
    try:
        return user_cache_path("political-probes", appauthor=False) / "texts"
    except RuntimeError:
        raise SetError("there is no home folder to keep texts in; set PROBES_CACHE") from None


def cache_path(url: str, sha256: str) -> Path:
    """Path of the file with that checksum in the cache; its suffix is that of the address.

    Raises:
        SetError: `sha256` is invalid, so that the path could lie outside the cache.
    """
    if not _SHA256.fullmatch(sha256):
        raise SetError(f"{url}: sha256 should be 64 hexadecimal digits, not {sha256[:80]!r}")
    suffix = re.search(r"\.[A-Za-z0-9]{1,8}\Z", unquote(urlsplit(url).path))
    return cache_folder() / (sha256 + (suffix.group() if suffix else ""))


def read_cached(url: str, sha256: str) -> bytes | None:
    """The cached file, if it exists and its checksum still matches."""
    path = cache_path(url, sha256)
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SetError(f"{path}: cannot be read: {error.strerror}; remove it") from None
    return raw if hashlib.sha256(raw).hexdigest() == sha256 else None


def write_cache(url: str, sha256: str, raw: bytes) -> None:
    """Cache a file after checking its checksum.

    Raises:
        SetError: the checksum differs, or the cache folder cannot be written.
    """
    path = cache_path(url, sha256)
    digest = hashlib.sha256(raw).hexdigest()
    if digest != sha256:
        raise SetError(f"{url}: the sha256 is {digest[:12]}..., not {sha256[:12]}...; not kept")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as part:
            part.write_bytes(raw)
    except OSError as error:
        raise SetError(
            f"{path.parent}: texts cannot be kept there: {error.strerror}; set PROBES_CACHE to "
            "another folder"
        ) from None


def download(url: str, sha256: str) -> bytes:
    """The bytes at an address, checked against `sha256`; not cached.

    Raises:
        SetError: the address is not https, cannot be reached, answers with an error, too slowly,
            with too much or too little, or with another file.
    """
    import httpx2

    require_https(url)
    try:
        raw = _fetch(url)
    except httpx2.TimeoutException:
        raise _too_slow(url) from None
    except (httpx2.ConnectError, httpx2.ProxyError, httpx2.InvalidURL, ImportError) as error:
        # ImportError: a proxy in the environment needs another package.
        raise SetError(f"{url}: cannot be reached: {_one_line(error)}") from None
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise SetError(f"{url}: broke off: {_one_line(error) or type(error).__name__}") from None
    digest = hashlib.sha256(raw).hexdigest()
    if digest != sha256:
        raise SetError(
            f"{url}: the file there is another one: its sha256 is {digest[:12]}..., not "
            f"{sha256[:12]}...; nothing was kept"
        )
    return raw


def _fetch(url: str) -> bytes:
    """Content of an address, after redirects; each address must be allowed."""
    import httpx2

    certificates = httpx2.create_ssl_context()  # uses certificates named by the environment
    place, until = url, time.monotonic() + PATIENCE
    for _ in range(1 + REDIRECTS):
        with _response(place, certificates) as response:
            if response.is_success:
                return _body(url, response, until)
            if not response.is_redirect:
                status = f"{response.status_code} {_one_line(response.reason_phrase)}"
                raise SetError(f"{url}: the server answers {status}")
            location = response.headers.get("Location", "")
        if time.monotonic() > until:
            raise _too_slow(url)
        target = None
        with suppress(httpx2.InvalidURL, ValueError):
            target = httpx2.URL(place).join(location)
        if not location or target is None or target.scheme not in {"http", "https"}:
            break
        require_https(str(target), before=place)
        place = str(target)
    raise SetError(f"{url}: redirects without end, or to no web address")


@contextmanager
def _response(place: str, certificates: "ssl.SSLContext") -> "Iterator[httpx2.Response]":
    """Response of one address, without following redirects.

    Connects to the very IP address that was checked: the name could resolve to another one later. A
    proxy named by the environment resolves names itself. No credentials are sent, not even those in
    the address.
    """
    import httpx2

    url, proxy = httpx2.URL(place), _proxy(place)
    name = url.raw_host.decode("ascii")
    hosts = [name] if proxy else judged_addresses(place, name, url.port or 443)
    with httpx2.Client(
        auth=httpx2.Auth(),
        timeout=SILENCE,
        proxy=proxy,
        trust_env=False,
        verify=certificates,
    ) as client:
        for host in hosts:
            request = client.build_request(
                "GET",
                url.copy_with(host=host),
                headers={
                    "Host": url.netloc.decode("ascii"),
                    "User-Agent": "political-probes",
                    "Accept-Encoding": "identity",
                },
                extensions={"sni_hostname": name},
            )
            try:
                response = client.send(request, stream=True)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if host == hosts[-1]:
                    raise
                continue
            with closing(response):
                yield response
            return


def _proxy(place: str) -> str | None:
    """The environment's proxy for an address; none for the host in `LOCAL`."""
    parts, proxies = urlsplit(place), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_local(place) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _body(url: str, response: "httpx2.Response", until: float) -> bytes:
    """The response body, within `LIMIT` bytes, until the deadline."""
    import httpx2

    parts, size = [], 0
    promised = response.headers.get("Content-Length", "")
    try:
        for part in response.iter_raw():  # as received: the deadline also holds for slow servers
            parts.append(part)
            size += len(part)
            if size > LIMIT:
                raise SetError(f"{url}: is larger than {LIMIT:,} bytes, which no file of texts is")
            if time.monotonic() > until:
                raise _too_slow(url)
    except httpx2.RemoteProtocolError:
        if promised.isdecimal():
            message = f"broke off after {size:,} of {int(promised):,} bytes; try again"
            raise SetError(f"{url}: {message}") from None
        raise
    return b"".join(parts)


def _one_line(message: object) -> str:
    """A message of a server or a library on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(message)).split())[:200]


def _too_slow(url: str) -> SetError:
    return SetError(f"{url}: the server is too slow or does not answer; try again")
