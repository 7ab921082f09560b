"""The Content-Security-Policy of pages that open from disk."""

import base64
import hashlib
from collections.abc import Iterable


def policy(scripts: Iterable[str], *, connect: bool = False) -> str:
    """No network, and scripts by their hashes only.

    Args:
        scripts: The texts of the page's scripts.
        connect: Let the page ask the server that it came from.
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
