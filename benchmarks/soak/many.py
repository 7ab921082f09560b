"""Time and memory of `probes place` on a simulated run folder with ten million answers.

    python -m benchmarks.soak.many --models 1000 --answers 10000 [--out DIR]

The folder has the files of `probes run`, with simulated answers: every model has its own leaning
and yes-bias, and every answer has noise. Prints seconds of each stage (see `staged`) and of the
whole command, figures included, and its peak memory, child processes included. The limits are for
the whole command.
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from benchmarks.soak.staged import GIB, place
from probes.asking import protocols
from probes.asking.loop import VERSION, Plan, plan
from probes.backends import planted
from probes.evidence import answers
from probes.instruments import sets
from probes.runs.folder import model_entry, opened
from probes.runs.run_yaml import Settings
from probes.types import Answer, Header, LoadOptions, Materials, ModelSpec, Prompt


def instrument(statements: int) -> str:
    """YAML of a set of statements on two axes, with balanced keys, mirrors and topics."""
    poles = {"economic": ("left", "right"), "social": ("libertarian", "authoritarian")}
    entries = [
        {
            "id": f"statement-{n}",
            "text": f"Measure number {n} of the programme should become law in the coming year.",
            "mirror": f"Measure number {n} of the programme would do more harm than good.",
            "topic": f"topic {n // 2 % 20}",
            "effects": {list(poles)[n % 2]: 1 if n // 2 % 2 else -1},
        }
        for n in range(statements)
    ]
    axes = {name: {"negative": one, "positive": other} for name, (one, other) in poles.items()}
    head = {"name": "many", "title": "Many", "language": "en", "licence": "CC0-1.0", "axes": axes}
    return yaml.safe_dump({**head, "statements": entries}, sort_keys=False)


def materials(folder: Path, cells: int) -> Materials:
    """A set and the default protocol with about `cells` cells per model."""
    recipe = protocols.load("default")
    controls = sets.load(recipe.controls) if recipe.controls else None
    path = folder / "many.yaml"

    def of(statements: int) -> Materials:
        path.write_text(instrument(statements))
        return Materials(sets.load(path), recipe, controls)

    few, more = (planned(of(n)).header.cells for n in (10, 20))
    return of(max(4, 10 + round((cells - few) * 10 / (more - few))))


def planned(asked: Materials) -> Plan:
    """The plan of every model."""
    return plan(planted.load(ModelSpec("m", "social=1", "planted"), LoadOptions()), asked)


def lines(model_plan: Plan, header: Header, rng: np.random.Generator) -> Iterator[bytes]:
    """The lines of a model's answers in plan order, by batch."""
    leaning = {axis: rng.normal(0, 1.5) for axis in ("economic", "social")}
    bias = rng.normal(0.5, 0.5)
    for batch in model_plan.batches:
        cells = [prompt for group in batch for prompt in group]
        noise = rng.normal(0, 1, len(cells))
        text = [
            line(header, prompt, bias + float(z) + pull(prompt, leaning))
            for prompt, z in zip(cells, noise, strict=True)
        ]
        yield "".join(text).encode()


def pull(prompt: Prompt, leaning: dict[str, float]) -> float:
    """Log-odds of agreement with the text, without bias and noise."""
    if prompt.role == "control":
        truth = 2.0 if sum(prompt.statement.effects.values()) > 0 else -2.0
        return -truth if prompt.mirrored else truth
    pulls = sum(weight * leaning[axis] for axis, weight in prompt.statement.effects.items())
    return -pulls if prompt.mirrored else pulls


def line(header: Header, prompt: Prompt, log_odds: float) -> str:
    """The line of an answer as by `answers.line`, but faster: parts shared by models are cached."""
    cached = PARTS.get(id(prompt))
    if cached is None:
        cached = PARTS[id(prompt)] = parts(prompt)
    before, sides, after = cached
    yes, no = -math.log1p(math.exp(-log_odds)), -math.log1p(math.exp(log_odds))
    scores = ",".join(f"{label}{(yes if up else no) - share!r}" for label, up, share in sides)
    return f'{before}{scores}{after}{answers.key(header, prompt)}"}}\n'


PARTS: dict[int, tuple[str, list[tuple[str, bool, float]], str]] = {}


def parts(prompt: Prompt) -> tuple[str, list[tuple[str, bool, float]], str]:
    """The parts of a line that do not depend on the model, around its numbers."""
    empty = Answer(
        **{n: getattr(prompt, n) for n in ("role", "wording", "order", "seed", "before", "after")},
        statement=prompt.name,
        logprobs={},
        mass=0.5,
        status="ok",
        key="KEY",
    )
    before, after = answers.line(empty).decode().rstrip("\n").split('"logprobs":{')
    sides = [o for o in prompt.options if o.side != "neutral"]
    log_counts = {o.label: math.log(sum(x.side == o.side for x in sides)) for o in sides}
    scored = [(f"{json.dumps(o.label)}:", o.side == "agree", log_counts[o.label]) for o in sides]
    return f'{before}"logprobs":{{', scored, after.replace('KEY"}', "")


def plant(out: Path, models: int, cells: int) -> int:
    """Write the run folder; returns its number of answers."""
    with tempfile.TemporaryDirectory() as folder:
        asked = materials(Path(folder), cells)
        raw = (Path(folder) / "many.yaml").read_bytes()
    model_plan = planned(asked)
    settings = Settings(
        *(asked.statements.name, asked.statements.sha256, asked.recipe.name, asked.recipe.sha256),
        *(0, None, "auto", "auto", VERSION),
    )
    with opened(out, settings) as folder:
        folder.write("set.yaml", raw)
        folder.write("protocol.yaml", protocols.dump(asked.recipe))
        if asked.recipe.controls:
            folder.write("controls.yaml", Path("statements/controls.yaml").read_bytes())
        folder.record(settings, [], "benchmarks.soak.many")
        infos = []
        for n in range(models):
            info = replace(
                model_plan.header.model, name=f"model-{n:05}", id=f"{n}", weights=f"{n:064x}"
            )
            header = replace(model_plan.header, model=info)
            with folder.answers(info.name).open("wb") as file:
                file.write(answers.line(header))
                file.writelines(lines(model_plan, header, np.random.default_rng(n)))
            infos.append(model_entry(info, 0))
        folder.record(settings, infos, "")
    return models * model_plan.header.cells


def main() -> int:
    """Write the folder, place its models, print the results; returns 1 above the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--answers", type=int, default=10_000, help="of each model, about")
    parser.add_argument("--out", type=Path, help="keep the folder; one that is there is used again")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp()) / "run"
    if not (out / "run.yaml").exists():
        print(f"{plant(out, options.models, options.answers):,} answers in {out}", flush=True)
    size = sum(path.stat().st_size for path in (out / "answers").iterdir())
    print(f"{size / GIB:.1f} GiB of evidence, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        placed = place(out, Path(scratch))
    print(placed, flush=True)
    if options.out is None:
        shutil.rmtree(out.parent)
    return int(not placed.within)


if __name__ == "__main__":
    sys.exit(main())
