"""Opening a model: the one that is asked, by its backend, and the one that judges replies."""

from probes import plugins
from probes.errors import ModelError
from probes.models import registry
from probes.models.scoring_judge import ScoringJudge
from probes.types import Judge, LoadOptions, ModelSpec, Scorer, Stance, Writer


def open_model(spec: ModelSpec, options: LoadOptions) -> Scorer | Writer:
    """The model, loaded by its backend; without one, the checkpoint's configuration says which.

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
    """The stance model: a checkpoint, or a model at an endpoint that gives probabilities.

    Args:
        wanted: Which.
        options: How it is loaded.
        typed: Its name was typed; replies are sent to no server that a protocol names.

    Raises:
        ModelError: it cannot be loaded, does not say which of its labels is which, or gives text
            alone.
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
