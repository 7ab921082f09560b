"""The acts (parts) of `probes demo --paper`: corpora, models, tasks, losses, rewards.

Each act can be run alone, and is resumed in its folder. Its page ``OUT/ACT.md`` has the results,
and what they show and do not show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.demo import paper, rewards, shortcut
from probes.demo.folder import OnProgress, claimed
from probes.demo.groups import act as groups
from probes.demo.paper_corpora import PaperPlan
from probes.errors import UsageError, nearest
from probes.files.atomic import write
from probes.files.escape import markdown

Row = Mapping[str, object]
HIDDEN = "the models have two layers, and every text is made for it"


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """The results of an act, for its page."""

    name: str
    rows: Sequence[Row]
    """The table of results."""
    sentences: Sequence[str]
    """Results that are not in the table."""
    found: int
    """Number of planted effects that were recovered."""
    planted: int
    """Number of planted effects."""
    what: str
    """Noun phrase for the counted effects."""
    shows: str
    """What the act demonstrates."""
    silent: str
    """What the act does not demonstrate."""
    files: str
    """Paths of the main output files."""

    @property
    def verdict(self) -> str:
        """How many planted effects were recovered, in words."""
        return f"{self.found} of {self.planted} {self.what}"


def chosen(names: Sequence[str]) -> list[str]:
    """The acts with these names, without repeats; all acts if there are no names.

    Raises:
        UsageError: there is no such act.
    """
    for name in names:
        if name not in ACTS:
            raise UsageError(f"--act {name}: {nearest(name, ACTS)}")
    return list(dict.fromkeys(names or ACTS))


def perform(name: str, out: Path, on_progress: OnProgress | None = None) -> ActOutcome:
    """Run an act and write its page.

    Raises:
        RunError: `out` holds something else.
    """
    outcome = ACTS[name](out, on_progress or (lambda _: None))
    write(out / f"{name}.md", _page(outcome).encode())
    return outcome


def _corpora(out: Path, _: OnProgress) -> ActOutcome:
    rows = paper.corpora(out)
    return ActOutcome(
        "corpora",
        rows,
        (),
        *_count(rows, lambda row: bool(row["found"])),
        "corpora and axes are where they were written to stand (not placed, where a corpus says "
        "nothing)",
        "the way from a text to its position is right",
        "how well stances are read in text that does not quote the statements word for word",
        f"{out}/{paper.PLACED}",
    )


def _models(out: Path, on_progress: OnProgress) -> ActOutcome:
    from probes.corpora.dose import described

    rows = paper.run(out, on_progress)
    expected = [row for row in rows if row["expected"]]
    return ActOutcome(
        "models",
        rows,
        list(described(paper.dose(out))),
        *_count(expected, lambda row: row["found"] == "yes"),
        "shifts are as their corpus has it (left and right: the interval is clear of zero on that "
        "side; none: not told apart from the base)",
        "the way from corpus to placement is right",
        f"anything about a real model: {HIDDEN}",
        f"{out}/run/shift.png, families.png; {out}/dose/dose.png",
    )


def _tasks(out: Path, on_progress: OnProgress) -> ActOutcome:
    with claimed(out, paper.settings(PaperPlan())):
        assertions = groups.run(out / "groups", on_progress)
    rows = [{"holds": a.holds, "assertion": a.says, "found": a.found} for a in assertions]
    return ActOutcome(
        "tasks",
        rows,
        (),
        *_count(rows, lambda row: bool(row["holds"])),
        "assertions hold",
        "the way from a corpus to a gap of a classifier: the gap is found where it was planted, "
        "and nowhere else, and labelled texts about the group mend it",
        f"how large gaps are elsewhere: {HIDDEN}, heads are trained on frozen bodies, and 10 of "
        "100 labels are wrong on purpose. Where labelled texts cover the group, little of the gap "
        "is left, which may be why published ones are of one or two points. The vote mends it by "
        "construction: for each group one member of three is wrong",
        f"{out}/groups/{groups.TRAIL}.png",
    )


def _losses(out: Path, on_progress: OnProgress) -> ActOutcome:
    with claimed(out, paper.settings(PaperPlan())):
        return losses(out / "losses", on_progress)


def losses(out: Path, on_progress: OnProgress) -> ActOutcome:
    """Run the act of the debiasing losses in its own folder."""
    table = shortcut.run(out, on_progress)
    freed = table[table["loss"].isin(shortcut.FREED)]
    return ActOutcome(
        "losses",
        table.to_dict("records"),  # type: ignore[arg-type]  # columns are words
        (),
        int(((freed["right"] - freed["target"]).abs() < shortcut.WITHIN).sum()),
        len(freed),
        f"shares of {' and '.join(shortcut.FREED)} are within {shortcut.WITHIN} of what is known "
        "in closed form",
        "the losses do what their formulas say: who follows the shortcut alone is right in 90, 50 "
        "and 0 of 100 texts (plain has not come all the way when training ends), who is freed of "
        "it in 85 of all three; focal over-corrects",
        "anything about a real classifier, or a bias that is not known",
        f"{out}/{shortcut.TABLE}",
    )


def _rewards(out: Path, on_progress: OnProgress) -> ActOutcome:
    with claimed(out, paper.settings(PaperPlan())):
        rows = rewards.run(out / "rewards", on_progress)
    return ActOutcome(
        "rewards",
        rows,
        (),
        *_count(rows, lambda row: bool(row["found"])),
        f"planted positions found (placed, within {rewards.MAX_DISTANCE} points, and the "
        "taste for replies that agree, or against them, seen)",
        "a reward model's leaning is found, and a taste for agreeing or not cancels between a "
        "statement and its mirror",
        "how real reward models lean: these know no question but those of the protocol",
        f"{out}/rewards/run/compass.png",
    )


def _count(rows: Sequence[Row], is_found: Callable[[Row], bool]) -> tuple[int, int]:
    return sum(map(is_found, rows)), len(rows)


ACTS: Mapping[str, Callable[[Path, OnProgress], ActOutcome]] = {
    "corpora": _corpora,
    "models": _models,
    "tasks": _tasks,
    "losses": _losses,
    "rewards": _rewards,
}
"""Name -> act, in the order in which they are run."""


def _page(outcome: ActOutcome) -> str:
    """The page of an act in Markdown."""
    columns = list(outcome.rows[0]) if outcome.rows else []
    lines = [
        f"# {outcome.name}: {outcome.verdict}",
        f"Shows: {outcome.shows}.",
        f"Does not show: {outcome.silent}.",
        "\n".join(
            [
                f"| {' | '.join(columns)} |",
                f"|{' --- |' * len(columns)}",
                *(f"| {' | '.join(map(_cell, row.values()))} |" for row in outcome.rows),
            ]
        ),
        *outcome.sentences,
        f"Files: {outcome.files}",
    ]
    return "\n\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return markdown(f"{value:.2f}" if isinstance(value, float) else str(value))
