"""What every backend and method promises, on one small checkpoint of each architecture.

The known answers (equal to transformers' own logits, computed the plain way) stand in
`backends.test_masked`, `backends.test_causal` and `backends.test_seq2seq`; here is what holds for
all of them alike, through the very door that a run uses.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from probes import plugins
from probes.asking import loop, protocols
from probes.instruments import sets
from probes.methods import choice
from probes.models.load import open_model
from probes.types import (
    Author,
    LoadOptions,
    Materials,
    ModelSpec,
    Reply,
    Respondent,
    Scorer,
    Writing,
)
from tests import checkpoints
from tests.asking.test_loop import MATERIALS

Build = Callable[..., Path]
KINDS = {
    "planted": ["economic=-6,noise=1", "economic=-6,noise=1,reward=3"],
    "masked": list(checkpoints.MASKED),
    "causal": list(checkpoints.CAUSAL),
    "seq2seq": list(checkpoints.SEQ2SEQ),
    "reward": list(checkpoints.REWARD),
}
CASES = [(kind, name) for kind, names in KINDS.items() for name in names]
SMALL = replace(
    MATERIALS,
    recipe=replace(
        protocols.load("default"),
        wordings=tuple(
            w for w in protocols.load("default").wordings if w.name in ("agree", "yes-no")
        ),
    ),
)
WRITTEN = replace(SMALL.recipe, method="reply", blanks=(), repetitions=2, writing=Writing(tokens=5))
WRITERS = [*checkpoints.CAUSAL, *checkpoints.SEQ2SEQ, *checkpoints.CHAT]


@pytest.fixture(params=CASES, ids="-".join)
def model(request: pytest.FixtureRequest, checkpoint: Build) -> Scorer:
    """Each backend; a checkpoint's kind is read from its own configuration, but for rewards."""
    kind, name = request.param
    if kind == "planted":
        return open_model(ModelSpec(name, name, kind), LoadOptions())
    asked = kind if kind == "reward" else None
    found = open_model(ModelSpec(name, str(checkpoint(name)), asked), LoadOptions(chat=False))
    assert found.info.backend == kind
    return found


def equal(one: Reply, other: Reply) -> bool:
    """Equal within the model's tolerance for batches, in probability."""
    pairs = zip(one.logprobs.values(), other.logprobs.values(), strict=True)
    return all(math.isclose(math.exp(a), math.exp(b), abs_tol=1e-5) for a, b in pairs)


def test_a_backend_keeps_the_promises_of_a_scorer(model: Scorer) -> None:
    """One reply a prompt, in order; log-probabilities of just the prompt's options, below zero;
    mass in [0, 1]; the same again alone, reversed and twice."""
    assert isinstance(model, Scorer)
    prompts, options, _ = choice.fitted(model, choice.prompts(model, SMALL, limit=2))
    assert all(
        {o.label for o in options[p.wording]} == {o.label for o in p.options} for p in prompts
    )
    lengths = model.lengths(prompts)
    assert len(lengths) == len(prompts)
    assert min(lengths) >= 1
    some = prompts[:6]
    replies = model.score(some)
    for prompt, reply in zip(some, replies, strict=True):
        assert reply.status == "ok"
        assert list(reply.logprobs) == [o.label for o in prompt.options]
        assert all(-200 < value <= 1e-6 for value in reply.logprobs.values())
        assert reply.mass is None or 0 <= reply.mass <= 1 + 1e-6
        assert sum(map(math.exp, reply.logprobs.values())) <= 1 + 1e-5
    assert all(map(equal, model.score(some[::-1]), replies[::-1]))
    assert all(equal(model.score([p])[0], reply) for p, reply in zip(some, replies, strict=True))
    assert model.score(some) == replies


def test_a_run_of_a_backend_is_whole(model: Scorer) -> None:
    """Every cell is answered once, with the exact text asked, and the run says what was loaded."""
    planned = loop.plan(model, SMALL, limit=1)
    answers = [a for batch in loop.ask(model, planned) for a in batch.answers]
    assert len({a.key for a in answers}) == len(answers) == planned.header.cells
    assert {a.status for a in answers} == {"ok"}
    assert planned.header.model == model.info
    assert model.info.weights
    for answer in answers:
        assert "{" not in answer.before
        assert not answer.before.endswith(" ")


@pytest.mark.parametrize("name", WRITERS)
def test_a_backend_keeps_the_promises_of_a_writer(checkpoint: Build, name: str) -> None:
    """One text a prompt, in order, without the prompt; drawn by prompt and seed alone; the same
    again alone, reversed and twice; and every cell of a run has one."""
    model = open_model(ModelSpec(name, str(checkpoint(name))), LoadOptions())
    assert isinstance(model, Author)
    planned = loop.plan(model, replace(SMALL, recipe=WRITTEN), limit=1, batch_size=1000)
    (batch,) = planned.batches
    prompts = [group[0] for group in batch]
    assert model.costs(prompts, planned.writing) == [
        cost for prompt in prompts for cost in model.costs([prompt], planned.writing)
    ]
    texts = model.write(prompts, planned.writing)
    assert all(isinstance(text, str) for text in texts)
    assert not any(p.before in (text or "") for p, text in zip(prompts, texts, strict=True))
    assert model.write(prompts[::-1], planned.writing) == texts[::-1]
    assert model.write(prompts[2:3], planned.writing) == texts[2:3]
    (answered,) = loop.ask(model, planned)
    assert len(answered.answers) == planned.header.cells
    assert [answer.reply for answer in answered.answers] == texts
    assert all(answer.logprobs is None for answer in answered.answers)


@pytest.mark.parametrize("name", plugins.names("methods"))
def test_a_method_keeps_its_promises(name: str) -> None:
    """The same arguments give the same prompts; it says which verb it needs."""
    method = plugins.find("methods", name, "prompts")
    assert method.NEEDS in ("score", "write")
    planted = open_model(ModelSpec("p", "economic=1", "planted"), LoadOptions())
    materials: Materials = SMALL
    if name == "preference":
        paired = tuple(s for s in SMALL.statements.statements if s.mirror)
        statements = replace(SMALL.statements, statements=paired)
        materials = Materials(statements, protocols.load("preference"), SMALL.controls)
    if name == "pair":
        materials = Materials(sets.load("requests"), protocols.load("requests"))
    if name == "advice":
        parties = tuple(
            Respondent(party, dict.fromkeys((s.id for s in SMALL.statements.statements), side))
            for party, side in (("Reds", "agree"), ("Blues", "disagree"))
        )
        statements = replace(SMALL.statements, respondents=parties)
        materials = Materials(statements, protocols.load("advice"))
    assert method.prompts(planted, materials) == method.prompts(planted, materials)


@pytest.mark.parametrize("name", plugins.names("backends"))
def test_a_backend_is_a_module_with_a_load(name: str) -> None:
    """What `--backend` offers can be loaded, and nothing else is offered."""
    assert callable(plugins.find("backends", name, "load").load)
