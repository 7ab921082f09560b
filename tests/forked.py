"""Processes that a test kills or limits, each forked from one that has torch imported already.

A fresh interpreter needs some ten seconds for what a training imports; a fork of a server that has
it needs none. The server holds one thread and no state of any test.
"""

import multiprocessing
from collections.abc import Callable

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "torch",
        "transformers.trainer",
        "accelerate",
        "probes.training.pretrain",
        "probes.training.trainer",
    ]
)
LONG = 300
"""Seconds after which a process hangs."""


def ended(call: Callable[..., None], *arguments: object) -> int | None:
    """How a call ends in a process of its own: its status, or minus the signal that killed it.

    Args:
        call: A function of a module's own, by whose name the process finds it.
        arguments: What can be pickled.
    """
    process = CONTEXT.Process(target=call, args=arguments)
    process.start()
    process.join(LONG)
    process.kill()
    process.join()
    return process.exitcode
