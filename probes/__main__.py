"""``python -m probes`` is the command `probes`."""

from probes.cli import main

main()
