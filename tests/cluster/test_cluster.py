"""A run on a Ray cluster: the same bytes as here, through every loss.

What leads a run is tested with workers that are processes of this machine (`local_ray`); and again,
as long tests, with the library, on one cluster for all tests. It says that it has two GPUs, which
are not there, so that workers that need one have their place. What Ray itself decides (the loss of
a worker, its threads and GPUs, the end of the leader) is tested with the library alone.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import yaml

from benchmarks import cluster as benchmark
from benchmarks.settings import Settings
from probes.cluster import Cluster, pool
from probes.cluster.engine import gpus_for
from probes.cluster.worker import THREADS, LeaderEnvironment
from probes.errors import ModelError, RunError
from probes.runs import session
from probes.types import LoadOptions, ModelSpec
from tests import asked
from tests.asking.test_loop import MINI
from tests.cluster.local_ray import LocalRay
from tests.runs.test_session import BLANKLESS, tables

pytestmark = pytest.mark.usefixtures("pictureless")

BACKEND = str(Path(asked.__file__))
WRITTEN = """\
name: written
title: Written
method: reply
repetitions: 2
wordings: [four-choose]
writing: {tokens: 6}
"""
Asker = Callable[..., Path]


@pytest.fixture(scope="module")
def ray() -> Iterator[SimpleNamespace]:
    """Ray, connected to a cluster; after all tests nothing of it is left."""
    before = children()
    # No workers in advance, which take seconds each: Ray's name of it is in small letters.
    os.environ["RAY_prestart_worker_first_driver"] = "0"  # noqa: SIM112
    import ray
    from ray.cluster_utils import Cluster as Machines

    machines = Machines()
    started_up(machines, num_cpus=4, num_gpus=2, include_dashboard=False)
    ray.init(address=machines.address, log_to_driver=False)
    yield SimpleNamespace(address=machines.address, machines=machines, library=ray)
    ray.shutdown()
    machines.shutdown()
    _, left = psutil.wait_procs(children() - before, timeout=20)
    assert not left


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def started_up(machines: Any, **needs: object) -> Any:
    """One more machine. Ray's processes give up on each other after fifteen seconds, which is not
    much where many are at work: then once more."""
    for tries in (2, 1, 0):
        before = children()
        try:
            return machines.add_node(**needs)
        except Exception:  # nothing narrower is raised
            for process in children() - before:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not tries:
                raise
    return None


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "mini.yaml").write_text(MINI)
    (tmp_path / "short.yaml").write_text(BLANKLESS)
    (tmp_path / "written.yaml").write_text(WRITTEN)
    return tmp_path


@pytest.fixture(params=["processes", pytest.param("ray", marks=pytest.mark.soak)])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a cluster whose workers are processes of this machine; in long tests, of Ray's."""
    if request.param == "ray":
        yield request.getfixturevalue("ray").address
        return
    library = LocalRay()
    monkeypatch.setitem(sys.modules, "ray", library)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    yield "auto"
    assert not [actor for actor in library.actors if actor.process.is_alive()]


@pytest.fixture
def ask(out: Path, address: str) -> Asker:
    """Run models on so many workers, or here: ``ask("name", specs, workers=2) -> folder``."""
    return asker(out, address)


@pytest.fixture
def ask_ray(out: Path, ray: SimpleNamespace) -> Asker:
    """The same with the library."""
    return asker(out, ray.address)


def asker(out: Path, address: str) -> Asker:
    """What asks a cluster at this address."""

    def run(
        name: str, specs: list[ModelSpec], workers: int = 0, tell: session.Tell = None, **more: Any
    ) -> Path:
        engine = Cluster(address, workers) if workers else None
        usual = {"set": str(out / "mini.yaml"), "protocol": str(out / "short.yaml")}
        session.probe(session.Request(specs, engine=engine, **{**usual, **more}), out / name, tell)
        return out / name

    return run


@pytest.fixture
def evidence_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tables and pictures: they are made of the evidence, by the leader alone."""
    monkeypatch.setattr(session, "concluded", lambda *_: SimpleNamespace(tables=None))


def noted(out: Path, name: str = "m", traits: str = "economic=-6,noise=1", **more) -> ModelSpec:
    """A planted model that keeps a list of what it is asked, in ``NAME.log``."""
    return ModelSpec(name, f"{out / name}.log?{traits}", BACKEND, **more)


def planted(name: str, traits: str) -> ModelSpec:
    return ModelSpec(name, traits, "planted")


def results(folder: Path) -> dict[str, bytes]:
    """Every table and all the evidence."""
    return {**tables(folder), **{p.name: p.read_bytes() for p in (folder / "answers").iterdir()}}


def until(met: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def again(log: Path) -> list[tuple[str, ...]]:
    """The batches that were asked more than once."""
    return [names for names, n in Counter(b for _, b in asked.batches(log)).items() if n > 1]


# --- the same bytes ----------------------------------------------------------------------------


@pytest.mark.slow
def test_several_models_on_several_workers_come_to_the_bytes_of_one_process(
    ask: Asker, out: Path
) -> None:
    """Evidence, tables and what `run.yaml` says of the models, in the request's order, though the
    second is ready first."""
    specs = [noted(out, "slow", "economic=-6,noise=1,delay=.002"), planted("quick", "economic=3")]
    here, there = ask("here", specs, batch_size=7), ask("there", specs, workers=4, batch_size=7)
    assert results(there) == results(here)
    said = [yaml.safe_load((f / "run.yaml").read_text()) for f in (here, there)]
    assert said[1]["models"] == said[0]["models"]
    assert len(said[1]["sessions"]) == 1


def test_a_checkpoint_comes_to_the_bytes_of_one_process(
    ask: Asker, evidence_alone: None, checkpoint: Callable[..., Path]
) -> None:
    """A causal one on two workers, each of which reads beforehand what all prompts begin with."""
    specs = [ModelSpec("gpt2", str(checkpoint("gpt2")))]
    more = {"batch_size": 9, "limit": 2}
    assert results(ask("there", specs, 2, **more)) == results(ask("here", specs, **more))


@pytest.mark.slow
def test_a_model_that_writes_and_a_device_map_come_to_the_bytes_of_one_process(
    ask: Asker, evidence_alone: None, out: Path, checkpoint: Callable[..., Path]
) -> None:
    """Replies are drawn by prompt and seed; accelerate spreads the model inside its worker."""
    specs = [ModelSpec("chat", str(checkpoint("chat")))]
    more = {
        "protocol": str(out / "written.yaml"),
        "batch_size": 3,
        "load": LoadOptions(device_map="auto"),
    }
    there = ask("there", specs, workers=1, **more)
    assert results(there) == results(ask("here", specs, **more))
    assert b'"reply":' in (there / "answers" / "chat.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "count"),
    [
        ("os", "os.environ.get('MKL_NUM_THREADS')"),
        pytest.param("torch", "torch.get_num_threads()", marks=pytest.mark.soak),
    ],
)
def test_a_worker_computes_on_as_many_threads_as_a_local_run(
    ask_ray: Asker, out: Path, monkeypatch: pytest.MonkeyPatch, library: str, count: str
) -> None:
    """Ray would have it compute on one; a local run takes all that it finds."""
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    count = f"os.environ.get('OMP_NUM_THREADS'), {count}"
    here = subprocess.run(
        [sys.executable, "-c", f"import os, {library}; print({count})"],
        capture_output=True,
        text=True,
        check=True,
    )
    (out / "threads.py").write_text(
        f"import os, {library}\n"
        "from probes.errors import ModelError\n"
        "def load(spec, options):\n"
        f"    raise ModelError(' '.join(map(str, ({count}))))\n"
    )
    assert here.stdout.startswith("None ")
    monkeypatch.chdir(out)  # a path that is typed is meant from where the command is called
    with pytest.raises(ModelError) as said:
        ask_ray("out", [ModelSpec("m", "x", "threads.py")], workers=1)
    assert str(said.value) == here.stdout.strip()


def test_processors_are_reserved_for_the_threads_that_are_asked_for(
    ask: Asker, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none for what no machine has: that is said before anything is loaded."""
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    with pytest.raises(ModelError, match=r"m: computes on 5 threads.*more than 4 processors"):
        ask("out", [planted("m", "economic=1")], workers=1)


@pytest.mark.slow
@pytest.mark.parametrize(("gpus", "device", "seen"), [(2, "auto", 2), (2, "cpu", 0)])
def test_a_worker_sees_the_gpus_that_it_was_given_and_no_other(
    ask_ray: Asker, out: Path, gpus: float, device: str, seen: int
) -> None:
    """Ray alone would leave it those that it was not given."""
    (out / "gpus.py").write_text(
        "import os\n"
        "from probes.errors import ModelError\n"
        "def load(spec, options):\n"
        "    raise ModelError('sees ' + os.environ['CUDA_VISIBLE_DEVICES'])\n"
    )
    spec = ModelSpec("m", "x", str(out / "gpus.py"), gpus=gpus)
    with pytest.raises(ModelError, match="sees") as said:
        ask_ray("out", [spec], workers=1, load=LoadOptions(device=device))
    assert len([number for number in str(said.value)[5:].split(",") if number]) == seen


@pytest.mark.parametrize(
    ("spec", "device", "available", "needed"),
    [
        (ModelSpec("m", "x", gpus=0.25), "auto", True, 0.25),
        (ModelSpec("m", "x", gpus=0), "auto", True, 0),
        (ModelSpec("m", "x", gpus=4), "cpu", True, 0),
        (ModelSpec("m", "x"), "auto", True, 1),
        (ModelSpec("m", "x"), "auto", False, 0),
        (ModelSpec("m", "x"), "cuda", False, 1),
        (ModelSpec("m", "x", "planted"), "auto", True, 0),
    ],
)
def test_gpus_are_needed_as_models_yaml_has_it_or_as_on_one_machine(
    spec: ModelSpec, device: str, *, available: bool, needed: float
) -> None:
    """One, if there are any; none for what computes nothing, and where the command says so."""
    assert gpus_for(spec, device, available=available) == needed


def test_memory_that_runs_out_is_on_record(ask: Asker, evidence_alone: None, out: Path) -> None:
    """Batches are halved where the model is, and `run.yaml` says so."""
    small = out / "small.py"
    small.write_text(
        "from probes.backends import planted\n"
        "class Small(planted.Planted):\n"
        "    def score(self, prompts):\n"
        "        if len(prompts) > 5:\n"
        "            raise MemoryError\n"
        "        return super().score(prompts)\n"
        "def load(spec, options):\n"
        "    of = planted.load(spec, options)\n"
        "    return Small(of.info, of.positions, of.traits, of.seed)\n"
    )
    specs = [ModelSpec("m", "economic=-6,noise=1", str(small))]
    here, there = ask("here", specs, batch_size=16), ask("there", specs, 1, batch_size=16)
    assert results(there) == results(here)
    (model,) = yaml.safe_load((there / "run.yaml").read_text())["models"]
    assert model["memory_splits"] == 2


# --- whose turn --------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_model_has_a_worker_before_one_has_two_nothing_is_asked_twice(
    ask: Asker, evidence_alone: None, out: Path
) -> None:
    """Three workers for two models: both are asked at a time, slowly enough for a third."""
    specs = [noted(out, name, "economic=-6,noise=1,delay=.1", gpus=0.5) for name in ("a", "b")]
    ask("out", specs, workers=3, batch_size=2)
    logs = {spec.name: asked.batches(out / f"{spec.name}.log") for spec in specs}
    pids = {name: {pid for pid, _ in log} for name, log in logs.items()}
    assert not pids["a"] & pids["b"]
    assert sum(map(len, pids.values())) >= 3
    assert not again(out / "a.log")
    assert not again(out / "b.log")


def test_with_fewer_workers_than_models_they_take_turns(
    ask: Asker, evidence_alone: None, out: Path
) -> None:
    """One worker at a time, each a process of its own, gone before the next comes."""
    specs = [noted(out, name, "economic=-6") for name in ("a", "b")]
    ask("out", specs, workers=1, batch_size=20)
    times = [(out / f"{name}.log").stat().st_mtime_ns for name in ("a", "b")]
    assert times == sorted(times)
    one, other = ({pid for pid, _ in asked.batches(out / f"{n}.log")} for n in ("a", "b"))
    assert len(one) == len(other) == 1
    assert not one & other


# --- losses ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("address", ["processes", "ray"], indirect=True)
def test_a_killed_worker_is_replaced_and_only_its_batch_is_asked_again(
    ask: Asker, evidence_alone: None, out: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SIGKILL in the middle of a batch: the bytes are those of a run left alone."""
    spec = noted(out, traits="economic=-6,noise=1,delay=.01")
    whole = results(ask("here", [spec], batch_size=8))
    log, killed = out / "m.log", []
    log.unlink()

    def kill(progress: session.Progress) -> None:
        if not killed and progress.done > 40:
            killed.append(asked.batches(log)[-1])
            os.kill(killed[0][0], signal.SIGKILL)

    assert results(ask("there", [spec], workers=2, tell=kill, batch_size=8)) == whole
    assert again(log) in ([], [killed[0][1]])
    assert {pid for pid, _ in asked.batches(log)} > {killed[0][0]}
    assert "m: a worker was lost, another takes its place" in caplog.text


@pytest.mark.soak
def test_a_killed_machine_is_replaced_by_those_that_are_left(
    ask_ray: Asker, evidence_alone: None, out: Path, ray: SimpleNamespace
) -> None:
    """All its workers are lost at once; at most one batch of each is asked again."""
    machine = started_up(ray.machines, num_cpus=2, num_gpus=2)
    # Slow enough for all four to be at work at once, though each takes seconds to start.
    spec = noted(out, traits="economic=-6,noise=1,delay=.2", gpus=1)
    gone = []

    def kill(progress: session.Progress) -> None:
        if not gone and len({pid for pid, _ in asked.batches(out / "m.log")}) == 4:
            gone.append(progress.done)
            ray.machines.remove_node(machine, allow_graceful=False)

    there = results(ask_ray("there", [spec], workers=4, tell=kill, batch_size=6))
    assert gone
    assert len(again(out / "m.log")) <= 2
    assert there == results(ask_ray("here", [spec], batch_size=6))


def words_of(out: Path, ray: SimpleNamespace) -> list[str]:
    """The command line of a run of two noted models, on a worker each."""
    entries = [noted(out, name, "economic=-6,noise=1,delay=.02") for name in ("a", "b")]
    listed = {spec.name: {"id": spec.id} for spec in entries}
    (out / "models.yaml").write_text(yaml.safe_dump(listed))
    options = ["--set", "mini.yaml", "--protocol", "short.yaml", "--batch-size", "8"]
    options += ["--model", "a", "--model", "b", "--ray", ray.address, "--out", "there"]
    options += ["--backend", str(entries[0].backend)]
    return [sys.executable, "-m", "probes", "run", *options]


def started(out: Path, ray: SimpleNamespace) -> subprocess.Popen[str]:
    """That command, until both models have written a few answers."""

    def listen() -> None:  # a shell's background jobs ignore Ctrl-C, and so would this
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(
        words_of(out, ray),
        cwd=out,
        text=True,
        preexec_fn=listen,  # noqa: PLW1509
        stderr=subprocess.PIPE,
    )
    answers = [out / "there" / "answers" / f"{name}.jsonl" for name in ("a", "b")]
    until(
        lambda: (
            process.poll() is not None
            or all(p.exists() and p.read_bytes().count(b"\n") > 12 for p in answers)
        )
    )
    assert process.poll() is None, process.communicate()
    return process


def alive(pids: set[int]) -> set[int]:
    """Those of them that are still some worker's."""
    found = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            if "Worker" in " ".join(psutil.Process(pid).cmdline()):
                found.add(pid)
    return found


@pytest.mark.slow
def test_a_leader_that_is_stopped_leaves_no_worker_and_goes_on(
    ask: Asker, evidence_alone: None, out: Path
) -> None:
    """Ctrl-C amid the answers, and the same run again: as if nothing had happened."""
    specs = [noted(out, name, "economic=-6,noise=1,delay=.005") for name in ("a", "b")]
    whole = results(ask("here", specs, batch_size=8))
    for spec in specs:
        (out / f"{spec.name}.log").unlink()

    def stop(progress: session.Progress) -> None:
        if progress.done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask("there", specs, workers=2, tell=stop, batch_size=8)
    pids = {pid for spec in specs for pid, _ in asked.batches(out / f"{spec.name}.log")}
    until(lambda: not alive(pids - {os.getpid()}))
    assert results(ask("there", specs, workers=2, batch_size=8)) == whole
    for spec in specs:
        assert len(again(out / f"{spec.name}.log")) <= 2


@pytest.mark.soak
def test_a_killed_leader_goes_on_where_it_stopped(
    ask_ray: Asker,
    evidence_alone: None,
    out: Path,
    ray: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SIGKILL, and the same command again: nothing lost, nothing asked again but what was out."""
    monkeypatch.setenv("PROBES_MODELS", str(out / "models.yaml"))
    process = started(out, ray)
    process.kill()
    process.communicate()
    pids = {pid for name in ("a", "b") for pid, _ in asked.batches(out / f"{name}.log")}
    done = subprocess.run(words_of(out, ray), cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("a", "b"):
        assert len(again(out / f"{name}.log")) <= 2
    assert not alive(pids)
    specs = [noted(out, name, "economic=-6,noise=1,delay=.02") for name in ("a", "b")]
    whole = results(ask_ray("here", specs, batch_size=8))
    assert whole.keys() == {"a.jsonl", "b.jsonl"}
    assert whole.items() <= results(out / "there").items()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_is_said_and_leaves_no_worker(
    out: Path, ray: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("PROBES_MODELS", str(out / "models.yaml"))
    process = started(out, ray)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said.strip().splitlines()[-1] == "stopped; the same command goes on from here"
    assert "Traceback" not in said
    pids = {pid for name in ("a", "b") for pid, _ in asked.batches(out / f"{name}.log")}
    until(lambda: not alive(pids))


@pytest.mark.soak
def test_the_benchmark_measures_workers_and_the_leader(
    ray: SimpleNamespace, evidence_alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In miniature; never how fast anything is."""
    monkeypatch.setattr(benchmark, "WORKERS", (2,))
    benchmark.report(Settings(rounds=1, quick=True, out=tmp_path))
    content = json.loads((tmp_path / "cluster-quick.json").read_text())
    *workers, leader = content["models"]
    assert [one["model"] for one in workers] == ["2 workers"]
    assert all(0 < one["of the limit"] < 1.3 for one in workers)
    assert leader["bytes on disk"] > 100


# --- what cannot be ----------------------------------------------------------------------------


def test_a_model_whose_workers_always_die_is_named(
    ask: Asker, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not started again for ever."""
    monkeypatch.setattr(pool, "MAX_LOSSES", 1)
    (out / "dies.py").write_text("import os\ndef load(spec, options):\n    os._exit(1)\n")
    with pytest.raises(ModelError, match=r"m: 2 workers were lost .* before they answered"):
        ask("out", [ModelSpec("m", "x", str(out / "dies.py"))], workers=1)
    assert not (out / "out").exists()


def test_a_model_that_does_not_load_is_said_as_on_one_machine(
    out: Path, address: str, checkpoint: Callable[..., Path], command: Callable
) -> None:
    """The same sentence, the same status, and no traceback of the worker's."""
    broken = shutil.copytree(checkpoint("bert"), out / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    words = [
        "run",
        "--model",
        str(broken),
        "--set",
        str(out / "mini.yaml"),
        "--out",
        str(out / "o"),
    ]
    here, there = command(*words), command(*words, "--ray", address)
    assert here[:2] == there[:2] == (2, "")
    assert here[2].splitlines()[-1] == there[2].strip()
    assert "weights are truncated or damaged" in there[2]
    assert not (out / "o").exists()


def test_a_model_that_is_too_large_for_every_machine_is_named(ask: Asker, out: Path) -> None:
    """Ray would wait for a larger one for ever."""
    with pytest.raises(ModelError, match=r"m: needs 16 GPUs, and no machine.* more than 2; set"):
        ask("out", [noted(out, gpus=16)], workers=1)
    assert not (out / "out").exists()


def test_workers_of_one_model_must_be_alike(ask: Asker, out: Path) -> None:
    """Two machines with other weights under one name would mix their answers."""
    (out / "unlike.py").write_text(
        "import os\n"
        "from dataclasses import replace\n"
        "from probes.backends import planted\n"
        "def load(spec, options):\n"
        "    of = planted.load(spec, options)\n"
        "    return replace(of, info=replace(of.info, weights=str(os.getpid())))\n"
    )
    spec = ModelSpec("m", "economic=1,delay=.05", str(out / "unlike.py"))
    with pytest.raises(RunError, match=r"m: has weights '\d+' on .* and '\d+' on .* must hold"):
        ask("out", [spec], workers=2, batch_size=2)


def test_a_worker_with_another_version_answers_nothing(
    ask: Asker, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers may differ between versions."""
    leader = LeaderEnvironment.current()
    other = replace(leader, versions={**leader.versions, "tokenizers": "9.9"})
    monkeypatch.setattr(LeaderEnvironment, "current", lambda: other)
    with pytest.raises(RunError, match=r"has tokenizers \d.*, but the run is led with 9.9.*same v"):
        ask("out", [noted(out)], workers=1)
    assert not asked.batches(out / "m.log")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        (
            "tokenizers-9.9.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tokenizers\nVersion: 9.9\n",
            r"has tokenizers 9.9, but the run is led with \d.*the same versions",
        ),
        (
            "sitecustomize.py",
            "import sys\nsys.modules['probes'] = None\n",
            "m: probes is not installed where a worker of it was to start.*the same versions",
        ),
    ],
)
def test_a_machine_with_another_version_or_none_is_said(
    ask_ray: Asker, out: Path, ray: SimpleNamespace, name: str, text: str, error: str
) -> None:
    """Numbers may differ between versions, so such a worker answers nothing."""
    path = out / "lib" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    needs = {"num_gpus": 4, "env_vars": {"PYTHONPATH": str(out / "lib")}}
    machine = started_up(ray.machines, **needs)
    try:
        with pytest.raises(RunError, match=error):
            ask_ray("out", [noted(out, gpus=4)], workers=1)
    finally:
        ray.machines.remove_node(machine)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--ray", "127.0.0.1:1"], "--ray 127.0.0.1:1: no Ray cluster answers; is it what"),
        (["--ray", "ray://127.0.0.1:1"], "must be HOST:PORT of a cluster's head, auto or local"),
        (["--ray", "nonsense"], "must be HOST:PORT of a cluster's head, auto or local"),
        (["--ray=local", "--workers", "0"], "--workers 0: must be at least 1"),
        (["--workers", "2"], "--workers 2: are those of a cluster; give --ray, too"),
        (["--ray", "--profile"], "--profile: times this process, not the workers of --ray"),
        (["--ray", "--limit", "0"], "--limit 0: must be at least 1"),
        (
            ["--ray", "--model", "far=endpoint:http://127.0.0.1:1/v1#m"],
            "--ray: far is behind an endpoint, which one process asks",
        ),
    ],
)
def test_options_that_cannot_be_are_one_sentence(
    command: Callable, tmp_path: Path, words: list[str], sentence: str
) -> None:
    """Status 2, and nothing is left behind. A bare --ray takes no other option for its address."""
    folder = tmp_path / "run"
    status, _, said = command("run", "--model", "planted:social=1", *words, "--out", str(folder))
    assert status == 2
    assert sentence in said
    assert said.count("\n") == 1
    assert not folder.exists()


def test_another_server_at_the_address_is_no_cluster(command: Callable, tmp_path: Path) -> None:
    """Such as Ray's own dashboard: said at once, where Ray would try for minutes."""
    words = ("run", "--model", "planted:social=1", "--out", str(tmp_path / "run"), "--ray")
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        status, _, said = command(*words, f"127.0.0.1:{server.server_port}")
        server.shutdown()
    assert status == 2
    assert "no Ray cluster answers" in said
    assert not (tmp_path / "run").exists()


def test_without_ray_the_extra_is_named(
    command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    words = ("run", "--model", "planted:social=1", "--out", str(tmp_path / "run"), "--ray")
    status, _, said = command(*words)
    assert status == 2
    assert "pip install 'political-probes[cluster]'" in said
    assert not (tmp_path / "run").exists()
