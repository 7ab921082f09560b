"""Waiting for answers that are begun early."""

import os
import signal
import threading
from concurrent.futures import Future

import pytest

from probes.backends.http import prefetch


def test_a_ctrl_c_that_does_not_wake_who_waits_is_heeded_soon() -> None:
    """As where it comes just before Python begins to wait: here another thread takes the signal."""
    over = threading.Event()
    taker = threading.Thread(target=over.wait, args=(20,), daemon=True)
    taker.start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    future = Future[None]()
    late = threading.Timer(8 * prefetch.TURN, future.set_result, (None,))
    late.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            prefetch.outcome(future)
        assert not future.done()
    finally:
        late.cancel()
        over.set()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
