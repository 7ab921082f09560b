"""The answers of a run as samples of Inspect."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from probes.backends.recordings.cell import KEY, SampleCell
from probes.types import MIRRORED, Answer, Header, Option

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

SIDES = {"agree": 1.0, "neutral": 0.0, "disagree": -1.0}


def samples(header: Header, lines: Iterator[Answer]) -> "Iterator[EvalSample]":
    """One sample per answer, in the order of the evidence."""
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageUser, ModelOutput

    for answer in lines:
        options = header.wordings[answer.wording]
        text = _said(answer, options)
        cell = _cell(header, answer)
        yield EvalSample(
            id=_name(answer),
            epoch=1,
            input=answer.before,
            target="",
            messages=[ChatMessageUser(content=answer.before)],
            output=(
                ModelOutput(model=header.model.name)
                if text is None
                else ModelOutput.from_content(header.model.name, text)
            ),
            scores=_scores(answer, options),
            metadata={KEY: asdict(cell), **_remarks(answer)},
        )


def _name(answer: Answer) -> str:
    """A unique, readable id of a sample."""
    variant = f":{answer.variant}" if answer.variant else ""
    mirror = MIRRORED if answer.role == "mirror" else ""
    role = f"{answer.role} " if answer.role in {"control", "blank"} else ""
    where = f"{answer.wording} {answer.order} {answer.seed}"
    return f"{role}{answer.statement}{variant}{mirror} {where}"


def _cell(header: Header, answer: Answer) -> SampleCell:
    return SampleCell(
        set=header.set,
        set_sha256=header.set_sha256,
        role=answer.role,
        statement=answer.statement.removesuffix(MIRRORED),
        mirrored=answer.role == "mirror" or answer.statement.endswith(MIRRORED),
        wording=answer.wording,
        order=answer.order,
        seed=answer.seed,
        variant=answer.variant,
    )


def _remarks(answer: Answer) -> dict[str, Any]:
    """Further fields of an answer; log-probabilities of minus infinity are left out."""
    logprobs = {n: v for n, v in (answer.logprobs or {}).items() if math.isfinite(v)}
    facts = {
        "after": answer.after,
        "logprobs": logprobs,
        "mass": answer.mass,
        "choice": answer.choice,
        "reason": answer.reason,
        "key": answer.key,
    }
    return {"status": answer.status, **{name: value for name, value in facts.items() if value}}


def _said(answer: Answer, options: Sequence[Option]) -> str | None:
    """The reply, or the first form of the likeliest option; None without an answer."""
    if answer.reply is not None or not answer.logprobs:
        return answer.reply
    likeliest = max(answer.logprobs, key=answer.logprobs.__getitem__)
    return next(option.forms[0] for option in options if option.label == likeliest).strip()


def _scores(answer: Answer, options: Sequence[Option]) -> "dict[str, Any] | None":
    """Agreement in [-1, 1]: tanh(L / 2) from scores; +1, 0 or -1 from a written reply."""
    from inspect_ai.scorer import Score

    side_of = {option.label: option.side for option in options}
    if answer.status != "ok":
        return None
    if answer.logprobs:
        agree, disagree = (
            math.fsum(math.exp(v) for n, v in answer.logprobs.items() if side_of.get(n) == side)
            for side in ("agree", "disagree")
        )
        if not agree + disagree:
            return None
        value = (agree - disagree) / (agree + disagree)
    elif answer.choice in side_of:
        value = SIDES[side_of[answer.choice]]
    else:
        return None
    return {
        "agreement": Score(value=value, answer=answer.choice, explanation=answer.reason or None)
    }
