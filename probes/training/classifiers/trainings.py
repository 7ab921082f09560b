"""Running the trainings of a study sequentially: models, seeds, folds. See `study`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from probes.downstream.settings import RECORD, file_of
from probes.training import begin
from probes.training.classifiers import evidence, fit, inputs
from probes.training.classifiers.contestants import Contestant
from probes.training.classifiers.lessons import Learner, Part, TaskLabels
from probes.training.classifiers.request import (
    ClassifierProgress,
    OnClassifierProgress,
    StudyRequest,
    cut_sentence,
)
from probes.training.steps import checkpoints

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint


class Trainings:
    """The running study: trains each contestant and writes its predictions."""

    def __init__(
        self,
        request: StudyRequest,
        task: TaskLabels,
        parts: list[Part],
        record: begin.Settings,
        on_progress: OnClassifierProgress | None,
    ) -> None:
        self.request, self.task, self.parts, self.record = request, task, parts, record
        self.done, self.total = 0, 0
        self._tell = on_progress or (lambda _: None)

    def steps(self, contestant: Contestant, part: Part) -> int:
        """Optimizer steps of a contestant on one split."""
        regime = self.request.with_loss(contestant.loss)
        return regime.steps_for(len(part.train)) * regime.trainings

    def steps_of(self, contestant: Contestant) -> int:
        """Optimizer steps of a contestant over all splits and seeds."""
        return self.request.seeds * sum(self.steps(contestant, part) for part in self.parts)

    def run(self, same_base: Sequence[Contestant]) -> None:
        """Train the contestants of one checkpoint and write their predictions.

        The checkpoint is not loaded if all predictions are on disk already.
        """
        base: Checkpoint | None = None
        for contestant in same_base:
            if self._is_whole(contestant):
                self._go_on(contestant.name, self.steps_of(contestant))
                continue
            if base is None:
                base = begin.load_base(contestant.spec, "fine-tuning")
                self._add(contestant.spec.name, base)
            self._train(contestant, base)

    def clear(self) -> None:
        """Remove files that are needed only while training."""
        checkpoints.clear(self.request.out)

    def warnings(self) -> Iterator[str]:
        """For each model, how many texts were truncated."""
        models = cast("dict[str, dict[str, object]]", self.record["models"])
        for name, entry in models.items():
            if entry["truncated"]:
                truncated, length = int(str(entry["truncated"])), int(str(entry["length"]))
                yield f"{name}: {cut_sentence(truncated, length)}"

    def _is_whole(self, contestant: Contestant) -> bool:
        paths = (
            file_of(self.request.out, contestant.name, seed) for seed in range(self.request.seeds)
        )
        return all(evidence.whole(path, self.task.task) for path in paths)

    def _train(self, contestant: Contestant, base: Checkpoint) -> None:
        learner = Learner(
            base,
            self.task,
            self.request.with_loss(contestant.loss),
            cpu=self.request.device == "cpu",
            untrained=contestant.role == "untrained",
        )
        for seed in range(self.request.seeds):
            path = file_of(self.request.out, contestant.name, seed)
            head = evidence.header(self.task, contestant.name, seed)
            with evidence.opened(path, self.task, head, self.parts) as file:
                for part in self.parts[: file.done]:
                    self._go_on(contestant.name, self.steps(contestant, part))
                for part in self.parts[file.done :]:
                    lines = self._predicted(learner, contestant, part, seed)
                    file.append(lines)

    def _predicted(self, learner: Learner, contestant: Contestant, part: Part, seed: int) -> bytes:
        """Train on a split; its predictions as JSON lines."""
        label = f"{contestant.name}, seed {seed}, {part.fold}"
        before = self.done

        def on_loss(step: int, loss: float) -> None:
            self._tell(ClassifierProgress(label, before + step, self.total, loss))

        place = fit.TrainingPlace(
            self.request.out, learner.classifier.tokenizer, cpu=self.request.device == "cpu"
        )
        learner.train(part, seed, place, on_loss, shuffled=contestant.role == "shuffled")
        self.done = before + self.steps(contestant, part)
        logp = learner.predict(part, seed)
        return evidence.batch(self.task, part, logp, learner.tokens.truncated)

    def _go_on(self, name: str, steps: int) -> None:
        self.done += steps
        self._tell(ClassifierProgress(f"{name}: is on disk", self.done, self.total))

    def _add(self, name: str, base: Checkpoint) -> None:
        """Add a model to the record, or check that a recorded one has the same weights.

        Raises:
            RunError: the weights differ from the recorded ones.
        """
        models = cast("dict[str, object]", self.record["models"])
        texts = [text.texts for text in self.task.task.texts]
        tokens = inputs.encode(base, texts, self.request.regime.length)
        sizes = {"length": tokens.length, "truncated": sum(tokens.truncated)}
        entry: dict[str, object] = {**begin.base_entry(base), **sizes}
        if name in models:
            old = {f"model {name}": models[name]}
            different = list(begin.differences(old, {f"model {name}": entry}))
            begin.refuse_other(self.request.out, different)
        models[name] = entry
        begin.write_record(self.request.out / RECORD, self.record)
