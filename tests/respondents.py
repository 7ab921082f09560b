"""Respondents with given log-odds: evidence for tests of placements."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.agreement.table import agreement
from probes.tables.place import place
from probes.types import (
    MIRRORED,
    Answer,
    Axis,
    Header,
    Materials,
    ModelInfo,
    Option,
    Recipe,
    Scoring,
    Statement,
    StatementSet,
    Tables,
    Wording,
)

TWO = (Option("yes", "agree", ("yes",)), Option("no", "disagree", ("no",)))
FOUR = (
    Option("sd", "disagree", ("strongly disagree",), strong=True),
    Option("d", "disagree", ("disagree",)),
    Option("a", "agree", ("agree",)),
    Option("sa", "agree", ("strongly agree",), strong=True),
)
AXES = (Axis("economic", "left", "right"), Axis("social", "libertarian", "authoritarian"))
Grid = np.ndarray


def instrument(
    effects: Sequence[Mapping[str, float]],
    *,
    mirrors: bool = True,
    topics: int = 0,
    scale: float = 10.0,
    scoring: Scoring | None = None,
) -> StatementSet:
    """A set whose statements have these effects, assigned to `topics` topics in turn."""
    statements = tuple(
        Statement(
            f"s{i}",
            f"Text {i}.",
            effect,
            mirror=f"Mirror {i}." if mirrors else None,
            topic=f"t{i % topics}" if topics else None,
        )
        for i, effect in enumerate(effects)
    )
    axes = tuple(a for a in AXES if any(a.name in e for e in effects)) or AXES
    return StatementSet(
        "toy", "Toy", "en", "CC0", axes, statements, scale=scale, scoring=scoring or Scoring()
    )


def balanced(count: int, axis: str = "economic") -> list[dict[str, float]]:
    """Effects of `count` statements, every second one keyed to the negative pole."""
    return [{axis: -1.0 if i % 2 else 1.0} for i in range(count)]


def recipe(wordings: int, options: tuple[Option, ...] = TWO, **changes: object) -> Recipe:
    """A protocol with that many wordings of the same options."""
    wording_list = tuple(
        Wording(f"w{i}", "{statement}", "{slot}", options) for i in range(wordings)
    )
    return replace(Recipe("toy", "Toy", "choice", wording_list), **changes)  # type: ignore[arg-type]


def header(name: str, protocol: Recipe, **changes: object) -> Header:
    """The header of a model's evidence."""
    fields: dict[str, object] = {
        "model": ModelInfo(name, "planted", name),
        "set": "toy",
        "set_sha256": "",
        "protocol": protocol.name,
        "protocol_sha256": "",
        "seed": 0,
        "limit": None,
        "plan": "",
        "cells": 0,
        "wordings": {w.name: w.options for w in protocol.wordings},
    }
    return Header(**{**fields, **changes})  # type: ignore[arg-type]


def answer(
    statement: str, role: str, wording: str, logs: Mapping[str, float] | None, **changes: object
) -> Answer:
    """One answer; its status is `refused` if there are no scores."""
    status = "refused" if logs is None else "ok"
    fields: dict[str, object] = {"mass": 0.5, "status": status, "key": "", "order": 0, "seed": 0}
    fields |= {"statement": statement, "role": role, "wording": wording, "logprobs": logs}
    return Answer(**{"before": "", "after": "", **fields, **changes})  # type: ignore[arg-type]


def yes_or_no(odds: float) -> dict[str, float] | None:
    """Log-probabilities of the options `TWO`; None for NaN."""
    if math.isnan(odds):
        return None
    return {"yes": -float(np.logaddexp(0, -odds)), "no": -float(np.logaddexp(0, odds))}


def answers(materials: Materials, text: Grid, mirror: Grid | None = None) -> list[Answer]:
    """Answers with these log-odds ``(statements, wordings)`` of texts and mirrors; NaN: refused."""
    rows = []
    for i, statement in enumerate(materials.statements.statements[: len(text)]):
        for j, wording in enumerate(materials.recipe.wordings[: text.shape[1]]):
            rows.append(answer(statement.id, "statement", wording.name, yes_or_no(text[i, j])))
            if mirror is not None:
                logs = yes_or_no(mirror[i, j])
                rows.append(answer(statement.id, "mirror", wording.name, logs))
    return rows


def control_answers(materials: Materials, odds: float) -> list[Answer]:
    """Answers to the controls with these log-odds for the true text (below 0: wrong answers)."""
    pairs = materials.controls.statements if materials.controls else ()
    return [
        answer(s.id + (MIRRORED if side < 0 else ""), "control", w.name, yes_or_no(side * odds))
        for s in pairs
        for side in (1, -1)
        for w in materials.recipe.wordings
    ]


def controls(count: int = 20) -> StatementSet:
    """Control pairs whose statement is true."""
    pairs = tuple(
        Statement(f"c{i}", f"Truth {i}.", {"truth": 1.0}, mirror=f"Lie {i}.") for i in range(count)
    )
    return StatementSet("controls", "Controls", "en", "CC0", (Axis("truth", "f", "t"),), pairs)


def placed(materials: Materials, evidence: Mapping[str, Sequence[Answer]]) -> Tables:
    """The tables of a run with this evidence by model."""
    headers = [header(name, materials.recipe) for name in evidence]
    frames = [
        agreement(h, lines, materials.recipe)
        for h, lines in zip(headers, evidence.values(), strict=True)
    ]
    return place(pd.concat(frames, ignore_index=True), materials, headers).tables


def opinionated(materials: Materials, lam: Grid, bias: float = 0.0, name: str = "m") -> Tables:
    """The tables of one respondent with these lambdas ``(statements, wordings)`` and yes-bias."""
    opposed = any(s.mirror for s in materials.statements.statements)
    return placed(
        materials, {name: answers(materials, bias + lam, bias - lam if opposed else None)}
    )


def keyed(materials: Materials, z: Grid, axis: str = "economic") -> Grid:
    """Lambdas of the statements for leanings `z` along an axis (signs of the key are undone)."""
    pull = [s.effects[axis] for s in materials.statements.statements]
    return np.sign(pull)[:, None] * 2 * np.arctanh(z)
