"""Imported by the server of `forked`: a run in memory and its picture, so that no fork has to read
the same sets, schemas and fonts again."""

import io

from probes.plots import compass

import probes

TABLES = probes.place(probes.run(probes.load_model("planted:economic=1,social=1"), "compass"))
for suffix in ("png", "svg"):
    compass.draw(TABLES).savefig(io.BytesIO(), format=suffix)
