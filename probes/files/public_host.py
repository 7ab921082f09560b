"""Checks whether a host is public, by its name and by the IP addresses it resolves to.

An untrusted file may name a host of the local network, in many spellings, or a public name that
resolves to one. So the name is checked, then resolved once, and connections use the addresses that
were checked. Sends nothing but the DNS query.
"""

import ipaddress
import os
import re
import socket
import unicodedata
from contextlib import suppress
from urllib.parse import urlsplit

from probes.errors import SetError

LOCAL = "PROBES_TEXT_HOST"
"""Environment variable: a host of the user's own, for which http is allowed, too."""
OWN = (".localhost", ".local", ".internal", ".lan", ".localdomain", ".home.arpa")
"""Suffixes of names that exist only in local networks."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that hold an IPv4 address, which a gateway of the network connects to."""
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""Characters treated as a dot in host names."""
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
"""A last label that makes resolvers treat a name as an IP address, whatever comes before."""


def is_public_name(host: str) -> bool:
    """Whether a host's name does not mean this machine or a local network.

    >>> is_public_name("example.org"), is_public_name("127.0x0.1"), is_public_name("printer.lan")
    (True, False, False)
    """
    host = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).rstrip(".").lower()
    try:
        return is_public_address(host)
    except ValueError:
        number = _NUMBER.fullmatch(host.rpartition(".")[2])
        return "." in host and not number and not host.endswith(OWN)


def is_public_address(address: str) -> bool:
    """Whether an IP address is public; one that embeds an IPv4 address is as public as that.

        >>> is_public_address("64:ff9b::7f00:1"), is_public_address("2606:4700::1111")
        (False, True)

    Raises:
        ValueError: it is no address.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if parsed in NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public_address(str(inner))
        if parsed.is_site_local:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def require_https(url: str, before: str = "") -> None:
    """Refuse addresses other than public https; the host of `LOCAL` is allowed, but not by redirect
    from another.

    Args:
        url: The address.
        before: Address that redirected to it, if any.

    Raises:
        SetError: names the address.
    """
    parts = None
    with suppress(ValueError):
        parts = urlsplit(url)
    secure = parts is not None and parts.scheme == "https" and is_public_name(parts.hostname or "")
    is_own = is_local(url) and (not before or is_local(before))
    if re.search(r"[\x00-\x20\x7f]", url) or not (secure or is_own):
        origin = f"{before}: redirects to " if before else ""
        raise SetError(
            f"{origin}{url!r}: texts are fetched by https:// only, and from no address of a local "
            f"network (unless {LOCAL} names its host)"
        )


def is_local(url: str) -> bool:
    """Whether an address is on the host that the environment variable `LOCAL` names."""
    try:
        parts = urlsplit(url)
        hosts = {parts.hostname, parts.netloc} - {None, ""}
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and os.environ.get(LOCAL, "") in hosts


def judged_addresses(place: str, name: str, port: int) -> list[str]:
    """The current IP addresses of a host; all must be public, unless `LOCAL` names it.

    Args:
        place: The address.
        name: Its host, as it is to be resolved.
        port: Its port.

    Raises:
        SetError: one is not public, or there is none.
    """
    try:
        entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SetError(f"{place}: cannot be reached: {error}") from None
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in entries))
    private = [] if is_local(place) else [each for each in addresses if not is_public_address(each)]
    if private:
        raise SetError(
            f"{place}: its host is at {private[0]}, an address of a local network, from which no "
            f"texts are fetched (unless {LOCAL} names the host)"
        )
    return addresses
