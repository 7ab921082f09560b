"""A local model hub that serves one folder as ``someone/tiny``, for tests of downloads."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Hub:
    """Implements the requests that huggingface_hub makes; `sent` lists the served files."""

    COMMIT = "abcdef0123" * 4
    ID = "someone/tiny"

    def __init__(self, folder: Path) -> None:
        self.folder, self.sent, self.gated = folder, [], False
        self.tags: list[str] = []
        """Revisions besides main; all have the same files."""
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        files = sorted(file.name for file in self.hub.folder.iterdir())
        revisions = [f"/api/models/{Hub.ID}/revision/{tag}" for tag in self.hub.tags]
        if path == "/":
            self._send(200, b"", body=body)
        elif path == f"/api/models/{Hub.ID}/refs":
            self._json(self._refs(), body=body)
        elif path in (f"/api/models/{Hub.ID}", f"/api/models/{Hub.ID}/revision/main") or (
            path in (f"/api/models/{Hub.ID}/revision/{Hub.COMMIT}", *revisions)
        ):
            siblings = [{"rfilename": name} for name in files]
            self._json({"id": Hub.ID, "sha": Hub.COMMIT, "siblings": siblings}, body=body)
        elif path == f"/api/models/{Hub.ID}/tree/{Hub.COMMIT}":
            self._json([self._entry(name) for name in files], body=body)
        elif path.startswith(f"/{Hub.ID}/resolve/{Hub.COMMIT}/"):
            self._file(path.rpartition("/")[2], body=body)
        else:
            known = path.startswith((f"/api/models/{Hub.ID}", f"/{Hub.ID}/"))
            code = "RevisionNotFound" if known else "RepoNotFound"
            self._send(404, b"", body=body, headers={"X-Error-Code": code})

    def _refs(self) -> dict[str, list[dict[str, str]]]:
        def listed(kind: str, names: list[str]) -> list[dict[str, str]]:
            return [
                {"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": Hub.COMMIT} for n in names
            ]

        return {
            "branches": listed("heads", ["main"]),
            "tags": listed("tags", self.hub.tags),
            "converts": [],
        }

    def _entry(self, name: str) -> dict[str, object]:
        data = (self.hub.folder / name).read_bytes()
        oid = hashlib.sha1(data).hexdigest()
        return {"type": "file", "path": name, "size": len(data), "oid": oid}

    def _file(self, name: str, *, body: bool) -> None:
        if self.hub.gated:
            self._send(403, b"", body=body, headers={"X-Error-Code": "GatedRepo"})
            return
        data = (self.hub.folder / name).read_bytes()
        if body:
            self.hub.sent.append(name)
        oid = hashlib.sha1(data).hexdigest()
        headers = {"ETag": f'"{oid}"', "X-Repo-Commit": Hub.COMMIT}
        self._send(200, data, body=body, headers=headers)

    def _json(self, value: object, *, body: bool) -> None:
        self._send(200, json.dumps(value).encode(), body=body)

    def _send(
        self, code: int, data: bytes, *, body: bool, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(code)
        for key, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(data)
