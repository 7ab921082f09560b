"""Backend `recorded`: replies that somebody collected elsewhere, instead of a model.

``recorded:FILE`` (see `recordings.recording`). It answers what the file answers; where
the file has no reply there is none, and that is evidence too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.backends.recordings.recording import Cell, Recording, read
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Prompt, StatementSet, Writing


@dataclass(frozen=True)
class Recorded:
    """One model of a recording; implements `Writer`, once `bound` to the set that it answered."""

    info: ModelInfo
    recording: Recording
    """Of this model alone."""
    replies: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def rounds(self) -> dict[str, list[tuple[int, int]]]:
        """Wording -> the orders and seeds in which the file has replies."""
        found: dict[str, dict[tuple[int, int], None]] = {}
        for row in self.recording.rows:
            found.setdefault(row.wording, {})[row.order, row.seed] = None
        return {wording: sorted(rounds) for wording, rounds in found.items()}

    def bound(self, statements: StatementSet) -> "Recorded":
        """With each reply at the statement of the set that it is about.

        Raises:
            ModelError: a statement is not in the set, or a row stands twice.
        """
        rows = zip(self.recording.rows, self.recording.places(statements), strict=True)
        return replace(self, replies={(*at, r.wording, r.order, r.seed): r.reply for r, at in rows})

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Plain; what was really asked is not known."""
        return ask + joint + begin

    def write(self, prompts: Sequence[Prompt], _writing: Writing) -> list[str | None]:
        """The recorded replies; None where there is none."""
        return [
            self.replies.get((p.statement.id, p.mirrored, p.wording, p.order, p.seed))
            for p in prompts
        ]


def load(spec: ModelSpec, options: LoadOptions) -> Recorded:
    """The one model that ``recorded:FILE`` holds, or that ``recorded:FILE#MODEL`` picks.

    Raises:
        ModelError: the file holds several models, none, or is at fault.
    """
    del options  # nothing is loaded
    found = read(spec.id)
    if len(found.models) > 1:
        raise ModelError(
            f"{found.path}: holds {len(found.models)} models ({', '.join(found.models)}); pick one "
            f"with recorded:FILE#MODEL"
        )
    info = replace(ModelInfo.of(spec, "recorded"), weights=found.sha256, dtype="none")
    return Recorded(info, found)
