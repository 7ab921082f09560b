"""Variants of statements, from the set's file to the tables: what is asked, kept and averaged."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

import pandas as pd
import pytest
import yaml

import probes
from probes.asking.variants import picked
from probes.errors import ModelError, RunError, SetError, UsageError
from probes.instruments import sets
from probes.replies import stance
from probes.runs import conclude, read_back, session
from probes.types import Materials, ModelSpec, Statement, Variant, Variants

STATEMENTS = "".join(
    f"""\
  - id: s{n}
    text: Claim number {n} is sound.
    mirror: Claim number {n} is wrong-headed.
    agree: {("left", "right")[n % 2]}
    topic: t{n % 3}
"""
    + (
        f"""\
    variants:
      - {{text: "One may well say {n}.", mirror: "Nobody ought to say {n}."}}
      - {{text: "It holds that {n}.", mirror: "It fails that {n}."}}
"""
        if n < 4
        else ""
    )
    for n in range(8)
)
SET = f"""\
name: versions
title: Versions
language: en
licence: CC0
axes: {{economic: {{negative: left, positive: right}}}}
statements:
{STATEMENTS}"""
PROTOCOL = """\
name: short
title: Short
method: choice
wordings: [agree, support, yes-no]
controls: controls
blanks: ["N/A", "..."]
"""
TEXTS = 8 * 2 * 4
"""Statements and mirrors in three wordings, one of them in two orders."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions.yaml").write_text(SET)
    (tmp_path / "short.yaml").write_text(PROTOCOL)
    return tmp_path


def request(folder: Path, variants: str, seed: int = 0, **changes: object) -> session.Request:
    models = [ModelSpec("m", "economic=-6,noise=2", "planted")]
    of, protocol = str(folder / "versions.yaml"), str(folder / "short.yaml")
    asked = session.Request(
        models, of, protocol, seed, limit=None, variants=cast("Variants", variants)
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "answers" / "m.jsonl").read_text().splitlines()[1:]]


def pairs(out: Path) -> list[dict[str, object]]:
    return [line for line in lines(out) if line["role"] in ("statement", "mirror")]


def test_all_asks_every_variant_as_further_cells_and_names_it(folder: Path) -> None:
    first, every = folder / "first", folder / "all"
    session.probe(request(folder, "first"), first)
    session.probe(request(folder, "all"), every)
    variants = Counter(line.get("variant", 0) for line in pairs(every))
    assert variants == {0: TEXTS, 1: TEXTS / 2, 2: TEXTS / 2}
    assert [line for line in lines(every) if "variant" not in line] == lines(first)
    assert all("variant" not in line for line in lines(first))
    assert any("It fails that 2." in str(line["before"]) for line in pairs(every))
    assert len({line["key"] for line in lines(every)}) == len(lines(every))


def test_runs_of_first_texts_say_nothing_of_variants(folder: Path) -> None:
    out = folder / "first"
    session.probe(request(folder, "first"), out)
    assert "variants" not in (out / "run.yaml").read_text()
    assert not (out / "variants.csv").exists()
    assert "variant" not in set(pd.read_csv(out / "variance.csv")["source"])


@pytest.mark.slow
def test_one_is_picked_by_seed_for_each_statement_and_recorded(folder: Path) -> None:
    chosen = set()
    for seed in range(4):
        out = folder / f"one{seed}"
        session.probe(request(folder, "one", seed), out)
        by_statement = {(line["statement"], line.get("variant", 0)) for line in pairs(out)}
        assert len(by_statement) == 8
        assert len(pairs(out)) == TEXTS
        chosen.add(frozenset(by_statement))
        assert yaml.safe_load((out / "run.yaml").read_text())["variants"] == "one"
    assert len(chosen) == 4


def test_every_version_is_picked_about_equally_often() -> None:
    statement = Statement("s", "a", variants=(Variant("b"), Variant("c")))
    counts = Counter(picked(statement, seed).text for seed in range(600))
    assert set(counts) == {"a", "b", "c"}
    assert min(counts.values()) > 150


def test_a_statements_answer_is_the_mean_of_its_variants_in_log_odds(folder: Path) -> None:
    out = folder / "all"
    tables = session.probe(request(folder, "all"), out)
    apart = pd.read_csv(out / "variants.csv")
    means = apart.groupby(["statement", "wording"])[["log_odds", "log_odds_mirror", "lam"]].mean()
    whole = tables.agreement.query("role == 'statement'").set_index(["statement", "wording"])
    pd.testing.assert_frame_equal(means, whole[[*means]].sort_index(), check_exact=False)
    assert (apart.groupby("statement")["variant"].nunique() == [3, 3, 3, 3, 1, 1, 1, 1]).all()


def test_what_was_asked_in_all_variants_is_placed_again_to_the_byte(folder: Path) -> None:
    out = folder / "all"
    session.probe(request(folder, "all"), out)
    before = {p.name: p.read_bytes() for p in out.glob("*.csv")}
    assert {"variants.csv", "variance.csv"} <= set(before)
    tables = conclude.conclude(out)
    assert {p.name: p.read_bytes() for p in out.glob("*.csv")} == before
    assert "all variants of each" in tables.caption
    read = read_back.tables(out).variants
    assert read is not None
    assert len(read) == 3 * (4 * 3 + 4)


def test_an_interrupted_run_of_all_variants_goes_on_to_the_same_bytes(folder: Path) -> None:
    whole, cut = folder / "whole", folder / "cut"
    session.probe(request(folder, "all", batch_size=16), whole)
    session.probe(request(folder, "all", batch_size=16), cut)
    evidence = cut / "answers" / "m.jsonl"
    evidence.write_bytes(evidence.read_bytes()[: evidence.stat().st_size // 2])
    session.probe(request(folder, "all", batch_size=16), cut)
    assert evidence.read_bytes() == (whole / "answers" / "m.jsonl").read_bytes()


def test_a_folder_goes_on_with_the_variants_that_it_began_with_alone(folder: Path) -> None:
    out = folder / "out"
    session.probe(request(folder, "first"), out)
    with pytest.raises(RunError, match="holds a run with variants 'first', not 'all'"):
        session.probe(request(folder, "all"), out)


def test_a_damaged_choice_of_variants_is_one_sentence(folder: Path) -> None:
    out = folder / "out"
    session.probe(request(folder, "all"), out)
    file = out / "run.yaml"
    file.write_text(file.read_text().replace("variants: all", "variants: some"))
    with pytest.raises(RunError, match=r"variants: 'some' should be first or one or all"):
        conclude.conclude(out)


def test_variants_of_a_set_without_any_and_unknown_choices_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="no statement of the set controls has 'variants'"):
        probes.run(probes.load_model("planted:"), "controls", variants="all")
    with pytest.raises(UsageError, match="must be 'all', 'one' or 'first'"):
        session.probe(request(folder, "some"), folder / "out")
    assert not (folder / "out").exists()


def test_the_python_interface_asks_and_places_variants(folder: Path) -> None:
    model = probes.load_model("planted:economic=-6")
    evidence = probes.run(model, folder / "versions.yaml", folder / "short.yaml", variants="all")
    assert {answer.variant for answer in evidence.answers} == {0, 1, 2}
    assert {*evidence.frame()["variant"].unique()} == {0, 1, 2}
    tables = probes.place(evidence)
    assert tables.placements["position"].tolist() == [pytest.approx(-6, abs=0.05)]
    assert tables.variants is not None


def test_variants_that_are_answered_otherwise_have_a_large_share(folder: Path) -> None:
    """Who takes the other side in one variant of each has nothing else that varies as much."""
    model = probes.load_model("planted:economic=-6,noise=0.2")
    evidence = probes.run(model, folder / "versions.yaml", folder / "short.yaml", variants="all")
    turned = [
        replace(a, logprobs=dict(zip(a.logprobs, reversed(a.logprobs.values()), strict=True)))
        if a.variant == 1 and a.logprobs
        else a
        for a in evidence.answers
    ]
    shares = [
        probes.place(each).variance.set_index("source")["share"]
        for each in (evidence, replace(evidence, answers=tuple(turned)))
    ]
    assert [*shares[0].index][:3] == ["topic", "statement", "variant"]
    assert shares[0]["variant"] < 0.3
    assert shares[1]["variant"] > 0.9
    assert shares[1].sum() == pytest.approx(1)


def test_limit_counts_statements_and_not_variants(folder: Path) -> None:
    out = folder / "out"
    session.probe(request(folder, "all", limit=2), out)
    assert Counter(line["statement"] for line in pairs(out)) == {
        "s0": 24,
        "s3": 24,
    }  # a pair of poles


def test_a_missing_variant_leaves_the_statement_and_widens_its_bounds(folder: Path) -> None:
    """It is never filled in: the others are the statement's answer, and bounds say the rest."""
    model = probes.load_model("planted:economic=-6")
    evidence = probes.run(model, folder / "versions.yaml", folder / "short.yaml", variants="all")
    answers = [
        replace(a, status="refused", logprobs=None) if a.variant == 1 and a.statement == "s0" else a
        for a in evidence.answers
    ]
    row = probes.place(replace(evidence, answers=tuple(answers))).placements.iloc[0]
    assert row["answered"] == row["asked"]
    assert row["maximum"] - row["minimum"] == pytest.approx(20 / 8 / 3, abs=0.01)


def test_recorded_replies_to_variants_are_found_by_text_and_by_number(folder: Path) -> None:
    of = sets.load(folder / "versions.yaml")
    rows = ["model,statement,reply"]
    for statement in of.statements:
        side = "agree" if statement.effects["economic"] < 0 else "disagree"
        other = "disagree" if side == "agree" else "agree"
        for version in statement.versions:
            named = version.text if version.variant == 2 else f"{version.id}:{version.variant}"
            named = version.id if not version.variant else named
            rows += [f'r,"{named}",{side}', f'r,"{version.mirror}",{other}']
    (folder / "replies.csv").write_text("\n".join(rows))
    model = probes.load_model(f"recorded:{folder / 'replies.csv'}")
    evidence = probes.run(model, folder / "versions.yaml", variants="all")
    assert Counter(a.status for a in evidence.answers) == {"ok": 2 * (8 + 8)}
    assert probes.place(evidence).placements["position"][0] == pytest.approx(-10)


def test_unknown_variants_in_a_recording_are_named(folder: Path) -> None:
    (folder / "replies.csv").write_text("model,statement,reply\nr,s0:3,agree\nr,s0,agree\n")
    with pytest.raises(ModelError, match="not in the set versions, by id or text: 's0:3'"):
        probes.run(
            probes.load_model(f"recorded:{folder / 'replies.csv'}"), folder / "versions.yaml"
        )


def test_a_reply_is_judged_against_the_text_that_was_put(folder: Path) -> None:
    materials = Materials(sets.load(folder / "versions.yaml"), probes.load_protocol("open"))
    texts = stance.statement_texts(materials)
    assert texts["s0", "mirror", 2] == "It fails that 0."
    assert texts["s5", "statement", 0] == "Claim number 5 is sound."
    assert ("s5", "statement", 1) not in texts


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('mirror: "Nobody ought to say 0."', ""), "must have a 'mirror' each"),
        (("One may well say 1.", "Claim number 0 is sound!"), "variants: 1: text: stands a second"),
        (('text: "It holds that 0."', 'words: "x"'), "words"),
        (("Nobody ought to say 3.", " "), "mirror"),
    ],
)
def test_faults_of_variants_are_named(change: tuple[str, str], sentence: str, folder: Path) -> None:
    with pytest.raises(SetError, match=sentence):
        sets.parse(SET.replace(*change).replace(", }", "}").encode(), "versions.yaml")
