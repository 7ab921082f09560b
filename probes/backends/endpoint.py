"""Backend `endpoint`: a model at an OpenAI-compatible server, asked over HTTP.

An entry of models.yaml with ``url``, ``id`` and optionally ``key_env``, or ``endpoint:URL#ID``. The
model's abilities are found by test requests (`http.abilities`) and recorded with the answers.
Log-probabilities of the prompt score options exactly (`http.echo`), as in `causal`; top
log-probabilities of a chat score them by first tokens (`http.first_token`); a model that gives text
only writes replies. Weights and precision of the model are unknown, and a server may answer the
same request differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from probes.backends.http import echo, first_token
from probes.backends.http.bodies import QUESTION, Body, chat_body, echo_body, sampling, without
from probes.backends.http.estimate import Abilities, ScoringEstimate, WritingEstimate
from probes.backends.http.faults import RequestRefusedError
from probes.backends.http.first_replies import FirstReplies
from probes.backends.http.prefetch import EventLoop, Prefetcher, outcome, stop_with_owner
from probes.budget import Budget
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec, Prompt, Reply, Turn, Writing

if TYPE_CHECKING:
    from probes.backends.http.client import Client
    from probes.backends.http.echo import EchoedText
    from probes.backends.http.schema import Exchange

R = TypeVar("R", bound=str | Reply)
UNKNOWN = Writing(tokens=16)
"""Writing settings of test requests if the run's are not known."""
CONTROL_TOKENS = 16
"""Maximum tokens of a control request, which tells whether one prompt is refused or all."""
PREFETCH_PER_SLOT = 2
"""Prompts that are started early for each concurrent request."""


def load(spec: ModelSpec, options: LoadOptions) -> EndpointWriter:
    """Connect to the server and find the model's abilities.

    Raises:
        ModelError: there is no address, key or model, or the model has no usable ability.
        RunError: the budget is used up.
    """
    if spec.endpoint is None:
        raise ModelError(
            f"{spec.name}: backend endpoint needs an address: an entry of models.yaml with url, or "
            "--model endpoint:URL#MODEL"
        )
    try:
        from probes.backends.http.abilities import Trial
        from probes.backends.http.client import Client
    except ImportError as error:
        raise ModelError(
            f"{spec.name}: backend endpoint needs {error.name}; pip install 'political-probes[api]'"
        ) from None
    client, loop = Client(spec.name, spec.endpoint, options.budget or Budget()), EventLoop()
    try:
        trial = Trial(client, spec.id, options.writing or UNKNOWN)
        abilities = outcome(loop.submit(partial(trial.detect, chat=options.chat)))
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
        spec: The model's entry.
        ability: The model's abilities.
        server: The connection to the server.
    """

    def __init__(self, spec: ModelSpec, ability: Abilities, server: ServerConnection) -> None:
        super().__init__(spec, ability, server.client.served or "")
        self._id, self._client, self._server = spec.id, server.client, server
        self._first = FirstReplies(server.client.label)
        self._prefetcher: Prefetcher[Prompt, Any] = Prefetcher(
            server.loop, PREFETCH_PER_SLOT * server.concurrency
        )

    def takes_system(self) -> bool:
        """Whether the server accepts a system turn; tested once, with one request."""
        return self._takes_system

    @cached_property
    def _takes_system(self) -> bool:
        turn = chat_body(self._id, QUESTION, [Turn("system", QUESTION)])
        try:
            asking = partial(self._ask, {**turn, self.ability.limit_name: CONTROL_TOKENS})
            outcome(self._server.loop.submit(asking))
        except RequestRefusedError:
            return False
        return True

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """Announce the prompts that will be asked, in this order (`types.Foresighted`)."""
        del writing
        self._prefetcher.expect(prompts)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> Sequence[str | Reply]:
        """One reply for each prompt, in order; a failed `Reply` if the server withheld or refused
        it.

        Raises:
            ModelError: the server does not answer, or with another model than before; the first
                replies are all empty.
            RunError: the budget is used up.
        """

        async def reply(prompt: Prompt) -> str | Reply:
            return await self._unless_refused(self._written(prompt, writing))

        return self._watched(prompts, self._prefetcher.answers(prompts, reply))

    def _watched(self, prompts: Sequence[Prompt], replies: list[R]) -> list[R]:
        """The replies; raises an error if these and all earlier ones are empty."""
        self._first.watch(prompts, replies)
        return replies

    async def _unless_refused(self, reply: Awaitable[R]) -> R | Reply:
        """The reply, or a failed one if the server refuses this prompt but answers a control one.

        Raises:
            ModelError: the server refuses other prompts too.
        """
        try:
            return await reply
        except RequestRefusedError as error:
            if not error.concerns_prompt:
                raise
            try:
                await self._ask({**self._turn(QUESTION), self.ability.limit_name: CONTROL_TOKENS})
            except RequestRefusedError:
                raise error from None
            return Reply(status="failed", reason=f"refused by the server: {error.reason}")

    async def _written(self, prompt: Prompt, writing: Writing) -> str | Reply:
        """Send one prompt and return its reply's text."""
        limit = {self.ability.limit_name: writing.tokens + self.ability.room}
        body = {**self._turn(*_messages(prompt)), **limit, **sampling(writing, _seed(prompt))}
        exchange = await self._ask(body)
        return _withheld(exchange) or exchange.text

    async def _ask(self, body: Body) -> Exchange:
        """Send a chat or completion request, by the model's ability."""
        send = self._client.chat if self.ability.chat else self._client.complete
        return await send(without(body, self.ability.refuses))

    def _turn(self, text: str, earlier: Sequence[Turn] = ()) -> dict[str, Any]:
        """The body of a request, without sampling parameters."""
        if self.ability.chat:
            return chat_body(self._id, text, earlier)
        return {"model": self._id, "prompt": text}


class EndpointScorer(EndpointWriter, ScoringEstimate):
    """A model that also gives log-probabilities (`types.Scorer`)."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply for each prompt, in order. Raises as `write` does."""
        by_text = self.info.gives == "prompt log-probabilities"
        score = self._score_by_echo if by_text else self._score_by_first_token

        async def reply(prompt: Prompt) -> Reply:
            return await self._unless_refused(score(prompt))

        return self._watched(prompts, self._prefetcher.answers(prompts, reply))

    async def _score_by_echo(self, prompt: Prompt) -> Reply:
        """Score a prompt by the log-probabilities of its options' full texts."""
        texts = echo.form_texts(prompt)
        self._client.reserve([self._echo_body(text) for text in texts])
        echoes: dict[str, EchoedText] = {}
        for text in texts:
            echoed = await self._echo(text, reserved=True)
            if isinstance(echoed, Reply):
                return echoed
            echoes[text] = echoed
        before = echo.text_before_slot(prompt, echoes) or await self._echo(prompt.before)
        return before if isinstance(before, Reply) else echo.reply(prompt, echoes, before)

    def _echo_body(self, text: str) -> dict[str, Any]:
        """The body of an echo request, without parameters that the server refuses."""
        return without(echo_body(self._id, text), self.ability.refuses)

    async def _echo(self, text: str, *, reserved: bool = False) -> EchoedText | Reply:
        """The echo of a text, or a failed reply if it is withheld; retried if another text comes
        back."""
        accepted: list[EchoedText] = []

        def accepts(exchange: Exchange) -> bool:
            echoed = echo.read_echo(text, exchange)
            accepted.extend([echoed] if echoed else [])
            return echoed is not None

        body = self._echo_body(text)
        exchange = await self._client.complete(body, accepts=accepts, reserved=reserved)
        return accepted[-1] if accepted else _withheld(exchange) or Reply(status="failed")

    async def _score_by_first_token(self, prompt: Prompt) -> Reply:
        """Score a prompt by the top log-probabilities of a chat's first token."""
        body = {
            **self._turn(*_messages(prompt)),
            "logprobs": True,
            "top_logprobs": self.ability.top,
        }
        exchange = await self._ask({**body, self.ability.limit_name: 1, "temperature": 1.0})
        if not exchange.top:
            return _withheld(exchange) or Reply(status="failed", reason="no first tokens")
        return first_token.reply(prompt, exchange.top)


def _withheld(exchange: Exchange) -> Reply | None:
    """A failed reply if the server withheld the reply; else None."""
    return Reply(status="failed", reason=exchange.withheld) if exchange.withheld else None


def _messages(prompt: Prompt) -> tuple[str, tuple[Turn, ...]]:
    """``(last message, earlier turns)`` of a prompt."""
    return prompt.before, prompt.turns


def _seed(prompt: Prompt) -> int:
    """A reply's seed for the server: a hash of the prompt's text and seed alone."""
    digest = hashlib.sha256(f"{prompt.seed}\0{prompt.before}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 1
