"""Backend `endpoint`: a model behind an OpenAI-compatible server, asked over HTTP.

An entry of models.yaml with ``url``, ``id`` and optionally ``key_env``, or ``endpoint:URL#ID``.
What the model can do is found by test requests (`http.abilities`) and written into the evidence.
Log-probabilities of the prompt score options exactly (`http.echo`), as `causal` does; a chat's top
log-probabilities score them by first tokens (`http.first_token`); text alone is written and read.
The model behind the server is not known: neither its weights nor its numbers can be checked, and a
server may answer the same request differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from probes.backends.http import echo, first_token
from probes.backends.http.bodies import chat_body, echo_body
from probes.backends.http.estimate import Abilities, ScoringEstimate, WritingEstimate
from probes.backends.http.prefetch import EventLoop, Prefetcher, stop_with_owner
from probes.budget import Budget
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec, Prompt, Reply, Writing

if TYPE_CHECKING:
    from probes.backends.http.client import Client
    from probes.backends.http.echo import EchoedText
    from probes.backends.http.schema import Exchange

PREFETCH_PER_SLOT = 2
"""Prompts that are begun early for each concurrent request."""


def load(spec: ModelSpec, options: LoadOptions) -> EndpointWriter:
    """Connect to the server and find out what the model can do.

    Raises:
        ModelError: there is no address, key or model, or the model can do nothing that is needed.
        RunError: the budget is used up.
    """
    if spec.endpoint is None:
        raise ModelError(
            f"{spec.name}: backend endpoint needs an address: an entry of models.yaml with url, or "
            "--model endpoint:URL#MODEL"
        )
    try:
        from probes.backends.http.abilities import detect_abilities
        from probes.backends.http.client import Client
    except ImportError as error:
        raise ModelError(
            f"{spec.name}: backend endpoint needs {error.name}; pip install 'political-probes[api]'"
        ) from None
    client, loop = Client(spec.name, spec.endpoint, options.budget or Budget()), EventLoop()
    try:
        attempt = partial(detect_abilities, client, spec.id, chat=options.chat)
        abilities = loop.submit(attempt).result()
    except BaseException:
        loop.stop(client.close)
        raise
    kind = EndpointWriter if abilities.gives == "text" else EndpointScorer
    model = kind(spec, abilities, ServerConnection(client, loop, spec.endpoint.concurrency))
    stop_with_owner(model, loop, client.close)
    return model


@dataclass(frozen=True, slots=True)
class ServerConnection:
    """A client, the event loop that it runs in, and its limit of concurrent requests."""

    client: Client
    loop: EventLoop
    concurrency: int


class EndpointWriter(WritingEstimate):
    """A model that writes (`types.Author`), with prefetching (`types.Foresighted`).

    Args:
        spec: The entry that was asked for.
        ability: What it can do.
        server: The connection to it.
    """

    def __init__(self, spec: ModelSpec, ability: Abilities, server: ServerConnection) -> None:
        super().__init__(spec, ability, server.client.served or "")
        self._id, self._client = spec.id, server.client
        self._prefetcher: Prefetcher[Prompt, Any] = Prefetcher(
            server.loop, PREFETCH_PER_SLOT * server.concurrency
        )

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """Prompts that will be asked, in this order (`types.Foresighted`)."""
        del writing
        self._prefetcher.expect(prompts)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt, in order; None if the server's content filter withheld it.

        Raises:
            ModelError: the server does not answer, or another model than before does.
            RunError: the budget is used up.
        """

        async def reply(prompt: Prompt) -> str | None:
            return await self._reply(prompt, writing)

        return self._prefetcher.answers(prompts, reply)

    async def _reply(self, prompt: Prompt, writing: Writing) -> str | None:
        """Send one prompt and return its reply's text."""
        body = {
            **self._body(prompt),
            self.ability.limit_name: writing.tokens,
            "seed": _seed(prompt),
        }
        if writing.sampling == "greedy":
            body["temperature"] = 0.0
        elif writing.sampling == "sample":
            body |= {"temperature": writing.temperature, "top_p": writing.top_p}
            if writing.top_k:
                body["extra_body"] = {"top_k": writing.top_k}
        ask = self._client.chat if self.ability.chat else self._client.complete
        exchange = await ask(body)
        return None if exchange.finish == "content_filter" else exchange.text

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        """The body of a prompt's request, without the parameters of sampling."""
        if self.ability.chat:
            return chat_body(self._id, prompt.before)
        return {"model": self._id, "prompt": prompt.before}


class EndpointScorer(EndpointWriter, ScoringEstimate):
    """A model that also gives log-probabilities (`types.Scorer`)."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply a prompt, in order. Raises as `write` does."""
        by_text = self.info.gives == "prompt log-probabilities"
        return self._prefetcher.answers(
            prompts, self._score_by_echo if by_text else self._score_by_first_token
        )

    async def _score_by_echo(self, prompt: Prompt) -> Reply:
        """Score a prompt by log-probabilities of its options' full texts."""
        texts = echo.form_texts(prompt)
        self._client.reserve([echo_body(self._id, text) for text in texts])
        echoes = {text: await self._echo(text, reserved=True) for text in texts}
        before = echo.text_before_slot(prompt, echoes) or await self._echo(prompt.before)
        return echo.reply(prompt, echoes, before)

    async def _echo(self, text: str, *, reserved: bool = False) -> EchoedText:
        """The echo of a text; retried if another text is echoed."""
        accepted: list[EchoedText] = []

        def accepts(exchange: Exchange) -> bool:
            echoed = echo.read_echo(text, exchange)
            accepted.extend([echoed] if echoed else [])
            return echoed is not None

        await self._client.complete(echo_body(self._id, text), accepts=accepts, reserved=reserved)
        return accepted[-1]

    async def _score_by_first_token(self, prompt: Prompt) -> Reply:
        """Score a prompt by the top log-probabilities of a chat's first token."""
        body = {**self._body(prompt), "logprobs": True, "top_logprobs": self.ability.top}
        exchange = await self._client.chat({**body, self.ability.limit_name: 1, "temperature": 1.0})
        if not exchange.top:
            reason = (
                "the server's filter" if exchange.finish == "content_filter" else "no first tokens"
            )
            return Reply(status="failed", reason=reason)
        return first_token.reply(prompt, exchange.top)


def _seed(prompt: Prompt) -> int:
    """A reply's seed for the server: a hash of the prompt's text and seed alone."""
    digest = hashlib.sha256(f"{prompt.seed}\0{prompt.before}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 1
