"""Imported by the server of `forked`: makes a run and its figure once, so that forks need not load
sets, schemas and fonts."""

import io

from probes.plots import compass

import probes

TABLES = probes.place(probes.run(probes.load_model("planted:economic=1,social=1"), "compass"))
for suffix in ("png", "svg"):
    compass.draw(TABLES).savefig(io.BytesIO(), format=suffix)
