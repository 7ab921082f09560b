"""The command `probes models`."""

from typing import Annotated

import typer

from probes.cli.run import Backend

Family = Annotated[str | None, typer.Option(help="Only this family.")]


def models(family: Family = None, backend: Backend = None) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes.cli import _tables
    from probes.models import registry

    listed = registry.listed(family, backend)
    _tables.table([{**asdict(m), "endpoint": m.endpoint.url if m.endpoint else ""} for m in listed])
