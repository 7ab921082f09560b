"""A profile: seconds by step, tokens by need, share of the limit; and nothing else changes."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from probes.backends.hf.profile import peak
from probes.errors import RunError
from probes.models.load import open_model
from probes.runs import profile
from probes.runs.profile import Stopwatch
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Statement
from tests.asking.test_loop import MINI

pytestmark = pytest.mark.usefixtures("pictureless")

SHORT = """\
name: short
title: Short
method: choice
wordings: [agree, yes-no]
controls: controls
"""
PAIR = (Option("yes", "agree", (" yes",)), Option("no", "disagree", (" no",)))
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """The words of a command that asks little."""
    (tmp_path / "mini.yaml").write_text(MINI)
    (tmp_path / "short.yaml").write_text(SHORT)
    return ["run", "--set", str(tmp_path / "mini.yaml"), "--protocol", str(tmp_path / "short.yaml")]


def ticking(step: float) -> SimpleNamespace:
    """A `time` whose clock goes on by `step` seconds whenever it is read."""
    readings = count(0)
    return SimpleNamespace(perf_counter=lambda: next(readings) * step)


def metered() -> SimpleNamespace:
    """A model that counts."""
    meter = SimpleNamespace(tokenising=0.0, asked=0, needed=0, computed=0, padded=0, passes=0)
    return SimpleNamespace(info=ModelInfo("m", "masked", "m"), meter=meter, checkpoint=None)


def files(out: Path) -> dict[str, bytes]:
    """Everything that a run concludes, and its evidence."""
    every = [*out.glob("*.csv"), *out.glob("*.svg"), *(out / "answers").iterdir()]
    return {path.name: path.read_bytes() for path in every}


@pytest.mark.slow
def test_a_profile_changes_no_byte_of_evidence_or_tables(
    asked: list[str], checkpoint: Callable[..., Path], command: Command, tmp_path: Path
) -> None:
    models = ["--model", f"m={checkpoint('bert')}", "--model", "planted:economic=-4"]
    for folder, more in (("with", ["--profile"]), ("without", [])):
        status, _, _ = command(*asked, *models, *more, "--out", str(tmp_path / folder))
        assert status == 0
    assert files(tmp_path / "with") == files(tmp_path / "without")
    assert (tmp_path / "with" / "profile.json").exists()
    assert not (tmp_path / "without" / "profile.json").exists()


@pytest.mark.slow
def test_the_command_prints_seconds_for_all_and_counts_for_those_that_count(
    asked: list[str], checkpoint: Callable[..., Path], command: Command, tmp_path: Path
) -> None:
    models = ["--model", f"m={checkpoint('gpt2')}", "--model", "p=planted:economic=-4"]
    _, out, _ = command(*asked, *models, "--profile", "--out", str(tmp_path / "out"))
    assert "tokenising, s" in out
    assert "of limit" in out
    told = json.loads((tmp_path / "out" / "profile.json").read_text())["models"]
    assert [one["model"] for one in told] == ["m", "p"]
    assert all(set(one["seconds"]) == set(profile.STEPS) for one in told)
    tokens, limit = told[0]["tokens"], told[0]["limit"]
    assert tokens["asked"] > tokens["needed"] > 0
    assert tokens["computed"] - tokens["padded"] >= tokens["needed"]
    assert told[0]["passes"] > 0
    share = limit["needed"] / (told[0]["seconds"]["forward"] * limit["rate"])
    assert limit["share"] == pytest.approx(share, rel=0.01)
    assert (told[1]["tokens"], told[1]["limit"], told[1]["passes"]) == (None, None, None)


@pytest.mark.slow
def test_what_was_answered_before_is_not_counted_again(
    asked: list[str], checkpoint: Callable[..., Path], command: Command, tmp_path: Path
) -> None:
    """A profile is about a session: where nothing was left to ask, nothing was put through."""
    words = [
        *asked,
        "--model",
        f"m={checkpoint('bert')}",
        "--profile",
        "--out",
        str(tmp_path / "o"),
    ]
    command(*words)
    status, _, _ = command(*words)
    (told,) = json.loads((tmp_path / "o" / "profile.json").read_text())["models"]
    assert (status, told["tokens"]["needed"], told["limit"]) == (0, 0, None)


@pytest.mark.slow
def test_each_language_has_its_profile(command: Command, tmp_path: Path) -> None:
    words = ["run", "--model", "planted:economic=-4", "--set", "compass", "--limit", "3"]
    out = tmp_path / "out"
    status, said, _ = command(*words, "--language", "en,de", "--profile", "--out", str(out))
    assert status == 0
    assert said.count("tokenising, s") == 2
    assert all((out / language / "profile.json").exists() for language in ("en", "de"))


def test_tokenising_is_taken_off_the_step_that_it_was_part_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(profile, "time", ticking(2.0))
    watch = Stopwatch()
    with watch.step("load"):
        watch.model = metered()
    with watch.step("plan"):
        watch.model.meter.tokenising += 1.5
    assert watch.seconds == {
        "load": 2.0,
        "plan": 0.5,
        "tokenising": 1.5,
        "forward": 0.0,
        "writing": 0.0,
    }


def test_waiting_for_things_is_on_the_clock_and_using_them_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ticking(1.0)
    monkeypatch.setattr(profile, "time", clock)
    watch, got = Stopwatch(), []

    def things() -> Iterator[str]:
        for thing in "ab":
            clock.perf_counter()  # takes a second to make
            yield thing

    for thing in watch.each("forward", things()):
        clock.perf_counter()  # takes a second to use
        got.append(thing)
    assert got == ["a", "b"]
    # two things of two seconds each, and one to find that there is no third
    assert watch.seconds["forward"] == 2 + 2 + 1


def test_what_is_needed_is_the_matrices_times_the_tokens(checkpoint: Callable[..., Path]) -> None:
    """Two operations a weight and token; the head's, and those of the last layer behind its
    attention, only where the head is applied."""
    model = open_model(ModelSpec("m", str(checkpoint("bert"))), LoadOptions(device="cpu"))
    watch = Stopwatch(model)
    prompt = Prompt(Statement("s", ""), "statement", "w", "My answer is", ".", PAIR)
    with watch.step("forward"):
        model.score([prompt])
    told, bert = watch.profile(), model.checkpoint.model
    body = sum(p.numel() for p in bert.bert.encoder.parameters() if p.dim() == 2)
    head = bert.cls.predictions
    top = sum(layer.weight.numel() for layer in (head.transform.dense, head.decoder))
    last = bert.bert.encoder.layer[-1]
    late = last.intermediate.dense.weight.numel() + last.output.dense.weight.numel()
    expected = 2 * ((body - late) * told.tokens.needed + (late + top) * model.meter.head_rows)
    # attention's own products are at most a few in a hundred at this length
    assert expected <= told.limit.needed <= 1.1 * expected


def test_the_rate_is_operations_over_seconds(
    checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_model(ModelSpec("m", str(checkpoint("bert"))), LoadOptions(device="cpu"))
    monkeypatch.setattr(peak, "time", ticking(0.5))
    hidden = 32
    once = 2 * (2 * peak.ROWS["cpu"] * hidden * 4 * hidden)
    assert peak.sustained(model.checkpoint.model) == once / 0.5


def test_measuring_the_machine_leaves_the_dice_of_a_sampling_model_alone(
    checkpoint: Callable[..., Path],
) -> None:
    model = open_model(ModelSpec("m", str(checkpoint("gpt2"))), LoadOptions(device="cpu"))
    before = torch.get_rng_state()
    peak.sustained(model.checkpoint.model, 0.01)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_folder_without_a_profile_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"has no profile\.json; `probes run --profile` writes one"):
        profile.rows(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"models": [{}]}', '{"models": 3}'])
def test_a_damaged_profile_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(RunError, match="not written by `probes run --profile`, or damaged"):
        profile.rows(tmp_path)
