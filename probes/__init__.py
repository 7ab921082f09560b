"""probes: measure the political leanings of masked and causal language models.

The public list, loaded when asked for: ``import probes`` finds neither torch nor matplotlib.

>>> import probes
>>> compass = probes.load_set("compass")
>>> len(compass.statements)
80
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.api import (
        Evidence,
        across,
        contrast,
        load_model,
        load_protocol,
        load_set,
        place,
        run,
    )
    from probes.comparison.models import Comparison
    from probes.errors import ModelError, ProbesError, RunError, ScoreError, SetError, UsageError
    from probes.output.figures import draw
    from probes.output.notebook import Placements
    from probes.runs.conclude import conclude
    from probes.runs.session import Request, probe
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
    "Evidence": "probes.api",
    "Header": "probes.types",
    "LoadOptions": "probes.types",
    "ModelError": "probes.errors",
    "ModelSpec": "probes.types",
    "Placements": "probes.output.notebook",
    "ProbesError": "probes.errors",
    "Prompt": "probes.types",
    "Recipe": "probes.types",
    "Reply": "probes.types",
    "Request": "probes.runs.session",
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
    "draw": "probes.output.figures",
    "load_model": "probes.api",
    "load_protocol": "probes.api",
    "load_set": "probes.api",
    "place": "probes.api",
    "probe": "probes.runs.session",
    "run": "probes.api",
}
"""Public name -> the module that it is loaded from."""

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
    """Load a public name when it is asked for (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module 'probes' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
