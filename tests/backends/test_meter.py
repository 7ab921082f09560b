"""The meter: what a model's passes cost, and what scoring counts."""

from collections.abc import Callable
from pathlib import Path

import pytest
import transformers as hf

from probes.backends.hf.profile import meter
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec
from tests.backends import test_causal, test_masked, test_seq2seq
from tests.checkpoints import SIZES

Build = Callable[..., Path]
VOCABULARY, WIDTH, INNER = 50, SIZES["hidden_size"], 48


def test_a_tokens_operations_are_those_of_its_matrices() -> None:
    """Two a weight, in every layer; the head counts by position, transformation and all."""
    config = hf.BertConfig(vocab_size=VOCABULARY, **SIZES, intermediate_size=INNER)
    found = meter.cost(hf.BertForMaskedLM(config).eval())
    layer = 4 * WIDTH * WIDTH + 2 * WIDTH * INNER
    assert found.token == pytest.approx(2 * SIZES["num_hidden_layers"] * layer, rel=0.05)
    assert found.head == 2 * (WIDTH * WIDTH + WIDTH * VOCABULARY)
    counted = meter.Meter(needed=10, head_rows=3)
    assert found.needed(counted) == 10 * found.token + 3 * found.head


def test_layers_that_are_used_twice_count_twice() -> None:
    """ALBERT has the weights of one layer and the work of all."""
    sizes = {"vocab_size": VOCABULARY, "embedding_size": 16, "intermediate_size": INNER}
    one, four = (
        meter.cost(
            hf.AlbertForMaskedLM(
                hf.AlbertConfig(**sizes, **{**SIZES, "num_hidden_layers": layers})
            ).eval()
        )
        for layers in (1, 4)
    )
    assert four.token > 3 * one.token
    assert four.head == one.head


@pytest.mark.parametrize(
    ("name", "prompts"),
    [
        ("bert", test_masked.PROMPTS),
        ("gpt2", test_causal.PROMPTS),
        ("bart", test_seq2seq.PROMPTS),
    ],
)
def test_every_backend_counts(checkpoint: Build, name: str, prompts: list) -> None:
    """Less is needed than asked, nothing is computed but what is needed and padding or shared
    beginnings, and the head is applied at fewer positions than there are tokens."""
    model = open_model(ModelSpec(name, str(checkpoint(name))), LoadOptions())
    model.lengths(prompts)
    model.score(prompts)
    found = model.meter
    assert 0 < found.needed < found.asked
    assert found.needed <= found.computed
    assert 0 <= found.padded < found.computed
    assert 0 < found.head_rows < found.computed
    assert found.passes > 0
    assert meter.cost(model.checkpoint.model).needed(found) > 0
