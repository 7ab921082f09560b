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
        contrast,
        load_model,
        load_protocol,
        load_set,
        place,
        run,
    )
    from probes.comparison import Comparison
    from probes.conclusions import conclude
    from probes.errors import ModelError, ProbesError, RunError, ScoreError, SetError, UsageError
    from probes.figures import draw
    from probes.notebook import Placements
    from probes.session import Request, probe
    from probes.types import (
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

__all__ = [
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

_HOMES = ("types", "errors", "api", "session", "conclusions", "figures", "notebook")


def __getattr__(name: str) -> object:
    """Fetch a public name from its module (PEP 562)."""
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"probes.{home}")
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module 'probes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
