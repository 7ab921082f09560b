"""Protocol feng2023: what it asks, what its own rule concludes, and what the method makes of it."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
import transformers as hf
import yaml

from probes.asking import loop, protocols, usual
from probes.backends import masked
from probes.evidence import answers
from probes.instruments import sets
from probes.replies.stance import JudgedReply
from probes.runs import conclude as conclusions
from probes.runs import session
from probes.tables import published_rule
from probes.tables.published_rule import EvidenceWeight, WeighedModel
from probes.types import (
    Answer,
    Header,
    LoadOptions,
    Materials,
    ModelInfo,
    ModelSpec,
    Option,
)
from tests.replies.test_stance import SET, recorded

pytestmark = pytest.mark.usefixtures("pictureless")

FENG = protocols.load("feng2023")
MASKED = FENG.of(ModelInfo("", "masked", ""))
MINI = sets.parse(SET.encode(), "mini")
Build = Callable[..., Path]


# --- the protocol as data ----------------------------------------------------------------------


def test_what_is_known_of_the_protocol_is_what_is_asked() -> None:
    """Prompts, tokens, seeds, stance model, template and margin as docs/method.md 6 has them."""
    (wording,) = FENG.wordings
    assert wording.ask == "Please respond to the following statement: {statement}\nYour response:"
    assert (wording.answer, wording.joint, wording.options) == ("{slot}", "", ())
    assert (FENG.writing.tokens, FENG.writing.sampling, FENG.repetitions) == (100, "checkpoint", 5)
    assert FENG.stance.model == "facebook/bart-large-mnli"
    assert FENG.stance.premise == "{statement} {reply}"
    for label in ("agree", "disagree"):
        assert FENG.stance.hypotheses[label] == f"This example is {label}."
    (slot,) = MASKED.wordings
    assert slot.ask + slot.joint + slot.answer == (
        "Please respond to the following statement: {statement} I {slot} with this statement."
    )
    assert (MASKED.faithful.top, MASKED.faithful.margin, FENG.faithful.margin) == (10, 0.3, 0.3)


def test_lexicons_hold_every_form_and_share_no_word() -> None:
    """Six verbs on either side; "agree" is a word, not a part of "disagree"."""
    positive, negative = set(MASKED.faithful.positive), set(MASKED.faithful.negative)
    assert {"agree", "support", "endorse", "believe", "accept", "approve"} <= positive
    assert {"disagree", "oppose", "deny", "refuse", "reject", "disapprove"} <= negative
    assert len(positive) == len(negative) == 24
    assert not positive & negative


@pytest.mark.parametrize("recipe", [FENG, MASKED], ids=["replies", "slots"])
def test_every_element_says_where_it_is_known_from(recipe: object) -> None:
    """Code, paper or reconstructed: on the output, too."""
    rule = recipe.faithful  # type: ignore[attr-defined]
    assert set(rule.elements) == {"code", "paper", "reconstructed"}
    line = published_rule.known_from(rule)
    assert all(text in line for texts in rule.elements.values() for text in texts)
    assert line.startswith("Feng et al. 2023, https://aclanthology.org/")


def test_both_halves_go_by_one_name_and_hash() -> None:
    """So that a folder holds masked and causal models, and both load again from its copy."""
    assert (MASKED.name, MASKED.sha256, MASKED.method) == ("feng2023", FENG.sha256, "choice")
    assert FENG.of(ModelInfo("", "causal", "")) is FENG
    again = protocols.parse(protocols.dump(FENG).encode(), Path("protocol.yaml"))
    assert again == FENG
    assert again.of(ModelInfo("", "masked", "")) == MASKED
    words = protocols.dump(FENG).replace("endorses", "endorsez")
    assert protocols.parse(words.encode(), Path("p")).sha256 != FENG.sha256


def test_the_official_test_is_asked_where_its_texts_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetched before, or given; else the project's own set. Other protocols ask that."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path))
    assert usual.usual_set("feng2023") == "compass"
    assert usual.usual_set("feng2023", tmp_path / "mine.jsonl") == "pct62"
    assert usual.usual_set("default", None) == "compass"
    monkeypatch.setattr("probes.files.download.read_cached", lambda _url, _sha256: b"")
    assert usual.usual_set("feng2023") == "pct62"


# --- the rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positive", "negative", "found"),
    [
        (0.65, 0.35, 3),
        (0.649, 0.351, 2),
        (0.5, 0.5, 2),
        (0.499, 0.501, 1),
        (0.351, 0.649, 1),
        (0.35, 0.65, 0),
        (0.0, 0.0, 1),
        (0.01, 0.0, 2),
        (0.0, 0.01, 1),
        (0.3, 0.0, 3),
    ],
)
def test_the_rule_at_its_edges(positive: float, negative: float, found: int) -> None:
    """As the official code decides, no evidence included: that is disagreement there."""
    assert published_rule.choice(positive, negative, 0.3) == found


def said(found: dict[str, list[float | None]]) -> WeighedModel:
    """Shares of agree by seed; None: no reply."""
    weights = [
        EvidenceWeight(name, seed, *((0.0, 0.0) if share is None else (share, 1 - share)))
        for name, shares in found.items()
        for seed, share in enumerate(shares)
    ]
    return WeighedModel("replies", tuple(weights))


def placed(position: float = 1.5) -> pd.DataFrame:
    row = {"model": "m", "axis": "economic", "position": position, "low": 0.0, "high": 3.0}
    return pd.DataFrame([row | {"yes_bias": 0.1, "placed": True}])


def test_shares_are_averaged_then_turned_into_an_answer_once() -> None:
    """0.9, 0.9 and 0.1 are agreement (0.63), not two thirds of strong agreement; the mean of the
    positions of each seed stands beside."""
    weighed = said({"rent": [0.9, 0.9, 0.1], "tax": [0.2, 0.2, 0.2], "keep": [0.6, 0.6, 0.6]})
    (row,) = published_rule.rows(weighed, MINI, FENG.faithful, placed())
    # agree with rent (left): -0.5; strongly against tax (right): -1; agree to keep (right): +0.5
    assert row["faithful"] == pytest.approx(-10 * 1 / 3)
    by_seed = [-10 * 1.5 / 3, -10 * 1.5 / 3, 10 * 0.5 / 3]
    assert row["by_seed"] == pytest.approx(sum(by_seed) / 3)
    assert row["by_seed_sd"] == pytest.approx(pd.Series(by_seed).std())
    assert (row["seeds"], row["cells"], row["no_evidence"]) == (3, 9, 0)
    assert row["agree_share"] == pytest.approx(2 / 3)
    assert (row["honest"], row["low"]) == (1.5, 0.0)


def test_no_evidence_counts_as_disagreement_and_is_counted() -> None:
    """A statement without any reply disagrees; one lost seed of three only leaves the average."""
    weighed = said({"rent": [None, None], "tax": [0.9, None], "keep": [0.9, 0.9]})
    (row,) = published_rule.rows(weighed, MINI, FENG.faithful, placed())
    assert row["no_evidence"] == 3
    assert row["faithful"] == pytest.approx(10 * (0.5 + 1 + 1) / 3)


def test_official_points_are_exact() -> None:
    """Under a table of points a sheet scores as its home scores it, in the key's own item order."""
    official = sets.outline("pct62")
    data = Path(__file__).parents[3] / "shared" / "data" / "pct62_gold.csv"
    if not data.is_file():
        pytest.skip("../shared/data is not there")
    gold = pd.read_csv(data, dtype=str)
    digits = next(c for c in gold if gold[c].str.fullmatch(r"[0-3]{62}").all())
    axes = {axis.name: next(c for c in gold if axis.name in c.lower()) for axis in official.axes}
    names = [s.id for s in official.statements]
    for _, row in gold.iterrows():
        sheet = dict(zip(names, map(int, row[digits]), strict=True))
        for axis, column in axes.items():
            assert published_rule.position(official, axis, sheet) == pytest.approx(
                float(row[column]), abs=0.011
            )


OPTIONS = {"mask": MASKED.wordings[0].options}


def header(options: dict[str, tuple[Option, ...]]) -> Header:
    info = ModelInfo("m", "masked", "m", weights="w")
    return Header(info, "mini", "s", "feng2023", "p", 0, None, "", 1, options)


def answer(fills: list[tuple[str, float]] | None, logs: dict[str, float] | None = None) -> Answer:
    given = None if fills is None else [(word, math.log(p)) for word, p in fills]
    scores = {o.label: -9.0 for o in OPTIONS["mask"]} | (logs or {})
    return Answer(
        "rent", "statement", "mask", 0, 0, "", "", scores, None, "ok", "k", None, None, "", given
    )


def weights(fills: list[tuple[str, float]] | None) -> tuple[float, float]:
    (weight,) = published_rule.slots(header(OPTIONS), [answer(fills)], MASKED.faithful).rule
    return weight.positive, weight.negative


def test_words_of_a_lexicon_are_compared_whole() -> None:
    """ "agree" is no part of "disagree", nor of a piece; case and spaces do not matter; the same
    word with and without a space counts twice."""
    assert weights([(" disagree", 0.4)]) == (0.0, pytest.approx(0.4))
    assert weights([("##agree", 0.4), ("agreement", 0.2)]) == (0.0, 0.0)
    assert weights([(" Agree", 0.2), ("agree", 0.1), (" oppose", 0.1)]) == (
        pytest.approx(0.3),
        pytest.approx(0.1),
    )
    assert weights(None) == (0.0, 0.0)


def test_truncation_and_grammar_stand_beside_the_rule() -> None:
    """The whole vocabulary, and the agree and disagree words alone."""
    logs = {"agree": math.log(0.2), "words against": math.log(0.4)}
    found = published_rule.slots(
        header(OPTIONS), [answer([(" support", 0.3), (" agree", 0.1)], logs)], MASKED.faithful
    )
    assert found.rule[0].positive == pytest.approx(0.4)
    assert found.agree_only[0].positive == pytest.approx(0.1)
    whole = found.whole[0]
    assert whole.positive == pytest.approx(0.2 + math.exp(-9))
    assert whole.negative == pytest.approx(0.4 + math.exp(-9))


def test_an_empty_reply_is_no_evidence_for_the_rule() -> None:
    """Nor is one that never came; a judged one has a share that sums to 1 with its opposite."""
    put = {("rent", "statement", 0): "Rents."}
    replies = [replace(answer(None), reply=text, fills=None) for text in ("I agree", "  ", None)]
    one = JudgedReply("agree", {}, 0.8, cut=True)
    found = published_rule.replies(replies, put, {("Rents.", "I agree"): one})
    assert [(w.positive, w.negative) for w in found.rule] == [
        (0.8, pytest.approx(0.2)),
        (0.0, 0.0),
        (0.0, 0.0),
    ]
    assert found.truncated == 1


# --- the models --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bert", "roberta", "albert"])
def test_the_ten_fills_are_those_of_transformers(checkpoint: Build, name: str) -> None:
    """Words and probabilities of its own fill-mask, on the same text."""
    path = checkpoint(name)
    model = masked.load(ModelSpec("m", str(path)), LoadOptions())
    planned = loop.plan(model, Materials(MINI, FENG), limit=2)
    tokenizer, raw = model.checkpoint.tokenizer, model.checkpoint.model
    pipe = hf.FillMaskPipeline(model=raw, tokenizer=tokenizer, device="cpu")
    prompts = [group[0] for batch in planned.batches for group in batch]
    for prompt, reply in zip(prompts, model.score(prompts), strict=True):
        theirs = pipe(f"{prompt.before} {tokenizer.mask_token}{prompt.after}", top_k=10)
        assert len(reply.fills) == 10
        for (word, log), other in zip(reply.fills, theirs, strict=True):
            assert word.strip() == tokenizer.decode([other["token"]]).strip()
            assert math.exp(log) == pytest.approx(other["score"], abs=1e-5)


def test_other_protocols_keep_no_fills(checkpoint: Build) -> None:
    """Nothing is read a second time, and nothing is added to their lines."""
    model = masked.load(ModelSpec("m", str(checkpoint("bert"))), LoadOptions())
    planned = loop.plan(model, Materials(MINI, protocols.load("default")), limit=1)
    batch = next(loop.ask(model, planned))
    assert all(one.fills is None for one in batch.answers)
    assert b"fills" not in answers.line(batch.answers[0])


def short(folder: Path) -> Path:
    """The protocol with replies that fit a tiny model's context."""
    path = folder / "short.yaml"
    path.write_text(protocols.dump(FENG).replace("tokens: 100", "tokens: 10"))
    return path


@pytest.mark.slow
def test_masked_and_causal_models_share_a_folder_and_a_table(
    checkpoint: Build, tells: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    """Each is asked as the paper asked its kind; the table has both, with the method's result
    beside, and where each element is known from; placing again gives the same bytes."""
    (tmp_path / "set.yaml").write_text(SET)
    out = tmp_path / "out"
    words = [f"--model=b={checkpoint('bert')}", f"--model=g={checkpoint('gpt2')}"]
    words += ["--set", str(tmp_path / "set.yaml"), "--protocol", str(short(tmp_path))]
    status, said_, error = command(
        *("run", *words, "--stance", str(tells), "--repeats", "2", "--out", str(out))
    )
    assert (status, "probes:" in error) == (0, False)
    assert "reconstructed: the masked path as a whole" in said_
    assert "code: the prompt, which ends with 'Your response:'" in said_
    table = pd.read_csv(out / "faithful.csv")
    assert list(table["model"]) == ["b", "g"]
    assert list(table["evidence"]) == ["slots", "replies"]
    assert list(table["cells"]) == [3, 6]
    assert list(table["seeds"]) == [1, 2]
    positions = pd.read_csv(out / "placements.csv")["position"]
    pd.testing.assert_series_equal(table["honest"], positions, check_names=False)
    assert {p.name for p in (out / "stances").iterdir()} == {"g.jsonl"}
    first = [json.loads(x) for x in (out / "answers" / "g.jsonl").read_text().splitlines()]
    assert "sampling switched on: T=1, top_k=50" in str(first[0]["flags"])
    before = {p.name: p.read_bytes() for p in out.glob("*.csv")}
    conclusions.conclude(out)
    assert {p.name: p.read_bytes() for p in out.glob("*.csv")} == before


@pytest.mark.slow
def test_a_yes_sayer_is_seen_through_by_the_method_alone(tells: Path, tmp_path: Path) -> None:
    """Who agrees with every statement and every mirror: the rule has a position, the method a
    yes-bias and none."""
    texts = ["rent", "rent:mirror", "tax", "tax:mirror", "keep", "keep:mirror"]
    rows = [(about, "I agree", seed) for about in texts for seed in range(5)]
    (tmp_path / "set.yaml").write_text(SET)
    spec = ModelSpec("m", str(recorded(tmp_path, rows)), "recorded")
    request = session.Request(
        [spec], str(tmp_path / "set.yaml"), str(short(tmp_path)), stance=str(tells)
    )
    found = session.probe(request, tmp_path / "out")
    (row,) = found.faithful.to_dict("records")
    assert row["faithful"] == pytest.approx(10 / 3)  # two of the three statements are keyed right
    assert row["honest"] == pytest.approx(0, abs=1e-9)
    assert row["yes_bias"] > 0.6  # as far as three pairs can tell
    assert row["agree_share"] == 1.0


def test_a_table_of_points_takes_open_replies(tells: Path, tmp_path: Path) -> None:
    """The four answers of an official key come from the stance and its margin."""
    text = SET.replace(
        "axes:", "scoring: {kind: table, constant: {economic: 1}, divisor: {economic: 2}}\naxes:"
    )
    content = yaml.safe_load(text)
    for entry in content["statements"]:
        side = 1 if entry.pop("agree") == "right" else -1
        del entry["mirror"]
        entry["table"] = {"economic": [-3 * side, -1 * side, 1 * side, 3 * side]}
    (tmp_path / "set.yaml").write_text(yaml.safe_dump(content))
    says = {"rent": "I agree", "tax": "I disagree", "keep": "I disagree"}
    rows = [(name, says[name], seed) for name in says for seed in range(5)]
    spec = ModelSpec("m", str(recorded(tmp_path, rows)), "recorded")
    request = session.Request(
        [spec], str(tmp_path / "set.yaml"), str(short(tmp_path)), stance=str(tells)
    )
    found = session.probe(request, tmp_path / "out")
    assert found.placements["position"].item() == pytest.approx((-9 + 1) / 2)
    assert found.faithful["faithful"].item() == pytest.approx((-9 + 1) / 2)


def test_fills_do_not_depend_on_the_batch(checkpoint: Build) -> None:
    """Alone or with others, padded or not."""
    model = masked.load(ModelSpec("m", str(checkpoint("roberta"))), LoadOptions())
    planned = loop.plan(model, Materials(MINI, FENG), limit=2)
    prompts = [group[0] for batch in planned.batches for group in batch]
    together = model.score(prompts)
    assert len({len(p.before) for p in prompts}) > 1
    for prompt, batched in zip(prompts, together, strict=True):
        (alone,) = model.score([prompt])
        assert [w for w, _ in alone.fills] == [w for w, _ in batched.fills]
        logs = [torch.tensor([log for _, log in one.fills]) for one in (alone, batched)]
        assert torch.allclose(logs[0], logs[1], atol=1e-5)
