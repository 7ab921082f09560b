"""Judges replies with a stance model: selection of replies, batches, and self-checks.

Equal replies to a statement are judged once, longest first. Uses no files (see `runs.judge`);
stances are interpreted in `stance`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probes.asking.batches import TOKENS, TOKENS_ELSEWHERE
from probes.errors import ModelError, ScoreError
from probes.replies import stance
from probes.replies.stance_file import StanceLine
from probes.types import Judge, Stance, Verdict


@dataclass(frozen=True, slots=True)
class ReplyItem:
    """A distinct reply to a statement."""

    key: str
    """Key of the first answer with this reply."""
    statement: str
    reply: str


@dataclass(frozen=True, slots=True)
class StancePlan:
    """Replies to judge in batches, longest first."""

    stance: Stance
    batches: tuple[tuple[ReplyItem, ...], ...]

    @property
    def keys(self) -> list[list[str]]:
        """Keys of the replies, by batch."""
        return [[item.key for item in batch] for batch in self.batches]


def digest(settings: Stance) -> str:
    """sha256 over a stance model's settings: prompts and thresholds."""
    return stance.digest(settings)


def plan(judge: Judge, settings: Stance, asked: Sequence[ReplyItem]) -> StancePlan:
    """Batches of about equal work."""
    width = len(settings.hypotheses)
    lengths = judge.lengths([pair for item in asked for pair in _pairs(settings, item).values()])
    longest = [max(lengths[i : i + width]) for i in range(0, len(lengths), width)]
    order = sorted(zip(longest, asked, strict=True), key=lambda pair: (-pair[0], pair[1].key))
    tokens = TOKENS.get(judge.info.device, TOKENS_ELSEWHERE)
    batches: list[list[ReplyItem]] = []
    widest = 0
    for length, item in order:
        if not batches or widest * width * (len(batches[-1]) + 1) > tokens:
            batches.append([])
            widest = length
        batches[-1].append(item)
    return StancePlan(settings, tuple(map(tuple, batches)))


def ask(judge: Judge, planned: StancePlan, start: int = 0) -> Iterator[list[StanceLine]]:
    """Judge from batch number `start` on; its first batch is judged again one pair at a time.

    Raises:
        ScoreError: batched and single logits differ by more than the model's tolerance.
        ModelError: memory runs out on a single pair.
    """
    for number, batch in enumerate(planned.batches[start:]):
        pairs_by_item = [_pairs(planned.stance, item) for item in batch]
        pairs = [pair for item_pairs in pairs_by_item for pair in item_pairs.values()]
        verdicts = _judge_batch(judge, pairs)
        if not number:
            _compare_single(judge, pairs, verdicts)
        remaining = iter(verdicts)
        yield [
            StanceLine(item.key, {name: next(remaining) for name in item_pairs})
            for item, item_pairs in zip(batch, pairs_by_item, strict=True)
        ]


def stances(
    judge: Judge, settings: Stance, replies: Sequence[tuple[str, str]]
) -> list[stance.JudgedReply]:
    """Judgements of (statement, reply) pairs, in the same order."""
    items = {pair: ReplyItem(f"{n:09}", *pair) for n, pair in enumerate(dict.fromkeys(replies))}
    planned = plan(judge, settings, list(items.values()))
    lines = {line.key: line.verdicts for batch in ask(judge, planned) for line in batch}
    return [stance.classify(settings, lines[items[pair].key]) for pair in replies]


def _pairs(settings: Stance, item: ReplyItem) -> dict[str, tuple[str, str]]:
    return stance.pairs(settings, item.statement, item.reply)


def _judge_batch(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    """Judge one batch; halved if memory runs out."""
    try:
        return judge.judge(pairs)
    except MemoryError:
        if len(pairs) == 1:
            raise ModelError(
                f"{judge.info.name}: a single reply does not fit into the memory of "
                f"{judge.info.device}; use a smaller stance model or another --device"
            ) from None
    half = len(pairs) // 2
    return [*_judge_batch(judge, pairs[:half]), *_judge_batch(judge, pairs[half:])]


def _compare_single(
    judge: Judge, pairs: Sequence[tuple[str, str]], batched: Sequence[Verdict]
) -> None:
    """Self-check: shares of a reply must not depend on its batch."""
    single = [verdict for pair in pairs for verdict in judge.judge([pair])]
    for together, apart in zip(batched, single, strict=True):
        shares = [
            stance.softmax({"e": v.entailment, "n": v.neutral, "c": v.contradiction})
            for v in (together, apart)
        ]
        gap = max(abs(shares[0][name] - shares[1][name]) for name in shares[0])
        if not gap <= judge.info.tolerance:
            raise ScoreError(
                f"{judge.info.name}: judges a reply {gap:.2g} apart in a batch and alone, more "
                f"than {judge.info.tolerance:g}; try --dtype float32"
            )
