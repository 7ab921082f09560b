"""The Content-Security-Policy of pages that open from disk."""

import base64
import hashlib
from collections.abc import Iterable


def policy(scripts: Iterable[str], *, connect: bool = False) -> str:
    """Policy that allows no network, and only scripts with the hashes of the given ones.

    Args:
        scripts: Texts of the page's scripts.
        connect: Whether the page may send requests to the server that it came from.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    home = "; connect-src 'self'" if connect else ""
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        f"img-src data: blob:; base-uri 'none'; form-action 'none'{home}"
    )
