"""Forecast of what a run would send to endpoints: ``probes run --dry-run``.

Makes the run's plan for every kind of answer that a model may turn out to give, and counts
requests, tokens (approximately: the server has the tokenizer) and cost. Asks no model, needs no key
and writes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from probes.backends.http.estimate import WritingEstimate, possible_abilities
from probes.budget import price
from probes.evidence import answers
from probes.models.load import open_model
from probes.runs.folder import Folder
from probes.runs.prepare import prepare
from probes.runs.request import Request
from probes.runs.session import plan_model
from probes.types import Header, LoadOptions, Materials, ModelSpec, Scorer, Writer

LOCAL = "runs here: sends nothing"
CHATS = {True: "runs here, if it is a chat", False: "runs here, if it is no chat"}
"""Labels where a challenge applies only to a chat, and the model is not loaded to find out."""
PLANTED = "planted"


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Cost of asking one model, if it gives this kind of answer."""

    model: str
    gives: str
    """Kind of answer, found before or assumed; or that nothing is sent."""
    answers: int = 0
    """Number of answers still missing."""
    requests: int = 0
    read: int = 0
    """Approximate number of tokens of all prompts."""
    written: int = 0
    """Maximum number of tokens of all replies."""
    cost: float | None = None
    """Approximate cost in the currency of the entry's prices; None without prices."""


def forecast(request: Request, out: Path) -> list[CostEstimate]:
    """What a run in folder `out` still has to send: one row per model and kind of answer.

    Raises:
        ProbesError: the run would be refused.
    """
    run = prepare(request)
    trials = Folder(out).trials(request.limit)
    request, materials = replace(run.request, trials=trials), run.materials
    return [row for spec in request.models for row in _rows(spec, request, materials, out)]


def example(request: Request) -> str:
    """The first prompt of a plain model, as text with its slot; empty without such a model."""
    run = prepare(request)
    local = [spec for spec in run.request.models if spec.endpoint is None]
    if not local or run.materials.recipe.method != "choice":
        return ""
    planned = plan_model(_stand_in(local[0]), replace(run.request, limit=1), run.materials)
    prompt = planned.batches[0][0][0]
    options = ", ".join(form.strip() for option in prompt.options for form in option.forms)
    return f"{prompt.before}[{options}]{prompt.after}"


def _stand_in(spec: ModelSpec, *, chat: bool = False) -> Scorer | Writer:
    """A stand-in that accepts every wording, as a local model may: the plan has all prompts."""
    return open_model(ModelSpec(spec.name, "yield=0" if chat else "", PLANTED), LoadOptions())


def _stand_ins(
    spec: ModelSpec, request: Request, materials: Materials, before: Header | None
) -> Mapping[str, Scorer | Writer]:
    """Label -> stand-in for a local model; two if it is unknown whether it is a chat and the plan
    depends on it."""
    if spec.backend == PLANTED:
        return {LOCAL: open_model(spec, LoadOptions())}
    chat = before.model.chat if before else request.load.chat
    if spec.backend == "masked" or not any(c.challenge for c in materials.recipe.conditions):
        chat = False
    if chat is not None:
        return {LOCAL: _stand_in(spec, chat=chat)}
    return {title: _stand_in(spec, chat=is_chat) for is_chat, title in CHATS.items()}


def _rows(
    spec: ModelSpec, request: Request, materials: Materials, out: Path
) -> Iterator[CostEstimate]:
    before, done = _answered_before(Folder(out).answers(spec.name))
    if spec.backend != "endpoint":
        for title, model in _stand_ins(spec, request, materials, before).items():
            planned = plan_model(model, request, materials)
            yield CostEstimate(spec.name, title, planned.header.cells - done)
        return
    gave = before.model.gives if before else None
    for ability in possible_abilities(request.load.chat):
        if gave in (None, ability.gives):
            estimated = WritingEstimate.of(spec, ability)
            planned = plan_model(estimated, request, materials)
            ends = accumulate(sum(map(len, batch)) for batch in planned.batches)
            pending = [b for b, end in zip(planned.batches, ends, strict=True) if end > done]
            writing = planned.writing if planned.read_reply else None
            needs = [estimated.needs(group[0], writing) for batch in pending for group in batch]
            requests, read, written = (
                sum(numbers) for numbers in zip((0, 0, 0), *needs, strict=True)
            )
            prices = spec.endpoint.prices if spec.endpoint else None
            cost = None if prices is None else price(prices, read, written)
            cells = planned.header.cells - done
            yield CostEstimate(spec.name, ability.gives, cells, requests, read, written, cost)


def _answered_before(path: Path) -> tuple[Header | None, int]:
    """The header of a model's evidence, if there is some, and its number of answers."""
    if not path.exists() or not path.stat().st_size:
        return None, 0
    header, lines = answers.read(path)
    return header, sum(1 for _ in lines)
