"""Benchmark on a GPU: the default run on a Llama of 7 billion random parameters, in bf16.

Measures the share of the GPU's bf16 rate during forward passes, the number of host-device
synchronizations, and the comparisons of `causal` and `generation` on the GPU. Needs CUDA and about
30 GB of GPU memory.
"""

from __future__ import annotations

import statistics
import time
from copy import copy
from typing import TYPE_CHECKING, cast

from benchmarks import causal, generation, models, ours, questions, results
from benchmarks.rounds import measure
from benchmarks.settings import Settings
from probes.models.load import open_model

if TYPE_CHECKING:
    from probes.types import Scorer, Writer

NAME = "llama-7b"
PROMPTS = (48, 640, 96, 160)
"""Prompts in a round for the plain loop, probes, minicons and the harness."""
REPLIES = (1, 128)
"""Replies in a round of the pipeline, and of the others."""
SHARE = 0.45
"""Promised share of the GPU's rate."""
WAITS = (
    "cudaStreamSynchronize",
    "cudaDeviceSynchronize",
    "aten::item",
    "aten::_local_scalar_dense",
)


def run(settings: Settings) -> None:
    """Run the benchmark, then write the report."""
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("benchmarks gpu: there is no CUDA device here; run it where there is one")
    model = _load(settings)
    report = results.Report("gpu", "Llama of 7 billion parameters, bf16, the default run")
    report.models += [_measured(model, settings), _beside(model, settings)]
    report.models.append(_replies(model, settings))
    report.write(settings)


def _load(settings: Settings) -> Scorer:
    """Load the model from a folder of random weights, which is created once."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from probes.types import LoadOptions, ModelSpec

    path = settings.cache / NAME
    if not (path / "config.json").exists():
        tokenizer = models.llama_tokens(32_000)
        config = LlamaConfig(
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id
        )  # the defaults of LlamaConfig are those of the 7B model
        with torch.device("cuda"):
            built = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        tokenizer.save_pretrained(path)
        built.save_pretrained(path)
        del built
        torch.cuda.empty_cache()
    options = LoadOptions(device="cuda", dtype="bfloat16")
    return cast("Scorer", open_model(ModelSpec(NAME, str(path), "causal"), options))


def _measured(model: Scorer, settings: Settings) -> dict[str, object]:
    import torch
    from torch.profiler import ProfilerActivity, profile

    from probes.asking import loop, protocols
    from probes.instruments import sets
    from probes.types import Materials

    recipe = protocols.load("default")
    materials = Materials(sets.load("compass"), recipe, sets.load(recipe.controls))
    planned = loop.plan(model, materials, limit=4 if settings.quick else None)
    prompts = [[group[0] for group in batch] for batch in planned.batches]
    rate = ours.rate(model)()
    before, seconds = ours.needed(model), list[float]()
    for _ in range(settings.rounds + 1):
        start = time.perf_counter()
        for batch in prompts:
            model.score(batch)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    needed = (ours.needed(model) - before) / len(seconds)
    usual = statistics.median(seconds[1:])
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        model.score(prompts[0])
    counts = {event.key: event.count for event in profiled.key_averages()}
    return {
        "model": NAME,
        "card": torch.cuda.get_device_name(),
        "batches": len(prompts),
        "seconds, the first time": seconds[0],
        "seconds": usual,
        "share of limit": needed / (usual * rate),
        "promised": SHARE,
        "limit, TFLOP/s": rate / 1e12,
        "waits in a batch": {name: counts[name] for name in WAITS if name in counts},
        "peak memory, GB": torch.cuda.max_memory_allocated() / 1e9,
    }


def _beside(model: Scorer, settings: Settings) -> dict[str, object]:
    """Comparison with peers on the same model and GPU: four options."""
    checkpoint = ours.checkpoint(model)
    loop, whole, minicons, harness = (settings.count(many, PROMPTS[1]) for many in PROMPTS)
    counts = (loop, whole, minicons, harness)
    contenders = causal.everybody(
        model, checkpoint.model, checkpoint.tokenizer, counts, (None, None, None)
    )
    asked = questions.asker(questions.CAUSAL, whole)
    before = ours.needed(model)
    measured = measure(contenders, asked, settings, causal.apart, ours.rate(model))
    needed = (ours.needed(model) - before) / (whole * settings.rounds + 2)
    facts = {
        "share of limit": results.share(measured, needed),
        "limit, TFLOP/s": measured.rate / 1e12,
    }
    return results.entry(f"{NAME}, four options", contenders, measured, facts)


def _replies(model: Scorer, settings: Settings) -> dict[str, object]:
    """Comparison with peers: replies of up to 100 tokens; in 16 bits, texts soon diverge."""
    checkpoint = ours.checkpoint(model)
    tokenizer = copy(checkpoint.tokenizer)
    tokenizer.padding_side, tokenizer.pad_token = "left", tokenizer.pad_token or tokenizer.eos_token
    single, many = (settings.count(number, REPLIES[1]) for number in REPLIES)
    writer = cast("Writer", model)
    contenders = generation.everybody(writer, checkpoint.model, tokenizer, (single, many))
    measured = measure(contenders, generation.asked, settings, generation.apart)
    return results.entry(f"{NAME}, replies", contenders, measured, {})
