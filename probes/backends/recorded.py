"""Backend `recorded`: replies that were collected elsewhere, in place of a model.

``recorded:FILE`` (see `recordings.recording`). Prompts without a reply in the file get a missing
answer. Log-likelihoods of options, if the file has them instead of texts, are scores
(`RecordedScores`).

A backend of recorded replies defines, in addition to `load`: `expand`, the models in a file;
`wordings`, those with replies; and models with `rounds` and `bind`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.backends.recordings.recording import Cell, Recording, read
from probes.backends.recordings.rows import TYPED, RecordedReply
from probes.errors import ModelError, UsageError
from probes.types import (
    LoadOptions,
    ModelInfo,
    ModelSpec,
    Option,
    Prompt,
    Reply,
    StatementSet,
    Writing,
)

ScoredCell = tuple[str, str, int, bool, str, int]
"""``(role, statement id, variant, mirrored, wording, order)``."""


@dataclass(frozen=True)
class Recorded:
    """The recorded replies of one model; implements `RecordedModel` and `Bindable`."""

    info: ModelInfo
    recording: Recording
    """The replies of this model."""
    replies: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def rounds(self) -> dict[str, list[tuple[int, int]]]:
        """Wording -> ``(order, seed)`` pairs with replies in the file."""
        rounds: dict[str, dict[tuple[int, int], None]] = {}
        for row in self.recording.rows:
            rounds.setdefault(row.wording, {})[row.order, row.seed] = None
        return {wording: sorted(pairs) for wording, pairs in rounds.items()}

    def bind(self, statements: StatementSet) -> "Recorded":
        """Assign each reply to its statement of the set.

        Raises:
            ModelError: a statement is not in the set, or a row is repeated.
        """
        rows = zip(self.recording.rows, self.recording.places(statements), strict=True)
        return replace(
            self, replies={(*place, r.wording, r.order, r.seed): r.reply for r, place in rows}
        )

    def render(self, ask: str, begin: str, joint: str) -> str:
        """A plain prompt; the original prompt is unknown."""
        return ask + joint + begin

    def write(self, prompts: Sequence[Prompt], _writing: Writing) -> list[str | None]:
        """The recorded replies; None for a missing one."""
        return [
            self.replies.get(
                (p.statement.id, p.statement.variant, p.mirrored, p.wording, p.order, p.seed)
            )
            for p in prompts
        ]


@dataclass(frozen=True)
class RecordedScores:
    """The recorded log-likelihoods of one model; implements `Scorer` and `Bindable`."""

    info: ModelInfo
    recording: Recording
    """The rows of this model."""
    scores: Mapping[ScoredCell, RecordedReply] = field(default_factory=dict)

    packed = False

    def bind(self, statements: StatementSet) -> "RecordedScores":
        """Assign each row to its cell of the set.

        Raises:
            ModelError: a row is about another set, or is repeated.
        """
        self.recording.require_set(statements)
        scores: dict[ScoredCell, RecordedReply] = {}
        for row in self.recording.rows:
            if (row_cell := row.cell) is None:
                continue
            cell = (
                row_cell.role,
                row_cell.statement,
                row_cell.variant,
                row_cell.mirrored,
                row_cell.wording,
                row_cell.order,
            )
            if scores.setdefault(cell, row) is not row:
                raise ModelError(
                    f"{self.recording.path}: {row.where}: {row_cell.statement!r} a second time in "
                    f"wording {row_cell.wording!r}, first in {scores[cell].where}"
                )
        return replace(self, scores=scores)

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The plain prompt, as in the exported task."""
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """All options, since all of them were scored.

        Raises:
            ModelError: the recording has no row in this wording.
        """
        wordings = dict.fromkeys(cell[4] for cell in self.scores)
        if prompt.wording not in wordings:
            raise ModelError(
                f"{self.recording.path}: holds nothing in wording {prompt.wording!r} but in "
                f"{', '.join(wordings)}: give the protocol that was exported, --protocol NAME"
            )
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """1 for each prompt: all cost the same."""
        return [1] * len(prompts)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """The recorded log-likelihoods; a failed answer for a missing row.

        Raises:
            ModelError: a row was recorded with another text or other options.
        """
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        statement, mirrored = prompt.statement, prompt.mirrored
        cell = (
            *(prompt.role, statement.id, statement.variant, mirrored),
            *(prompt.wording, prompt.order),
        )
        row = self.scores.get(cell)
        if row is None:
            return Reply(status="failed", reason="no reply")
        labels = {option.label for option in prompt.options}
        if row.before != prompt.before or (row.logprobs or {}).keys() != labels:
            raise ModelError(
                f"{self.recording.path}: {row.where}: {prompt.name!r} in wording "
                f"{prompt.wording!r} was asked in other words than this protocol's"
            )
        return Reply(logprobs=row.logprobs)


def load(spec: ModelSpec, options: LoadOptions) -> Recorded | RecordedScores:
    """Load the only model in ``recorded:FILE``, or the one of ``recorded:FILE#MODEL``.

    Raises:
        ModelError: the file holds no model or several, or is damaged.
    """
    del options  # nothing is loaded
    recording = read(spec.id)
    models = recording.models
    if len(models) > 1:
        raise ModelError(
            f"{recording.path}: holds {len(models)} models ({', '.join(models)}); pick one "
            f"with recorded:FILE#MODEL"
        )
    info = replace(ModelInfo.of(spec, "recorded"), weights=recording.sha256, dtype="none")
    return RecordedScores(info, recording) if recording.scored else Recorded(info, recording)


def expand(spec: ModelSpec) -> list[ModelSpec]:
    """One spec for each model in the file, with the model's name there.

    Raises:
        ModelError: the file is missing or damaged.
        UsageError: one name is given to several models of a file.
    """
    file, _, picked = spec.id.partition("#")
    named = spec.name != f"recorded:{spec.id}"
    if named and picked:
        return [spec]
    recording = read(spec.id)
    models = recording.models
    if models == [""] and not named:
        raise ModelError(
            f"{recording.path}: has no column 'model': name the model, as in "
            f"--model NAME=recorded:FILE, or the column: {TYPED.format('model=ITS-NAME')}"
        )
    if named and len(models) > 1:
        raise UsageError(
            f"--model {spec.name}=recorded:{spec.id}: it holds {len(models)} models "
            f"({', '.join(models)}); name one, as in {spec.name}=recorded:FILE#{models[0]}"
        )
    return [
        replace(spec, name=spec.name if named else name, id=f"{file}#{name}") for name in models
    ]


def scores(spec: ModelSpec) -> bool:
    """Whether the file holds probabilities of options, for protocols that score options.

    Raises:
        ModelError: as `read`.
    """
    return read(spec.id).scored


def wordings(specs: Sequence[ModelSpec], statements: StatementSet) -> list[str]:
    """The wordings of the replies in the models' files. Files with scores have none here, since
    their wordings are those of a protocol.

    Raises:
        ModelError: a model is not in its file, or a reply is to no statement of the set.
    """
    names = dict[str, None]()
    for file in dict.fromkeys(spec.id.partition("#")[0] for spec in specs):
        recording = read(file)
        for spec in specs:
            path, _, model = spec.id.partition("#")
            if path == file and model and model not in recording.models:
                recording.of(model)  # raises an error that lists the models
        if recording.scored:
            continue
        recording.places(statements)
        names |= dict.fromkeys(row.wording for row in recording.rows)
    return list(names)
