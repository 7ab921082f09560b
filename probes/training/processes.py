"""Several processes on several devices, as `accelerate launch` and torchrun start them: which of
them writes, and waiting for each other. A single process leads and waits for nobody."""

import os

WORLD, NUMBER = "WORLD_SIZE", "RANK"
"""What the launchers set: how many processes there are, and which this is."""


def leads() -> bool:
    """Whether this is the process that writes files and talks."""
    return int(os.environ.get(NUMBER, "0")) == 0


def meet(*, cpu: bool) -> None:
    """Wait until all processes are here. `cpu`: they use no accelerator."""
    if int(os.environ.get(WORLD, "1")) > 1:
        from accelerate import PartialState

        PartialState(cpu=cpu).wait_for_everyone()
