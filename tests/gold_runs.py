"""Real answer sheets of seven models for three public tests, and runs made from them.

The data are external (see `needs_data`): ten sheets per model, one for each prompt, with the scores
printed by the test's web site.
"""

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest import mock

import pytest

from probes import cli
from probes.instruments import sets
from probes.runs import conclude

DATA = Path(__file__).parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
TEXTS = {
    "pct62": "polilean_example.jsonl",
    "8values": "8values_questions.js",
    "sapply": "sapply_questions.js",
}
SETS = {name: sets.outline(name) for name in TEXTS}
LABELS = ("strongly disagree", "disagree", "neutral", "agree", "strongly agree")
Sheet = Sequence[int | None]


def gold(name: str) -> list[dict[str, str]]:
    """Rows with model, run, answers, and a column for each axis with the site's score."""
    with (DATA / f"{name}_gold.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(name: str, sheets: Mapping[tuple[str, str], Sheet], out: Path, *words: str) -> None:
    """`probes run --model recorded:FILE --set NAME --out OUT`, without a figure.

    Args:
        name: Name of the test's set.
        sheets: (model, wording) -> number of each answer; None: a refusal.
        out: The run folder; the file of replies is written beside it.
        words: Further arguments of the command.
    """
    labels = [label for label in LABELS if name != "pct62" or label != "neutral"]
    file = out.with_name(f"{out.name}.csv")
    with file.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["model", "wording", "statement", "reply"])
        for (model, wording), answers in sheets.items():
            for statement, answer in zip(SETS[name].statements, answers, strict=True):
                reply = "I would rather not say." if answer is None else labels[answer]
                rows.writerow([model, wording, statement.id, reply])
    asked = ["probes", "run", "--model", f"recorded:{file}", "--set", name, "--out", str(out)]
    asked += ["--text", str(DATA / TEXTS[name]), *words]
    with (
        mock.patch.object(sys, "argv", asked),
        mock.patch.object(conclude, "draw"),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    assert not ended.value.code


def make(folder: Path) -> None:
    """Make a run for each test: seven models, one wording per prompt."""
    folder.mkdir()
    for name in TEXTS:
        sheets = {(r["model"], r["run"]): [int(d) for d in r["answers"]] for r in gold(name)}
        run(name, sheets, folder / name)
