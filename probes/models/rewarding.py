"""``reward:MODEL`` and ``implicit:MODEL,reference=MODEL,beta=NUMBER``, as ``--model`` takes them.

Takes the text apart; which models are meant is said by `registry`.
"""

from dataclasses import dataclass

from probes.errors import ModelError, nearest
from probes.models.schema import MOST_BETA

SETTINGS = ("reference", "beta")
IMPLICIT = "implicit"
SHAPE = "implicit:MODEL,reference=MODEL,beta=0.1"


@dataclass(frozen=True, slots=True)
class RewardingModel:
    """A model that is to be asked for rewards."""

    backend: str
    model: str
    reference: str = ""
    beta: float | None = None


def parse(text: str) -> RewardingModel | None:
    """What such a text says; None for any other.

    Raises:
        ModelError: it is one, but not as it should be.
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
