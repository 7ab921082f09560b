"""A server that is slower than it is asked: said, asked less at a time, and the run goes on."""

import http.server
import json
import logging
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from probes.asking import loop
from probes.backends.http import client
from probes.models.load import open_model
from probes.runs.session import _how_asked
from probes.types import Endpoint, LoadOptions, ModelSpec, Writing
from tests.backends.test_contract import SMALL
from tests.served import up

SHORT = replace(SMALL, recipe=replace(SMALL.recipe, writing=Writing(tokens=6)))
WORK = 0.05
"""Seconds that the server takes for a request, one after the other."""


@dataclass
class Slow:
    """Works on one request at a time, also on those that nobody waits for any more."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    finished: int = 0
    abandoned: int = 0
    waiting: int = 0
    most: int = 0

    def work(self, connection: socket.socket) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        with self.lock:
            time.sleep(WORK)
            self.waiting -= 1
            self.finished += 1
            connection.setblocking(False)
            try:
                self.abandoned += connection.recv(1, socket.MSG_PEEK) == b""
            except BlockingIOError:
                pass
            finally:
                connection.setblocking(True)


@contextmanager
def serving(slow: Slow) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "chat" not in self.path:
                self.send_error(404)
                return
            slow.work(self.connection)
            message = {"role": "assistant", "content": "agree"}
            said = {
                "id": f"cmpl-{uuid.uuid4().hex}",
                "object": "chat.completion",
                "model": body["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
            }
            raw = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with up(Handler) as url:
        yield url


@pytest.mark.slow
def test_a_slow_server_is_asked_less_at_a_time_and_the_run_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Eight at a time get no reply in time; with fewer all are answered. It is said, and what was
    given up is hung up on."""
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    slow = Slow()
    endpoint = Endpoint("", concurrency=8, timeout=5 * WORK)
    with serving(slow) as url, caplog.at_level(logging.WARNING, "probes"):
        spec = ModelSpec("slow", "tiny", "endpoint", endpoint=replace(endpoint, url=url))
        model = open_model(spec, LoadOptions())
        planned = loop.plan(model, SHORT, limit=2)
        found, total = [], planned.header.cells
        for batch in loop.ask(model, planned):
            found += batch.answers
    assert len(found) == total >= 40
    assert {answer.status for answer in found} == {"ok"}
    said = [record.getMessage() for record in caplog.records]
    assert "slow: no reply within 0.25 seconds with 8 requests at a time; going on with 4" in said
    assert len(said) <= 3  # 8, 4, 2: once each
    assert slow.abandoned >= 1
    assert slow.finished <= 2 * total + 40
    assert _how_asked(model.info) == "slow gives text: replies read"


@pytest.mark.slow
def test_a_server_that_keeps_up_is_asked_as_many_at_a_time_as_it_may_be() -> None:
    slow = Slow()
    with serving(slow) as url:
        spec = ModelSpec("m", "tiny", "endpoint", endpoint=Endpoint(url, concurrency=4))
        model = open_model(spec, LoadOptions())
        assert list(loop.ask(model, loop.plan(model, SHORT, limit=1)))
    assert slow.most == 4
