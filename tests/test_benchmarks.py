"""Benchmarks compare equal things: what is asked, what is found, and what is made of the times.

The peers are not installed for the tests; each benchmark is run by hand (see benchmarks/README.md).
Nothing here is timed.
"""

import json
from pathlib import Path

import pytest

from benchmarks import causal, masked, models, ours, questions, results, rounds, stance
from benchmarks.rounds import OURS, Contender
from benchmarks.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("benchmarks")
    return Settings(rounds=2, quick=True, cache=folder / "models", out=folder / "results")


def test_prompts_have_the_length_that_targets_were_measured_at() -> None:
    """About 28 tokens for masked models and 43 for causal ones, the options' own among them."""
    tokenizer = models.word_piece(models.SIZES["bert-base"].vocabulary)
    lengths = [
        len(tokenizer(p.before + " agree" + p.after).input_ids)
        for p in questions.asker(questions.MASKED, 160)(1, 160).prompts
    ]
    assert 24 < sum(lengths) / len(lengths) < 34


@pytest.mark.parametrize("wording", [questions.MASKED, questions.CAUSAL])
def test_no_prompt_of_a_round_comes_again_in_another(wording: object) -> None:
    asked = questions.asker(wording, 40)
    seen = [{p.before for p in asked(number, 40).prompts} for number in (0, 1, 2)]
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_many_prompts_are_as_long_as_few() -> None:
    """Else that a thousand times the prompts cost as much each would say nothing."""
    few, many = (
        questions.prompts(questions.materials(questions.MASKED, 1, n)) for n in (160, 1600)
    )
    assert len({p.before for p in many}) == 1600
    mean = [sum(len(p.before.split()) for p in found) / len(found) for found in (few, many)]
    assert abs(mean[0] - mean[1]) < 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "benchmark", "wording"),
    [
        ("bert-tiny", masked, questions.MASKED),
        pytest.param("roberta-base", masked, questions.MASKED, marks=pytest.mark.soak),
        ("gpt2-tiny", causal, questions.CAUSAL),
        pytest.param("llama-32k", causal, questions.CAUSAL, marks=pytest.mark.soak),
    ],
)
def test_probes_finds_what_the_plain_loop_finds(
    settings: Settings, name: str, benchmark: object, wording: object
) -> None:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

    path = models.build(name, settings)
    kind = AutoModelForMaskedLM if benchmark is masked else AutoModelForCausalLM
    tokenizer = AutoTokenizer.from_pretrained(path)
    plain = kind.from_pretrained(path).eval()
    asked = questions.asker(wording, 6)
    contenders = [
        Contender("plain loop", benchmark._loop(plain, tokenizer), 3),
        Contender(OURS, ours.scoring(ours.load(name, settings)), 6),
    ]
    found = rounds.measure(contenders, asked, settings, benchmark.apart)
    assert found.gaps[OURS] < (1e-5 if benchmark is masked else 1e-4)


@pytest.mark.soak
def test_stances_are_those_of_the_zero_shot_pipeline(settings: Settings) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from probes.backends import stance as backend
    from probes.types import LoadOptions, ModelSpec

    path = models.build("bart-nli", settings)
    plain = AutoModelForSequenceClassification.from_pretrained(path).eval()
    pipeline = stance._pipeline(plain, AutoTokenizer.from_pretrained(path), 1)
    judge = backend.load(ModelSpec("nli", str(path)), LoadOptions(device="cpu"))
    asked = stance.replies(0.5, 8, 1, 8)
    assert len({r.text for r in asked}) == 4
    one, other = stance._ours(judge)(asked), pipeline(asked)
    assert one.keys() == other.keys()
    assert max(stance.apart(one[n], other[n]) for n in one) < 1e-5


def test_a_gap_between_results_is_seen() -> None:
    assert masked.apart({"a": -1.0, "b": -2.0}, {"a": -1.0, "b": -2.5}) > 0.03
    assert causal.apart({"a": -1.0, "b": -2.0}, {"a": -1.0, "b": -2.5}) == 0.5


def test_ratios_are_of_medians_and_stand_in_file_and_table(settings: Settings) -> None:
    contenders = [Contender("loop", lambda _: {}, 1, target=2.0), Contender(OURS, lambda _: {}, 1)]
    times = {
        "loop": rounds.Times(1, [10.0, 30.0, 20.0], [1.0, 1.0, 1.0]),
        OURS: rounds.Times(1, [5.0, 4.0, 100.0], [1.0, 1.0, 1.0]),
    }
    measured = rounds.Measured(times, {OURS: 1e-7}, [1e9])
    entry = results.entry("m", contenders, measured, {"share of limit": 0.5})
    report = results.Report("sample", "A sample", models=[entry])
    path = report.write(settings)
    assert json.loads(path.read_text("utf-8"))["models"][0]["contenders"][0]["ratio"] == 4.0
    table = results.markdown(json.loads(path.read_text("utf-8")))
    assert "| m | loop | 20 | 4.00 | 2 |" in table
    assert "share of limit 0.5" in table


def test_the_readme_takes_tables_between_its_marks_only(settings: Settings, tmp_path: Path) -> None:
    full = Settings(rounds=1, cache=settings.cache, out=tmp_path / "results")
    results.Report("sample", "A sample").write(full)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    results.table(full.out, readme)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "### A sample" in text
    assert "old" not in text
    assert results.BEGIN in (Path(results.__file__).parent / "README.md").read_text("utf-8")
