"""Logs of Inspect: ``.eval``, read by Inspect itself, and JSON, which needs no library.

An epoch of a sample is a repetition. A sample with an error or without output has no reply. Only
model, samples, inputs, outputs and metadata are read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.backends.recordings.log import (
    ASKED,
    Entry,
    ForeignLog,
    objects,
    plain_text,
    require_version,
)
from probes.errors import ModelError, UsageError

NEWEST = 2
"""Newest version of the format that was tested."""
EXTRA = "pip install 'political-probes[inspect]'"
ATTACHED = "attachment://"
"""Prefix of a reference to one of the sample's attachments, which has the text."""
READ = {
    "version": True,
    "eval": {"model"},
    "samples": {
        "__all__": {"id", "epoch", "input", "output", "metadata", "error", "attachments"},
    },
}


def from_eval(path: Path) -> ForeignLog:
    """The samples of an ``.eval`` file.

    Raises:
        ModelError: Inspect cannot read it, or it is of a newer version.
        UsageError: Inspect is not installed.
    """
    try:
        from inspect_ai.log import read_eval_log
    except ModuleNotFoundError:
        raise UsageError(
            f"{path}: .eval needs Inspect ({EXTRA}); or give its JSON form: inspect log convert "
            f"{path.name} --to json --output-dir ."
        ) from None
    try:
        content = read_eval_log(str(path.absolute())).model_dump(mode="json", include=READ)
    except Exception as error:  # noqa: BLE001 - its reader raises many types for a damaged file
        why = (str(error).strip().partition("\n")[0] or type(error).__name__)[:120]
        raise ModelError(
            f"{path}: Inspect cannot read this log ({why}); is it cut off, or of a newer version?"
        ) from None
    return from_json(path, content)


def from_json(path: Path, content: Mapping[str, object]) -> ForeignLog:
    """The samples of a log in JSON.

    Raises:
        ModelError: it has a newer version, or another structure.
    """
    require_version(path, "Inspect", content["version"], NEWEST)
    head, samples = content["eval"], content.get("samples")
    model = head.get("model") if isinstance(head, Mapping) else None
    if not isinstance(model, str) or not isinstance(samples, Sequence):
        raise ModelError(f"{path}: a log of Inspect without a model, or without samples in it")
    located = [(_place(number, sample), sample) for number, sample in enumerate(samples, start=1)]
    entries = [
        (where, _entry(path, where, sample, model)) for where, sample in objects(path, located)
    ]
    return ForeignLog(entries, own="metadata")


def _place(number: int, sample: object) -> str:
    """Position of a sample for messages: ``sample 3 (id, epoch 1)``."""
    if not isinstance(sample, Mapping):
        return f"sample {number}"
    name = str(sample.get("id"))[:40]
    return f"sample {number} ({name}, epoch {str(sample.get('epoch'))[:9]})"


def _entry(path: Path, where: str, sample: Entry, model: str) -> Entry:
    epoch = sample.get("epoch")
    if type(epoch) is not int or epoch < 1:
        raise ModelError(f"{path}: {where}: its epoch should be a whole number from 1 up")
    attached = sample.get("attachments")
    texts = attached if isinstance(attached, Mapping) else {}
    question, reply = _asked(sample.get("input")), _reply(path, where, sample.get("output"))
    return {
        **sample,
        "model": model,
        ASKED: _resolved(question, texts),
        "reply": None if sample.get("error") else _resolved(reply, texts),
        "seed": epoch - 1,
    }


def _asked(content: object) -> str | None:
    """The prompt's text: the whole input, or the only user message."""
    if not isinstance(content, Sequence) or isinstance(content, str):
        return plain_text(content)
    messages = [m for m in content if isinstance(m, Mapping) and m.get("role") == "user"]
    return plain_text(messages[0].get("content")) if len(messages) == 1 else None


def _reply(path: Path, where: str, output: object) -> str | None:
    """The text of the single choice in a model's output; None if there is no choice."""
    choices = output.get("choices") if isinstance(output, Mapping) else None
    if not isinstance(choices, list) or not choices:
        return None
    if len(choices) > 1:
        raise ModelError(
            f"{path}: {where}: holds {len(choices)} replies at once; only repetitions in epochs of "
            "their own are read"
        )
    message = choices[0].get("message") if isinstance(choices[0], Mapping) else None
    return plain_text(message.get("content")) if isinstance(message, Mapping) else None


def _resolved(text: str | None, attached: Mapping[str, object]) -> str | None:
    """The text itself, or the attachment that it refers to."""
    if text is None or not text.startswith(ATTACHED):
        return text
    value = attached.get(text.removeprefix(ATTACHED))
    return value if isinstance(value, str) else None
