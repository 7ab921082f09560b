"""Entry point of ``python -m probes``, the same as the command `probes`."""

from probes.cli import main

main()
