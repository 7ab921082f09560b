"""`probes view`: serves the report of a run on this machine; it updates while the run goes on.

Listens on the loopback interface only. The address holds a random token, and requests with another
Host are refused: this keeps out other users of the machine, and web pages that point a name at it
(DNS rebinding). Reads the run folder, needs no lock and writes nothing.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from probes import report
from probes.downstream import stored
from probes.errors import ProbesError, UsageError
from probes.report.load import state

HOST = "127.0.0.1"

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
}
WAITING = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="2"><meta name="viewport" content="width=device-width">
<title>No report yet</title></head><body><main><h1>No report yet</h1><p>{}</p>
<p>This page looks again every two seconds.</p></main></body></html>"""
"""Page shown before there is a report, such as before the first answers."""


@dataclass(slots=True)
class CachedPage:
    """The report of a run folder; rendered again when the folder has changed."""

    path: Path
    downstream: Path | None = None
    """Folder of predictions of classifiers trained from the models; None without one."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _made: tuple[str, bytes] = ("", b"")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> str:
        """State of the folders; empty while that of the run cannot be read."""
        try:
            return state(self.path, self.downstream)
        except ProbesError:
            return ""

    def page(self) -> bytes:
        """The current report; rendered once for each state of the folder."""
        with self._lock:
            now = self.state()
            if not now or now != self._made[0]:
                try:
                    source = report.source(self.path, downstream=self.downstream)
                    html = report.page(source, live=True)
                except ProbesError as error:
                    return WAITING.format(escape(str(error))).encode()
                self._made = now, html.encode("utf-8", "replace")
            return self._made[1]


class ReportServer(ThreadingHTTPServer):
    """HTTP server of one run folder; requests must hold the token."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, viewed: CachedPage, port: int = 0) -> None:
        self.viewed = viewed
        super().__init__((HOST, port), _Handler)

    @property
    def address(self) -> str:
        """Address to open in a browser."""
        return f"http://{HOST}:{self.server_port}/{self.viewed.token}/"


class _Handler(BaseHTTPRequestHandler):
    """Answers ``/TOKEN/`` and ``/TOKEN/state``; any other path is not found."""

    server: ReportServer
    server_version = "probes"
    sys_version = ""
    timeout: ClassVar[float] = 30

    def do_GET(self) -> None:
        """Send the page, or its state."""
        if not self._authorised():
            self._send(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain")
            return
        viewed = self.server.viewed
        if self.path.endswith("/state"):
            self._send(HTTPStatus.OK, viewed.state().encode(), "text/plain")
        else:
            self._send(HTTPStatus.OK, viewed.page(), "text/html")

    def _authorised(self) -> bool:
        """Check of token and Host in constant time: the duration of a refusal reveals nothing."""
        hosts = f"{HOST}:{self.server.server_port}", f"localhost:{self.server.server_port}"
        if self.headers.get("Host", "") not in hosts:
            return False
        _, token, rest = [*self.path.split("/", 2), "", ""][:3]
        authorised = secrets.compare_digest(
            token.encode("utf-8", "replace"), self.server.viewed.token.encode()
        )
        return authorised and self.path.count("/") == 2 and rest in ("", "state")

    def _send(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
        except ConnectionError:
            self.close_connection = True  # the browser closed the connection

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing: the address with its token belongs in no log."""


@contextmanager
def serving(path: Path, port: int = 0, downstream: Path | None = None) -> Iterator[ReportServer]:
    """A server of the run in `path`, running in its own thread until the end of the block.

    Raises:
        RunError: there is no run in the folder, it has no answers yet, or they are damaged; or
            `downstream` is no folder of predictions with tables.
        UsageError: the port is in use, or not a port; plotly is not installed.
    """
    viewed = CachedPage(path, downstream)
    report.source(path)  # a fault of the folders is reported before a browser opens
    if downstream is not None:
        stored.tables(downstream)
    try:
        server = ReportServer(viewed, port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "not a port"
        raise UsageError(f"--port {port}: {why}; without it, any free one is taken") from None
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
