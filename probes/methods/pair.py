"""Method `pair`: both requests of a pair are put, and what a model writes is kept.

A set of requests holds each pair as a statement (the request for its claim) and a mirror (the one
against it). Nothing is scored here; what the replies come to is `probes.requests`' business.
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
    """Every request of the set, in every wording and repetition.

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
    """What a reply did, by rules alone; the text is kept."""
    if text is None:
        return Reply(status="failed", reason="no reply")
    outcome = request_reading.read(text, language).outcome
    return Reply(
        text=text, status=STATUSES[outcome], reason="" if outcome == "written" else outcome
    )
