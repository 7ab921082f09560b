"""Method `pair`: asks both requests of a pair, and stores the replies.

A set of requests holds each pair as a statement (the request for the claim) and its mirror (the
request against it). `probes.requests` computes measures from the replies.
"""

from probes.errors import UsageError
from probes.methods import reply
from probes.methods.reply import fitted
from probes.replies import request_reading
from probes.types import Materials, Model, Prompt, Reply, Status

__all__ = ["NEEDS", "fitted", "prompts", "read_reply"]

NEEDS = "write"
STATUSES: dict[request_reading.Outcome, Status] = {
    "written": "ok",
    "refused": "refused",
    "deflected": "refused",
    "empty": "unparsed",
}


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """The prompts of every request in every wording and repetition.

    Raises:
        UsageError: the set holds statements, or a wording offers options.
    """
    if materials.statements.kind != "requests":
        raise UsageError(
            f"the set {materials.statements.name} holds statements, which nobody can be asked to "
            "write; method pair asks sets of requests, such as --set requests"
        )
    offering = [wording.name for wording in materials.recipe.wordings if wording.options]
    if offering:
        raise UsageError(
            f"protocol {materials.recipe.name}: the wording {offering[0]!r} offers options to "
            "choose from, but a request is answered in text: give it options: {}"
        )
    return reply.prompts(model, materials, seed=seed, limit=limit)


def read_reply(prompt: Prompt, text: str | None, language: str) -> Reply:  # noqa: ARG001
    """Classify a reply (written, refused, deflected, empty), by rules; the text is stored."""
    if text is None:
        return Reply(status="failed", reason="no reply")
    outcome = request_reading.read(text, language).outcome
    return Reply(
        text=text, status=STATUSES[outcome], reason="" if outcome == "written" else outcome
    )
