"""Opening a model: the one that is asked, by its backend, and the one that judges replies."""

from probes import plugins
from probes.errors import ModelError
from probes.models import registry
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


def open_stance_model(wanted: Stance, options: LoadOptions) -> Judge:
    """The stance model.

    Raises:
        ModelError: it cannot be loaded, or does not say which of its labels is which.
    """
    try:
        spec = registry.resolve(wanted.model, None, wanted.revision or None)
        judge: Judge = plugins.find("backends", "stance", "load").load(spec, options)
    except ModelError as error:
        raise ModelError(f"stance model {error}; replies stay as they are on disk") from None
    return judge
