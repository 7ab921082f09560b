"""Download of one public file by address and sha256, and the cache that keeps it.

Only https is asked, redirects included, and no address within a network: a stranger's file must not
make this machine call what only it can see. The one host that `LOCAL` names is excepted. A file is
cached under its checksum, whole or not at all, and only when the caller has checked it
(`write_cache`). Knows no format.
"""

import hashlib
import ipaddress
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from platformdirs import user_cache_path

from probes.errors import SetError
from probes.files import atomic

if TYPE_CHECKING:
    import httpx2

LIMIT = 5_000_000
"""Largest file, in bytes."""
SILENCE, PATIENCE = 20.0, 60.0
"""Seconds that a server may be silent, and that a file may take."""
LOCAL = "PROBES_TEXT_HOST"
"""Variable of the environment: a host of one's own, asked by http as well."""
REDIRECTS = 10
"""That are followed, one after the other."""
OWN = (".localhost", ".local", ".internal", ".lan", ".localdomain", ".home.arpa")
"""Endings of names that are known in a network of one's own only."""
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""What stands for a dot in names of hosts, beside the dot."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def cache_folder() -> Path:
    """Where fetched files are kept: below PROBES_CACHE, else in the user's cache folder.

    That is XDG_CACHE_HOME if it is set, else where the system has it: ~/.cache on Linux.

    Raises:
        SetError: none of them is set, and there is no home folder.
    """
    if own := os.environ.get("PROBES_CACHE"):
        return Path(own) / "texts"
    try:
        return user_cache_path("political-probes", appauthor=False) / "texts"
    except RuntimeError:
        raise SetError("there is no home folder to keep texts in; set PROBES_CACHE") from None


def cache_path(url: str, sha256: str) -> Path:
    """Where the file of that checksum is kept; its suffix is the address's.

    Raises:
        SetError: `sha256` is none, so that the path could lie outside the cache.
    """
    if not _SHA256.fullmatch(sha256):
        raise SetError(f"{url}: sha256 should be 64 hexadecimal digits, not {sha256[:80]!r}")
    suffix = re.search(r"\.[A-Za-z0-9]{1,8}\Z", unquote(urlsplit(url).path))
    return cache_folder() / (sha256 + (suffix.group() if suffix else ""))


def read_cached(url: str, sha256: str) -> bytes | None:
    """The file, if it is kept and still what it was."""
    path = cache_path(url, sha256)
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SetError(f"{path}: cannot be read: {error.strerror}; remove it") from None
    return raw if hashlib.sha256(raw).hexdigest() == sha256 else None


def write_cache(url: str, sha256: str, raw: bytes) -> None:
    """Keep a file that is what it should be.

    Raises:
        SetError: it is not, or the cache folder cannot be written.
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
    """The bytes at an address, checked; nothing is kept.

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
        # ImportError: a proxy of the environment is of a kind that needs another package.
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


def require_https(url: str, before: str = "") -> None:
    """Refuse what is not https to the world; the host of `LOCAL` is let through, but from no other.

    Args:
        url: Where to go.
        before: Whence a redirect came, if it is one.

    Raises:
        SetError: naming the address.
    """
    parts = None
    with suppress(ValueError):
        parts = urlsplit(url)
    secure = parts is not None and parts.scheme == "https" and _is_public(parts.hostname or "")
    is_local = _local(url) and (not before or _local(before))
    if re.search(r"[\x00-\x20\x7f]", url) or not (secure or is_local):
        origin = f"{before}: redirects to " if before else ""
        raise SetError(
            f"{origin}{url!r}: texts are fetched by https:// only, and from no address of a local "
            f"network (unless {LOCAL} names its host)"
        )


def _is_public(host: str) -> bool:
    """Whether a host is not, by its name, on this machine or in a network of one's own."""
    host = _DOTS.sub(".", host).rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        numeric = re.fullmatch(r"[\d.]+|0x[0-9a-f.x]*", host)  # numbers that resolvers know
        return "." in host and not numeric and not host.endswith(OWN)


def _local(url: str) -> bool:
    """Whether an address is on the host that the user's environment names."""
    try:
        parts = urlsplit(url)
        hosts = {parts.hostname, parts.netloc} - {None, ""}
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and os.environ.get(LOCAL, "") in hosts


def _fetch(url: str) -> bytes:
    """What is sent from an address, or from where it redirects to; each of them must be allowed."""
    place = url
    with _client(url) as client:
        until = time.monotonic() + PATIENCE
        for _ in range(1 + REDIRECTS):
            with client.stream("GET", place) as response:
                if response.is_success:
                    return _body(url, response, until)
                if not response.is_redirect:
                    status = f"{response.status_code} {_one_line(response.reason_phrase)}"
                    raise SetError(f"{url}: the server answers {status}")
                target = _redirect_target(response)
            if time.monotonic() > until:
                raise _too_slow(url)
            if target is None:
                break
            require_https(target, before=place)
            client.cookies.clear()
            place = target
    raise SetError(f"{url}: redirects without end, or to no web address")


def _client(url: str) -> "httpx2.Client":
    """What asks: it adds no name or password, not even one that stands in the address.

    Proxies of the environment are asked, unless the address is on this machine.
    """
    import httpx2

    return httpx2.Client(
        headers={"User-Agent": "political-probes", "Accept-Encoding": "identity"},
        auth=httpx2.Auth(),
        timeout=SILENCE,
        follow_redirects=False,
        trust_env=not _local(url),
    )


def _redirect_target(response: "httpx2.Response") -> str | None:
    """Where a redirect leads; None if that is no web address."""
    import httpx2

    if not response.has_redirect_location:
        return None
    with suppress(httpx2.InvalidURL, ValueError):
        target = response.url.join(response.headers["Location"])
        return str(target) if target.scheme in {"http", "https"} else None
    return None


def _body(url: str, response: "httpx2.Response", until: float) -> bytes:
    """All that is sent, within `LIMIT`, until that second."""
    import httpx2

    parts, size = [], 0
    promised = response.headers.get("Content-Length", "")
    try:
        for part in response.iter_raw():  # what is there: a trickle cannot hold it up
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
    """What a server or a library says, on one line and without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(message)).split())[:200]


def _too_slow(url: str) -> SetError:
    return SetError(f"{url}: the server is too slow or does not answer; try again")
