"""Backend `recorded`: replies that somebody collected elsewhere, instead of a model.

``recorded:FILE`` (see `recordings.recording`). It answers what the file answers; where
the file has no reply there is none, and that is evidence too.

Log-likelihoods of options, where the file has them in place of texts, are scores
(`RecordedScores`).

A backend of recorded replies has, beside `load`: `expand`, the models that a file holds;
`wordings`, in which there are replies; and models with `rounds` and `bind`.
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
"""Role, statement, variant, mirror, wording, order."""


@dataclass(frozen=True)
class Recorded:
    """One model of a recording; implements `RecordedModel` and, for the set that it answered,
    `Bindable`."""

    info: ModelInfo
    recording: Recording
    """Of this model alone."""
    replies: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def rounds(self) -> dict[str, list[tuple[int, int]]]:
        """Wording -> the orders and seeds in which the file has replies."""
        rounds: dict[str, dict[tuple[int, int], None]] = {}
        for row in self.recording.rows:
            rounds.setdefault(row.wording, {})[row.order, row.seed] = None
        return {wording: sorted(pairs) for wording, pairs in rounds.items()}

    def bind(self, statements: StatementSet) -> "Recorded":
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
            self.replies.get(
                (p.statement.id, p.statement.variant, p.mirrored, p.wording, p.order, p.seed)
            )
            for p in prompts
        ]


@dataclass(frozen=True)
class RecordedScores:
    """One model whose log-likelihoods were recorded; implements `Scorer` and `Bindable`."""

    info: ModelInfo
    recording: Recording
    """Of this model alone."""
    scores: Mapping[ScoredCell, RecordedReply] = field(default_factory=dict)

    packed = False

    def bind(self, statements: StatementSet) -> "RecordedScores":
        """With each row at its cell.

        Raises:
            ModelError: a row is about another set, or stands twice.
        """
        self.recording.require_set(statements)
        scores: dict[ScoredCell, RecordedReply] = {}
        for row in self.recording.rows:
            if (at := row.cell) is None:
                continue
            cell = at.role, at.statement, at.variant, at.mirrored, at.wording, at.order
            if scores.setdefault(cell, row) is not row:
                raise ModelError(
                    f"{self.recording.path}: {row.where}: {at.statement!r} a second time in "
                    f"wording {at.wording!r}, first in {scores[cell].where}"
                )
        return replace(self, scores=scores)

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Plain, as the task was asked."""
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """All options: what could be scored was.

        Raises:
            ModelError: nothing was asked in this wording.
        """
        wordings = dict.fromkeys(cell[4] for cell in self.scores)
        if prompt.wording not in wordings:
            raise ModelError(
                f"{self.recording.path}: holds nothing in wording {prompt.wording!r} but in "
                f"{', '.join(wordings)}: give the protocol that was exported, --protocol NAME"
            )
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Each costs the same."""
        return [1] * len(prompts)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """The recorded log-likelihoods; a failed answer where there are none.

        Raises:
            ModelError: they are about another text, or other options.
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
    """The one model that ``recorded:FILE`` holds, or that ``recorded:FILE#MODEL`` picks.

    Raises:
        ModelError: the file holds several models, none, or is at fault.
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
    """A model for each that the file holds, called as it is there.

    Raises:
        ModelError: there is no such file, or it is at fault.
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
    """Whether the file holds probabilities of options, which any protocol that scores can ask.

    Raises:
        ModelError: as `read`.
    """
    return read(spec.id).scored


def wordings(specs: Sequence[ModelSpec], statements: StatementSet) -> list[str]:
    """The wordings in which the models' files have replies, each file read once; none where they
    have scores, which are of a protocol's own wordings.

    Raises:
        ModelError: a file lacks a model, or a reply is about no statement of the set.
    """
    names = dict[str, None]()
    for file in dict.fromkeys(spec.id.partition("#")[0] for spec in specs):
        recording = read(file)
        for spec in specs:
            path, _, model = spec.id.partition("#")
            if path == file and model and model not in recording.models:
                recording.of(model)  # says which there are
        if recording.scored:
            continue
        recording.places(statements)
        names |= dict.fromkeys(row.wording for row in recording.rows)
    return list(names)
