"""The classifiers that `downstream run` trains: one for each model and loss, and the controls made
of the first base model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.downstream.settings import DownstreamModel, Role
from probes.errors import UsageError, nearest
from probes.training.classifiers.request import CONTROLS, StudyRequest
from probes.types import ModelSpec

TRAINED: tuple[Role, ...] = ("shuffled", "untrained")
"""Controls that are fine-tuned models; the other controls use word counts."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model with a role and a loss, fine-tuned once for each seed and fold."""

    name: str
    spec: ModelSpec
    role: Role = ""
    parent: str = ""
    loss: str = "plain"
    plain: str = ""
    """Name of the same model trained with the first loss; empty if this is that model."""

    @property
    def entry(self) -> DownstreamModel:
        """The entry of this classifier in `downstream.yaml`."""
        corpus = self.spec.corpus if self.role in ("", "neutral", "debiased") else ""
        loss = self.loss if self.plain else ""
        return DownstreamModel(
            parent=self.parent, corpus=corpus or "", role=self.role, loss=loss, plain=self.plain
        )


def contestants(specs: Sequence[ModelSpec], request: StudyRequest) -> list[Contestant]:
    """All classifiers to train; controls follow the model that they are made of.

    Raises:
        UsageError: ``--neutral`` names a model that is not in `specs`, or two names are equal.
    """
    names = {spec.name for spec in specs}
    for name in request.neutral:
        if name not in names:
            raise UsageError(f"--neutral {name}: is no model here; {nearest(name, names)}")
    all_contestants = list(_each(specs, request, first_base(specs)))
    derived = [c.name for c in all_contestants if c.role in TRAINED or c.plain]
    for name in (*derived, *(name for name in request.wanted if name not in TRAINED)):
        if name in names:
            raise UsageError(
                f"the model {name!r} has the name of a control or of a model with another loss; "
                "give it another, as in --model NAME=PATH"
            )
    return all_contestants


def first_base(specs: Sequence[ModelSpec]) -> ModelSpec:
    """The first model that is the parent of another one; if there is none, the first model."""
    parents = [_parent(spec, specs) for spec in specs]
    return next((spec for spec in specs if spec.name in parents), specs[0])


def orphans(specs: Sequence[ModelSpec]) -> list[str]:
    """Warnings for models whose parent is not in `specs`: they have no base to compare with."""
    return [
        f"{spec.name}: its parent {spec.parent!r} is not among the models, so that it is compared "
        "with none; give it, as in --model NAME=PATH"
        for spec in specs
        if spec.parent and not _parent(spec, specs)
    ]


def entries(
    contestants: Sequence[Contestant], counted: Sequence[str]
) -> Mapping[str, DownstreamModel]:
    """The key `models` of `downstream.yaml`; `counted` names the word-count controls."""
    roles: dict[str, Role] = {"words": "words", "second_text": "second_text"}
    return {
        **{contestant.name: contestant.entry for contestant in contestants},
        **{name: DownstreamModel(role=roles[name]) for name in CONTROLS if name in counted},
    }


def _each(
    specs: Sequence[ModelSpec], request: StudyRequest, base: ModelSpec
) -> Iterator[Contestant]:
    for spec in specs:
        first, *others = request.losses
        role: Role = "neutral" if spec.name in request.neutral else ""
        parent = _parent(spec, specs)
        yield Contestant(spec.name, spec, role, parent, first)
        for loss in others:
            beside = f"{parent} {loss}" if parent else spec.name
            yield Contestant(f"{spec.name} {loss}", spec, "debiased", beside, loss, spec.name)
        for control in TRAINED:
            if spec is base and control in request.wanted:
                yield Contestant(f"{spec.name} {control}", spec, control, "", first)


def _parent(spec: ModelSpec, specs: Sequence[ModelSpec]) -> str:
    """Name of the model in `specs` that is the parent of `spec`, by name or id; else empty."""
    others = [other for other in specs if other is not spec and spec.parent]
    by_name = [other.name for other in others if other.name == spec.parent]
    return next(iter((*by_name, *(o.name for o in others if o.id == spec.parent))), "")
