"""``python -m benchmarks.validity``: makes the numbers of docs/method.md, section 4, again.

Prints a table, part by part, and writes results/validity.json and the table of the documentation.
Ends with status 1 where a promise is not kept.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.validity.world import Row

PARTS = {
    "intervals": "benchmarks.validity.intervals",
    "ellipse": "benchmarks.validity.ellipse",
    "paired": "benchmarks.validity.paired",
    "populations": "benchmarks.validity.populations",
    "replies": "benchmarks.validity.replies",
    "following": "benchmarks.validity.following",
    "challenges": "benchmarks.validity.challenges",
    "requests": "benchmarks.validity.request_pairs",
}
"""Name of a part -> its module, which has ``rows(trials, seed)``, and may have `MOST_TRIALS`."""
RESULTS = Path(__file__).parent.parent / "results" / "validity.json"
PAGE = Path(__file__).parent.parent.parent / "docs" / "explanation" / "validity.md"
BEGIN, END = "<!-- written by `python -m benchmarks.validity` -->", "<!-- end -->"


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and keep; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validity", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    parser.add_argument("--trials", type=int, default=4000, help="of each condition (4000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry", action="store_true", help="print only, write nothing")
    given = parser.parse_args(words)
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    fine = True
    for part in given.part or PARTS:
        started, rows = time.monotonic(), list[Row]()
        module = importlib.import_module(PARTS[part])
        trials = min(given.trials, getattr(module, "MOST_TRIALS", given.trials))
        for row in module.rows(trials, given.seed):
            rows.append(row)
            print(line(row), flush=True)
        seconds = round(time.monotonic() - started)
        fine &= all(row.kept for row in rows)
        facts = {"trials": trials, "seed": given.seed, "seconds": seconds}
        kept[part] = {**facts, "rows": [asdict(row) for row in rows]}
    if not given.dry:
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        publish(kept, PAGE)
    return 0 if fine else 1


def line(row: Row) -> str:
    """A row of the table on the screen."""
    mark = "" if row.kept else f"   not within {row.least:g} to {row.most:g}"
    return f"{row.value:6.1f} {row.unit:6s} {row.what}: {row.condition}; {row.at}{mark}"


def publish(kept: dict[str, dict[str, object]], page: Path) -> None:
    """The table between the marks of a page, a line a condition."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(kept)}\n{END}{after}", "utf-8")


def markdown(kept: dict[str, dict[str, object]]) -> str:
    """All parts; the values of a condition stand in one line, each with its true positions."""
    lines = list[str]()
    for part in (name for name in PARTS if name in kept):
        about = kept[part]
        lines += [
            f"\n### {part}",
            "",
            f"{about['trials']:,} trials a number, seed {about['seed']}.",
        ]
        lines += ["", "| what | condition | measured (at true position) |", "| --- | --- | --- |"]
        groups: dict[tuple[str, str], list[str]] = {}
        for row in (Row(**fields) for fields in about["rows"]):  # type: ignore[attr-defined]
            at = f" ({row.at})" if row.at else ""
            unit = "" if row.unit == "%" else f" {row.unit}"
            missed = "" if row.kept else " **not kept**"
            told = f"{row.value:.1f}{unit}{at}{missed}"
            groups.setdefault((row.what, row.condition), []).append(told)
        lines += [f"| {what} | {name} | {'; '.join(v)} |" for (what, name), v in groups.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
