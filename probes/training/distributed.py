"""Distributed training started by `accelerate launch` or torchrun: finding the leader process, and
waiting for all processes. A single process is the leader and never waits."""

import os

WORLD_SIZE, RANK = "WORLD_SIZE", "RANK"
"""Environment variables of launchers: the number of processes, and the rank of this one."""


def is_leader() -> bool:
    """Whether this is the process that writes files and prints."""
    return int(os.environ.get(RANK, "0")) == 0


def wait_for_all(*, cpu: bool) -> None:
    """Wait until all processes have reached this call. `cpu`: they use no accelerator."""
    if is_several():
        from accelerate import PartialState

        PartialState(cpu=cpu).wait_for_everyone()


def is_several() -> bool:
    """Whether this is one of several processes."""
    return int(os.environ.get(WORLD_SIZE, "1")) > 1
