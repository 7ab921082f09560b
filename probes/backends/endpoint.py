"""Backend `endpoint`: a model behind an OpenAI-compatible server, asked over HTTP.

An entry of models.yaml with ``url``, ``id`` and perhaps ``key_env``, or ``endpoint:URL#ID``. What
the model can do is found by asking it (`http.probing`) and stands in the evidence: a prompt's
log-probabilities score options as `causal` does (`http.exact`), a chat's likeliest first tokens
score them by their beginnings (`http.first`), text alone is written and read. What runs there is
not known: neither weights nor numbers can be checked, and a server need not repeat itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from probes.backends.http import echo, first_token
from probes.backends.http.estimate import Abilities, ScoringEstimate, WritingEstimate
from probes.backends.http.prefetch import Loop, Prefetcher, ending
from probes.budget import Budget
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec, Prompt, Reply, Writing

if TYPE_CHECKING:
    from probes.backends.http.client import Client
    from probes.backends.http.echo import EchoedText
    from probes.backends.http.schema import Exchange

WIDTH = 2
"""Prompts that are worked ahead, for each request that may be under way."""


def load(spec: ModelSpec, options: LoadOptions) -> EndpointWriter:
    """Find out what the model can do, by asking it.

    Raises:
        ModelError: there is no address or key, no such model, or nothing that it can do.
        RunError: the budget is used up.
    """
    if spec.endpoint is None:
        raise ModelError(
            f"{spec.name}: backend endpoint needs an address: an entry of models.yaml with url, or "
            "--model endpoint:URL#MODEL"
        )
    try:
        from probes.backends.http.abilities import ability
        from probes.backends.http.client import Client
    except ImportError as error:
        raise ModelError(
            f"{spec.name}: backend endpoint needs {error.name}; pip install 'political-probes[api]'"
        ) from None
    wire, loop = Client(spec.name, spec.endpoint, options.budget or Budget()), Loop()
    try:
        found = loop.begin(partial(ability, wire, spec.id, chat=options.chat)).result()
    except BaseException:
        loop.end(wire.close)
        raise
    kind = EndpointWriter if found.gives == "text" else EndpointScorer
    model = kind(spec, found, ServerConnection(wire, loop, spec.endpoint.concurrency))
    ending(model, loop, wire.close)
    return model


@dataclass(frozen=True, slots=True)
class ServerConnection:
    """A way to a server."""

    wire: Client
    loop: Loop
    concurrency: int


class EndpointWriter(WritingEstimate):
    """A model that writes, as a `types.Author`, and is asked ahead.

    Args:
        spec: What was asked for.
        ability: What it can do.
        server: Where.
    """

    def __init__(self, spec: ModelSpec, ability: Abilities, server: ServerConnection) -> None:
        super().__init__(spec, ability, server.wire.served or "")
        self._id, self._wire = spec.id, server.wire
        self._ahead: Prefetcher[Prompt, Any] = Prefetcher(server.loop, WIDTH * server.concurrency)

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """These will be asked (`types.Foresighted`)."""
        del writing
        self._ahead.expect(prompts)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt, in order; None where the server's filter took it.

        Raises:
            ModelError: the server does not answer, or as another model than before.
            RunError: the budget is used up.
        """

        async def reply(prompt: Prompt) -> str | None:
            return await self._reply(prompt, writing)

        return self._ahead.answers(prompts, reply)

    async def _reply(self, prompt: Prompt, writing: Writing) -> str | None:
        body = {**self._body(prompt), self.ability.limit: writing.tokens, "seed": _seed(prompt)}
        if writing.sampling == "greedy":
            body["temperature"] = 0.0
        elif writing.sampling == "sample":
            body |= {"temperature": writing.temperature, "top_p": writing.top_p}
            if writing.top_k:
                body["extra_body"] = {"top_k": writing.top_k}
        ask = self._wire.chat if self.ability.chat else self._wire.complete
        sent = await ask(body)
        return None if sent.finish == "content_filter" else sent.text

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        if self.ability.chat:
            turn = {"role": "user", "content": prompt.before}
            return {"model": self._id, "messages": [turn]}
        return {"model": self._id, "prompt": prompt.before}


class EndpointScorer(EndpointWriter, ScoringEstimate):
    """A model that gives probabilities, too: a `types.Scorer`."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply a prompt, in order. Raises as `write` does."""
        by_text = self.info.gives == "prompt log-probabilities"
        return self._ahead.answers(prompts, self._exactly if by_text else self._firstly)

    async def _exactly(self, prompt: Prompt) -> Reply:
        texts = echo.texts(prompt)
        self._wire.reserve([self._whole(text) for text in texts])
        echoes = {text: await self._echo(text, reserved=True) for text in texts}
        before = echo.beginning(prompt, echoes) or await self._echo(prompt.before)
        return echo.reply(prompt, echoes, before)

    def _whole(self, text: str) -> dict[str, Any]:
        body = {"model": self._id, "prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1}
        return {**body, "temperature": 1.0, "seed": 0}

    async def _echo(self, text: str, *, reserved: bool = False) -> EchoedText:
        found: list[EchoedText] = []

        def holds(sent: Exchange) -> bool:
            read = echo.echo(text, sent)
            found.extend([read] if read else [])
            return read is not None

        await self._wire.complete(self._whole(text), holds=holds, reserved=reserved)
        return found[-1]

    async def _firstly(self, prompt: Prompt) -> Reply:
        body = {**self._body(prompt), "logprobs": True, "top_logprobs": self.ability.top}
        sent = await self._wire.chat({**body, self.ability.limit: 1, "temperature": 1.0})
        if not sent.top:
            why = "the server's filter" if sent.finish == "content_filter" else "no first tokens"
            return Reply(status="failed", reason=why)
        return first_token.reply(prompt, sent.top)


def _seed(prompt: Prompt) -> int:
    """Of a prompt's reply: by text and seed alone."""
    drawn = hashlib.sha256(f"{prompt.seed}\0{prompt.before}".encode()).digest()
    return int.from_bytes(drawn[:4]) >> 1
