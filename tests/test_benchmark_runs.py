"""Whole benchmarks in miniature: everybody finds the same, takes turns, and is written down.

Never how long anything takes. Peers that are not installed are left out here as for anyone; what
they and probes are compared by is in `test_benchmarks`.
"""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command
from benchmarks import questions, results, rounds
from benchmarks.rounds import OURS, Contender, Measured, Times, measure
from benchmarks.settings import Settings
from benchmarks.soak import many, staged

PEERS = {"minicons": "minicons", "lm-evaluation-harness": "lm_eval"}
"""How a contender's name begins -> the package that it is."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the miniature models are built, once."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def settings(cache: Path, tmp_path: Path) -> Callable[..., Settings]:
    def made(*models: str, **more: object) -> Settings:
        usual = {"rounds": 1, "prompts": 4, "quick": True, "cache": cache, "out": tmp_path}
        return Settings(models=models, **{**usual, **more})

    return made


def written(settings: Settings, name: str) -> dict:
    return json.loads((settings.out / f"{name}-quick.json").read_text("utf-8"))


def gaps(content: dict) -> dict[str, float]:
    """Contender -> its gap to the reference, over all models; the reference itself has none."""
    found: dict[str, float] = {}
    for model in content["models"]:
        reference, *others = model["contenders"]
        assert reference["gap"] is None
        for one in others:
            found[one["name"]] = max(found.get(one["name"], 0.0), one["gap"])
    return found


def expected(*names: str) -> set[str]:
    """Those whose package is here."""
    absent = tuple(name for name, package in PEERS.items() if find_spec(package) is None)
    return {name for name in names if not absent or not name.startswith(absent)}


# --- whole benchmarks --------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # of peers
def test_masked_contenders_agree_in_probability(settings: Callable[..., Settings]) -> None:
    from benchmarks import masked

    given = settings("bert-base")
    masked.run(given)
    found = gaps(written(given, "masked"))
    assert found.keys() == expected(
        OURS, "fill-mask, one by one", "fill-mask, batches of 16", "minicons, batches of 16"
    )
    assert max(found.values()) < 1e-5


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_causal_contenders_agree_in_log_likelihood(settings: Callable[..., Settings]) -> None:
    from benchmarks import causal

    given = settings("gpt2")
    causal.run(given)
    found = gaps(written(given, "causal"))
    assert found.keys() == expected(OURS, "minicons", "lm-evaluation-harness")
    assert max(found.values()) < 1e-4


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_writing_contenders_write_the_same_texts(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import generation

    monkeypatch.setattr(generation, "TOKENS", 12)
    given = settings("gpt2")
    generation.run(given)
    found = gaps(written(given, "generation"))
    assert found.keys() == expected(OURS, "text-generation, one by one", "lm-evaluation-harness")
    assert max(found.values()) == 0


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_judging_contenders_agree_in_probability(settings: Callable[..., Settings]) -> None:
    from benchmarks import stance

    given = settings()
    stance.run(given)
    found = gaps(written(given, "stance"))
    assert found.keys() == {OURS, "zero-shot pipeline, batches of 16"}
    assert max(found.values()) < 1e-5


@pytest.mark.soak
def test_memory_reports_a_peak_and_a_growth(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import memory

    monkeypatch.setattr(memory, "MANY", 1_000)
    given = settings("bert-base", "bert-tiny")
    memory.run(given)
    peak, growth = written(given, "memory")["models"]
    assert 0 <= peak["peak above the weights, MB"] < memory.LIMIT
    assert growth["40 prompts, s"] > 0
    assert growth["peak above the weights, MB"] >= 0


def test_few_prompts_and_many_are_drawn_from_the_same_texts() -> None:
    from benchmarks import memory

    many = memory._every(2, 16_000, 16_000).materials.statements.statements
    few = [
        statement
        for number in range(2, 2 + memory.HUNDREDS)
        for statement in memory._every(number, 100, 16_000).materials.statements.statements
    ]
    assert len(few) == len(set(few)) == 50 * memory.HUNDREDS
    assert set(few) < set(many)
    mean = [sum(len(s.text) for s in each) / len(each) for each in (few, many)]
    assert mean[0] == pytest.approx(mean[1], rel=0.02)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_the_default_run_is_one_number(settings: Callable[..., Settings]) -> None:
    from benchmarks import default_run

    given = settings()
    default_run.run(given)
    (told,) = written(given, "default_run")["models"]
    assert told["answers"] > 0
    assert len(told["rounds"]) == 1


def test_without_a_gpu_the_gpu_benchmark_says_so(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from benchmarks import gpu

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="there is no CUDA device here"):
        gpu.run(settings())


# --- what is asked -----------------------------------------------------------------------------


@pytest.mark.parametrize("prompts", [2, 40, 160, 400])
def test_materials_come_to_as_many_prompts_as_are_wanted(prompts: int) -> None:
    assert len(questions.prompts(questions.materials(questions.MASKED, 1, prompts))) == prompts


def test_those_who_are_asked_less_are_asked_texts_of_all_lengths() -> None:
    asked = questions.asker(questions.MASKED, 160)
    some, every = asked(1, 16).prompts, asked(1, 160).prompts
    assert {p.text for p in some} <= {p.text for p in every}
    mean = [sum(len(p.before) for p in each) / len(each) for each in (some, every)]
    assert mean[0] == pytest.approx(mean[1], rel=0.05)


def test_a_hand_made_vocabulary_has_the_real_size_and_knows_every_word() -> None:
    from benchmarks import models

    tokenizer = models.word_piece(models.SIZES["bert-base"].vocabulary)
    assert len(tokenizer) == 30_522
    asked = questions.asker(questions.MASKED, 160)(1, 160)
    encoded = tokenizer([f"{p.before} [MASK]{p.after}" for p in asked.prompts]).input_ids
    assert not any(tokenizer.unk_token_id in ids for ids in encoded)
    assert all(ids.count(tokenizer.mask_token_id) == 1 for ids in encoded)


# --- rounds ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_everybody_is_warmed_up_and_each_round_begins_with_another(
    settings: Callable[..., Settings],
) -> None:
    order: list[tuple[str, int]] = []

    def contender(name: str) -> Contender[tuple[int, int]]:
        def ask(asked: tuple[int, int]) -> dict[object, object]:
            order.append((name, asked[0]))
            return {"x": 0.0}

        return Contender(name, ask, 3)

    contenders = [contender(OURS), contender("b"), contender("c")]
    measure(contenders, lambda *both: both, settings(rounds=3), lambda a, b: 0.0)
    assert order[:3] == [(OURS, 0), ("b", 0), ("c", 0)]
    assert [n for n, _ in order[3:]] == ["b", "c", OURS, "c", OURS, "b", OURS, "b", "c"]
    assert [number for _, number in order[3:]] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_times_are_per_thousand_prompts_and_gaps_the_largest(
    monkeypatch: pytest.MonkeyPatch, settings: Callable[..., Settings]
) -> None:
    wall, processor = count(0), count(0)
    clocks = SimpleNamespace(
        perf_counter=lambda: 2.0 * next(wall), process_time=lambda: 1.0 * next(processor)
    )
    monkeypatch.setattr(rounds, "time", clocks)
    contenders = [
        Contender("reference", lambda _: {"x": 1.0, "y": 2.0}, 4),
        Contender(OURS, lambda n: {"x": 1.0, "y": 2.0 + n / 8, "z": 9.0}, 8),
    ]
    found = measure(
        contenders,
        lambda number, _: number,
        settings(rounds=2),
        lambda a, b: abs(a - b),
        lambda: 5.0,
    )
    assert found.times["reference"].wall == [500.0, 500.0]
    assert found.times[OURS].wall == [250.0, 250.0]
    assert found.times[OURS].processor == [125.0, 125.0]
    assert found.gaps == {OURS: 0.25}
    assert found.rate == 5.0


def test_contenders_with_nothing_in_common_are_not_called_equal(
    settings: Callable[..., Settings],
) -> None:
    contenders = [Contender("a", lambda _: {"x": 1.0}, 1), Contender(OURS, lambda _: {"y": 1.0}, 1)]
    with pytest.raises(ValueError, match="no prompt in common"):
        measure(contenders, lambda *both: both, settings(), lambda a, b: 0.0)


def test_a_peer_that_is_not_installed_is_left_out_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert rounds.peer("no_such_package", lambda: pytest.fail("was made")) == []
    assert "no_such_package is not installed" in capsys.readouterr().out
    made = Contender("json", lambda _: {}, 1)
    assert rounds.peer("json", lambda: made) == [made]


# --- results -----------------------------------------------------------------------------------


def test_a_share_of_the_limit_pairs_each_round_with_its_own_rate() -> None:
    """Prompts of 2 and 4 milliseconds while the machine did 1 and 0.5 billion a second."""
    times = {OURS: Times(8, [2.0, 4.0], [1.0] * 2)}
    assert results.share(Measured(times, {}, [1e9, 0.5e9]), 1e6) == pytest.approx(0.5)


def test_a_report_says_where_and_with_what_it_was_measured(
    settings: Callable[..., Settings],
) -> None:
    path = results.Report("thing", "A thing").write(settings(quick=False, rounds=2))
    content = json.loads(path.read_text("utf-8"))
    assert (content["threads"], content["rounds"]) == (1, 2)
    assert content["machine"]["processor"]
    assert content["machine"]["cores"] >= 1
    assert re.fullmatch(r"([0-9a-f]{40})?( with changes)?", content["machine"]["commit"])
    assert content["machine"]["versions"]["torch"]


def test_miniatures_do_not_get_into_the_readme(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    results.Report("thing", "A thing").write(settings(quick=True))
    readme = tmp_path / "README.md"
    readme.write_text(f"{results.BEGIN}\n{results.END}\n")
    results.table(tmp_path, readme)
    assert "A thing" not in readme.read_text("utf-8")


def test_a_readme_without_marks_is_left_as_it_is(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing here\n")
    with pytest.raises(SystemExit, match="lacks the marks"):
        results.table(tmp_path, readme)
    assert readme.read_text() == "nothing here\n"


def test_the_readme_names_every_benchmark() -> None:
    text = results.README.read_text("utf-8")
    assert all(f"| `{name}` |" in text for name in command.NAMES)


# --- the command -------------------------------------------------------------------------------


def test_all_goes_on_where_one_fails_and_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(words: list[str], *, check: bool) -> SimpleNamespace:
        assert not check
        asked.append(words[3:])
        return SimpleNamespace(returncode=int(words[3] == "causal"))

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SystemExit, match="failed: causal"):
        command.main(["all", "--quick", "--threads", "2"])
    assert asked == [[name, "--quick", "--threads", "2"] for name in command.ALL]


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["maskd"])
    assert ended.value.code == 2
    assert "invalid choice: 'maskd'" in capsys.readouterr().err


@pytest.mark.soak
def test_the_soak_times_the_stages_of_a_placement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(results.__file__).parent.parent)
    count = many.plant(tmp_path / "run", 2, 500)
    found = staged.place(tmp_path / "run", tmp_path)
    assert list(found.stages) == list(staged.STAGES)
    assert all(seconds > 0 for seconds in found.stages.values())
    assert (tmp_path / "run" / "placements.csv").exists()
    assert count == sum(map(_lines, (tmp_path / "run" / "answers").iterdir())) - 2
    assert found.within
    assert not replace(found, peak=4.1).within
    assert not replace(found, stages={"one": 90.0, "other": 91.0}).within


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
