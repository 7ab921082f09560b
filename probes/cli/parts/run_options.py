"""Options of `probes run` that select models, sets, protocols and conditions."""

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[
    Path | None,
    typer.Option(help="Folder of the run [default: runs/SET-PROTOCOL].", show_default=False),
]

Backend = Annotated[
    str | None, typer.Option(help="masked, causal, seq2seq, reward, planted or endpoint.")
]
Study = Annotated[
    Path | None,
    typer.Argument(
        help="A YAML file with models, sets, protocols and options, in place of typing them.",
        metavar="STUDY.yaml",
        show_default=False,
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        help="Entry of models.yaml, hub id, folder, NAME=PATH, planted:..., recorded:FILE, "
        "endpoint:URL#MODEL, reward:MODEL or implicit:MODEL,reference=MODEL.",
        show_default=False,
    ),
]
Checkpoints = Annotated[
    list[str] | None,
    typer.Option(
        help="Every checkpoint of a pretraining folder, or of a hub model (see --revisions).",
        show_default=False,
    ),
]
Statements = Annotated[
    str | None,
    typer.Option(
        help="Statements: compass, pct62, 8values, sapply ... (see probes sets list), or your "
        "own YAML [default: compass, or the protocol's own if its texts are at hand]."
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        help="How statements are put: default, open, advice, feng2023, preference, "
        "recorded, default.de (.es, .fr, .ja), or your own YAML; see probes protocols "
        "list [default: default, or recorded for recorded:...]."
    ),
]
Conditions = Annotated[
    list[str] | None,
    typer.Option(
        help="Ask everything under these conditions, too: personas, users, terse, fewshot, "
        "challenge, or your own YAML; the first of all is the reference.",
        show_default=False,
    ),
]
