"""Loading models: the probed model, by its backend, and the stance model that judges replies."""

from probes import plugins
from probes.errors import ModelError
from probes.models import registry
from probes.models.scoring_judge import ScoringJudge
from probes.types import Judge, LoadOptions, ModelSpec, Scorer, Stance, Writer


def open_model(spec: ModelSpec, options: LoadOptions) -> Scorer | Writer:
    """Load a model by its backend; without one, the checkpoint's configuration decides.

    Raises:
        ModelError: it cannot be loaded.
        UsageError: there is no such backend.
    """
    backend = spec.backend
    if backend is None:
        from probes.backends.hf.loading import checkpoint

        backend = checkpoint.kind(spec, options)
    model: Scorer | Writer = plugins.find("backends", backend, "load").load(spec, options)
    return model


def open_stance_model(wanted: Stance, options: LoadOptions, *, typed: bool = False) -> Judge:
    """Load a stance model: a checkpoint, or a model at an endpoint that gives probabilities.

    Args:
        wanted: Name and revision of the model.
        options: Load options.
        typed: Whether the user typed the name; replies are not sent to a server that only a
            protocol names.

    Raises:
        ModelError: it cannot be loaded, the meaning of its labels is unknown, or it gives text
            only.
    """
    try:
        spec = registry.resolve(wanted.model, None, wanted.revision or None)
        if spec.endpoint is not None:
            return _judge_behind(spec, options, typed=typed)
        judge: Judge = plugins.find("backends", "stance", "load").load(spec, options)
    except ModelError as error:
        raise ModelError(
            f"stance model {error}; or give another, or a folder, as --stance (what is on disk "
            "stays)"
        ) from None
    return judge


def _judge_behind(spec: ModelSpec, options: LoadOptions, *, typed: bool) -> Judge:
    """A model at an endpoint as a judge."""
    if not typed:
        raise ModelError(
            f"{spec.name} is behind a server, to which replies are sent only where it is typed: "
            "--stance NAME"
        )
    model = open_model(spec, options)
    if not isinstance(model, Scorer) or model.info.gives == "text":
        raise ModelError(
            f"{spec.name} gives text alone; a judge must give the probabilities of its answers"
        )
    return ScoringJudge(model)
