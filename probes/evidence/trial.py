"""A trial's answers become the first answers of a longer run: its header is replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from probes.errors import RunError
from probes.evidence import answers
from probes.files import atomic
from probes.files.journal import lines
from probes.types import Header

CHANGES = {"limit", "trial"}
"""Settings of a run that an extended trial changes."""


def extend(path: Path, header: Header, trials: Sequence[int]) -> bool:
    """Bring the evidence of an earlier, smaller sample under the header of this run.

    The answers stay as they are, since the plan of this run begins with theirs. Evidence that is
    not of one of these trials is left alone. Says whether anything was brought.

    Args:
        path: Of the evidence, which need not be there.
        header: Of the run that goes on with it.
        trials: The limits that its folder was asked with before.

    Raises:
        RunError: it is evidence of another run, or damaged.
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
    """A trial may be extended; nothing that was asked may be left out."""
    if limit == before or (isinstance(before, int) and (limit is None or limit > before)):
        return
    held = "a whole run" if before is None else f"a trial run with --limit {before}"
    raise RunError(
        f"{path}: holds {held}, and --limit {limit} asks less; leave it out, or use another --out"
    )


def earlier(content: Mapping[str, object], limit: int | None) -> list[int]:
    """The limits of what `run.yaml` says that are smaller than this one."""
    trials = content.get("trials")
    limits = [*(trials if isinstance(trials, list) else []), content.get("limit")]
    earlier = [n for n in limits if isinstance(n, int) and n != limit]
    return list(dict.fromkeys(earlier))
