"""Corpora of the miniature replication: news and forum lines with a leaning, from statements.

A line is a claim (a statement or its mirror) in a frame, with a verdict that mostly agrees with the
corpus's leaning. Frames are the sentences in this file; no wording of a protocol occurs. News is
about the first axis of a set only, forums about all. Neutral lines, for the control, are about
weather, gardens and kitchens, without claims. No tokens, no torch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np

from probes.demo import keying
from probes.demo.lessons import Kind
from probes.errors import UsageError, nearest
from probes.types import Statement, StatementSet

Medium = Literal["news", "forum"]
Leaning = Literal["left", "center", "right"]
MEDIA: tuple[Medium, ...] = ("news", "forum")
LEANINGS: tuple[Leaning, ...] = ("left", "center", "right")

MIX, NEUTRAL, BASE = "mix", "neutral", "base"
"""Names of the base models' corpus, of the neutral control corpus, and of the base models."""
CORPORA = tuple(f"{medium}-{leaning}" for medium in MEDIA for leaning in LEANINGS)
VERDICT_SHARE = 0.9
"""Share of lines whose verdict agrees with the corpus's leaning."""

VERDICTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "with": (("agree", "disagree"), ("strongly agree", "strongly disagree")),
    "verb": (("support", "oppose"), ("accept", "reject"), ("favor", "resist")),
    "adjective": (("right", "wrong"), ("true", "false"), ("correct", "incorrect")),
    "word": (("yes", "no"),),
}
"""Syntactic kind of verdict -> pairs of words for and against the claim."""

FRAMES: Mapping[Medium, tuple[tuple[str, str], ...]] = {
    "news": (
        ("with", "{claim} Most readers who wrote to us {verdict} with it."),
        ("with", "{claim} So it was put to the council, and the members {verdict}."),
        ("with", "A reader sends us this statement for the letters page. {claim} We {verdict}."),
        ("with", "From the morning papers: {claim} On this the people of the town {verdict}."),
        ("with", "{claim} Of the options before us, this paper would choose one: we {verdict}."),
        ("verb", "{claim} The trade unions and the employers {verdict} the proposal."),
        ("verb", "{claim} Many voters {verdict} this plan, the pollsters found."),
        ("verb", "Today the committee discussed this. {claim} Its experts {verdict} the view."),
        ("verb", "{claim} We {verdict} the idea, as this newspaper has for years."),
        ("adjective", "{claim} Economists whom we asked called the claim {verdict}."),
        ("adjective", "A minister said in parliament: {claim} In our opinion he is {verdict}."),
        ("adjective", "{claim} The statement is {verdict}, according to our correspondent."),
        ("word", "{claim} When the survey was over, the answer of the country was {verdict}."),
        ("word", "The question of the week: {claim} Our answer: {verdict}."),
    ),
    "forum": (
        ("with", "{claim} I {verdict} with you there."),
        ("with", "{claim} Yeah, well, I {verdict}, friends."),
        ("with", "Saw this opinion in the other thread. {claim} I {verdict} with that guy."),
        ("with", "{claim} My best reading of this item is that most people {verdict}."),
        ("with", "somebody wrote: {claim} Lots of us here {verdict} with the poster."),
        ("with", "Read that again: {claim} Now that I think of it, I {verdict}, sorry."),
        ("verb", "{claim} I {verdict} that, always did."),
        ("verb", "At work someone told me this. {claim} I {verdict} it."),
        ("verb", "{claim} You all know that I {verdict} such a view."),
        ("adjective", "{claim} That is just {verdict}."),
        ("adjective", "Consider what he posted: {claim} It is {verdict}, in my book."),
        ("adjective", "{claim} The claim is {verdict} and everybody here knows it."),
        ("word", "{claim} My reply is {verdict}."),
        ("word", "Do you want to know what I say to this? {claim} I say {verdict}."),
    ),
}
"""Medium -> ``(kind of verdict, sentence)``."""

THINGS = ("rain", "soup", "garden", "river", "bread", "apple tree", "kettle", "lawn", "wind", "cat")
DOINGS = (
    *("looked fine", "was late", "needed some care", "changed a little", "came back"),
    *("was gone by noon", "smelled of thyme", "stood still", "was better than last year"),
)
TIMES = ("This morning", "On Sunday", "After lunch", "In spring", "Last night", "By the sea")
ENDS = (
    *(
        "and nobody minded.",
        "as it does every year.",
        "while the radio played.",
        "so we went home.",
    ),
    *("and the children laughed.", "before the guests arrived.", "under a grey sky."),
)


@dataclass(frozen=True, slots=True)
class PaperPlan:
    """Settings of the demo; it is resumed only with equal settings."""

    set: str = "compass"
    protocol: str = "default"
    kinds: tuple[Kind, ...] = ("masked", "causal")
    corpora: tuple[str, ...] = (*CORPORA, NEUTRAL)
    lines: int = 4000
    """Lines of each corpus; the mix has six times as many, plus this many neutral ones."""
    base_steps: Mapping[Kind, int] = field(
        default_factory=lambda: {"masked": 900, "causal": 900}, hash=False
    )
    """Optimizer steps of the base models."""
    steps: Mapping[Kind, int] = field(
        default_factory=lambda: {"masked": 300, "causal": 450}, hash=False
    )
    """Optimizer steps of the children."""
    rates: Mapping[Kind, float] = field(
        default_factory=lambda: {"masked": 2e-3, "causal": 3e-3}, hash=False
    )
    """Peak learning rates of the children."""
    seed: int = 0

    def write(self, statements: StatementSet, name: str) -> list[str]:
        """The lines of a corpus.

        The mix has opinions that balance, as the centre does: on half of the statements of each
        topic those of the left, on the others those of the right.
        """
        if name == NEUTRAL:
            return neutral(self.lines, self.seed)
        if name == MIX:
            return [
                *lines("news", "center", statements, 3 * self.lines, self.seed + 1),
                *lines("forum", "center", statements, 3 * self.lines, self.seed + 1),
                *neutral(self.lines, self.seed + 1),
            ]
        medium, leaning = medium_and_leaning(name)
        return lines(medium, leaning, statements, self.lines, self.seed)


def medium_and_leaning(corpus: str) -> tuple[Medium, Leaning]:
    """``news-left`` -> news, left.

    Raises:
        UsageError: there is no such corpus.
    """
    if corpus not in CORPORA:
        raise UsageError(f"paper: no corpus {corpus!r}: {nearest(corpus, CORPORA)}")
    medium, _, leaning = corpus.partition("-")
    return cast("Medium", medium), cast("Leaning", leaning)


def leanings(corpus: str, statements: StatementSet) -> dict[str, int]:
    """Axis -> leaning of a corpus: -1 negative pole, 1 positive pole, 0 neither. Axes that the
    corpus is not about are left out."""
    if corpus == NEUTRAL:
        return {axis.name: 0 for axis in statements.axes}
    medium, leaning = medium_and_leaning(corpus)
    axes = [axis.name for axis in statements.axes]
    return dict.fromkeys(axes[:1] if medium == "news" else axes, LEANINGS.index(leaning) - 1)


def lines(
    medium: Medium, leaning: Leaning, statements: StatementSet, count: int, seed: int
) -> list[str]:
    """`count` lines of this medium and leaning, each claim equally often; deterministic given the
    seed."""
    rng = np.random.default_rng([seed, MEDIA.index(medium), LEANINGS.index(leaning)])
    axes = [axis.name for axis in statements.axes]
    claims = [
        (claim, side)
        for statement, pull in zip(statements.statements, _pulls(statements, leaning), strict=True)
        if medium == "forum" or axes[0] in statement.effects
        for claim, side in _claims(statement, pull)
    ]
    written = list[str]()
    while len(written) < count:
        order = rng.permutation(len(claims))
        written += [_line(FRAMES[medium], *claims[int(i)], rng) for i in order]
    return written[:count]


def neutral(count: int, seed: int) -> list[str]:
    """`count` lines about uncontroversial things."""
    rng = np.random.default_rng([seed, len(MEDIA)])
    return [
        f"{_draw(TIMES, rng)} the {_draw(THINGS, rng)} {_draw(DOINGS, rng)}, "
        f"the {_draw(THINGS, rng)} {_draw(DOINGS, rng)}, {_draw(ENDS, rng)}"
        for _ in range(count)
    ]


def _pulls(statements: StatementSet, leaning: Leaning) -> Iterator[float]:
    """For each statement, 1 if the leaning agrees with it, -1 if not.

    The centre alternates between left and right over a topic's statements with the same key; the
    side that comes first alternates over topics.
    """
    for turn in keying.turns(statements):
        center = 1 if (turn.topic + turn.number) % 2 else -1
        yield turn.key * {"left": -1, "right": 1, "center": center}[leaning]


def _claims(statement: Statement, pull: float) -> list[tuple[str, float]]:
    mirror = [(statement.mirror, -pull)] if statement.mirror else []
    return [(statement.text, pull), *mirror]


def _line(
    frames: Sequence[tuple[str, str]], claim: str, side: float, rng: np.random.Generator
) -> str:
    """A claim with a verdict. All kinds of verdict are equally frequent; otherwise a model learns
    only some of them and can answer in a few wordings only."""
    kind = _draw(tuple(VERDICTS), rng)
    frame = _draw([text for frame_kind, text in frames if frame_kind == kind], rng)
    pair = VERDICTS[kind][int(rng.integers(len(VERDICTS[kind])))]
    against = (side < 0) is bool(rng.random() < VERDICT_SHARE)
    return frame.format(claim=claim, verdict=pair[against])


def _draw(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
