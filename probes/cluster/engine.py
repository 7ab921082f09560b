"""The engine of a run on a Ray cluster: workers answer, this process alone writes.

Connects to the cluster and determines the resources of workers; `pool` manages the workers. The
files are those of a run on one machine, byte for byte. Ray is imported only here.
"""

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from probes.cluster.pool import WorkerPool
from probes.cluster.worker import LeaderEnvironment
from probes.errors import ModelError, RunError, UsageError
from probes.runs.session import Request, Task, Tell
from probes.types import ModelSpec

CONNECT_TIMEOUT = 5.0
"""Seconds to wait for the first bytes of a cluster's head node."""
SETTINGS = b"\x04"
"""Type (fourth byte) of the first frame of an HTTP/2 server, which Ray's head node is."""
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + SETTINGS + bytes(5)
WITHOUT_WEIGHTS = ("planted", "recorded")
"""Backends without neural networks, which need no GPU."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster as a `session.Engine`."""

    address: str = "auto"
    """``HOST:PORT`` of the head node; ``auto``: the cluster of this machine; ``local``: a cluster
    that is started on this machine for this run."""
    workers: int | None = None
    """Most workers at a time; None: one per model. With more than models, some have several."""

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers {self.workers}: must be at least 1")

    def ask(self, task: Task, tell: Tell) -> None:
        """Ask all models of a run.

        Raises:
            UsageError: Ray is not installed, the address is invalid, `--profile` was given, or a
                model is behind an endpoint.
            RunError: there is no cluster, or its machines differ.
            ModelError: no machine is large enough for a model, or its workers die.
            ProbesError: as in a run on one machine.
        """
        if task.request.profile:
            raise UsageError("--profile: times this process, not the workers of --ray; leave one")
        for spec in task.request.models:
            if spec.endpoint is not None:  # a budget is counted in one process
                raise UsageError(
                    f"--ray: {spec.name} is behind an endpoint, which one process asks, and needs "
                    "no cluster; leave --ray out for it"
                )
        with _connected(self.address) as ray:
            pool = WorkerPool(ray, task, tell, _resources(ray, task.request), self.workers)
            try:
                pool.run()
            finally:
                pool.stop()


@contextlib.contextmanager
def _connected(address: str) -> Iterator[ModuleType]:
    """The module `ray`, connected to a cluster; an existing connection of the program is reused.

    Raises:
        UsageError: Ray is not installed, or the address is invalid.
        RunError: there is no cluster, or it is not compatible with this process.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError(
            "--ray needs Ray, which is not installed: pip install 'political-probes[cluster]'"
        ) from None
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address  # as ray.init does
    _require_reachable(address)
    if ray.is_initialized():
        yield ray
        return
    local = {"include_dashboard": False} if address == "local" else {}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # of a cluster that is started here
    try:
        with _handler_kept():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except ConnectionError:
        raise RunError(f"--ray {address}: {_no_cluster(address)}") from None
    except (RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise RunError(f"--ray {address}: {_on_one_line(error)}") from None
    try:
        yield ray
    finally:
        ray.shutdown()


@contextlib.contextmanager
def _handler_kept() -> Iterator[None]:
    """Restore the SIGTERM handler: Ray replaces it by one with another exit status."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _no_cluster(address: str) -> str:
    """The end of an error message: why there is no cluster, and what to do."""
    if address == "auto":
        return (
            "there is no cluster here; start one with `ray start --head`, give the HOST:PORT of "
            "another, or `--ray local` for one of this machine alone"
        )
    return (
        "no Ray cluster answers; is it what `ray start --head` printed, and, where that asks for "
        "tokens, is RAY_AUTH_MODE=token set here, too?"
    )


def _require_reachable(address: str) -> None:
    """Check that an HTTP/2 server answers at the address; Ray itself would try for minutes.

    Raises:
        UsageError: the address is invalid.
        RunError: no Ray cluster answers there.
    """
    if address in {"auto", "local"}:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in address:
        raise UsageError(f"--ray {address}: must be HOST:PORT of a cluster's head, auto or local")
    if os.environ.get("RAY_USE_TLS") == "1":
        return  # the server answers only over TLS
    try:
        with socket.create_connection((host, int(port)), CONNECT_TIMEOUT) as connection:
            connection.sendall(HELLO)
            answers = connection.recv(4)[3:] == SETTINGS
    except (OSError, OverflowError) as error:
        raise RunError(f"--ray {address}: {_no_cluster(address)} ({error})") from None
    if not answers:
        raise RunError(f"--ray {address}: {_no_cluster(address)}")


def _resources(ray: ModuleType, request: Request) -> list[dict[str, float]]:
    """CPUs and GPUs for a worker of each model, as options of Ray.

    Raises:
        ModelError: no machine has enough.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = max(machine.get("GPU", 0) for machine in machines)
    cpus = max(machine.get("CPU", 0) for machine in machines)
    threads = LeaderEnvironment.current().processors
    resources = []
    for spec in request.models:
        wanted = gpus_for(spec, request.load.device, available=gpus > 0)
        if wanted > gpus:
            raise ModelError(
                f"{spec.name}: needs {wanted:g} GPUs, and no machine of the cluster has more than "
                f"{gpus:g}; set `gpus` of its entry in models.yaml, or --device cpu"
            )
        if not wanted and threads > cpus:
            raise ModelError(
                f"{spec.name}: computes on {threads} threads, as OMP_NUM_THREADS says, and no "
                f"machine of the cluster has more than {cpus:g} processors"
            )
        resources.append({"num_gpus": wanted, "num_cpus": 1 if wanted else threads})
    return resources


def gpus_for(spec: ModelSpec, device: str, *, available: bool) -> float:
    """GPUs for a model: the number in its entry, else 1 if any are available, as with
    ``--device auto`` on one machine."""
    if device in {"cpu", "mps"} or spec.backend in WITHOUT_WEIGHTS:
        return 0
    if spec.gpus is not None:
        return spec.gpus
    return 1 if available or device.startswith("cuda") else 0


def _on_one_line(error: Exception) -> str:
    """An error's message on one line, without its final full stop."""
    return " ".join(str(error).split()).rstrip(".")
