"""The shared types: statements, prompts, replies, answers, placements and tables.

Frozen values and Protocols only; no heavy import, and none of other parts of the project. The steps
from a statement to a point in a figure:

    Statement -> Prompt -> Reply -> Answer -> agreement -> placement -> figure

The agreement and placement steps work on tables (pandas), gathered in `Tables`.
"""

from probes.types.backend import (
    Author,
    Bindable,
    Conversant,
    Foresighted,
    Judge,
    Model,
    RecordedModel,
    Scorer,
    Verdict,
    Writer,
)
from probes.types.condition import Condition, PastExchange, Turn
from probes.types.evidence import Answer, Header, Reply, Status
from probes.types.instrument import (
    Axis,
    Respondent,
    Role,
    Scoring,
    SetKind,
    Side,
    Statement,
    StatementSet,
    Variant,
)
from probes.types.model import (
    FACTS,
    Endpoint,
    Gives,
    LoadOptions,
    ModelInfo,
    ModelSpec,
    Rewards,
)
from probes.types.prompt import MIRRORED, Option, Prompt, Wording
from probes.types.protocol import (
    STANCES,
    Correction,
    Faithful,
    Materials,
    Missing,
    OwnMethod,
    Recipe,
    Stance,
    Thresholds,
    Variants,
)
from probes.types.tables import Across, Converged, Editions, Published, Tables
from probes.types.writing import Writing

__all__ = [
    "FACTS",
    "MIRRORED",
    "STANCES",
    "Across",
    "Answer",
    "Author",
    "Axis",
    "Bindable",
    "Condition",
    "Converged",
    "Conversant",
    "Correction",
    "Editions",
    "Endpoint",
    "Faithful",
    "Foresighted",
    "Gives",
    "Header",
    "Judge",
    "LoadOptions",
    "Materials",
    "Missing",
    "Model",
    "ModelInfo",
    "ModelSpec",
    "Option",
    "OwnMethod",
    "PastExchange",
    "Prompt",
    "Published",
    "Recipe",
    "RecordedModel",
    "Reply",
    "Respondent",
    "Rewards",
    "Role",
    "Scorer",
    "Scoring",
    "SetKind",
    "Side",
    "Stance",
    "Statement",
    "StatementSet",
    "Status",
    "Tables",
    "Thresholds",
    "Turn",
    "Variant",
    "Variants",
    "Verdict",
    "Wording",
    "Writer",
    "Writing",
]
