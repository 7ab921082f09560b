"""The command `probes models`."""

import json
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.run import Backend

Family = Annotated[str | None, typer.Option(help="Only this family.")]


def models(
    family: Family = None,
    backend: Backend = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes.cli import _tables
    from probes.models import registry

    listed = registry.listed(family, backend)
    rows = [{**asdict(m), "endpoint": m.endpoint.url if m.endpoint else ""} for m in listed]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)
