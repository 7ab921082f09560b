"""On a GPU: a Llama of seven billion parameters with random weights, in bf16, the default run.

Share of the card's measured bf16 rate over the forward passes, and how often the host waits for
the card. Needs CUDA and about 20 GB of its memory. It has not been run: no card could be had.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from benchmarks import models, ours, results
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from probes.types import Scorer

NAME = "llama-7b"
SHARE = 0.45
"""Of the card's rate, as promised."""
WAITS = (
    "cudaStreamSynchronize",
    "cudaDeviceSynchronize",
    "aten::item",
    "aten::_local_scalar_dense",
)


def run(settings: Settings) -> None:
    """Measure, then write the report."""
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("benchmarks gpu: there is no CUDA device here; run it where there is one")
    model = _load(settings)
    report = results.Report("gpu", "Llama of 7 billion parameters, bf16, the default run")
    report.models.append(_measured(model, settings))
    report.write(settings)


def _load(settings: Settings) -> Scorer:
    """The backend on a folder of random weights, made on the card and saved once."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from probes import session
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
    return cast("Scorer", session.load(ModelSpec(NAME, str(path), "causal"), options))


def _measured(model: Scorer, settings: Settings) -> dict[str, object]:
    import torch
    from torch.profiler import ProfilerActivity, profile

    from probes import loop, protocols, sets
    from probes.types import Materials

    recipe = protocols.load("default")
    materials = Materials(sets.load("compass"), recipe, sets.load(recipe.controls))
    planned = loop.plan(model, materials, limit=4 if settings.quick else None)
    prompts = [[group[0] for group in batch] for batch in planned.batches]
    model.score(prompts[0])
    rate = ours.rate(model)()
    before, start = ours.needed(model), time.perf_counter()
    for batch in prompts:
        model.score(batch)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    needed = ours.needed(model) - before
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        model.score(prompts[0])
    counts = {event.key: event.count for event in profiled.key_averages()}
    return {
        "model": NAME,
        "card": torch.cuda.get_device_name(),
        "batches": len(prompts),
        "seconds": seconds,
        "share of limit": needed / (seconds * rate),
        "promised": SHARE,
        "limit, TFLOP/s": rate / 1e12,
        "waits in a batch": {name: counts[name] for name in WAITS if name in counts},
        "peak memory, GB": torch.cuda.max_memory_allocated() / 1e9,
    }
