"""Implicit rewards: two causal models, against sums of log-probabilities computed the plain way."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from probes.backends import implicit
from probes.errors import ModelError, SetError
from probes.models import registry
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Option, Prompt, Statement
from tests import checkpoints

Build = Callable[..., Path]
TWO = (Option("yes", "agree", (" agree", " support")), Option("no", "disagree", (" oppose", " no")))


@pytest.fixture(scope="module")
def tuned(checkpoint: Build, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A checkpoint with its weights moved, as tuning would."""
    folder = tmp_path_factory.mktemp("tuned")

    def moved(name: str) -> Path:
        if not (folder / name).exists():
            shutil.copytree(checkpoint(name), folder / name)
            weights = load_file(folder / name / "model.safetensors")
            torch.manual_seed(5)
            noisy = {k: v + 0.05 * torch.randn_like(v) for k, v in weights.items()}
            save_file(noisy, folder / name / "model.safetensors", metadata={"format": "pt"})
        return folder / name

    return moved


def opened(tuned: Path, reference: Path, beta: str = "") -> implicit.Implicit:
    text = f"implicit:{tuned},reference={reference}{beta}"
    model = open_model(registry.resolve(text), LoadOptions())
    assert isinstance(model, implicit.Implicit)
    return model


def plainly(path: Path, before: str, text: str, *, special: bool) -> float:
    """ln P of what follows `before` in a text, all of its tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(path).eval()
    ids = tokenizer(before + text, add_special_tokens=special)["input_ids"]
    start = len(tokenizer(before, add_special_tokens=special)["input_ids"])
    with torch.inference_mode():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(logs[i - 1, ids[i]].item() for i in range(start, len(ids)))


@pytest.mark.parametrize("name", ["gpt2", "chat"])
def test_a_reward_is_beta_times_the_log_ratio_of_the_whole_reply(
    checkpoint: Build, tuned: Callable[[str], Path], name: str
) -> None:
    """Summed over the reply's tokens and its end, the mean over forms; beta scales it."""
    base, child = checkpoint(name), tuned(name)
    found = []
    for beta in (0.1, 0.5):
        model = opened(child, base, f",beta={beta}")
        before = model.render("Here is a claim.", "I", " ")
        prompt = Prompt(Statement("s", "T."), "statement", "w", before, " this.", TWO)
        (reply,) = model.score([prompt])
        assert reply.logprobs
        found.append((reply.logprobs["yes"] - reply.logprobs["no"]) / beta)
    end = "<|im_end|>\n" if name == "chat" else "<|endoftext|>"
    of = {
        form: [
            plainly(path, before, f"{form} this.{end}", special=name != "chat")
            for path in (child, base)
        ]
        for option in TWO
        for form in option.forms
    }
    sides = [sum(of[f][0] - of[f][1] for f in option.forms) / 2 for option in TWO]
    assert found == pytest.approx([sides[0] - sides[1]] * 2, abs=1e-4)


def test_the_evidence_names_both_models_by_hash(
    checkpoint: Build, tuned: Callable[[str], Path]
) -> None:
    """And the factor, which is 0.1 where none is given."""
    model = opened(tuned("gpt2"), checkpoint("gpt2"))
    rewards = model.info.rewards
    assert rewards is not None
    assert rewards.beta == implicit.BETA
    alone = open_model(ModelSpec("m", str(checkpoint("gpt2"))), LoadOptions()).info
    assert rewards.reference_weights == alone.weights != model.info.weights
    assert (rewards.reference, model.info.backend) == (str(checkpoint("gpt2")), "implicit")


def test_a_reference_with_another_tokenizer_is_refused(
    checkpoint: Build, tuned: Callable[[str], Path]
) -> None:
    """Tried on the tokenizers themselves; how they pad and cut does not count."""
    with pytest.raises(ModelError, match="has another tokenizer, so that their probabilities"):
        opened(tuned("gpt2"), checkpoint("llama"))
    other = tuned("gpt2")
    file = other / "tokenizer.json"
    text = file.read_text()
    padding = '{"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, '
    padding += '"pad_id": 900, "pad_type_id": 0, "pad_token": "<|endoftext|>"}'
    file.write_text(text.replace('"padding": null', f'"padding": {padding}'))
    try:
        assert opened(other, checkpoint("gpt2")).info.rewards
    finally:
        file.write_text(text)


def test_a_model_is_no_reference_of_itself(checkpoint: Build) -> None:
    """Every reward would be 0."""
    with pytest.raises(ModelError, match="is the same model, so that every reward is 0"):
        opened(checkpoint("gpt2"), checkpoint("gpt2"))


@pytest.mark.parametrize("beta", ["0", "-1", "nan", "inf", "much", "1001"])
def test_beta_is_a_number_above_0(checkpoint: Build, beta: str) -> None:
    """Where it is typed."""
    path = checkpoint("gpt2")
    with pytest.raises(ModelError, match="beta should be a number above 0"):
        registry.resolve(f"implicit:{path},reference={path},beta={beta}")


def test_a_factor_that_code_gives_is_held_to_that_too(checkpoint: Build) -> None:
    """NaN, too."""
    path = str(checkpoint("gpt2"))
    for beta in (0.0, -1.0, math.nan):
        spec = ModelSpec("m", path, "implicit", reference=path, beta=beta)
        with pytest.raises(ModelError, match="must be above 0"):
            implicit.load(spec, LoadOptions())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("implicit:{path}", "names no reference"),
        ("implicit:{path},reference", "'reference' should be as in implicit:MODEL,reference"),
        ("implicit:{path},refer=x", "did you mean 'reference'"),
        ("implicit:{path},reference=./nowhere", "no such model folder"),
        ("implicit:planted:social=1,reference={path}", "rewards are of checkpoints' weights"),
        ("reward:planted:social=1", "rewards are of checkpoints' weights"),
        ("reward:", "unknown model"),
        ("reward:./nowhere", "no such model folder"),
    ],
)
def test_what_is_typed_is_refused_in_a_sentence(
    checkpoint: Build, text: str, sentence: str
) -> None:
    """Before anything is loaded."""
    with pytest.raises(ModelError, match=sentence):
        registry.resolve(text.format(path=checkpoint("gpt2")))


def test_the_typed_model_keeps_what_its_folder_says_of_it(
    checkpoint: Build, tmp_path: Path
) -> None:
    """Name, family and parent; the folder decides neither backend nor reference nor beta."""
    path = checkpoints.copy(checkpoint("reward-gpt2"), tmp_path / "mine")
    entry = "mine: {id: x/y, backend: implicit, reference: /etc, beta: 3, family: f, parent: p}\n"
    (path / "models.yaml").write_text(entry)
    typed = registry.resolve(f"reward:{path}")
    assert (typed.name, typed.backend, typed.family, typed.parent) == ("mine", "reward", "f", "p")
    bare = registry.resolve(str(path))
    assert (bare.backend, bare.reference, bare.beta, bare.id) == (None, "", None, str(path))
    assert registry.resolve(f"rm=reward:{path}").name == "rm"


def test_an_entry_names_reference_and_beta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of backend implicit alone; a path is meant from the file."""
    file = tmp_path / "own.yaml"
    monkeypatch.setenv(registry.VARIABLE, str(file))
    file.write_text("dpo: {backend: implicit, id: ./dpo, reference: ./sft, beta: 0.2}\n")
    spec = registry.resolve("dpo")
    assert (spec.reference, spec.beta) == (str(tmp_path / "sft"), 0.2)
    for entry, sentence in (
        ("{backend: implicit, id: ./dpo}", "needs 'reference'"),
        ("{backend: implicit, id: ./dpo, reference: ./sft, beta: 0}", "beta"),
        ("{backend: implicit, id: ./dpo, reference: ./sft, beta: .inf}", "beta"),
        ("{backend: causal, id: ./dpo, reference: ./sft}", "'reference' is for backend implicit"),
        ("{backend: reward, id: ./dpo, beta: 1}", "'beta' is for backend implicit"),
    ):
        file.write_text(f"dpo: {entry}\n")
        with pytest.raises(SetError, match=sentence):
            registry.resolve("dpo")
