"""Imported last, it hides all that was imported before from the garbage collector, which would look
through it again and again: most of a second each time, and tests make it do so often."""

import gc

gc.freeze()
gc.enable()
