"""Benchmark of a run on a Ray cluster with 1, 2 and 4 workers.

The model is `planted` with 10 ms per answer, so that workers sleep and the overhead is measured:
planning, sending batches, receiving answers, writing them in order. Also measures the cost of an
answer in the leading process, which cannot be distributed.
"""

from __future__ import annotations

import pickle
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

from benchmarks import results
from benchmarks.settings import Settings

WORKERS = (1, 2, 4)
DELAY = 0.01
"""Seconds per answer."""
ROUNDS = 3
"""Most rounds: each takes more than a minute."""
MODEL = f"economic=-6,social=3,noise=1,delay={DELAY}"


def run(settings: Settings) -> None:
    """Run on a cluster started for the benchmark."""
    import ray

    ray.init("local", num_cpus=max(WORKERS), include_dashboard=False, log_to_driver=False)
    try:
        report(settings)
    finally:
        ray.shutdown()


def report(settings: Settings) -> None:
    """Run on the cluster that this process is connected to, then write the report."""
    table = results.Report("cluster", "Workers on a cluster")
    table.notes["What"] = (
        f"planted at {DELAY * 1000:g} ms an answer, the default protocol and set; from the first "
        "batch on disk to the last. `of the limit`: of as many workers that do nothing but answer"
    )
    times: dict[int, list[tuple[float, float]]] = {n: [] for n in WORKERS}
    for number in range(min(settings.rounds, ROUNDS)):
        turn = number % len(WORKERS)
        for workers in (*WORKERS[turn:], *WORKERS[:turn]):
            times[workers].append(_asked(workers, settings))
    rates = {n: statistics.median(rate for rate, _ in times[n]) for n in WORKERS}
    for n in WORKERS:
        table.models.append(
            {
                "model": f"{n} worker{'s' if n > 1 else ''}",
                "answers a second": rates[n],
                "of linear": rates[n] / n / (rates[WORKERS[0]] / WORKERS[0]),
                "of the limit": rates[n] * DELAY / n,
                "seconds until the first batch is on disk": statistics.median(
                    start for _, start in times[n]
                ),
                "rounds, answers a second": ", ".join(f"{rate:.1f}" for rate, _ in times[n]),
            }
        )
    table.models.append({"model": "the leader, for each answer", **_leader(settings)})
    table.write(settings)


def _asked(workers: int, settings: Settings) -> tuple[float, float]:
    """Answers per second between the first batch on disk and the last, and seconds before that."""
    from probes.cluster import Cluster
    from probes.runs import session
    from probes.types import ModelSpec

    moments: list[tuple[float, int]] = []
    request = session.Request(
        [ModelSpec("planted", MODEL, "planted")],
        "compass",
        limit=4 if settings.quick else None,
        batch_size=4 if settings.quick else "auto",
        engine=Cluster("auto", workers),
    )
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        session.probe(
            request,
            Path(folder) / "run",
            lambda progress: moments.append((time.perf_counter(), progress.done)),
        )
    _, (first, first_count), *_, (last, all_count) = moments
    return (all_count - first_count) / (last - first), first - begun


def _leader(settings: Settings) -> dict[str, object]:
    """Costs per answer in the leading process: time to unpickle and write, and sizes in bytes."""
    from probes.asking import loop, protocols
    from probes.backends import planted
    from probes.evidence import answers
    from probes.instruments import sets
    from probes.types import LoadOptions, Materials, ModelSpec

    model = planted.load(
        ModelSpec("planted", MODEL.replace(f"{DELAY}", "0"), "planted"), LoadOptions()
    )
    materials = Materials(sets.load("compass"), protocols.load("default"), sets.load("controls"))
    start = time.perf_counter()
    loop.plan(model, materials, limit=4 if settings.quick else None)
    planning = time.perf_counter() - start
    tracemalloc.start()
    planned = loop.plan(model, materials, limit=4 if settings.quick else None)
    plan_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sent = [pickle.dumps(batch, protocol=5) for batch in loop.ask(model, planned)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.jsonl"
        start = time.perf_counter()
        with answers.AnswerLog(path, planned.header, planned.keys) as log:
            for data in sent:
                log.write(pickle.loads(data).answers)
        seconds = time.perf_counter() - start
        size = path.stat().st_size
    count = planned.header.cells
    return {
        "microseconds, all batches flushed to disk": seconds / count * 1e6,
        "bytes on the network": sum(map(len, sent)) / count,
        "bytes on disk": size / count,
        "answers in a batch": count / len(sent),
        "bytes of a worker's memory for the plan": plan_bytes / count,
        "microseconds of a worker's to plan it, without tokens": planning / count * 1e6,
    }
