"""A small OpenAI-compatible server for tests, which serves a real checkpoint.

It returns tokens and log-probabilities of a transformers model over HTTP. `Served.offers` selects
its capabilities; like real servers, it ignores unknown parameters and replies with status 200.
Probabilities are computed one text at a time, in float32.
"""

from __future__ import annotations

import http.server
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers as hf

EVERYTHING = frozenset({"echo", "logprobs", "completions", "chat", "top"})


@dataclass
class Served:
    """A checkpoint and the settings of its server."""

    path: Path
    name: str = "tiny"
    offers: frozenset[str] = EVERYTHING
    key: str = ""
    shift: int = 0
    """Number of tokens by which echoed log-probabilities are shifted, a bug of some servers."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    model: Any = None
    """The loaded model; None: it is loaded from `path`, with its tokenizer."""
    tokenizer: Any = None

    def __post_init__(self) -> None:
        if self.model is None:
            loaded = hf.AutoModelForCausalLM.from_pretrained(self.path, dtype=torch.float32)
            self.model = loaded.eval()
            self.tokenizer = hf.AutoTokenizer.from_pretrained(self.path)
        self.lock = threading.Lock()

    def reply(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of the reply to a request."""
        if self.key and key != f"Bearer {self.key}":
            return 401, fault(f"Incorrect API key provided: {key.removeprefix('Bearer ')}")
        if body.get("model") != self.name:
            return 404, fault(f"The model `{body.get('model')}` does not exist")
        with self.lock, torch.inference_mode():
            if path == "/v1/chat/completions" and "chat" in self.offers:
                return self.chat(body)
            if path == "/v1/completions" and "completions" in self.offers:
                return self.completion(body)
        return 404, {"detail": "Not Found"}

    def completion(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ids = self.tokenizer(body["prompt"])["input_ids"]
        if len(ids) + body["max_tokens"] > getattr(
            self.model.config, "max_position_embeddings", 1000
        ):
            return 400, fault("This model's maximum context length is exceeded")
        new = self.written(ids, body)
        echo = bool(body.get("echo")) and "echo" in self.offers
        shown = [*(ids if echo else []), *new]
        choice: dict[str, Any] = {"index": 0, "finish_reason": "length", "logprobs": None}
        choice["text"] = (body["prompt"] if echo else "") + self.tokenizer.decode(new)
        if body.get("logprobs") is not None and "logprobs" in self.offers:
            spelt = self.spelt([*ids, *new])[-len(shown) :]
            numbers: list[float | None] = [None, *self.logprobs([*ids, *new])]
            numbers = (numbers[self.shift :] + [-1.0] * self.shift)[-len(shown) :]
            at, offsets = 0, []
            for token in spelt:
                offsets.append(at)
                at += len(token)
            choice["logprobs"] = {
                "tokens": spelt,
                "token_logprobs": numbers,
                "text_offset": offsets,
                "top_logprobs": None,
            }
        return 200, self.sent("text_completion", choice, len(ids), len(new))

    def chat(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not self.tokenizer.chat_template:
            return 500, fault("this tokenizer has no chat template")
        text = self.tokenizer.apply_chat_template(
            body["messages"], tokenize=False, add_generation_prompt=True
        )
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        new = self.written(ids, body)
        said = {"role": "assistant", "content": self.tokenizer.decode(new)}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "length", "message": said}
        if body.get("logprobs") and "top" in self.offers:
            wanted = body["top_logprobs"]
            if wanted > 20:
                return 400, fault("top_logprobs must be at most 20")
            numbers, tops = torch.log_softmax(self.logits(ids)[-1], -1).topk(wanted)
            top = [
                {"token": self.tokenizer.decode([t]), "logprob": n, "bytes": None}
                for n, t in zip(numbers.tolist(), tops.tolist(), strict=True)
            ]
            choice["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
        return 200, self.sent("chat.completion", choice, len(ids), len(new))

    def sent(self, kind: str, choice: dict[str, Any], read: int, new: int) -> dict[str, Any]:
        usage = {"prompt_tokens": read, "completion_tokens": new, "total_tokens": read + new}
        head = {"id": f"cmpl-{uuid.uuid4().hex}", "object": kind, "model": self.name}
        return {**head, "choices": [choice], "usage": usage}

    def logits(self, ids: list[int]) -> torch.Tensor:
        return self.model(torch.tensor([ids])).logits[0].float()

    def logprobs(self, ids: list[int]) -> list[float]:
        rows = torch.log_softmax(self.logits(ids)[:-1], -1)
        return rows.gather(1, torch.tensor(ids[1:])[:, None])[:, 0].tolist()

    def written(self, ids: list[int], body: dict[str, Any]) -> list[int]:
        """Generated token ids, sampled by the seed of the request."""
        draw = torch.Generator().manual_seed(int(body.get("seed") or 0))
        tokens = list(ids)
        for _ in range(body.get("max_tokens", 16)):
            logits = self.logits(tokens)[-1]
            heat = body.get("temperature", 1.0)
            shares = torch.softmax(logits / max(heat, 1e-6), -1)
            tokens.append(int(torch.multinomial(shares, 1, generator=draw)))
        return tokens[len(ids) :]

    def spelt(self, ids: list[int]) -> list[str]:
        """Text of each token; empty for tokens that are parts of a character."""
        prefixes = [self.tokenizer.decode(ids[: i + 1]).rstrip("\ufffd") for i in range(len(ids))]
        return [now[len(then) :] for then, now in zip(["", *prefixes], prefixes, strict=False)]


def fault(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # closes idle connections
    served: Served

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.served.asked.append(body)
        self.served.headers.append({k.title(): v for k, v in self.headers.items()})
        status, reply = self.served.reply(self.path, body, self.headers.get("Authorization", ""))
        raw = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = False  # closing waits for threads, so that none runs on into a later test
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Ignore disconnected clients, which several tests cause."""


@contextmanager
def up(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server with this handler; yields its URL."""
    with Quiet(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}/v1"
        finally:
            running.shutdown()
            thread.join()


@contextmanager
def serving(served: Served) -> Iterator[str]:
    """Run a server for a checkpoint; yields its URL."""
    with up(type("Serves", (Handler,), {"served": served})) as url:
        yield url
