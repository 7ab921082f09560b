"""Parsing ``reward:MODEL`` and ``implicit:MODEL,reference=MODEL,beta=NUMBER`` in ``--model``.

`registry` resolves the models that they name.
"""

from dataclasses import dataclass

from probes.errors import ModelError, nearest
from probes.models.schema import MOST_BETA

SETTINGS = ("reference", "beta")
IMPLICIT = "implicit"
SHAPE = "implicit:MODEL,reference=MODEL,beta=0.1"


@dataclass(frozen=True, slots=True)
class RewardingModel:
    """A parsed ``--model`` for rewards."""

    backend: str
    model: str
    reference: str = ""
    beta: float | None = None


def parse(text: str) -> RewardingModel | None:
    """Parse such a text; None for any other text.

    Raises:
        ModelError: the text has one of the prefixes but is malformed.
    """
    backend, colon, rest = text.partition(":")
    if not colon or backend not in {"reward", IMPLICIT}:
        return None
    if backend == "reward":
        return RewardingModel(backend, rest)
    model, *parts = rest.split(",")
    settings: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name not in SETTINGS or not equals or not value or name in settings:
            raise ModelError(f"{text}: {part!r} should be as in {SHAPE}: {nearest(name, SETTINGS)}")
        settings[name] = value
    if "reference" not in settings:
        raise ModelError(f"{text}: names no reference to compare with: {SHAPE}")
    return RewardingModel(backend, model, settings["reference"], _beta(text, settings.get("beta")))


def _beta(text: str, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        beta = float(value)
    except ValueError:
        beta = 0.0
    if not 0 < beta <= MOST_BETA:
        raise ModelError(f"{text}: beta should be a number above 0 and up to {MOST_BETA:g}")
    return beta
