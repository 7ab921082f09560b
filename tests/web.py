"""A local web server that serves one file, and simulates faults of servers."""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `body` at /good, and a fault at every other path; suffixes are ignored."""

    body: bytes = b""
    asked: list[str]
    over: threading.Event

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name, *_ = re.findall(r"\w+", self.path)
        getattr(self, name, self.missing)()

    do_POST = do_GET  # noqa: N815 - the name is the standard library's

    def good(self) -> None:
        self.answer(self.body)

    def changed(self) -> None:
        self.answer(self.body.swapcase())

    def truncated(self) -> None:
        self.answer(self.body[:40], promised=len(self.body))

    def cut(self) -> None:
        """A truncated body without Content-Length: only the checksum can detect it."""
        self.answer(self.body[:40], promised=None)

    def large(self) -> None:
        self.answer(b"x" * 3000)

    def slow(self) -> None:
        """Never replies."""
        self.over.wait(30)

    def trickle(self) -> None:
        """Sends a few bytes at a time without end."""
        self.send_response(200)
        self.end_headers()
        while not self.over.wait(0.05):
            self.wfile.write(b"x")

    def redirect(self) -> None:
        self.elsewhere(self.path.replace("redirect", "good"))

    def away(self) -> None:
        self.elsewhere("http://example.com/good")

    def file(self) -> None:
        self.elsewhere("file:///etc/passwd")

    def loop(self) -> None:
        self.elsewhere("/loop")

    def nonsense(self) -> None:
        self.wfile.write(b"220 this is another protocol\r\n")

    def missing(self) -> None:
        self.send_error(404)

    def elsewhere(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def answer(self, body: bytes, promised: int | None = -1) -> None:
        self.send_response(200)
        if promised is not None:
            self.send_header("Content-Length", str(len(body) if promised < 0 else promised))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """Run a server; yields its URL. `Server.asked` lists the requested paths."""
    Server.body, Server.asked, Server.over = body, [], threading.Event()
    with _Quiet(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}"
        finally:
            Server.over.set()
            running.shutdown()
            thread.join()


class _Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignore disconnected clients, which several tests cause."""
