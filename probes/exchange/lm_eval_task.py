"""Export of a set and a protocol as a task folder of lm-evaluation-harness.

Every cell for a causal model without chat template is a document: the text before the slot, and as
choices each form of each option with the text after it. So the harness's log-likelihoods are those
of docs/method.md 2; ``recorded:samples_....jsonl`` reads them back. The harness itself prints raw
means over documents (agreement; per axis, agreement times the sign of the statement's effect),
without intervals, bounds or gates.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from probes import plugins
from probes.asking import variants
from probes.asking.usual import folder_of
from probes.backends.recordings.cell import KEY, SampleCell
from probes.backends.recordings.lm_eval import BEFORE, LABELS
from probes.errors import RunError, UsageError
from probes.files import atomic
from probes.files.lock import LOCK, held
from probes.instruments import sets
from probes.runs.folder import Folder
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice
from probes.types import Materials, ModelInfo, Prompt

METRIC = "agreement"
"""Name of the metric of agreement with the text; there is also one metric per axis."""
PLAIN = ModelInfo("lm-evaluation-harness", "causal", "")
"""The model that prompts are rendered for: without a chat template, so that they are one text."""
CODE = '''\
"""Read by lm-evaluation-harness: the documents, and raw means over them."""

import json
import math
from pathlib import Path


def docs(**_):
    import datasets

    lines = Path(__file__).with_name("docs.jsonl").read_text("utf-8").rstrip("\\n").split("\\n")
    return {"test": datasets.Dataset.from_list([json.loads(line) for line in lines])}


def process_results(doc, results):
    """Agreement tanh(L / 2) with the text, and, keyed, with the positive pole of each axis."""
    sides = {}
    for (value, _), side in zip(results, doc["sides"]):
        sides.setdefault(side, []).append(value)
    agree, disagree = (_total(sides[side]) for side in ("agree", "disagree"))
    agreement = math.tanh((agree - disagree) / 2)
    pulls = {axis: sign for axis, sign in doc["pulls"].items() if sign}
    asked = {"agreement": agreement} if doc["probes"]["role"] in ("statement", "mirror") else {}
    return asked | {axis: sign * agreement for axis, sign in pulls.items()}


def _total(values):
    most = max(values)
    return most + math.log(sum(math.exp(value - most) for value in values))
'''


class PlainModel:
    """Renders prompts like a causal model without a chat template; cannot answer."""

    info = PLAIN

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot."""
        return ask + joint + begin


def meant(run_or_set: str, protocol: str) -> tuple[Materials, int]:
    """The materials and the seed of a run, or of a set with a protocol.

    Args:
        run_or_set: Folder of a run, or name or file of a set.
        protocol: Protocol for a set; ignored for a run.

    Raises:
        ProbesError: there is no such run or set, or it has faults.
    """
    path = Path(run_or_set)
    if path.is_dir():
        folder = Folder(path)
        seed = folder.run().get("seed")
        return folder.materials(), seed if isinstance(seed, int) else 0
    statements = sets.load(run_or_set)
    folder_path = folder_of("statements", run_or_set)
    return gather(statements, ProtocolChoice(protocol), folder_path), 0


def save(materials: Materials, seed: int, folder: Path) -> list[Path]:
    """Write the task's documents, code and description.

    Args:
        materials: The set and a protocol that scores options.
        seed: Seed of random choices, such as which variants are asked.
        folder: Target folder: new (its parent exists), empty, or of this very task.

    Returns:
        The files written; the last is the task's YAML.

    Raises:
        UsageError: the protocol asks for written replies, or an axis has the name of a metric.
        RunError: the folder cannot be written, or holds something else.
    """
    recipe = materials.recipe.of(PLAIN)
    if recipe.method != "choice":
        raise UsageError(
            f"--lm-eval: protocol {recipe.name} has replies written; give one that scores options, "
            "such as --protocol default"
        )
    method = plugins.find("methods", recipe.method, "prompts")
    prompts = [
        prompt
        for part in variants.rounds(materials, seed, None)
        for prompt in method.prompts(PlainModel(), part, seed=seed, limit=None)
    ]
    axes = [axis.name for axis in materials.statements.axes]
    if METRIC in axes:
        raise UsageError(
            f"--lm-eval: the set {materials.statements.name} has an axis {METRIC!r}, as the task's "
            "metric of agreement is called; give the axis another name"
        )
    lines = [
        json.dumps(_document(prompt, materials, axes), ensure_ascii=False) for prompt in prompts
    ]
    name = re.sub(r"\W+", "_", f"probes_{materials.statements.name}_{recipe.name}")
    contents = {
        "docs.jsonl": "\n".join(lines) + "\n",
        "utils.py": CODE,
        f"{name}.yaml": _description(name, materials, axes),
    }
    _make(folder, f"{name}.yaml", contents)
    with held(folder, "command"):
        (folder / f"{name}.yaml").unlink(missing_ok=True)  # no description beside other documents
        for file, text in contents.items():
            atomic.write(folder / file, text.encode())
    return [folder / file for file in contents]


def _make(folder: Path, mark: str, own_files: Collection[str]) -> None:
    """Create the folder, or check that it is empty or of this task: other tasks have documents of
    the same name, and run folders have hashed files.

    Raises:
        RunError: the folder holds something else, or cannot be created.
    """
    try:
        folder.mkdir(exist_ok=True)
        names = {path.name for path in folder.iterdir() if path.suffix != atomic.PART} - {LOCK}
    except OSError as error:
        raise RunError(f"{folder}: cannot be made: {error.strerror}") from None
    others = {name for name in names if name.endswith((".yaml", ".yml"))} - {mark}
    if others or (mark not in names and not names <= {*own_files}):
        raise RunError(
            f"{folder}: is not empty and not the folder of this task ({mark}); give --lm-eval a "
            "folder of its own"
        )


def _document(prompt: Prompt, materials: Materials, axes: Sequence[str]) -> dict[str, object]:
    """The document of a prompt: keys of the harness, and the prompt's cell."""
    statements, statement = materials.statements, prompt.statement
    claim = prompt.role in {"statement", "mirror"}
    signs = (
        {a: (weight > 0) - (weight < 0) for a, weight in statement.effects.items()} if claim else {}
    )
    cell = SampleCell(
        set=statements.name,
        set_sha256=statements.sha256,
        role=prompt.role,
        statement=statement.id,
        mirrored=prompt.mirrored,
        wording=prompt.wording,
        order=prompt.order,
        seed=prompt.seed,
        variant=statement.variant,
    )
    forms = [(option, form) for option in prompt.options for form in option.forms]
    return {
        BEFORE: prompt.before,
        "choices": [form + prompt.after for _, form in forms],
        LABELS: [option.label for option, _ in forms],
        "sides": [option.side for option, _ in forms],
        "pulls": {a: (-1 if prompt.mirrored else 1) * signs.get(a, 0) for a in axes},
        "target": 0,
        KEY: asdict(cell),
    }


def _description(name: str, materials: Materials, axes: Sequence[str]) -> str:
    """The task's YAML, with values as JSON, which YAML includes."""
    statements, recipe = materials.statements, materials.recipe
    metrics = [
        {"metric": metric, "aggregation": "mean", "higher_is_better": True}
        for metric in (METRIC, *axes)
    ]
    about: Mapping[str, object] = {
        "version": 1,
        "set": statements.name,
        "set_sha256": statements.sha256,
        "protocol": recipe.name,
        "protocol_sha256": recipe.sha256,
    }
    quoted = {
        "task": name,
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": BEFORE,
        "doc_to_choice": "choices",
        "doc_to_target": "target",
        "target_delimiter": "",
        "num_fewshot": 0,
        "metric_list": metrics,
        "metadata": about,
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in quoted.items()]
    functions = ["custom_dataset: !function utils.docs"]
    functions += ["process_results: !function utils.process_results"]
    return "\n".join([*lines, *functions]) + "\n"
