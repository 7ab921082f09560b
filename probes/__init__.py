"""probes: measures the political leanings of masked and causal language models.

Public names, loaded on first use, so that ``import probes`` imports neither torch nor matplotlib:

    load_set, load_protocol, load_model   a statement set, a protocol, a model by name or path
    run          ask a model, in memory: Evidence
    probe        ask models, in a folder that can be resumed: Tables
    place        positions of evidence or of a folder: Placements
    conclude     compute a folder's tables again, from its answers: Tables
    contrast     paired differences between models: Comparison
    across       the same models on several instruments: Across
    draw         a figure into a file

The classes that these return (Evidence, Placements, Tables, Comparison, Across), take (Request,
LoadOptions, ModelSpec) and store in evidence (Header, Answer, Prompt, Reply, Scorer, Statement,
StatementSet, Recipe) document their fields: ``help(probes.Tables)``. Every error is a ProbesError:
ModelError, RunError, ScoreError, SetError, UsageError. Everything else is internal.

>>> import probes
>>> compass = probes.load_set("compass")
>>> len(compass.statements)
80
"""

from importlib import import_module
from typing import TYPE_CHECKING

from probes.documented import document

if TYPE_CHECKING:
    from probes.api import (
        across,
        contrast,
        draw,
        load_model,
        load_protocol,
        load_set,
        place,
        run,
    )
    from probes.comparison.models import Comparison
    from probes.errors import ModelError, ProbesError, RunError, ScoreError, SetError, UsageError
    from probes.evidence.in_memory import Evidence
    from probes.output.notebook import Placements
    from probes.runs.conclude import conclude
    from probes.runs.request import Request
    from probes.runs.session import probe
    from probes.types import (
        Across,
        Answer,
        Header,
        LoadOptions,
        ModelSpec,
        Prompt,
        Recipe,
        Reply,
        Scorer,
        Statement,
        StatementSet,
        Tables,
    )

__version__ = "0.1.0"

HOMES = {
    "Across": "probes.types",
    "Answer": "probes.types",
    "Comparison": "probes.comparison.models",
    "Evidence": "probes.evidence.in_memory",
    "Header": "probes.types",
    "LoadOptions": "probes.types",
    "ModelError": "probes.errors",
    "ModelSpec": "probes.types",
    "Placements": "probes.output.notebook",
    "ProbesError": "probes.errors",
    "Prompt": "probes.types",
    "Recipe": "probes.types",
    "Reply": "probes.types",
    "Request": "probes.runs.request",
    "RunError": "probes.errors",
    "ScoreError": "probes.errors",
    "Scorer": "probes.types",
    "SetError": "probes.errors",
    "Statement": "probes.types",
    "StatementSet": "probes.types",
    "Tables": "probes.types",
    "UsageError": "probes.errors",
    "across": "probes.api",
    "conclude": "probes.runs.conclude",
    "contrast": "probes.api",
    "draw": "probes.api",
    "load_model": "probes.api",
    "load_protocol": "probes.api",
    "load_set": "probes.api",
    "place": "probes.api",
    "probe": "probes.runs.session",
    "run": "probes.api",
}
"""Public name -> module that defines it."""

__all__ = [
    "Across",
    "Answer",
    "Comparison",
    "Evidence",
    "Header",
    "LoadOptions",
    "ModelError",
    "ModelSpec",
    "Placements",
    "ProbesError",
    "Prompt",
    "Recipe",
    "Reply",
    "Request",
    "RunError",
    "ScoreError",
    "Scorer",
    "SetError",
    "Statement",
    "StatementSet",
    "Tables",
    "UsageError",
    "across",
    "conclude",
    "contrast",
    "draw",
    "load_model",
    "load_protocol",
    "load_set",
    "place",
    "probe",
    "run",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module 'probes' has no attribute {name!r}")
    member = getattr(import_module(HOMES[name]), name)
    if isinstance(member, type):
        document(member)
    return member


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
