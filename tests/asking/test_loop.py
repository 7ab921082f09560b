"""The loop: what is planned, what is asked, in which batches, and the self-checks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from probes.asking import batches, loop, protocols
from probes.asking.sample import sample
from probes.backends import planted
from probes.errors import ModelError, ScoreError, UsageError
from probes.evidence.answers import key
from probes.instruments import sets
from probes.types import LoadOptions, Materials, ModelSpec, Prompt, Reply

MINI = """\
name: mini
title: Mini
language: en
licence: CC0-1.0
axes: {economic: {negative: left, positive: right}}
statements:
  - {id: rent, text: Rents should be capped by law., agree: left, mirror: Rents are best left free.}
  - {id: tax, text: Taxes should fall., agree: right, mirror: Taxes should rise.}
  - {id: trade, text: Trade should be free., agree: right}
"""
TRUTH = """\
name: truth
title: Truth
language: en
licence: CC0-1.0
axes: {truth: {negative: "false", positive: "true"}}
statements:
  - {id: water, text: Water is wet., agree: "true", mirror: Water is dry.}
"""
MATERIALS = Materials(
    sets.parse(MINI.encode(), "mini"),
    protocols.load("default"),
    sets.parse(TRUTH.encode(), "truth"),
)


def respondent(traits: str = "economic=-6,noise=1") -> planted.Planted:
    return planted.load(ModelSpec("m", traits, "planted"), LoadOptions())


class Wrapped(planted.Planted):
    """A planted respondent whose batches can go wrong; keeps count of what it was asked."""

    asked: list[int]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        self.asked.append(len(prompts))
        return super().score(prompts)


def wrapped(kind: type[Wrapped] = Wrapped) -> Wrapped:
    inner = respondent()
    model = kind(inner.info, inner.positions, inner.traits, inner.seed)
    object.__setattr__(model, "asked", [])
    return model


def test_every_cell_is_planned_once() -> None:
    """Statements and mirrors, both halves of each control, and each blank, in every wording and
    order."""
    planned = loop.plan(respondent(), MATERIALS)
    cells = [cell for batch in planned.batches for group in batch for cell in group]
    rows = sum(max(1, len(w.orders)) for w in MATERIALS.recipe.wordings)
    assert Counter(cell.role for cell in cells) == {
        "statement": 3 * rows,
        "mirror": 2 * rows,
        "control": 2 * rows,
        "blank": len(MATERIALS.recipe.blanks) * rows,
    }
    assert planned.header.cells == len(cells)
    assert len({key(planned.header, cell) for cell in cells}) == len(cells)


def test_a_control_and_its_mirror_have_names_of_their_own() -> None:
    """A control's mirror is told from the control by its name."""
    planned = loop.plan(respondent(), MATERIALS)
    names = {c.name for b in planned.batches for g in b for c in g if c.role == "control"}
    assert names == {"water", "water:mirror"}


def test_limit_keeps_a_sample_of_the_statements() -> None:
    """As `sample` draws it."""
    planned = loop.plan(respondent(), MATERIALS, limit=1)
    (drawn,) = sample(MATERIALS.statements.statements, 1)
    assert {c.name for b in planned.batches for g in b for c in g if c.role == "statement"} == {
        drawn.id
    }


@pytest.mark.parametrize(
    "arguments", [{"limit": 0}, {"limit": -1}, {"batch_size": 0}, {"seed": 2**63}]
)
def test_a_limit_or_batch_size_below_one_is_refused(arguments: dict[str, int]) -> None:
    """A run of nothing means nothing."""
    with pytest.raises(UsageError):
        loop.plan(respondent(), MATERIALS, **arguments)


def test_batches_keep_to_their_budget_and_are_sorted() -> None:
    """Longest first; no batch holds more than its tokens, padding counted."""
    model = respondent()
    planned = loop.plan(model, MATERIALS)
    lengths = [model.lengths([group[0] for group in batch]) for batch in planned.batches]
    assert all(len(batch) * max(batch) <= batches.TOKENS["cpu"] for batch in lengths)
    flat = [length for batch in lengths for length in batch]
    assert flat == sorted(flat, reverse=True)
    sized = loop.plan(model, MATERIALS, batch_size=7)
    assert {len(batch) for batch in sized.batches[:-1]} == {7}


def test_equal_prompts_are_asked_once_and_answered_for_every_cell() -> None:
    """Two statements with one text are one prompt and two lines."""
    twin = replace(MATERIALS.statements.statements[2], id="twin")
    statements = replace(MATERIALS.statements, statements=(*MATERIALS.statements.statements, twin))
    model = wrapped()
    planned = loop.plan(model, replace(MATERIALS, statements=statements), batch_size=1000)
    (batch,) = loop.ask(model, planned)
    rows = sum(max(1, len(w.orders)) for w in MATERIALS.recipe.wordings)
    assert len(batch.answers) == planned.header.cells
    assert model.asked[0] == planned.header.cells - rows
    by_name = {(a.statement, a.wording, a.order): a.logprobs for a in batch.answers}
    for (name, wording, order), scores in by_name.items():
        if name == "twin":
            assert by_name["trade", wording, order] == scores


def test_a_run_can_begin_at_any_batch_with_the_same_answers() -> None:
    """What is answered does not depend on where a run was stopped."""
    model = respondent()
    planned = loop.plan(model, MATERIALS, batch_size=9)
    whole = [batch.answers for batch in loop.ask(model, planned)]
    assert [batch.answers for batch in loop.ask(model, planned, start=3)] == whole[3:]


def test_the_self_check_costs_eight_prompts_however_long_the_run() -> None:
    """Eight prompts of the first batch, its first and last among them, are scored alone."""
    names: list[str] = []

    class Watched(Wrapped):
        def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
            names.extend(p.name + p.wording for p in prompts if len(prompts) == 1)
            return super().score(prompts)

    model = wrapped(Watched)
    planned = loop.plan(model, MATERIALS, batch_size=20)
    next(loop.ask(model, planned))
    assert model.asked == [20, *[1] * loop.CHECKED]
    first = [group[0].name + group[0].wording for group in planned.batches[0]]
    assert (names[0], names[-1]) == (first[0], first[-1])
    model.asked.clear()
    small = loop.plan(model, MATERIALS, batch_size=3)
    next(loop.ask(model, small, start=len(small.batches) - 2))
    assert model.asked == [3, 1, 1, 1]


def test_batches_that_change_scores_stop_the_run() -> None:
    """The self-check names the statement, the wording, the difference and a remedy."""

    class Leaky(Wrapped):
        def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
            shift = 0.001 * len(prompts)
            return [
                replace(r, logprobs={k: v - shift for k, v in (r.logprobs or {}).items()})
                for r in super().score(prompts)
            ]

    model = wrapped(Leaky)
    with pytest.raises(ScoreError, match=r"in a batch and alone.*float32"):
        list(loop.ask(model, loop.plan(model, MATERIALS)))


def test_out_of_memory_halves_the_batch_and_goes_on() -> None:
    """Every cell is answered as without the split, and the split is recorded."""

    class Small(Wrapped):
        def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
            if len(prompts) > 5:
                raise MemoryError
            return super().score(prompts)

    model = wrapped(Small)
    planned = loop.plan(model, MATERIALS, batch_size=16)
    asked = list(loop.ask(model, planned))
    assert [b.answers for b in asked] == [b.answers for b in loop.ask(respondent(), planned)]
    assert asked[-1].splits == 2
    assert max(model.asked) == 4


def test_out_of_memory_on_one_prompt_is_said() -> None:
    """Halving ends at one prompt."""

    class Tiny(Wrapped):
        def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
            raise MemoryError

    model = wrapped(Tiny)
    with pytest.raises(ModelError, match="alone does not fit"):
        list(loop.ask(model, loop.plan(model, MATERIALS)))


def test_forms_that_a_model_cannot_score_are_in_the_evidence() -> None:
    """The header says what was left out."""

    class Poor(Wrapped):
        def fit(self, prompt: Prompt) -> tuple[tuple, tuple]:
            return tuple(replace(o, forms=o.forms[:1]) for o in prompt.options), ("a remark",)

    planned = loop.plan(wrapped(Poor), MATERIALS)
    assert planned.header.dropped["support"] == (" accept", " favor", " reject", " resist")
    assert planned.header.flags["support"] == ("a remark",)
    assert "agree" not in planned.header.dropped
