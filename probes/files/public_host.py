"""Which hosts are public: by their name, and by the addresses that their name has.

A stranger's file may name a host that only this machine can see, in many spellings, or a name of
its own that leads there. So a name is judged first, then looked up once, and the addresses that
were judged are those to connect to. Sends nothing but the question for the name.
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
"""Variable of the environment: a host of one's own, asked by http as well."""
OWN = (".localhost", ".local", ".internal", ".lan", ".localdomain", ".home.arpa")
"""Endings of names that are known in a network of one's own only."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Behind it stands an address of version 4, which a gateway of the network asks."""
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""What stands for a dot in names of hosts, beside the dot."""
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
"""A last part like this makes a name an address to resolvers, in whatever number of parts."""


def is_public_name(host: str) -> bool:
    """Whether a host is not, by its name, on this machine or in a network of one's own.

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
    """Whether an address is for everybody; one that holds an address of version 4 is as that is.

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
    secure = parts is not None and parts.scheme == "https" and is_public_name(parts.hostname or "")
    own = is_local(url) and (not before or is_local(before))
    if re.search(r"[\x00-\x20\x7f]", url) or not (secure or own):
        origin = f"{before}: redirects to " if before else ""
        raise SetError(
            f"{origin}{url!r}: texts are fetched by https:// only, and from no address of a local "
            f"network (unless {LOCAL} names its host)"
        )


def is_local(url: str) -> bool:
    """Whether an address is on the host that the user's environment names."""
    try:
        parts = urlsplit(url)
        hosts = {parts.hostname, parts.netloc} - {None, ""}
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and os.environ.get(LOCAL, "") in hosts


def judged_addresses(place: str, name: str, port: int) -> list[str]:
    """The addresses that a host has now, all of them public, unless `LOCAL` names it.

    Args:
        place: Where to go.
        name: Its host, as it is asked for.
        port: Its port.

    Raises:
        SetError: one is not, or there is none.
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
