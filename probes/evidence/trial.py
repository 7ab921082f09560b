"""Extend a trial run: its answers become the first answers of a longer run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from probes.errors import RunError
from probes.evidence import answers
from probes.files import atomic
from probes.files.journal import lines
from probes.types import Header

CHANGES = {"limit", "trial"}
"""Settings of a run that may change when a trial is extended."""


def extend(path: Path, header: Header, trials: Sequence[int]) -> bool:
    """Replace the header of an earlier trial's evidence by that of this run.

    The answers stay, since the plan of this run begins with theirs. Evidence of other runs is not
    changed. Returns whether the header was replaced.

    Args:
        path: The file of evidence, which need not exist.
        header: The header of the longer run.
        trials: The limits of earlier trials in this folder.

    Raises:
        RunError: the evidence belongs to another run, or is damaged.
    """
    if not trials or not path.exists() or not path.stat().st_size:
        return False
    old, _ = answers.read(path)
    if old.limit not in trials or old.limit == header.limit:
        return False
    answers.refuse_other_run(path, old, replace(header, limit=old.limit, plan=old.plan))
    if dict(old.wordings) != dict(header.wordings):
        raise RunError(
            f"{path}: was asked with other words than all statements allow; ask them in another "
            "--out"
        )
    _, *rows = lines(path)
    atomic.write(path, b"".join([answers.line(header), *rows]))
    return True


def check_limit(path: Path, before: object, limit: int | None) -> None:
    """Check that a run asks at least as much as the trial in its folder."""
    if limit == before or (isinstance(before, int) and (limit is None or limit > before)):
        return
    held = "a whole run" if before is None else f"a trial run with --limit {before}"
    raise RunError(
        f"{path}: holds {held}, and --limit {limit} asks less; leave it out, or use another --out"
    )


def earlier(content: Mapping[str, object], limit: int | None) -> list[int]:
    """The limits of earlier trials according to the content of `run.yaml`."""
    trials = content.get("trials")
    limits = [*(trials if isinstance(trials, list) else []), content.get("limit")]
    earlier = [n for n in limits if isinstance(n, int) and n != limit]
    return list(dict.fromkeys(earlier))
