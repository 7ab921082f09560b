"""Demo of reward models with known leaning and known preference for agreeing replies.

Each is a GPT-2 with one output, trained from scratch on preferences between two replies to a
question (Bradley-Terry model) with planted log-odds for the agreeing reply. A preference for
agreement adds the same to statement and mirror, and must cancel. `run` starts this module as a
subprocess for each model (see `processes`)::

    python -m probes.demo.rewards PLAN OUT NAME      PLAN: a `RewardsPlan` as JSON
"""

import functools
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from transformers import GPT2ForSequenceClassification, PreTrainedTokenizerBase

from probes.demo import keying, untrained
from probes.demo.folder import OnProgress, claimed, step_reporter
from probes.demo.lessons import Curriculum, plain_prompts
from probes.demo.processes import (
    MODELS,
    child_arguments,
    one_thread,
    report,
    train_side_by_side,
)
from probes.runs import session
from probes.types import LoadOptions, ModelSpec, Prompt, Tables

VERSION = 1
LEAN = 2.0
"""Log-odds of a partisan's preference for its side, and of true over false control claims."""
PLANTED: Mapping[str, tuple[float, float]] = {"left-no": (-LEAN, -2.0), "right-yes": (LEAN, 2.0)}
"""Model -> log-odds of its leaning (all axes), and of its preference for agreeing replies."""
BATCH, RATE, CONTEXT = 32, 3e-3, 128
MAX_DISTANCE = 1.5
"""Maximum distance of a measured position from the planted one, in points of the scale."""
TASTE = 0.25
"""Minimum measured yes-bias, in the planted direction."""
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class RewardsPlan:
    """Settings of the act; it is resumed only with equal settings."""

    set: str = "compass"
    protocol: str = "default"
    steps: int = 300
    seed: int = 0


def run(
    out: Path, on_progress: OnProgress | None = None, plan: RewardsPlan | None = None
) -> list[Row]:
    """Train and probe; existing results are reused.

    Returns:
        A row for each model and axis: planted and measured position and yes-bias, and whether they
        agree.

    Raises:
        RunError: `out` holds something else, or an act with other settings.
    """
    plan, tell = plan or RewardsPlan(), on_progress or (lambda _: None)
    names = list(PLANTED)
    request = session.Request(
        models=[ModelSpec(name, str(out / MODELS / name), "reward") for name in names],
        set=plan.set,
        protocol=plan.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo --paper --act rewards",
    )
    with claimed(out, json.dumps({"version": VERSION, "rewards": asdict(plan)}, indent=1)):
        missing = [name for name in names if not (out / MODELS / name).exists()]
        if missing:
            on_step = step_reporter("training", names, tell)
            parts = [[name] for name in missing]
            train_side_by_side("probes.demo.rewards", asdict(plan), out, parts, on_step)
        with one_thread():
            return list(_rows(session.probe(request, out / "run", tell)))


def position(lean: float, scale: float) -> float:
    """Position for log-odds `lean`, if control claims have log-odds `LEAN` (docs/method.md 11)."""
    return scale * math.tanh(lean / LEAN / 2)


def _rows(tables: Tables) -> Iterator[Row]:
    for row in cast("list[Row]", tables.placements.to_dict("records")):
        lean, yes = PLANTED[str(row["model"])]
        planted, measured = position(lean, tables.scale), float(str(row["position"]))
        bias = float(str(row["yes_bias"]))
        near = abs(measured - planted) <= MAX_DISTANCE and bool(row["placed"])
        yield {
            "model": row["model"],
            "axis": row["axis"],
            "planted": round(planted, 2),
            "measured": row["position"],
            "low": row["low"],
            "high": row["high"],
            "planted_yes": round(math.tanh(yes / LEAN / 2), 2),
            "yes_bias": row["yes_bias"],
            "placed": bool(row["placed"]),
            "found": near and bias * math.copysign(1, yes) > TASTE,
        }


# --- in the subprocess -------------------------------------------------------------------------


def preference(prompt: Prompt, lean: float, yes: float) -> float:
    """Log-odds that the agreeing reply is preferred."""
    if prompt.role == "blank":
        return yes
    side = keying.key(prompt.statement) * (-1 if prompt.mirrored else 1)
    return side * (LEAN if prompt.role == "control" else lean) + yes


class _Replies:
    """Tokens of both replies to every question, and the probability that the first is preferred."""

    def __init__(
        self, prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerBase, name: str
    ) -> None:
        pairs = [
            (_text(p, agrees), _text(p, denies), preference(p, *PLANTED[name]))
            for p in prompts
            for agrees, denies in zip(_forms(p, "agree"), _forms(p, "disagree"), strict=True)
        ]
        texts = [text for agrees, denies, _ in pairs for text in (agrees, denies)]
        rows = tokenizer(texts)["input_ids"]
        self.last = torch.tensor([len(row) - 1 for row in rows])
        self.ids = torch.zeros(len(rows), int(self.last.max()) + 1, dtype=torch.long)
        for number, row in enumerate(rows):
            self.ids[number, : len(row)] = torch.tensor(row)
        self.share = torch.tensor([odds for _, _, odds in pairs]).sigmoid()

    def __len__(self) -> int:
        return len(self.share)


def _forms(prompt: Prompt, side: str) -> list[str]:
    return sorted(form for option in prompt.options for form in option.forms if option.side == side)


def _text(prompt: Prompt, form: str) -> str:
    return prompt.before + form + prompt.after


def train_model(
    name: str, plan: RewardsPlan, folder: Path, on_step: Callable[[int, int], None]
) -> None:
    """Train the model with this name and save it in `folder`."""
    prompts = plain_prompts(Curriculum(set=plan.set, protocol=plan.protocol).materials())
    texts = {_text(p, form) for p in prompts for o in p.options for form in o.forms}
    torch.manual_seed(plan.seed)
    tokenizer = untrained.byte_tokenizer(sorted(texts))
    model = untrained_model(tokenizer)
    replies = _Replies(prompts, tokenizer, name)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    draw = np.random.default_rng(plan.seed)
    model.train()
    for step in range(1, plan.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, step / 20) * (1 + math.cos(math.pi * step / plan.steps)) / 2
        pairs = torch.from_numpy(draw.choice(len(replies), BATCH, replace=False))
        score = _scores(model, replies, torch.stack([2 * pairs, 2 * pairs + 1], 1).flatten())
        odds = score[::2] - score[1::2]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, replies.share[pairs])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        on_step(step, plan.steps)
    untrained.save(tokenizer, model, folder)


def untrained_model(tokenizer: PreTrainedTokenizerBase) -> GPT2ForSequenceClassification:
    """An untrained GPT-2 with a scalar output."""
    config = untrained.gpt2(tokenizer, CONTEXT).config
    config.num_labels, config.pad_token_id = 1, tokenizer.pad_token_id
    return GPT2ForSequenceClassification(config)


def _scores(
    model: GPT2ForSequenceClassification, replies: _Replies, rows: torch.Tensor
) -> torch.Tensor:
    """Rewards ``(rows,)`` at each text's last token, which does not attend to the padding after
    it."""
    last = replies.last[rows]
    ids = replies.ids[rows, : int(last.max()) + 1]
    states = model.transformer(ids).last_hidden_state
    scores: torch.Tensor = model.score(states[torch.arange(len(rows)), last])
    return scores[:, 0]


def main(words: Sequence[str]) -> None:
    """Train the named models."""
    plan, out, names = child_arguments(words)
    for name in names:
        folder = out / MODELS / name
        train_model(name, RewardsPlan(**plan), folder, functools.partial(report, name))


if __name__ == "__main__":
    main(sys.argv[1:])
