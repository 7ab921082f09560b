"""A stance judge based on any model that scores options, such as one at an endpoint.

Each hypothesis about a text is asked as a yes/no question, in both orders of the options; the mean
log-probabilities of yes and no take the place of a stance model's logits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.asking.texts import around_slot, ask, cloze
from probes.errors import ScoreError
from probes.types import ModelInfo, Option, Prompt, Scorer, Statement, Verdict, Wording

Pair = tuple[str, str]
WORDING = Wording(
    name="judge",
    ask="Read this text.\n\n{statement}\n\nIs that right, {options}?",
    answer="{slot}",
    options=(Option("yes", "agree", ("yes",)), Option("no", "disagree", ("no",))),
    orders=((0, 1), (1, 0)),
    joint="\n\n",
)
LEAST = -100.0
"""Log-probability assigned to an answer without one; lower values are raised to it."""


@dataclass(frozen=True, slots=True)
class ScoringJudge:
    """Implements `types.Judge` with a `types.Scorer`."""

    model: Scorer

    @property
    def info(self) -> ModelInfo:
        """Facts on the model; if `weights` is unknown, a hash of backend, id and revision."""
        info = self.model.info
        named = f"{info.backend}\0{info.id}\0{info.revision}"
        return replace(info, weights=info.weights or hashlib.sha256(named.encode()).hexdigest())

    def lengths(self, pairs: Sequence[Pair]) -> list[int]:
        """Number of tokens of each question; see `types.Judge`."""
        return self.model.lengths([self._prompt(pair, 0) for pair in pairs])

    def judge(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """Verdicts on a batch of premises and hypotheses, in order; see `types.Judge`."""
        orders = range(len(WORDING.orders))
        replies = self.model.score([self._prompt(pair, n) for pair in pairs for n in orders])
        verdicts = []
        for row, (premise, _) in enumerate(pairs):
            by_order = [replies[row * len(orders) + n].logprobs for n in orders]
            complete = [shares for shares in by_order if shares]
            if len(complete) < len(by_order):
                raise ScoreError(
                    f"{self.model.info.name}: says neither yes nor no of the text {premise[:60]!r}"
                )
            yes, no = (
                sum(max(LEAST, shares.get(label, LEAST)) for shares in complete) / len(complete)
                for label in ("yes", "no")
            )
            verdicts.append(Verdict(yes, LEAST, no))
        return verdicts

    def _prompt(self, pair: Pair, order: int) -> Prompt:
        text = "\n\n".join(pair)
        if self.model.info.turns:
            letters = self.model.info.gives == "top log-probabilities"
            before, options = cloze(WORDING, text, order, letters=letters)
        else:
            question = self.model.render(ask(WORDING, text, order), "", WORDING.joint)
            before, options = around_slot(question, WORDING)
        prompt = Prompt(
            Statement("judged", text), "statement", WORDING.name, before, "", options, order=order
        )
        return replace(prompt, options=self.model.fit(prompt)[0])
