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
from typing import Any

from probes.backends.http import exact, first
from probes.backends.http.ahead import Ahead, Loop, ending
from probes.backends.http.exact import Echo
from probes.backends.http.probing import Ability, ability, turn
from probes.backends.http.wire import Wire, tokens
from probes.budget import Budget
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply, Writing

TOLERANCE = 2e-2
"""Of what is scored twice, in probability: what a server computes in is not known."""
WIDTH = 2
"""Prompts that are worked ahead, for each request that may be under way."""


def load(spec: ModelSpec, options: LoadOptions) -> Remote:
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
    wire, loop = Wire(spec.name, spec.endpoint, options.budget or Budget()), Loop()
    try:
        found = loop.begin(ability(wire, spec.id, chat=options.chat)).result()
    except BaseException:
        loop.end(wire.close)
        raise
    kind = Remote if found.gives == "text" else Scoring
    model = kind(spec, found, Server(wire, loop, spec.endpoint.concurrency), wire.served or "")
    ending(model, loop, wire.close)
    return model


@dataclass(frozen=True, slots=True)
class Server:
    """A way to a server."""

    wire: Wire
    loop: Loop
    concurrency: int


def described(spec: ModelSpec, found: Ability, served: str) -> ModelInfo:
    """What is known of a model behind an endpoint."""
    where = f"{spec.endpoint.url if spec.endpoint else ''}#{spec.id}"
    return ModelInfo(
        spec.name,
        "endpoint",
        where,
        revision=served,
        weights=hashlib.sha256(f"{where}\n{served}".encode()).hexdigest(),
        device="endpoint",
        dtype="unknown",
        chat=found.chat,
        tolerance=TOLERANCE,
        family=spec.family,
        parent=spec.parent,
        corpus=spec.corpus,
        step=spec.step,
        released=spec.released,
        parameters=spec.parameters,
        access=spec.access,
        gives=found.gives,
    )


class Remote:
    """A model that writes, as a `types.Author`.

    Args:
        spec: What was asked for.
        found: What it can do.
        server: Where; None: nothing can be asked, only planned.
        served: What its server calls it.
    """

    def __init__(self, spec: ModelSpec, found: Ability, server: Server | None, served: str) -> None:
        self.info = described(spec, found, served)
        self.ability, self._id = found, spec.id
        self._server = server
        if server is not None:
            self._ahead: Ahead[Prompt, Any] = Ahead(server.loop, WIDTH * server.concurrency)

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot; a chat's turn is laid out by `wordings.cloze`."""
        return ask if self.ability.chat else ask + joint + begin

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """About how many tokens each prompt has: the server has the tokenizer."""
        del writing
        return [tokens(prompt.before) for prompt in prompts]

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that come over HTTP."""
        own = "drawn as its server is set" if writing.sampling == "checkpoint" else "drawn"
        how = "most likely" if writing.sampling == "greedy" else own
        return (f"replies of an endpoint, {how}",)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt, in order; None where the server's filter took it."""

        async def reply(prompt: Prompt) -> str | None:
            return await self._reply(prompt, writing)

        return self._ahead.answers(prompts, reply)

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """These will be asked (`types.Foresighted`)."""
        del writing
        self._ahead.expect(prompts)

    async def _reply(self, prompt: Prompt, writing: Writing) -> str | None:
        body = {**self._body(prompt), self.ability.limit: writing.tokens, "seed": _seed(prompt)}
        if writing.sampling == "greedy":
            body["temperature"] = 0.0
        elif writing.sampling == "sample":
            body |= {"temperature": writing.temperature, "top_p": writing.top_p}
            if writing.top_k:
                body["extra_body"] = {"top_k": writing.top_k}
        wire = self._wire
        sent = await (wire.chat(body) if self.ability.chat else wire.complete(body))
        return None if sent.finish == "content_filter" else sent.text

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        if self.ability.chat:
            return turn(self._id, prompt.before)
        return {"model": self._id, "prompt": prompt.before}

    @property
    def _wire(self) -> Wire:
        if self._server is None:
            raise ModelError(f"{self.info.name}: was only planned, not asked what it can do")
        return self._server.wire


class Scoring(Remote):
    """A model that gives probabilities, too: a `types.Scorer`."""

    packed = False

    def __init__(self, spec: ModelSpec, found: Ability, server: Server | None, served: str) -> None:
        super().__init__(spec, found, server, served)
        self._numbers: dict[str, int] = {}
        """A number for each token string that was seen."""

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Every form; first tokens stand for options, which must be said."""
        if self.info.gives == "prompt log-probabilities":
            return prompt.options, ()
        return prompt.options, (f"options by their first of {self.ability.top} likeliest tokens",)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """About how many tokens each prompt has."""
        return [tokens(prompt.before) for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply a prompt, in order."""
        by_text = self.info.gives == "prompt log-probabilities"
        return self._ahead.answers(prompts, self._exactly if by_text else self._firstly)

    async def _exactly(self, prompt: Prompt) -> Reply:
        echoes = {text: await self._echo(prompt, text) for text in exact.texts(prompt)}
        before = exact.beginning(prompt, echoes) or await self._echo(prompt, prompt.before)
        return exact.reply(prompt, echoes, before)

    async def _echo(self, prompt: Prompt, text: str) -> Echo:
        body = {"model": self._id, "prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1}
        sent = await self._wire.complete({**body, "temperature": 1.0, "seed": 0})
        found = exact.echo(text, sent, self._numbers)
        if found is None:
            raise exact.unlike(prompt, self._wire.who)
        return found

    async def _firstly(self, prompt: Prompt) -> Reply:
        body = {**self._body(prompt), "logprobs": True, "top_logprobs": self.ability.top}
        sent = await self._wire.chat({**body, self.ability.limit: 1, "temperature": 1.0})
        if not sent.top:
            why = "the server's filter" if sent.finish == "content_filter" else "no first tokens"
            return Reply(status="failed", reason=why)
        return first.reply(prompt, sent.top)


def _seed(prompt: Prompt) -> int:
    """Of a prompt's reply: by text and seed alone."""
    drawn = hashlib.sha256(f"{prompt.seed}\0{prompt.before}".encode()).digest()
    return int.from_bytes(drawn[:4]) >> 1
