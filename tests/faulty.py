"""A proxy that damages HTTP replies, to test clients of endpoints against network faults.

It forwards requests to a real server and damages a share of replies: none at all, errors,
truncated, slow, of another shape, sent twice, or an earlier reply in place of a later one.
"""

from __future__ import annotations

import http.client
import http.server
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import ClassVar
from urllib.parse import urlsplit

from tests.served import up

KINDS = (
    *("429", "500", "502", "slow", "truncated", "cut", "wrong", "nonsense", "disconnect"),
    *("lost", "twice", "stale"),
)

AGE = 0.5
"""Seconds after which a reply may be sent again in place of another: the client has read it by
then, even on a busy machine."""


class Faulty(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # closes idle connections
    behind: str
    share: float
    kinds: tuple[str, ...]
    slowness: float = 2.5
    """Seconds that a slow reply takes."""
    done: Counter[str]
    dice: random.Random
    lock: threading.Lock
    kept: ClassVar[list[tuple[float, bytes]]] = []
    """Times and bodies of undamaged replies, to send again."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            spoilt = self.dice.random() < self.share
            kind = self.dice.choice(self.kinds) if spoilt else "none"
            self.done[kind] += 1
        if kind in ("429", "500", "502"):
            more = {"Retry-After": "0.05"} if kind == "429" else {}
            self.answer(int(kind), b'{"error": {"message": "not now"}}', more)
        elif kind == "disconnect":
            self.close_connection = True
        else:
            status, reply = self.passed_on(body)
            self.spoilt(kind, status, reply)

    def passed_on(self, body: bytes) -> tuple[int, bytes]:
        server = urlsplit(self.behind)
        connection = http.client.HTTPConnection(server.hostname or "", server.port, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        with closing(connection):  # also if the server does not reply
            connection.request("POST", self.path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()

    def spoilt(self, kind: str, status: int, reply: bytes) -> None:
        with self.lock:
            old = [kept for when, kept in self.kept if when < time.monotonic() - AGE]
            again = self.dice.choice(old) if old else reply
        if kind == "lost":  # the server answered, so the request counts as paid
            self.close_connection = True
        elif kind == "slow":
            self.head(status, len(reply), {})
            for start in range(0, len(reply), 1 + len(reply) // 6):
                time.sleep(self.slowness / 6)
                self.wfile.write(reply[start : start + 1 + len(reply) // 6])
        elif kind == "truncated":
            self.head(status, len(reply), {})
            self.wfile.write(reply[: len(reply) // 2])
            self.close_connection = True
        elif kind == "cut":
            self.answer(status, reply[: len(reply) // 2], {})
        elif kind == "wrong":
            self.answer(200, b'{"id": 3, "choices": [{"text": null, "message": []}]}', {})
        elif kind == "nonsense":
            self.answer(200, b"<html>down for maintenance</html>", {})
        elif kind == "stale":
            self.answer(200, again, {})
        else:
            self.answer(status, reply, {})
            if kind == "twice":
                self.answer(status, reply, {})
            with self.lock:
                self.kept += [(time.monotonic(), reply)] if status == 200 else []

    def answer(self, status: int, body: bytes, more: dict[str, str]) -> None:
        self.head(status, len(body), more)
        self.wfile.write(body)

    def head(self, status: int, length: int, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **more}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def between(
    behind: str, share: float = 0.2, kinds: tuple[str, ...] = KINDS, seed: int = 0
) -> Iterator[tuple[str, type[Faulty]]]:
    """URL of a proxy for the server `behind`, and its class, whose `share` can be changed."""
    content = {
        "behind": behind,
        "share": share,
        "kinds": kinds,
        "done": Counter(),
        "kept": [],
        "dice": random.Random(seed),
        "lock": threading.Lock(),
    }
    handler = type("Spoils", (Faulty,), content)
    with up(handler) as url:
        yield url, handler
