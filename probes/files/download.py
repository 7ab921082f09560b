"""Download of one public file by address and sha256, and the cache that keeps it.

Only https is asked (and http on this very machine), redirects included. A file is cached under its
checksum, whole or not at all, and only when the caller has checked it (`write_cache`). Knows no
format.
"""

import hashlib
import ipaddress
import os
import re
import time
from contextlib import suppress
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from probes.errors import SetError
from probes.files import atomic

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector, Request

LIMIT = 5_000_000
"""Largest file, in bytes."""
SILENCE, PATIENCE = 20.0, 60.0
"""Seconds that a server may be silent, and that a file may take."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def cache_folder(what: str = "texts") -> Path:
    """Where fetched files are kept: below PROBES_CACHE, else XDG_CACHE_HOME, else ~/.cache.

    Args:
        what: Which of them; `evidence.arrow` has a folder beside the texts.

    Raises:
        SetError: none of them is set, and there is no home folder.
    """
    own = os.environ.get("PROBES_CACHE", "")
    if own:
        return Path(own) / what
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # The specification of XDG_CACHE_HOME has relative paths ignored.
        base = shared if shared.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise SetError(f"there is no home folder to keep {what} in; set PROBES_CACHE") from None
    return base / "political-probes" / what


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
    from urllib.error import HTTPError, URLError

    require_https(url)
    try:
        with _opener(url).open(_request(url), timeout=SILENCE) as response:
            raw = _body(url, response)
    except HTTPError as error:
        error.close()
        if error.code in range(300, 400):
            raise SetError(f"{url}: redirects without end, or to no web address") from None
        raise SetError(f"{url}: the server answers {error.code} {_line(error.reason)}") from None
    except TimeoutError:
        raise _slow(url) from None
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _slow(url) from None
        raise SetError(f"{url}: cannot be reached: {_line(error.reason)}") from None
    except (HTTPException, OSError, ValueError) as error:
        raise SetError(f"{url}: broke off: {_line(error) or type(error).__name__}") from None
    digest = hashlib.sha256(raw).hexdigest()
    if digest != sha256:
        raise SetError(
            f"{url}: the file there is another one: its sha256 is {digest[:12]}..., not "
            f"{sha256[:12]}...; nothing was kept"
        )
    return raw


def require_https(url: str, before: str = "") -> None:
    """Refuse what is not https; http is let through to this machine, from this machine or typed.

    Args:
        url: Where to go.
        before: Whence a redirect came, if it is one.

    Raises:
        SetError: naming the address.
    """
    parts = None
    with suppress(ValueError):
        parts = urlsplit(url)
    secure = parts is not None and parts.scheme == "https" and bool(parts.hostname)
    is_local = _local(url) and (not before or _local(before))
    if re.search(r"[\x00-\x20\x7f]", url) or not (secure or is_local):
        origin = f"{before}: redirects to " if before else ""
        raise SetError(f"{origin}{url!r}: texts are fetched by https:// only")


def _local(url: str) -> bool:
    """Whether an http address is on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "http" and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _request(url: str) -> "Request":
    from urllib.request import Request

    headers = {"User-Agent": "political-probes", "Accept-Encoding": "identity"}
    return Request(url, headers=headers)  # noqa: S310  `require_https` has seen it


def _opener(url: str) -> "OpenerDirector":
    """What knows http, https and redirects between allowed addresses, and no other scheme."""
    from urllib import request

    class Redirects(request.HTTPRedirectHandler):
        """Redirects, each of which must be allowed."""

        def redirect_request(
            self,
            req: "Request",
            fp: IO[bytes],
            code: int,
            msg: str,
            headers: HTTPMessage,
            newurl: str,
        ) -> "Request | None":
            try:
                require_https(newurl, req.full_url)
            except SetError:
                fp.close()
                raise
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = request.OpenerDirector()
    for handler in (
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
        Redirects(),
        *([] if _local(url) else [request.ProxyHandler()]),
    ):
        opener.add_handler(handler)
    return opener


def _body(url: str, response: "HTTPResponse") -> bytes:
    """All that is sent, within `LIMIT` and `PATIENCE`."""
    parts, size, until = [], 0, time.monotonic() + PATIENCE
    while part := response.read1(65536):  # returns what is there: a trickle cannot hold it up
        parts.append(part)
        size += len(part)
        if size > LIMIT:
            raise SetError(f"{url}: is larger than {LIMIT:,} bytes, which no file of texts is")
        if time.monotonic() > until:
            raise _slow(url)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and int(promised) != size:
        raise SetError(f"{url}: broke off after {size:,} of {int(promised):,} bytes; try again")
    return b"".join(parts)


def _line(message: object) -> str:
    """What a server or a library says, on one line and without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(message)).split())[:200]


def _slow(url: str) -> SetError:
    return SetError(f"{url}: the server is too slow or does not answer; try again")
