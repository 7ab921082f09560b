"""Compares scores from a llama.cpp server with those of the same checkpoint: ``python -m
benchmarks.llamacpp --python VENV/bin/python``.

A small random Llama is written as GGUF (float32, also its cache), served by `llama_cpp.server` of
the given environment (``pip install 'llama-cpp-python[server]'``; it compiles for minutes, so this
is not a test), and asked every cell of the protocol `default` for some statements. Needs `gguf`.
Exits with 1 if a log-probability differs by more than 1e-3.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers as hf

from probes.asking import loop, protocols
from probes.instruments import sets
from probes.models.load import open_model
from probes.types import Answer, Endpoint, LoadOptions, Materials, ModelSpec
from tests import checkpoints

MOST = 1e-3
"""Largest allowed difference in log-probability."""
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OTHERS = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


def main() -> None:
    """Convert, serve, ask both, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="of the environment with llama_cpp")
    parser.add_argument("--limit", type=int, default=3, help="statements")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = checkpoints.build("llama", Path(folder))
        converted(checkpoint, file := Path(folder) / "tiny.gguf")
        served, gives = _asked_over_http(options.python, file, options.limit)
        local, _ = _asked(ModelSpec("m", str(checkpoint)), options.limit)
    local_by_text = {(a.before, a.after): a for a in local}
    gaps = [
        abs(value - (local_by_text[a.before, a.after].logprobs or {})[label])
        for a in served
        for label, value in (a.logprobs or {}).items()
    ]
    print(f"{gives}: {len(served)} answers, {len(gaps)} numbers, largest gap {max(gaps):.2g}")
    raise SystemExit(int(max(gaps) > MOST or len(served) != len(local)))


def converted(checkpoint: Path, file: Path) -> None:
    """Write a Llama checkpoint with a byte-level tokenizer as GGUF, in float32."""
    model = hf.AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    config, out = model.config, gguf.GGUFWriter(str(file), "llama")
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_dimension_count(config.head_dim)
    out.add_rope_freq_base(float(config.rope_parameters["rope_theta"]))
    out.add_vocab_size(config.vocab_size)
    _tokenizer(checkpoint, out)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for name, tensor in model.state_dict().items():
        target, weight = _target(name), tensor.numpy()
        kind = target.split(".")[-2]
        out.add_tensor(target, _permuted(weight, heads[kind]) if kind in heads else weight)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def _target(name: str) -> str:
    stem = name.removesuffix(".weight")
    if stem in OTHERS:
        return f"{OTHERS[stem]}.weight"
    number, _, part = stem.removeprefix("model.layers.").partition(".")
    return f"blk.{number}.{LAYER[part]}.weight"


def _permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """Weights with rotary halves interleaved, as llama.cpp expects."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def _tokenizer(checkpoint: Path, out: gguf.GGUFWriter) -> None:
    tokenizer = hf.AutoTokenizer.from_pretrained(checkpoint)
    raw = json.loads((checkpoint / "tokenizer.json").read_text("utf-8"))
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = {t["id"] for t in raw["added_tokens"]}
    kinds = gguf.TokenType
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list([token for token, _ in vocabulary])
    out.add_token_types([kinds.CONTROL if i in special else kinds.NORMAL for _, i in vocabulary])
    merges = raw["model"]["merges"]
    out.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    out.add_bos_token_id(tokenizer.bos_token_id)
    out.add_eos_token_id(tokenizer.eos_token_id)
    out.add_add_bos_token(True)  # noqa: FBT003 -- the interface of gguf


def _asked_over_http(python: str, file: Path, limit: int) -> tuple[list[Answer], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [python, "-m", "llama_cpp.server", "--model", str(file), "--port", str(port)]
    words += [
        "--host",
        "127.0.0.1",
        "--logits_all",
        "true",
        "--n_ctx",
        "128",
        "--model_alias",
        "tiny",
    ]
    words += ["--type_k", "0", "--type_v", "0"]  # cache in float32, not float16
    log = file.with_suffix(".log").open("w")
    server = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(server, port, Path(log.name))
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", concurrency=2)
        return _asked(ModelSpec("m", "tiny", "endpoint", endpoint=endpoint), limit)
    finally:
        server.terminate()
        server.wait()
        log.close()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"the server ended:\n{log.read_text()[-3000:]}")
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start in 30 seconds")


def _asked(spec: ModelSpec, limit: int) -> tuple[list[Answer], str]:
    model = open_model(spec, LoadOptions(chat=False))
    materials = Materials(sets.load("compass"), protocols.load("default"), sets.load("controls"))
    planned = loop.plan(model, materials, limit=limit)
    answers = [a for batch in loop.ask(model, planned) for a in batch.answers]
    return answers, model.info.gives


if __name__ == "__main__":
    main()
