"""A made-up run for figures: tables with every column that they draw, and readers of pictures."""

from dataclasses import replace

import numpy as np
import pandas as pd

from probes.types import Tables
from tests.test_plots import tables

TOPICS = ("taxes", "work", "schools", "borders")
ASKED = ("agree", "support", "yes-no", "four")
ACCESS = ("open", "gated", "api")


def run(count: int, axis_count: int = 2, names: tuple[str, ...] = ()) -> Tables:
    """`tests.test_plots.tables` with topics, wordings, statements, yes-bias and models' facts.

    Each second model was trained from the one before it.
    """
    base = tables(count, axis_count, names)
    models, rng = list(base.models["model"]), np.random.default_rng(7)
    placed = base.placements.assign(
        set="made-up",
        yes_bias=rng.uniform(-0.6, 0.9, len(base.placements)),
        mass=rng.uniform(0.01, 0.9, len(base.placements)),
    )
    topics, wordings, statements = [], [], []
    for model, axis, at in zip(placed["model"], placed["axis"], placed["position"], strict=True):
        for topic in TOPICS:
            x = float(np.clip(at + rng.normal(0, 1), -10, 10))
            topics.append((model, axis, topic, x, x - 1, x + 1, 4))
        for wording in ASKED:
            x = float(np.clip(at + rng.normal(0, 0.5), -10, 10))
            wordings.append((model, axis, wording, x, 16))
    for model in reversed(models):
        for axis in base.axes:
            for topic in TOPICS:
                for k in range(2):
                    name = f"{axis.name}-{topic}-{k}"
                    pull = 1 - 2 * k
                    cell = float(np.tanh(rng.normal(0, 1)))
                    statements.append((model, name, axis.name, topic, pull, cell, 4, 4))
    about = base.models.assign(
        parent=[models[i - 1] if i % 2 else "" for i in range(count)],
        released=[f"{2019 + i % 5}-{1 + i % 12:02}" for i in range(count)],
        parameters=[10 ** (7 + i % 5) for i in range(count)],
        access=[ACCESS[i % 3] for i in range(count)],
    )
    return replace(
        base,
        placements=placed,
        topics=pd.DataFrame(
            topics, columns=["model", "axis", "topic", "position", "low", "high", "statements"]
        ),
        wordings=pd.DataFrame(
            wordings, columns=["model", "axis", "wording", "position", "statements"]
        ),
        statements=pd.DataFrame(
            statements,
            columns=[
                "model",
                "statement",
                "axis",
                "topic",
                "pull",
                "agreement",
                "answered",
                "asked",
            ],
        ),
        models=about,
    )
