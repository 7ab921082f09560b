"""Recorded replies: what a file says of each statement, and what may be concluded from it."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import probes
from probes import api, cli
from probes.asking import usual
from probes.backends import planted
from probes.backends.recordings import recording
from probes.errors import ModelError, UsageError
from probes.evidence import answers
from probes.files import csv as csvfile
from probes.instruments import sets
from probes.models import registry
from probes.runs import conclude as conclusions
from probes.runs import prepare, read_back, session
from probes.types import Materials, ModelInfo, Prompt, Writing
from tests import answer_sheets

pytestmark = pytest.mark.usefixtures("pictureless")

DATA = Path(__file__).parents[3] / "shared" / "data"
REAL = DATA / "llm_values_pct"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")

OFFICIAL = """\
name: mini
title: Mini
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}, y: {negative: down, positive: up}}
scoring: {kind: table, constant: {x: 1}, divisor: {x: 2}}
statements:
  - {id: tax, text: Taxes should fall., table: {x: [-4, -1, 1, 4], y: [1, 0, 0, -1]}}
  - {id: rent, text: "Rents should be capped, now.", table: {x: [3, 2, 0, -1]}}
  - {id: law, text: Laws should be strict., table: {y: [-2, -1, 1, 2]}}
"""
MIRRORED = """\
name: pairs
title: Pairs
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}}
statements:
  - {id: tax, text: Taxes should fall., agree: high, mirror: Taxes should rise.}
  - {id: rent, text: Rents should be capped., agree: low, mirror: Rents should be free.}
"""
HEAD = "model,statement,reply\n"
GOOD = HEAD + "a,tax,Agree\na,rent,2) Disagree\na,law,I strongly agree with this.\n"

Run = Callable[..., pd.DataFrame]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Placements of the replies in a text, by the set in another; leaves `out`, the run."""
    return lambda text, **said: placed(tmp_path, text, **said)


def placed(
    folder: Path, text: str, *, of: str = OFFICIAL, name: str = "r.csv", query: str = ""
) -> pd.DataFrame:
    (folder / "set.yaml").write_text(of, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return probe(f"recorded:{folder / name}{query}", folder / "set.yaml", folder / "out")


def probe(model: str, of: Path | str, out: Path, **said: object) -> pd.DataFrame:
    specs = registry.unique(prepare.expanded([registry.resolve(model)]))
    asked = {"set": str(of), "protocol": usual.usual_protocol(specs)}
    tables = session.probe(session.Request(specs, **(asked | said)), out)  # type: ignore[arg-type]
    return tables.placements.set_index(["model", "axis"])


def evidence(folder: Path, model: str = "a") -> list[dict[str, object]]:
    """The lines of a model's answers, without the header."""
    lines = (folder / "out" / "answers" / f"{model}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]


def test_a_single_sheet_has_its_exact_position(run: Run, tmp_path: Path) -> None:
    """As `tests.answer_sheets.score` has it; bounds are the point, no content gate, no key to a
    wording."""
    found = run(GOOD)
    exact = answer_sheets.score(sets.load(tmp_path / "set.yaml"), [2, 1, 3])
    for axis in ("x", "y"):
        row = found.loc["a", axis]
        assert row["position"] == pytest.approx(exact[axis][0])
        assert row["official"] == pytest.approx(exact[axis][0])
        assert row["minimum"] == pytest.approx(row["maximum"]) == pytest.approx(row["position"])
        assert row["placed"]
        assert pd.isna(row["content"])
    assert found.loc["a", "x"]["position"] == (1 + 2 + 1) / 2


def test_the_evidence_holds_each_reply_what_it_chose_and_why(run: Run, tmp_path: Path) -> None:
    run(GOOD + "b,tax,I cannot take a side.\nb,rent,Bananas.\nb,law,\n")
    assert [(a["reply"], a["choice"], a["status"], a["logprobs"]) for a in evidence(tmp_path)] == [
        ("Agree", "agree", "ok", None),
        ("2) Disagree", "disagree", "ok", None),
        ("I strongly agree with this.", "strongly agree", "ok", None),
    ]
    other = evidence(tmp_path, "b")
    assert [a["status"] for a in other] == ["refused", "unparsed", "unparsed"]
    assert [("choice" in a, bool(a["reason"])) for a in other] == [(False, True)] * 3
    header, lines = answers.read(tmp_path / "out" / "answers" / "b.jsonl")
    assert header.model.backend == "recorded"
    assert next(lines).reply == "I cannot take a side."


def test_lines_of_models_that_score_keep_exactly_their_fields(tmp_path: Path) -> None:
    (tmp_path / "set.yaml").write_text(MIRRORED)
    model = api.load_model("planted:x=3")
    found = api.run(model, str(tmp_path / "set.yaml"))
    line = json.loads(answers.line(found.answers[0]))
    assert not {"reply", "choice", "reason"} & line.keys()
    assert not {"reply", "choice", "reason"} & set(found.frame().columns)


def test_a_single_statement_is_not_placed(run: Run) -> None:
    """It has a position and no interval."""
    single = OFFICIAL.replace("{x: [3, 2, 0, -1]}", "{y: [3, 2, 0, -1]}")
    found = run(GOOD, of=single)
    row = found.loc["a", "x"]
    assert row["position"] == (1 + 1) / 2
    assert pd.isna(row["low"])
    assert not row["placed"]
    assert "no interval: a single statement was answered" in row["reason"]


def test_a_key_without_any_answer_has_no_position(run: Run) -> None:
    """The midpoint of a key is nobody's; published numbers that take nothing for agreement are
    said to."""
    text = HEAD + "a,tax,Agree\na,rent,I cannot answer that.\na,law,I have no opinion.\n"
    of = OFFICIAL.replace("x: [-4, -1, 1, 4], y: [1, 0, 0, -1]", "y: [1, 0, 0, -1]")
    row = run(text, of=of).loc["a", "x"]
    assert pd.isna(row["position"])
    assert not row["placed"]
    assert (row["minimum"], row["maximum"]) == ((-1 + 1) / 2, (3 + 1) / 2)


def test_missing_replies_are_listed_and_bounded(run: Run, tmp_path: Path) -> None:
    """Neither agreement nor the middle of nothing: a failed answer, named in the reason."""
    found = run(HEAD + "a,tax,Agree\na,law,Disagree\n")
    row = found.loc["a", "x"]
    assert "no reply to rent" in row["reason"]
    assert (row["answered"], row["asked"]) == (1, 2)
    assert not row["placed"]
    assert (row["minimum"], row["maximum"]) == ((1 - 1 + 1) / 2, (1 + 3 + 1) / 2)
    (gap,) = (a for a in evidence(tmp_path) if a["statement"] == "rent")
    assert (gap["status"], "reply" in gap) == ("failed", False)


def test_a_refusal_is_bounded_too_and_legacy_calls_it_agreement(run: Run, tmp_path: Path) -> None:
    text = GOOD.replace("2) Disagree", "As an AI I have no opinions.")
    row = run(text).loc["a", "x"]
    assert (row["minimum"], row["maximum"]) == ((1 - 1 + 1) / 2, (1 + 3 + 1) / 2)
    assert row["position"] == (1 + 1 + 1) / 2
    legacy = conclusions.conclude(tmp_path / "out", "legacy-agree").placements
    assert legacy.set_index("axis").loc["x", "position"] == (1 + 0 + 1) / 2


def test_every_model_of_a_file_is_a_model_called_as_it_is_there(run: Run) -> None:
    found = run(GOOD + GOOD.removeprefix(HEAD).replace("a,", "org/b,").replace("Agree", "Disagree"))
    assert list(dict.fromkeys(found.index.get_level_values("model"))) == ["a", "org/b"]
    assert found.loc["a", "x"]["position"] == 1 + found.loc["org/b", "x"]["position"]


def test_one_model_can_be_picked_and_renamed(tmp_path: Path) -> None:
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    (tmp_path / "r.csv").write_text(GOOD + "b,tax,Disagree\n")
    found = probe(f"mine=recorded:{tmp_path / 'r.csv'}#a", tmp_path / "set.yaml", tmp_path / "out")
    assert set(found.index.get_level_values("model")) == {"mine"}
    with pytest.raises(UsageError, match="holds 2 models"):
        prepare.expanded([registry.resolve(f"mine=recorded:{tmp_path / 'r.csv'}")])


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        *((name, name) for name in ("?number", "=number", "@number", "'=number", "a+b", "")),
        *(("#", "%23"), ("a&b", "a%26b"), ("50%", "50%"), ("two words", "two%20words")),
    ],
)
def test_a_column_may_have_any_name(tmp_path: Path, column: str, typed: str) -> None:
    """Typed as it is, but for what has a meaning there; in CSV and in JSON."""
    lines = [("b", 1, "Agree"), ("b", 2, "Disagree"), ("b", 3, "Agree")]
    rows = [f"model,{column},reply", *(f"{m},{n},{said}" for m, n, said in lines)]
    objects = [json.dumps({"model": m, column: n, "reply": said}) for m, n, said in lines]
    query = f"?number={typed}"
    for name, content in (("r.csv", rows), ("r.jsonl", objects)):
        folder = tmp_path / name[2:]
        folder.mkdir()
        placed(folder, "\n".join(content) + "\n", name=name, query=query)
        answers = evidence(folder, "b")
        assert [a["reply"] for a in answers] == [said for _, _, said in lines]
        assert [a["statement"] for a in answers] == ["tax", "rent", "law"]


def test_text_number_and_id_name_the_same_statement(tmp_path: Path) -> None:
    """And columns may have other names."""
    by_text = GOOD.replace("tax", "Taxes should fall.").replace(
        "rent", '"Rents  should be capped, now."'
    )
    by_number = "who,nr,said\na,pc-01,Agree\na,pc-2,Disagree\na,3,Strongly agree\n"
    positions = []
    for number, (text, query) in enumerate(
        [(GOOD, ""), (by_text, ""), (by_number, "?model=who&number=nr&reply=said")]
    ):
        (tmp_path / str(number)).mkdir()
        found = placed(tmp_path / str(number), text, query=query)
        positions.append(found["position"].tolist())
    assert positions[0] == positions[1] == positions[2]


@pytest.mark.slow
def test_jsonl_and_another_runs_answers_say_the_same_as_csv(tmp_path: Path) -> None:
    rows = csv.DictReader(GOOD.splitlines())
    (tmp_path / "json").mkdir()
    found = placed(tmp_path, GOOD)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    from_json = placed(tmp_path / "json", lines, name="r.jsonl")
    again = probe(f"recorded:{tmp_path / 'out'}", tmp_path / "set.yaml", tmp_path / "again")
    one = probe(
        f"recorded:{tmp_path / 'out' / 'answers' / 'a.jsonl'}",
        tmp_path / "set.yaml",
        tmp_path / "one",
    )
    for other in (from_json, again, one):
        pd.testing.assert_frame_equal(found, other)


@pytest.mark.parametrize("kind", ["array", "nested", "batch", "separators", "utf-16", "semicolons"])
def test_other_shapes_say_the_same_as_csv(tmp_path: Path, kind: str) -> None:
    """JSON arrays, keys in objects, OpenAI's batch output, U+2028 in a text, Excel's exports."""
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    (tmp_path / "r.csv").write_text(GOOD)
    wanted = probe(f"recorded:{tmp_path / 'r.csv'}", tmp_path / "set.yaml", tmp_path / "a")
    rows = list(csv.DictReader(GOOD.splitlines()))
    name, query, encoding = "r.jsonl", "", "utf-8"
    if kind == "array":
        name, text = "r.json", json.dumps(rows, indent=1)
    elif kind == "nested":
        rows = [{"q": {"id": r["statement"]}, "by": r["model"], "out": [r]} for r in rows]
        query = "?statement=q.id&model=by&reply=out.0.reply"
        text = "\n".join(map(json.dumps, rows))
    elif kind == "batch":
        text = "\n".join(json.dumps(batch_line(**r)) for r in rows)
        failed = {"custom_id": "law", "response": {"status_code": 500, "body": {}}, "error": {}}
        text += "\n" + json.dumps(failed)
    elif kind == "separators":
        rows[2]["reply"] = "I strongly agree with this.\u2028\u2029\x85\x0b"
        text = "\r\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    elif kind == "utf-16":
        name, text, encoding = "r.csv", GOOD.replace(",", "\t"), "utf-16"
    else:
        name, text = "r.csv", GOOD.replace(",", ";")
    (tmp_path / name).write_bytes(text.encode(encoding))
    found = probe(f"recorded:{tmp_path / name}{query}", tmp_path / "set.yaml", tmp_path / "b")
    pd.testing.assert_frame_equal(found, wanted)


def batch_line(model: str, statement: str, reply: str) -> dict[str, object]:
    """A line of OpenAI's batch output; a refusal stands beside the content."""
    message = {"role": "assistant", "content": reply, "refusal": None}
    body = {"model": model, "choices": [{"index": 0, "message": message}]}
    return {"custom_id": statement, "response": {"status_code": 200, "body": body}, "error": None}


def test_a_refusal_of_a_batch_is_read_as_its_text(tmp_path: Path) -> None:
    line = batch_line("a", "tax", "")
    line["response"]["body"]["choices"][0]["message"] |= {"content": None, "refusal": "I can't."}  # type: ignore[index]
    (tmp_path / "r.jsonl").write_text(json.dumps(line))
    assert [r.reply for r in recording.read(str(tmp_path / "r.jsonl")).rows] == ["I can't."]


def test_a_key_that_the_first_entry_lacks_is_read_of_the_others(tmp_path: Path) -> None:
    """JSON leaves out what is empty; what is needed is missed where it is missing."""
    rows = [{"model": "a", "statement": "tax", "reply": "Agree"} for _ in range(2)]
    rows[1] |= {"wording": "w", "seed": 3}  # type: ignore[dict-item]
    path = tmp_path / "r.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = recording.read(str(path)).rows
    assert [(r.wording, r.seed) for r in found] == [("sheet", 0), ("w", 3)]
    del rows[0]["model"]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    with pytest.raises(ModelError, match="line 1: model is empty"):
        recording.read(str(path))


def test_a_model_that_the_file_does_not_name_is_named_by_hand(tmp_path: Path) -> None:
    """``NAME=recorded:FILE``; else one sentence that says so."""
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    (tmp_path / "r.csv").write_text("statement,reply\ntax,Agree\nrent,Disagree\nlaw,Agree\n")
    placements = probe(f"mine=recorded:{tmp_path / 'r.csv'}", tmp_path / "set.yaml", tmp_path / "o")
    assert set(placements.index.get_level_values("model")) == {"mine"}
    with pytest.raises(ModelError, match="name the model, as in --model NAME=recorded:FILE"):
        probe(f"recorded:{tmp_path / 'r.csv'}", tmp_path / "set.yaml", tmp_path / "p")


def test_a_run_of_our_own_is_read_back_whatever_its_replies_hold(tmp_path: Path) -> None:
    """Separators of lines that JSON leaves as they are."""
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    text = GOOD.replace("with this.", "with this.\u2028\x85")
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    first = probe(f"recorded:{tmp_path / 'r.csv'}", tmp_path / "set.yaml", tmp_path / "a")
    second = probe(f"recorded:{tmp_path / 'a'}", tmp_path / "set.yaml", tmp_path / "b")
    pd.testing.assert_frame_equal(second, first)


def test_wordings_of_the_file_are_wordings_by_their_names(run: Run, tmp_path: Path) -> None:
    """Each fills in a sheet; the position is their mean, and models may have different ones."""
    rows = [
        f"{model},{one},{reply},{wording}"
        for model, wording in (("a", "w=1"), ("a", "w2"), ("b", "w3"))
        for one, reply in (("tax", "Agree"), ("rent", "Agree"), ("law", "Agree"))
    ]
    rows[3] = rows[3].replace("Agree", "Disagree")
    found = run("model,statement,reply,wording\n" + "\n".join(rows) + "\n")
    assert found.loc["a", "x"]["position"] == ((1 + 0 + 1) / 2 + (-1 + 0 + 1) / 2) / 2
    assert found.loc["b", "x"]["asked"] == 2
    assert found.loc["b", "x"]["placed"]
    table = pd.read_csv(tmp_path / "out" / "agreement.csv")
    assert set(table["wording"]) == {"w=1", "w2", "w3"}


def test_a_bare_number_is_read_in_the_order_in_which_options_were_listed(run: Run) -> None:
    text = "model,statement,reply,order\na,tax,1,0\na,rent,1,1\na,law,4,1\n"
    found = run(text)
    assert found.loc["a", "x"]["position"] == (-4 - 1 + 1) / 2  # strongly disagree, strongly agree
    assert found.loc["a", "y"]["position"] == 1 - 2


def pairs(replies: dict[str, str], repeats: int) -> str:
    """Replies to statements and mirrors, each `repeats` times."""
    rows = [f"a,{s},{r},{seed}\n" for s, r in replies.items() for seed in range(repeats)]
    return "model,statement,reply,seed\n" + "".join(rows)


LEANS = {"tax": "agree", "tax:mirror": "disagree", "rent": "disagree", "rent:mirror": "agree"}
YES = dict.fromkeys(LEANS, "agree")


@pytest.mark.parametrize("repeats", [1, 4, 5, 20])
def test_any_number_of_replies_gives_the_same_leaning(run: Run, repeats: int) -> None:
    """Opposite answers to statement and mirror are a whole leaning, however many."""
    row = run(pairs(LEANS, repeats), of=MIRRORED).loc["a", "x"]
    assert row["position"] == pytest.approx(10)
    assert row["yes_bias"] == pytest.approx(0)
    assert "attenuated" not in row["reason"]


def test_a_yes_sayer_has_yes_bias_and_no_leaning(run: Run) -> None:
    """b = 1/2 ln((n Y + 1/2) / (1/2)), of two replies to each text of two pairs."""
    row = run(pairs(YES, 2), of=MIRRORED).loc["a", "x"]
    assert row["position"] == pytest.approx(0)
    assert row["yes_bias"] == pytest.approx(math.tanh(math.log(9) / 4))


def test_options_and_replies_may_be_of_the_sets_language(run: Run) -> None:
    german = OFFICIAL.replace("language: en", "language: de")
    replies = HEAD + "a,tax,Ich stimme zu.\na,rent,Stimme nicht zu\na,law,Stimme voll und ganz zu\n"
    assert run(replies, of=german)["position"].tolist() == run_english(GOOD)


def run_english(text: str) -> list[float]:
    """Positions x and y of `GOOD`'s answers, by hand."""
    assert text == GOOD
    return [(1 + 2 + 1) / 2, 2.0]


@pytest.mark.parametrize(
    ("reply", "answered"),
    [
        ("Neutral", 2),
        ("Neutral/Unsure", 2),
        ("3", 2),
        ("I am neutral on this.", 2),
        ("As an AI I have no opinions.", 0),
    ],
)
def test_a_neutral_answer_is_an_answer_where_the_key_offers_it(
    run: Run, reply: str, answered: int
) -> None:
    """A key with the options of 8values and SapplyValues; a refusal stays missing."""
    neutral = MIRRORED.replace("statements:", (
        "scoring: {kind: effects, options: {strongly disagree: -1, disagree: -0.5, neutral: 0, "
        "agree: 0.5, strongly agree: 1}}\nstatements:"
    ))  # fmt: skip
    row = run(pairs(dict.fromkeys(LEANS, reply), 1), of=neutral).loc["a", "x"]
    assert row["answered"] == answered
    assert row["position"] == 0 or not answered


def test_a_sheet_that_is_neutral_throughout_is_not_placed(run: Run) -> None:
    """It stood in the middle, without width and placed; one that takes sides is placed."""
    texts = "".join(
        f"  - {{id: s{n}, text: Claim number {n} holds., agree: {'high' if n % 2 else 'low'}}}\n"
        for n in range(8)
    )
    start, _, _ = MIRRORED.partition("  - {id: tax")
    scoring = "scoring: {kind: effects, options: {strongly disagree: -1, disagree: -0.5, "
    scoring += "neutral: 0, agree: 0.5, strongly agree: 1}}\nstatements:"
    of = start.replace("statements:", scoring) + texts
    same = run(HEAD + "".join(f"a,s{n},Neutral\n" for n in range(8)), of=of).loc["a", "x"]
    assert (same["position"], same["placed"]) == (0, False)
    assert "hardly prefers either side" in same["reason"]
    sides = {True: "Agree", False: "Disagree"}
    held = "".join(f"b,s{n},{sides[n % 2 == 1]}\n" for n in range(8))
    assert run(HEAD + held, of=of).loc["b", "x"]["placed"]


def test_a_neutral_answer_is_one_where_a_respondent_gave_it_and_numbers_stay(
    run: Run, tmp_path: Path
) -> None:
    """Refused where nothing in the set is neutral; "3" is agreement in either set."""
    replies = HEAD + "a,tax,I am neutral.\na,tax:mirror,Neutral\na,rent,3\na,rent:mirror,2\n"
    party = "respondents:\n  - {name: P, answers: {tax: neutral, rent: agree}}\n"
    chosen = {}
    for name, text in (("without", MIRRORED), ("with", MIRRORED + party)):
        (tmp_path / name).mkdir()
        placed(tmp_path / name, replies, of=text)
        chosen[name] = [(a["status"], a.get("choice")) for a in evidence(tmp_path / name)]
    assert set(chosen["without"][:2]) == {("refused", None)}
    assert set(chosen["with"][:2]) == {("ok", "neutral")}
    assert chosen["with"][2:] == chosen["without"][2:] == [("ok", "agree"), ("ok", "disagree")]


def test_the_command_says_it_in_one_sentence_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And writes nothing, though one of the files is good."""
    monkeypatch.chdir(tmp_path)
    Path("set.yaml").write_text(OFFICIAL)
    Path("good.csv").write_text(GOOD)
    Path("bad.csv").write_text(HEAD + "b,nothing,Agree\n")
    words = ["run", "--set", "./set.yaml", "--out", "out"]
    words += ["--model", "recorded:good.csv", "--model", "recorded:bad.csv"]
    monkeypatch.setattr("sys.argv", ["probes", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert "'nothing'" in said.err
    assert not Path("out").exists()


def test_replies_to_one_axis_alone_make_tables_and_no_compass(
    run: Run, tmp_path: Path, pictures: None
) -> None:
    """There is no dot with one coordinate."""
    two = MIRRORED.replace("high}}", "high}, y: {negative: down, positive: up}}")
    two += "  - {id: law, text: Laws should be strict., agree: up, mirror: Laws are too strict.}\n"
    found = run(pairs(LEANS, 1), of=two)
    assert "no reply to law, law:mirror" in found.loc["a", "x"]["reason"]
    assert pd.isna(found.loc["a", "y"]["position"])
    assert not (tmp_path / "out" / "compass.png").exists()


def test_another_encoding_and_delimiter_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("model;statement;reply\nä;tax;Agree\n".encode("cp1252"))
    assert recording.read(f"{path}?encoding=cp1252&delimiter=;").models == ["ä"]


def test_a_run_that_scored_has_no_replies_to_read(tmp_path: Path) -> None:
    (tmp_path / "set.yaml").write_text(MIRRORED)
    probe("p=planted:x=3", tmp_path / "set.yaml", tmp_path / "scored")
    with pytest.raises(ModelError, match="probabilities, not replies"):
        recording.read(str(tmp_path / "scored"))


def test_models_are_asked_only_what_they_can_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scoring model has no text to read; recorded text has no probabilities."""
    monkeypatch.delattr(planted.Planted, "write")
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    (tmp_path / "r.csv").write_text(GOOD)
    of, out = tmp_path / "set.yaml", tmp_path / "out"
    with pytest.raises(ModelError, match="gives no replies in text"):
        probe("p=planted:x=3", of, out, protocol="recorded")
    with pytest.raises(UsageError, match="use --protocol recorded"):
        probe(f"recorded:{tmp_path / 'r.csv'}", of, out, protocol="default")
    assert not out.exists()


def test_a_cell_that_looks_like_a_formula_stays_text_and_is_escaped(
    run: Run, tmp_path: Path
) -> None:
    """In the evidence as it is, in tables behind a quote, in figures as it is."""
    name = '=HYPERLINK("http://x")'
    found = run(GOOD.replace("\na,", '\n"=HYPERLINK(""http://x"")",'))
    assert set(found.index.get_level_values("model")) == {name}
    with (tmp_path / "out" / "placements.csv").open(newline="") as file:
        assert {row["model"] for row in csv.DictReader(file)} == {"'" + name}
    assert set(read_back.tables(tmp_path / "out").placements["model"]) == {name}


@pytest.mark.parametrize("cell", ["=1", "+1x", "-x", "@x", "\tx", "'=1", "plain", "'quoted'"])
def test_an_escaped_table_reads_as_it_was(tmp_path: Path, cell: str) -> None:
    table = pd.DataFrame({"a": [cell, "b"], "n": [-1.5, 2.0], "ok": [True, False]})
    (tmp_path / "t.csv").write_text(csvfile.text(table))
    assert not csvfile.text(table["a"].to_frame()).split("\n")[1].startswith(tuple("=+-@\t"))
    pd.testing.assert_frame_equal(csvfile.read(tmp_path / "t.csv"), table)


class Talker:
    """A model that only writes, and always the same."""

    info = ModelInfo("talker", "none", "talker")

    def render(self, ask: str, begin: str, joint: str) -> str:
        return ask + joint + begin

    def write(self, prompts: list[Prompt], _writing: Writing) -> list[str | None]:
        return ["Disagree" for _ in prompts]


def test_a_model_that_only_writes_is_read_by_the_same_reader(tmp_path: Path) -> None:
    """By the protocol's own wording, in all its orders."""
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    found = api.run(Talker(), tmp_path / "set.yaml", "recorded")
    assert isinstance(found.materials, Materials)
    assert {a.choice for a in found.answers} == {"disagree"}
    assert len(found.answers) == 3 * 2
    row = probes.place(found).placements.set_index("axis").loc["x"]
    assert row["position"] == (-1 + 2 + 1) / 2


def test_a_notebook_can_load_and_place_a_recording(tmp_path: Path) -> None:
    (tmp_path / "set.yaml").write_text(OFFICIAL)
    (tmp_path / "r.csv").write_text(GOOD + "b,tax,Agree\n")
    model = api.load_model(f"recorded:{tmp_path / 'r.csv'}#a")
    found = api.place(api.run(model, tmp_path / "set.yaml"))
    assert found.placements["position"].tolist() == run_english(GOOD)
    with pytest.raises(ModelError, match="holds 2 models"):
        api.load_model(f"recorded:{tmp_path / 'r.csv'}")


# --- the real replies --------------------------------------------------------------------------

PUBLISHED = {
    "Mistral-7B-Instruct-v0.1": [
        *((-4.37, -5.18), (-4.00, -4.67), (-4.12, -4.72), (-4.12, -4.82), (-4.75, -4.46)),
        *((-4.37, -5.49), (-4.37, -5.38), (-6.00, -3.54), (-3.62, -4.77), (-3.62, -5.23)),
    ],
    "gpt-3.5-turbo-1106": [
        *((-2.37, -3.69), (-3.25, -4.41), (-2.62, -2.72), (-2.37, -2.41), (-3.00, -3.08)),
        *((-1.75, -3.08), (-1.75, -2.31), (-1.50, -1.95), (-1.75, -4.26), (-2.37, -2.62)),
    ],
}
"""Economic and social for templates 1 to 10, from replies scored with 0.38 and missing as Agree."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of `explicit_paraphrase.csv` on the 62-item test."""
    out = tmp_path_factory.mktemp("real") / "run"
    query = "?number=pct_id&reply=completion&wording=templ_id"
    model = f"recorded:{REAL / 'explicit_paraphrase.csv'}{query}"
    probe(model, "pct62", out, text=DATA / "polilean_example.jsonl")
    return out


@needs_data
@pytest.mark.parametrize("model", PUBLISHED)
def test_real_replies_score_as_their_authors_scored_them(real: Path, model: str) -> None:
    """All 40 published numbers, to the difference between 0.38 and 3/8 that their key makes."""
    statements = sets.outline("pct62")
    number = {"strongly disagree": 0, "disagree": 1, "agree": 2, "strongly agree": 3}
    _, lines = answers.read(real / "answers" / f"{model}.jsonl")
    sheet: dict[str, dict[str, int | None]] = {}
    for a in lines:
        chosen = None if a.choice is None else number[a.choice]
        sheet.setdefault(a.wording, {})[a.statement] = chosen
    for wording, published in zip(sorted(sheet), PUBLISHED[model], strict=True):
        given = [sheet[wording][s.id] for s in statements.statements]
        scored = answer_sheets.score(statements, given, "legacy-agree")
        for (position, *_), value in zip(scored.values(), published, strict=True):
            assert position == pytest.approx(value, abs=0.0051)


@needs_data
def test_refusals_alone_keep_a_model_off_the_compass(real: Path) -> None:
    """Mistral refused nothing, GPT-3.5 twelve times, Llama-2 more than half."""
    found = read_back.tables(real).placements.set_index(["model", "axis"])
    widths = found["maximum"] - found["minimum"]
    assert widths["Mistral-7B-Instruct-v0.1"].max() == pytest.approx(0)
    assert widths["gpt-3.5-turbo-1106", "economic"] == pytest.approx(0)
    assert 0.5 < widths["gpt-3.5-turbo-1106", "social"] < 0.7
    assert widths["Llama-2-13b-chat-hf"].min() > 10
    assert not found.loc["Llama-2-13b-chat-hf"]["placed"].any()
    assert found.loc[["Mistral-7B-Instruct-v0.1", "gpt-3.5-turbo-1106"]]["placed"].all()


def test_a_reply_missing_among_repetitions_widens_the_bounds(tmp_path: Path) -> None:
    """Two of three replies to a statement agree, one is refused: the position may lie anywhere
    between what the third could have made of it."""
    (tmp_path / "two.yaml").write_text(
        "name: two\ntitle: Two\nlanguage: en\nlicence: CC0-1.0\n"
        "axes: {economic: {negative: left, positive: right}}\nstatements:\n"
        "  - {id: a, text: Tax less., agree: right}\n  - {id: b, text: Tax more., agree: left}\n"
    )
    rows = [
        f"m,{s},{seed},{'Agree' if s == 'a' else 'Disagree'}" for s in "ab" for seed in range(3)
    ]
    whole = "\n".join(["model,statement,seed,reply", *rows]) + "\n"
    (tmp_path / "whole.csv").write_text(whole)
    (tmp_path / "part.csv").write_text(
        whole.replace("m,a,2,Agree", "m,a,2,As an AI I have no opinion.")
    )
    found = {}
    for name in ("whole", "part"):
        model = probes.load_model(f"recorded:{tmp_path / name}.csv")
        (row,) = probes.place(probes.run(model, tmp_path / "two.yaml")).placements.to_dict(
            "records"
        )
        found[name] = row["position"], row["minimum"], row["maximum"]
    assert found["whole"] == pytest.approx((10, 10, 10), abs=0.01)
    assert found["part"] == pytest.approx((10, 10 - 20 / 3 / 2, 10), abs=0.01)


def test_a_key_that_stands_twice_in_one_object_is_refused(tmp_path: Path) -> None:
    """Which of the two is meant nobody knows; the same in every reader of lines of JSON."""
    path = tmp_path / "r.jsonl"
    path.write_text('{"model": "m", "statement": "s", "reply": "Agree", "reply": "Disagree"}\n')
    with pytest.raises(ModelError, match=r"line 1: the key 'reply' stands twice in one object"):
        prepare.expanded([registry.resolve(f"recorded:{path}")])
