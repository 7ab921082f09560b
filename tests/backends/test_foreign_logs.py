"""Logs of other evaluation programs as recorded replies; `tests/data/peers` was written by these
programs themselves (`tests/data/peers/make.py`)."""

import contextlib
import csv
import json
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import probes
from probes import api
from probes.asking import protocols
from probes.backends.recordings import recording
from probes.errors import ModelError, UsageError
from probes.instruments import sets
from tests.data.peers import make

PEERS = Path(make.__file__).parent
SET = PEERS / "mini.yaml"
Edit = Callable[[dict[str, object]], object]


def replies(file: str, query: str = "") -> dict[tuple[str, str, str, int], str]:
    """(model, statement, wording, seed) -> reply; all of them are about the set."""
    found = recording.read(f"{PEERS / file}{query}")
    found.places(sets.load(SET))
    return {(r.model, r.about, r.wording, r.seed): r.reply for r in found.rows}


def edited(folder: Path, file: str, edit: Edit) -> Path:
    """A copy of a JSON log, changed."""
    content = json.loads((PEERS / file).read_text("utf-8"))
    edit(content)
    path = folder / file
    path.write_text(json.dumps(content, indent=1), "utf-8")
    return path


def test_epochs_of_an_inspect_log_are_repetitions() -> None:
    assert replies("inspect.json") == {
        ("mockllm/model", name, "sheet", seed): make.REPLIES[name]
        for name in make.TEXTS
        for seed in (0, 1)
    }


def test_a_foreign_log_is_placed_like_any_replies() -> None:
    """The mock agreed with what pulls high, and disagreed with what pulls low."""
    evidence = api.run(api.load_model(f"recorded:{PEERS / 'inspect.json'}"), SET, progress=False)
    assert probes.place(evidence).placements["position"].tolist() == pytest.approx([10.0])


def test_statements_are_found_by_the_text_that_was_asked(tmp_path: Path) -> None:
    """Where samples have no statement in their metadata; other words are refused by name."""

    def bare(log: dict[str, object]) -> None:
        for sample in log["samples"]:  # type: ignore[attr-defined]
            sample["input"] = make.TEXTS[sample["metadata"].pop("statement")]

    found = recording.read(str(edited(tmp_path, "inspect.json", bare)))
    places = found.places(sets.load(SET))
    assert [(name, mirror) for name, _, mirror in places[:4]] == [
        ("tax", False), ("tax", True), ("rent", False), ("rent", True),
    ]  # fmt: skip
    with pytest.raises(ModelError, match="4 of its statements are not in the set mini"):
        replies("inspect.json", "?statement=input")


def test_statements_are_found_by_the_sheet_that_was_asked(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """As a message of the user's, too; a text that is not in the sheet is named with its sample."""
    sheet = tmp_path / "sheet.csv"
    assert command("sets", "sheet", str(SET), "-o", str(sheet))[0] == 0
    with sheet.open(encoding="utf-8", newline="") as file:
        asked = {row["statement"]: row["ask"] for row in csv.DictReader(file)}

    def by_sheet(log: dict[str, object]) -> None:
        for sample in log["samples"]:  # type: ignore[attr-defined]
            text = [{"type": "text", "text": asked[sample["metadata"].pop("statement")]}]
            sample["input"] = [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": text},
            ]

    path = edited(tmp_path, "inspect.json", by_sheet)
    rows = recording.read(f"{path}?sheet={sheet}").rows
    assert [(row.about, row.wording, row.order) for row in rows[:4]] == [
        (name, "four-choose", 0) for name in make.TEXTS
    ]
    assert [row.reply for row in rows[:4]] == list(make.REPLIES.values())
    with pytest.raises(ModelError, match=r"sample 1 \(s0, epoch 1\): 'Agree or .* is no text in"):
        recording.read(f"{PEERS / 'inspect.json'}?sheet={sheet}")
    with pytest.raises(ModelError, match="no column 'wording'"):
        recording.read(f"{PEERS / 'inspect.json'}?sheet={_written(tmp_path, 'ask,statement')}")


def _written(folder: Path, head: str) -> Path:
    path = folder / "other.csv"
    path.write_text(f"{head}\n{','.join('x' * (head.count(',') + 1))}\n")
    return path


def test_prompts_of_promptfoo_are_wordings_and_repeats_are_repetitions() -> None:
    """Of two models with two prompts each; a call that failed has no reply."""
    found = replies("results.json")
    assert {key: text for key, text in found.items() if key[0] == "org/yes"} == {
        ("org/yes", "tax", wording, seed): reply
        for wording, reply in (("prompt-1", "Agree"), ("prompt-2", "Disagree"))
        for seed in (0, 1)
    }
    assert found["parrot", "rent", "prompt-2", 1] == "A claim: rent Agree or disagree?"
    assert len(found) == 4 + 8


def test_prompts_are_numbered_as_in_the_configuration_whatever_comes_first(tmp_path: Path) -> None:
    """Calls go side by side, and each model has numbers of its own for the same prompts."""

    def later(log: dict[str, object]) -> None:
        results = log["results"]["results"]  # type: ignore[index]
        results.sort(key=lambda r: ((1, 3, 0, 2).index(r["promptIdx"]), -r["testIdx"]))
        results.append(results.pop(0))  # another model's second prompt is the last of all

    rows = recording.read(str(edited(tmp_path, "results.json", later))).rows
    assert {(r.model, r.about, r.wording, r.seed): r.reply for r in rows} == replies("results.json")


def test_texts_of_the_harness_are_replies_and_its_first_filter_is_read(tmp_path: Path) -> None:
    raw = (PEERS / "samples_written.jsonl").read_text("utf-8")
    rows = recording.read(str(PEERS / "samples_written.jsonl")).rows
    assert [row.about for row in rows] == [*make.TEXTS]
    assert rows[0].reply == json.loads(raw.split("\n")[0])["resps"][0][0]
    (tmp_path / "two.jsonl").write_text(raw + raw.replace('"filter": "none"', '"filter": "b"'))
    assert recording.read(str(tmp_path / "two.jsonl")).rows == rows


def test_log_likelihoods_of_the_harness_equal_our_own_scores(
    checkpoint: Callable[[str], Path],
) -> None:
    """Within 1e-4, for every option of every cell, of forms that are summed, too; so are the
    placements. The numbers are the harness's own, of this very checkpoint."""
    protocol = protocols.load(PEERS / "two.yaml")
    samples = f"m=recorded:{PEERS / 'samples_probes_mini_two.jsonl'}"
    ours, theirs = (
        api.run(api.load_model(model), SET, protocol, progress=False)
        for model in (f"m={checkpoint('gpt2')}", samples)
    )
    cells = [
        {(a.statement, a.role, a.wording): a.logprobs or {} for a in evidence.answers}
        for evidence in (ours, theirs)
    ]
    assert cells[0].keys() == cells[1].keys()
    assert len(cells[0]) == 8
    for cell, scores in cells[0].items():
        assert cells[1][cell] == pytest.approx(scores, abs=1e-4)
    positions = [probes.place(e).placements["position"][0] for e in (ours, theirs)]
    assert positions[0] == pytest.approx(positions[1], abs=1e-4)


def test_log_likelihoods_are_refused_where_other_words_were_asked() -> None:
    samples = api.load_model(f"m=recorded:{PEERS / 'samples_probes_mini_two.jsonl'}")
    other = protocols.parse(
        make.PROTOCOL.replace(
            "[agree, support]", "{agree: {ask: '{statement}', answer: 'I {slot}.', "
            "pairs: [[agree, disagree]]}}"
        ).encode(),
        Path("other.yaml"),
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"line \d: 'tax' in wording 'agree' was asked in other"):
        api.run(samples, SET, other, progress=False)
    with pytest.raises(ModelError, match="gives no replies in text, which protocol recorded needs"):
        api.run(samples, SET, "recorded", progress=False)
    with pytest.raises(ModelError, match=r"nothing in wording .yes-no. but in agree, support"):
        api.run(samples, SET, progress=False)


@pytest.mark.usefixtures("pictureless")
def test_a_run_of_log_likelihoods_needs_no_protocol_but_the_exports(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """By `default` unless told otherwise, as a model is, and not by `recorded`."""
    model = ["--model", f"m=recorded:{PEERS / 'samples_probes_mini_two.jsonl'}", "--set", str(SET)]
    status, _, said = command("run", *model, "--out", str(tmp_path / "a"))
    assert (status, "but in agree, support: give the protocol" in said) == (2, True)
    two = ["--protocol", str(PEERS / "two.yaml"), "--out", str(tmp_path / "b")]
    assert command("run", *model, *two)[0] == 0
    assert (tmp_path / "b" / "placements.csv").is_file()


def test_what_the_harness_was_not_asked_is_missing(tmp_path: Path) -> None:
    lines = (PEERS / "samples_probes_mini_two.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "cut.jsonl").write_text("\n".join(lines[:-1]) + "\n")
    model = api.load_model(f"m=recorded:{tmp_path / 'cut.jsonl'}")
    found = api.run(model, SET, protocols.load(PEERS / "two.yaml"), progress=False)
    assert [a.status for a in found.answers].count("failed") == 1


def test_samples_of_another_version_of_a_set_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mini.yaml").write_text(make.SET.replace("should fall", "must fall"))
    with pytest.raises(ModelError, match=r"line 1: is about the set mini of sha256 \w+\.\.\., not"):
        api.run(
            api.load_model(f"m=recorded:{PEERS / 'samples_probes_mini_two.jsonl'}"),
            tmp_path / "mini.yaml",
            protocols.load(PEERS / "two.yaml"),
        )


def _samples(edit: Edit) -> Edit:
    return lambda log: edit(log["samples"][0])  # type: ignore[index]


FAULTS: dict[str, tuple[str, Edit, str]] = {
    "newer inspect": ("inspect.json", lambda log: log.update(version=3), "version 3 of its format"),
    "odd version": ("inspect.json", lambda log: log.update(version="x"), "version x of its format"),
    "no samples": ("inspect.json", lambda log: log.update(samples=None), "without samples"),
    "empty": ("inspect.json", lambda log: log.update(samples=[]), "a log without samples"),
    "no model": ("inspect.json", lambda log: log.update(eval={}), "without a model"),
    "epoch": ("inspect.json", _samples(lambda s: s.update(epoch=0)), "epoch should be"),
    "choices": (
        "inspect.json",
        _samples(lambda s: s["output"].update(choices=[{}, {}])),  # type: ignore[attr-defined]
        "holds 2 replies at once",
    ),
    "statement": (
        "inspect.json",
        _samples(lambda s: s["metadata"].update(statement="")),  # type: ignore[attr-defined]
        "sample 1 .*: metadata.statement is empty",
    ),
    "cell": (
        "inspect.json",
        lambda log: [s["metadata"].update(probes={"set": 3}) for s in log["samples"]],  # type: ignore[attr-defined]
        "not as `probes export` writes it",
    ),
    "newer promptfoo": (
        "results.json",
        lambda log: log["results"].update(version=4),  # type: ignore[attr-defined]
        "log of promptfoo in version 4",
    ),
    "no provider": (
        "results.json",
        lambda log: log["results"]["results"][2].update(provider={}),  # type: ignore[index]
        "result 3: should have a provider",
    ),
    "unknown": ("results.json", lambda log: log.pop("results"), "one JSON object .* that is"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_log_at_fault_is_one_sentence(name: str, tmp_path: Path) -> None:
    file, edit, sentence = FAULTS[name]
    path = edited(tmp_path, file, edit)
    with pytest.raises(ModelError, match=sentence) as refused:
        recording.read(str(path)).places(sets.load(SET))
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("file", ["inspect.json", "results.json", "samples_written.jsonl"])
def test_a_log_that_is_cut_off_is_one_sentence(file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_bytes((PEERS / file).read_bytes()[:-40])
    with pytest.raises(ModelError, match="not JSON; is the file cut off"):
        recording.read(str(path))


ODD = (None, 3, -1, 1e308, "", [], {}, "x\0", True, [[]], [None], {"a": 1}, "a:b", 10**30, math.inf)
"""What may stand in a damaged log in place of anything."""


def places_in(value: object) -> Iterator[list[str | int]]:
    """The path of every value inside a value of JSON."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, deeper in inner:
        yield [key]
        yield from ([key, *path] for path in places_in(deeper))


@pytest.mark.parametrize("tries", [40, pytest.param(1500, marks=pytest.mark.soak)])
@pytest.mark.parametrize("file", ["inspect.json", "results.json", "samples_probes_mini_two.jsonl"])
def test_any_odd_value_in_a_log_is_read_or_refused(file: str, tries: int, tmp_path: Path) -> None:
    """A message that is no object, and a prompt that is a list, once were errors of Python's."""
    raw = (PEERS / file).read_text("utf-8")
    lines = raw.splitlines() if file.endswith("l") else [raw]
    dice, path, statements = random.Random(7), tmp_path / file, sets.load(SET)
    for _ in range(tries):
        content = [json.loads(line) for line in lines]
        *way, last = dice.choice(list(places_in(content[0])))
        inner = content[0]
        for key in way:
            inner = inner[key]
        inner[last] = dice.choice(ODD)
        path.write_text("\n".join(map(json.dumps, content)), "utf-8")
        with contextlib.suppress(ModelError):
            recording.read(f"{path}{dice.choice(('', '?statement=asked'))}").places(statements)


def test_what_a_reader_of_logs_fell_over_is_read_or_refused(tmp_path: Path) -> None:
    """Then there is no reply, or no statement, in one sentence."""

    def message(log: dict[str, object]) -> None:
        log["samples"][0]["output"]["choices"][0]["message"] = "Agree"  # type: ignore[index]

    def prompt(log: dict[str, object]) -> None:
        log["results"]["results"][0]["prompt"]["raw"] = ["x"]  # type: ignore[index]

    assert len(recording.read(str(edited(tmp_path, "inspect.json", message))).rows) == 7
    assert len(recording.read(str(edited(tmp_path, "results.json", prompt))).rows) == 12
    with pytest.raises(ModelError, match="asked should be text, not list"):
        recording.read(f"{tmp_path / 'results.json'}?statement=asked")


def test_choices_of_a_task_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    text = (PEERS / "samples_probes_mini_two.jsonl").read_text("utf-8")
    path.write_text(text.replace('"probes": {', '"other": {'))
    with pytest.raises(ModelError, match="line 1: holds log-likelihoods of choices that no option"):
        recording.read(str(path))
    path.write_text(text.replace('"labels": ["agree", ', '"labels": ['))
    with pytest.raises(ModelError, match="line 1: should have a log-likelihood for each"):
        recording.read(str(path))


def test_eval_files_are_read_by_inspect_or_refused_in_a_sentence(tmp_path: Path) -> None:
    """Whole, they say what their JSON form says; cut, or by nobody, one sentence."""
    path = tmp_path / "cut.eval"
    path.write_bytes((PEERS / "inspect.eval").read_bytes()[:-60])
    try:
        import inspect_ai  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(UsageError, match=r"\.eval needs Inspect .* inspect log convert"):
            recording.read(str(path))
        return
    with pytest.raises(ModelError, match=r"Inspect cannot read this log .* cut off"):
        recording.read(str(path))
    assert replies("inspect.eval") == replies("inspect.json")


def test_sums_of_forms_are_those_of_probabilities() -> None:
    """`support` has three forms a side."""
    line = (PEERS / "samples_probes_mini_two.jsonl").read_text("utf-8").split("\n")[1]
    sample = json.loads(line)
    values = [float(responses[0][0]) for responses in sample["resps"]]
    row = recording.read(str(PEERS / "samples_probes_mini_two.jsonl")).rows[1]
    assert row.logprobs
    for label in ("agree", "disagree"):
        of_label = [v for v, n in zip(values, sample["doc"]["labels"], strict=True) if n == label]
        assert row.logprobs[label] == pytest.approx(math.log(sum(map(math.exp, of_label))))
