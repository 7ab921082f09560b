"""``python -m benchmarks.validity``: simulates the numbers of docs/method.md, section 4.

Prints a table for each part, and writes results/validity.json and the table in the documentation.
Exits with status 1 if a promise is not kept.
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
    """Run the parts, print and write the results; returns 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validity", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    parser.add_argument("--trials", type=int, default=4000, help="of each condition (4000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry", action="store_true", help="print only, write nothing")
    options = parser.parse_args(words)
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    all_kept = True
    for part in options.part or PARTS:
        started, rows = time.monotonic(), list[Row]()
        module = importlib.import_module(PARTS[part])
        trials = min(options.trials, getattr(module, "MOST_TRIALS", options.trials))
        for row in module.rows(trials, options.seed):
            rows.append(row)
            print(line(row), flush=True)
        seconds = round(time.monotonic() - started)
        all_kept &= all(row.kept for row in rows)
        facts = {"trials": trials, "seed": options.seed, "seconds": seconds}
        results[part] = {**facts, "rows": [asdict(row) for row in rows]}
    if not options.dry:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        publish(results, PAGE)
    return 0 if all_kept else 1


def line(row: Row) -> str:
    """A row of the printed table."""
    mark = "" if row.kept else f"   not within {row.least:g} to {row.most:g}"
    return f"{row.value:6.1f} {row.unit:6s} {row.what}: {row.condition}; {row.at}{mark}"


def publish(results: dict[str, dict[str, object]], page: Path) -> None:
    """Write the tables between the marks of a page of the documentation."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(results)}\n{END}{after}", "utf-8")


def markdown(results: dict[str, dict[str, object]]) -> str:
    """Tables of all parts, with one line per condition: its values, each with the true position."""
    lines = list[str]()
    for part in (name for name in PARTS if name in results):
        facts = results[part]
        lines += [
            f"\n### {part}",
            "",
            f"{facts['trials']:,} trials a number, seed {facts['seed']}.",
        ]
        lines += ["", "| what | condition | measured (at true position) |", "| --- | --- | --- |"]
        groups: dict[tuple[str, str], list[str]] = {}
        for row in (Row(**fields) for fields in facts["rows"]):  # type: ignore[attr-defined]
            at = f" ({row.at})" if row.at else ""
            unit = "" if row.unit == "%" else f" {row.unit}"
            missed = "" if row.kept else " **not kept**"
            value = f"{row.value:.1f}{unit}{at}{missed}"
            groups.setdefault((row.what, row.condition), []).append(value)
        lines += [f"| {what} | {name} | {'; '.join(v)} |" for (what, name), v in groups.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
