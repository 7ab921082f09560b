"""Safety checks of a checkpoint's ``config.json``, at any depth, before a model is built from it.

Refuses kernels, which transformers would download from the hub and run, and impossible sizes and
numbers of layers and heads. Independent of architectures.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping

from probes.backends.hf.loading.folder import CONFIG, CheckpointFolder
from probes.errors import ModelError

Config = Mapping[str, object]

PLAIN = {"eager", "sdpa", "flex_attention", "grouped_mm", "batched_mm"}
"""Implementations of attention and experts that are part of torch and transformers."""
AT_LEAST_ONE = re.compile(
    r"(num|n)_(hidden_|attention_|key_value_|kv_|decoder_)?(layers?|heads?)|decoder_layers"
    r"|(encoder|decoder)_attention_heads|hidden_size|vocab_size|d_model|n_embd|dim"
)
"""Keys of counts that must be at least 1."""
MOST = {
    re.compile(r".*layers?"): 1_000,
    re.compile(r".*(heads?|experts?|blocks?|block_sizes)"): 65_536,
    re.compile(r"(d|n|num|max)_.*|.*(size|dim|len|length|positions?|embeddings)"): 2**25,
    re.compile(r".*_id"): 2**31 - 1,
}
"""Keys of counts -> upper limit, far above that of any real model; building more would not end."""


def require_sound(source: CheckpointFolder, config: Config, *, trust_remote_code: bool) -> None:
    """Refuse untrusted kernels and impossible counts.

    Raises:
        ModelError: naming the key.
    """
    for key, value in _entries(config):
        if isinstance(value, str) and "implementation" in key and not trust_remote_code:
            _require_plain(source, key, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            _require_countable(source, key.rpartition(".")[2], value)


def _require_plain(source: CheckpointFolder, key: str, value: str) -> None:
    """Refuse an implementation that transformers might download."""
    name = value.rpartition("|")[2]  # "paged|sdpa"
    installed = name == "flash_attention_2" and importlib.util.find_spec("flash_attn") is not None
    if name in PLAIN or installed:
        return
    kernel = "a kernel on the hub" if "/" in value else "a kernel that may come from the hub"
    raise ModelError(
        f"{source.name}: its {CONFIG} names {kernel} ({key}: {value[:60]!r}), which is a program: "
        "read it, then allow it with --trust-remote-code, which `probes run` has"
    )


def _require_countable(source: CheckpointFolder, key: str, value: float) -> None:
    """Refuse a count (of layers, heads ...) below 1 or above its limit."""
    most = next((most for pattern, most in MOST.items() if pattern.fullmatch(key)), None)
    least = 1 if AT_LEAST_ONE.fullmatch(key) else None
    too_few = least is not None and not value >= least
    if too_few or (most is not None and value > most):
        shown = f"{value:g}" if abs(value) < 1e15 else f"{'-' if value < 0 else ''}1e15 or more"
        bound = "at least 1" if too_few else f"at most {most}"
        raise ModelError(f"{source.name}: its {CONFIG} says {key}: {shown}, which must be {bound}")


def _entries(config: Config) -> Iterator[tuple[str, object]]:
    """``(dotted key path, value)`` of every scalar at any depth."""
    waiting: list[tuple[str, object]] = [("", config)]
    while waiting:
        above, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{above}.{key}".lstrip("."), below) for key, below in value.items()]
        elif isinstance(value, list):
            waiting += [(above, below) for below in value]
        else:
            yield above, value
