"""Short runs of planted models with parents, corpora and steps, for comparisons and figures."""

from pathlib import Path

import yaml

from probes.runs import session
from probes.types import ModelSpec, Tables

AXES = {
    "economic": {"negative": "left", "positive": "right"},
    "social": {"negative": "libertarian", "positive": "authoritarian"},
}
PROTOCOL = "{name: short, title: S, method: choice, wordings: [agree, support, yes-no, true-false]}"


def toy(axes: int = 2, count: int = 32) -> str:
    """YAML of a set of `count` mirrored statements, eight topics per axis, keyed alternately."""
    names = list(AXES)[:axes]
    statements = []
    for i in range(count):
        axis = names[i % axes]
        turn = i // axes
        pole = ("negative", "positive")[turn % 2]
        statements.append(
            {
                "id": f"s{i}",
                "text": f"Claim {i} is so.",
                "mirror": f"Claim {i} fails.",
                "agree": AXES[axis][pole],
                "topic": f"{axis} {turn // 2 % 8}",
            }
        )
    head = {"name": "toy", "title": "Toy", "language": "en", "licence": "CC0-1.0"}
    return yaml.safe_dump({**head, "axes": {n: AXES[n] for n in names}, "statements": statements})


def spec(name: str, text: str, **about: object) -> ModelSpec:
    """A planted model with these opinions; `about` has keys of models.yaml."""
    return ModelSpec(name, text, "planted", **about)  # type: ignore[arg-type]


def probed(folder: Path, *models: ModelSpec, axes: int = 2, out: str = "out") -> Tables:
    """Run these models into `folder / out`; returns the tables."""
    (folder / "toy.yaml").write_text(toy(axes))
    (folder / "short.yaml").write_text(PROTOCOL)
    asked = session.Request(
        models=models, set=str(folder / "toy.yaml"), protocol=str(folder / "short.yaml")
    )
    return session.probe(asked, folder / out)
