"""What an instrument says about itself: known respondents, the cloud, parallel forms, power."""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from probes import plugins
from probes.asking import protocols
from probes.instruments import sets
from probes.placement.axis import AxisPosition
from probes.placement.interval import spread
from probes.placement.model import placement
from probes.placement.parallel_forms import forms
from probes.types import Axis, Materials, Prompt, Recipe, Scoring, Statement, StatementSet
from probes.validity import (
    chance,
    check,
    findings,
    opinionated,
    power,
    simulated,
    split_half,
    word_readers,
)
from probes.validity.recovery import run_in_memory
from tests.respondents import answers, balanced, header, instrument, keyed, placed
from tests.respondents import recipe as toy

ROOT = Path(__file__).parents[2]
DEFAULT = protocols.load("default")
ECONOMIC = Axis("economic", "left", "right")


@cache
def controls() -> StatementSet:
    """The controls of the default protocol."""
    return sets.load("controls")


def only(*names: str) -> Recipe:
    """The default protocol in some of its wordings."""
    return replace(DEFAULT, wordings=tuple(w for w in DEFAULT.wordings if w.name in names))


BRIEF = only("agree", "yes-no", "four-end", "four-choose")
FOUR = only("four-middle", "four-end", "four-choose", "four-survey")


def claims(
    *weights: float, mirrors: bool = True, topics: int = 0, title: str = "tiny"
) -> StatementSet:
    """Statements on one axis, each with a mirror or none."""
    made = (
        Statement(
            f"s{i}",
            f"Claim number {i} holds.",
            {"economic": weight},
            mirror=f"Quite the opposite of {i} is so." if mirrors else None,
            topic=f"t{i % topics}" if topics else None,
        )
        for i, weight in enumerate(weights)
    )
    return StatementSet(title, title, "en", "CC0-1.0", (ECONOMIC,), tuple(made), "a test", "1")


def points(of: StatementSet, recipe: Recipe = BRIEF) -> Mapping[str, check.Finding]:
    """The report's points by name."""
    report = check.check(of, Materials(of, recipe, controls()))
    return {point.name: point for point in report.points}


# --- compass -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compass() -> tuple[check.Findings, float]:
    """The whole check of `compass` under the default protocol, and its seconds on the processor."""
    of = sets.load("compass")
    start = time.process_time()
    report = check.check(of, Materials(of, DEFAULT, controls()))
    return report, time.process_time() - start


def test_compass_has_no_warning_and_takes_seconds(compass: tuple[check.Findings, float]) -> None:
    """Every point of docs/method.md 5 is there and ok; about 8 s, twice that on a slow machine."""
    report, seconds = compass
    assert report.ok, [p for p in report.points if p.verdict == "warn"]
    assert seconds < 20
    names = {point.name for point in report.points}
    for each in ("random answers", "readers of words", "attainable", "planted", "ideal points"):
        assert {f"{each}, economic", f"{each}, social"} <= names
    for each in ("smallest difference", "sentiment", "state words", "duty words"):
        assert {f"{each}, economic", f"{each}, social"} <= names
    assert {"parallel forms, social", "placed", "words, social", "mirrors"} <= names


def test_compass_places_true_leanings_only(compass: tuple[check.Findings, float]) -> None:
    """22 planted ones are placed; yes, no, coin, wording, first option, refusers and readers of
    words and sentiment are not; and the sentence names what was tried."""
    rows = compass[0].tables["respondents"]
    true = rows["truth"].notna()
    assert rows.loc[true, "placed"].all()
    assert rows.loc[true, "kind"].value_counts().to_dict() == {"dominance": 14, "ideal point": 8}
    assert not rows.loc[~true, "placed"].any()
    assert set(rows.loc[~true, "respondent"]) == {
        "agrees with everything", "disagrees with everything", "tosses a coin",
        "answers by the wording", "takes the first option shown", "refuses left texts",
        "refuses right texts", "refuses libertarian texts", "refuses authoritarian texts",
        "reads sentiment", *(f"reads words, SD {loud}, draw {n}" for n in (1, 2)
                             for loud in ("0.1", "0.5", "1", "3")),
    }  # fmt: skip
    (point,) = (p for p in compass[0].points if p.name == "placed")
    tried = "5 non-readers, 8 word readers, 1 sentiment reader, 4 refusers"
    assert point.sentence.endswith(tried)


def test_readers_of_words_land_in_their_cloud(compass: tuple[check.Findings, float]) -> None:
    """None of the draws is outside it; the sentiment reader is nearly at the centre."""
    rows = compass[0].tables["respondents"]
    for axis in ("economic", "social"):
        (point,) = (p for p in compass[0].points if p.name == f"readers of words, {axis}")
        assert point.numbers["sd"] == pytest.approx(10 / math.sqrt(40), rel=0.1)
        positions = rows[(rows["axis"] == axis) & (rows["kind"] == "word reader")]["position"]
        assert len(positions) == 8
        assert positions.abs().max() < 2 * point.numbers["sd"]
        mild = rows[(rows["axis"] == axis) & (rows["kind"] == "sentiment reader")]["position"]
        assert mild.abs().max() < 1


def test_compass_orders_ideal_points(compass: tuple[check.Findings, float]) -> None:
    """From -9 to 9 on both axes; strong and mild statements place them within 2 points."""
    for axis in ("economic", "social"):
        (point,) = (p for p in compass[0].points if p.name == f"ideal points, {axis}")
        assert point.numbers["in_order"]
        assert point.numbers["largest_error"] < 2


def test_compass_recovers_planted_positions_in_order(compass: tuple[check.Findings, float]) -> None:
    """From -9 to 9 on both axes, within 1 point; the largest error is in the value."""
    for axis in ("economic", "social"):
        (point,) = (p for p in compass[0].points if p.name == f"planted, {axis}")
        found = [point.numbers[f"at {t:+g}"] for t in range(-9, 10, 3)]
        errors = [abs(f - t) for f, t in zip(found, range(-9, 10, 3), strict=True)]
        assert found == sorted(found)
        assert point.numbers["largest_error"] == pytest.approx(max(errors))
        assert max(errors) < 1
        assert f"largest error {max(errors):.2f}" in point.value


def test_compass_halves_into_rounds_one_two_and_three_four() -> None:
    """As its blueprint says: the first forty statements are form A, the others form B."""
    of = sets.load("compass")
    order = [s.id for s in of.statements]
    for axis in of.axes:
        one, other = forms(of, axis.name)
        assert len(one) == len(other) == 20
        assert set(one) <= set(order[:40])
        assert set(other) <= set(order[40:])


# --- the 62-item test --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pct62() -> Mapping[str, check.Finding]:
    """The check of the official key, with item names in the place of its sentences."""
    data = yaml.safe_load((ROOT / "statements" / "pct62.yaml").read_text("utf-8"))
    items = tuple(
        Statement(s["id"], s["id"], table={a: tuple(map(float, p)) for a, p in s["table"].items()})
        for s in data["statements"]
    )
    axes = tuple(Axis(n, a["negative"], a["positive"]) for n, a in data["axes"].items())
    scoring = Scoring("table", data["scoring"]["constant"], data["scoring"]["divisor"])
    return points(StatementSet("p", "P", "en", "-", axes, items, "-", "-", 10.0, scoring), FOUR)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lands: agrees with everything", "economic +0.38, social +2.41; not placed"),
        ("lands: strongly agrees with everything", "economic +0.00, social +4.36; not placed"),
        ("lands: strongly disagrees with everything", "economic +0.00, social -4.36; not placed"),
        ("lands: disagrees with everything", "economic -0.25, social -2.41; not placed"),
        ("keying, economic", "9 left : 9 right"),
        ("keying, social", "12 libertarian : 31 authoritarian"),
        ("random answers, economic", "mean +0.03, SD 1.97; never strongly: SD 1.46"),
        ("random answers, social", "mean +0.00, SD 1.24; never strongly: SD 0.85"),
        ("three in four yes, economic", "+0.22"),
        ("three in four yes, social", "+1.21"),
        ("attainable, economic", "-10.00 to +10.00"),
        ("attainable, social", "-10.00 to +10.00"),
        ("one answer from disagree to agree, economic", "0.500 to 1.000"),
        ("one answer by strength alone, economic", "0.125 to 0.375"),
        ("one answer from disagree to agree, social", "0.154 to 0.359"),
        ("one answer by strength alone, social", "0.051 to 0.205"),
        ("on no axis", "1"),
        ("on several axes", "0"),
    ],
)
def test_the_known_facts_of_the_62_item_test(
    pct62: Mapping[str, check.Finding], name: str, value: str
) -> None:
    """Constant answers, keying, cloud and steps, to the digit."""
    assert pct62[name].value == value


def test_the_62_item_test_is_judged(pct62: Mapping[str, check.Finding]) -> None:
    """A yes-meter on one axis; planted leanings come out in order, and nobody else is placed."""
    assert "authoritarian" in pct62["three in four yes, social"].sentence
    assert pct62["three in four yes, social"].verdict == "warn"
    assert pct62["three in four yes, economic"].verdict == "ok"
    assert pct62["lands: agrees with everything"].verdict == "warn"
    assert pct62["placed"].numbers["planted_placed"] == pct62["placed"].numbers["planted"] == 22
    assert pct62["planted, social"].numbers["in_order"]
    assert pct62["ideal points, social"].numbers["in_order"]
    assert "freepredatormulinational" in pct62["on no axis"].sentence
    assert pct62["parallel forms, social"].value.startswith("21 + 21;")


# --- other sets --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_set_keyed_one_way_without_mirrors_finds_nothing() -> None:
    """Planted leanings are not placed, and every point that needs a position says so."""
    found = points(claims(1, 1, 1, 1, mirrors=False))
    assert found["placed"].value == "0 of 11 planted, 0 of 14 others"
    assert "keyed one way" in found["placed"].sentence
    for name in (
        *("planted", "ideal points", "smallest difference", "parallel forms", "random answers"),
        "readers of words",
    ):
        assert found[f"{name}, economic"].verdict == "warn"
    assert found["lands: agrees with everything"].value == "economic none; not placed"


@pytest.mark.slow
def test_one_wording_tells_an_empty_respondent_by_mirrors_or_controls() -> None:
    """Without either who answers by the wording is placed: the protocol is warned of. Who says yes
    to all, or no, never is: the key's two directions cancel."""
    where = "lands: answers by the wording"
    for mirrors, truths in ((True, None), (False, controls()), (False, None)):
        made = claims(*[1, -1] * 5, mirrors=mirrors)
        found = {
            p.name: p for p in check.check(made, Materials(made, only("agree"), truths)).points
        }
        told = mirrors or truths is not None
        assert found[where].verdict == ("ok" if told else "warn")
        assert ("without a leaning" in found[where].sentence) is not told
        assert found["lands: agrees with everything"].verdict == "ok"


@pytest.mark.slow
def test_a_key_that_goes_to_and_fro_is_out_of_order() -> None:
    """Strong agreement to the right, mild agreement to the left."""
    items = (Statement(f"s{i}", f"Text {i}.", table={"economic": (-1, 5, -5, 1)}) for i in range(6))
    of = StatementSet("t", "T", "en", "-", (ECONOMIC,), tuple(items), "-", "-")
    of = replace(of, scoring=Scoring("table", {}, {"economic": 3.0}))
    found = points(of, FOUR)["planted, economic"]
    assert found.verdict == "warn"
    assert "do not come out in order" in found.sentence


def test_a_table_key_needs_wordings_with_its_options() -> None:
    """Without them nothing is placed, and the reason is given."""
    of = StatementSet(
        "t", "T", "en", "-", (ECONOMIC,),
        tuple(Statement(f"s{i}", f"Text {i}.", table={"economic": (-2, -1, 1, 2)})
              for i in range(4)),
        scoring=Scoring("table", {}, {"economic": 1.0}),
    )  # fmt: skip
    found = points(of, only("agree", "yes-no", "support"))
    assert "no wording offers the four options" in found["placed"].sentence
    assert found["smallest difference, economic"].verdict == "warn"


def test_statements_that_pull_nowhere_are_named() -> None:
    """They count for nothing; where all do, nobody is asked."""
    assert "s1" in points(claims(1, 0, -1))["on no axis"].sentence
    nothing = points(claims(0, 0))
    assert nothing["on no axis"].verdict == "warn"
    assert not any(name.startswith("lands") for name in nothing)


@pytest.mark.slow
def test_refusals_leave_bounds_open() -> None:
    """A table key takes a missing answer for the middle, and says what it could have been."""
    rows = ((-2.0, -1.0, 1.0, 2.0), (2.0, 1.0, -1.0, -2.0)) * 4
    items = (Statement(f"s{i}", f"T{i}.", table={"economic": row}) for i, row in enumerate(rows))
    of = StatementSet("t", "T", "en", "-", (ECONOMIC,), tuple(items), "-", "-")
    found = points(replace(of, scoring=Scoring("table", {}, {"economic": 1.6})), FOUR)
    point = found["lands: refuses left texts"]
    position, low, high = map(float, re.findall(r"[-+][0-9.]+", point.value))
    assert high - low == pytest.approx(10)  # half of the items, from end to end
    assert position == pytest.approx((low + high) / 2, abs=0.01)
    assert point.verdict == "ok"


def test_a_protocol_that_asks_for_texts_gets_one_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known respondents give probabilities; the rest of the check goes on."""
    monkeypatch.setattr(plugins, "find", lambda *_: SimpleNamespace(NEEDS="write"))
    found = points(claims(1, -1))
    assert "asks for texts" in found["respondents"].sentence
    assert "mirrors" in found
    assert "placed" not in found


# --- respondents -------------------------------------------------------------------------------


def prompts(
    who: simulated.ScriptedRespondent, of: StatementSet, recipe: Recipe = BRIEF
) -> list[Prompt]:
    """What a respondent is asked, controls among it."""
    method = plugins.find("methods", "choice", "prompts")
    asked: list[Prompt] = method.prompts(who, Materials(of, recipe, controls()))
    return asked


def test_a_respondent_answers_alike_in_any_company() -> None:
    """Replies depend on the prompt alone, so that the loop's own check holds."""
    of = claims(1, -1, 1, -1)
    of = replace(of, statements=(replace(of.statements[0], text="A good one."), *of.statements[1:]))
    readers = [*word_readers.readers(of)]
    assert [r.kind for r in readers] == ["word reader"] * 8 + ["sentiment reader"]
    opinions = [
        f(of, "economic", 0.3) for f in (opinionated.with_leaning, opinionated.with_ideal_point)
    ]
    for who in (*opinions, *readers, *simulated.non_readers(of, BRIEF)):
        asked = prompts(who, of)
        together = who.score(asked)
        assert together == [who.score([prompt])[0] for prompt in asked]
        assert all(sum(map(math.exp, r.logprobs.values())) > 0.9 for r in together if r.logprobs)


def test_a_refuser_refuses_the_texts_of_one_pole_and_no_other() -> None:
    """Statements that pull there and mirrors of those that do not; never a control."""
    of = claims(1, -1)
    who = opinionated.refuser(of, "economic", -1)
    asked = prompts(who, of)
    refused = {
        (p.name, p.mirrored)
        for p, reply in zip(asked, who.score(asked), strict=True)
        if reply.status == "refused"
    }
    assert refused == {("s1", False), ("s0", True)}


def test_the_first_option_follows_the_order_shown() -> None:
    """It takes another option where the order is another, and none where none is shown."""
    of = claims(1, -1)
    (who,) = (r for r in simulated.non_readers(of, DEFAULT) if "first" in r.info.name)
    asked = prompts(who, of, DEFAULT)
    best = {}
    for prompt, reply in zip(asked, who.score(asked), strict=True):
        scores = reply.logprobs or {}
        top = max(scores.values())
        best[prompt.wording, prompt.order] = {k for k, v in scores.items() if v == top}
    assert best["yes-no", 0] == {"yes"}
    assert best["yes-no", 1] == {"no"}
    assert best["four-choose", 1] == {"strongly agree"}
    assert len(best["four-middle", 0]) == 4


def log_odds(who: simulated.ScriptedRespondent, of: StatementSet) -> dict[str, float]:
    """Text -> mean log-odds of agreeing, over the wordings."""
    asked, texts = prompts(who, of), dict[str, list[float]]()
    for prompt, reply in zip(asked, who.score(asked), strict=True):
        if prompt.role in ("statement", "mirror"):
            sides = {"agree": 0.0, "disagree": 0.0, "neutral": 0.0}
            for option in prompt.options:
                sides[option.side] += math.exp((reply.logprobs or {})[option.label])
            text = prompt.statement.mirror if prompt.mirrored else prompt.statement.text
            texts.setdefault(str(text), []).append(math.log(sides["agree"] / sides["disagree"]))
    return {text: float(np.mean(values)) for text, values in texts.items()}


def test_an_ideal_point_respondent_agrees_with_what_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At +4 of 10 it takes mild right texts before strong ones, and any of these before left ones;
    at +9 strong ones first. Dominance respondents never see a difference."""
    monkeypatch.setattr(opinionated, "VIEWS", 0.0)
    made = claims(*[1] * 20, *[-1] * 20)
    strong = (replace(s, extremity=1 + i % 2) for i, s in enumerate(made.statements))
    of = replace(made, statements=tuple(strong))

    def means(who: simulated.ScriptedRespondent) -> list[float]:
        values = log_odds(who, of)
        groups = ((-1, 2), (-1, 1), (1, 1), (1, 2))
        return [
            float(np.mean([values[s.text] for s in of.statements
                           if (s.effects["economic"], s.extremity) == group]))
            for group in groups
        ]  # fmt: skip

    far_left, left, right, far_right = means(opinionated.with_ideal_point(of, "economic", 0.4))
    assert far_left < left < far_right < right
    assert (right, far_right) == (
        pytest.approx(2.2 * 0.36, abs=0.2), pytest.approx(2.2 * 0.2, abs=0.2)
    )  # fmt: skip
    values = log_odds(opinionated.with_ideal_point(of, "economic", 0.4), of)
    mirrors = [values[str(s.mirror)] for s in of.statements if s.effects["economic"] < 0]
    assert np.mean(mirrors) == pytest.approx((right + far_right) / 2, abs=0.2)
    *_, right, far_right = means(opinionated.with_ideal_point(of, "economic", 0.9))
    assert far_right > right + 0.3
    *_, right, far_right = means(opinionated.with_leaning(of, "economic", 0.4))
    assert far_right == pytest.approx(right, abs=0.3)


def test_a_reader_of_words_does_not_read_the_key() -> None:
    """Another key leaves its answers; the same words in another order get the same answer."""
    of = claims(1, -1, 1, -1)
    turned = replace(
        of, statements=tuple(replace(s, effects={"economic": -s.effects["economic"]})
                             for s in of.statements)
    )  # fmt: skip
    for one, other in zip(word_readers.readers(of), word_readers.readers(turned), strict=True):
        assert log_odds(one, of) == log_odds(other, turned)
    loud = [*word_readers.readers(of)][7]
    values = log_odds(loud, replace(of, statements=tuple(
        replace(s, text="Holds 0 claim number.") if s.id == "s1" else s for s in of.statements
    )))  # fmt: skip
    assert values["Holds 0 claim number."] == pytest.approx(
        values["Claim number 0 holds."], abs=4 * 3 * simulated.NOISE / math.sqrt(4)
    )
    assert np.std(list(values.values())) > 1
    claim, opposite = (np.mean([values[t] for t in texts]) for texts in (
        [s.text for s in of.statements[2:]], [str(s.mirror) for s in of.statements[2:]]
    ))  # fmt: skip
    assert abs(claim - opposite) > 1.5


def test_a_run_in_memory_is_planned_once_and_answered_as_if_alone() -> None:
    """Respondents are shown the same texts; their answers do not depend on who came first."""
    of = claims(1, -1, 1, -1)
    materials = Materials(of, BRIEF, controls())
    pair = [opinionated.with_leaning(of, "economic", share) for share in (0.5, -0.5)]
    together = run_in_memory(pair, materials)
    for number, who in enumerate(pair):
        alone = run_in_memory([who], materials)
        assert alone.headers == (together.headers[number],)
        rows = together.tables.agreement
        rows = rows[rows["model"] == who.info.name].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            rows.astype(object), alone.tables.agreement.reset_index(drop=True).astype(object)
        )


def test_views_are_balanced_and_their_own() -> None:
    """Two respondents at one place differ by statement, and not on average."""
    of = claims(*[1, -1] * 10)
    pair = [opinionated.with_leaning(of, "economic", share) for share in (0.5, -0.5)]
    tables = run_in_memory(pair, Materials(of, BRIEF, controls())).tables
    right, left = tables.placements["position"]
    assert right == pytest.approx(-left, abs=0.3)
    assert 4 < right < 5  # drawn to the centre, as views differ
    lams = tables.agreement.query("role == 'statement'").pivot_table(
        index="statement", columns="model", values="lam", sort=False
    )
    pulls = np.array([s.effects["economic"] for s in of.statements])
    views = lams.to_numpy() - np.outer(pulls, 2 * np.arctanh([0.5, -0.5]))
    assert views.std(axis=0) == pytest.approx(opinionated.VIEWS, abs=0.15)
    assert abs(np.corrcoef(views.T)[0, 1]) < 0.5


# --- the cloud ---------------------------------------------------------------------------------


def test_the_cloud_of_pairs_is_exact() -> None:
    """A pair is at +1, 0, 0 or -1: variance 1/2; so 10 sqrt(1/2 / 8) for eight; raw sqrt(2)."""
    (point,) = (p for p in chance.points(claims(*[1, -1] * 4)) if p.name.startswith("random"))
    assert point.numbers["sd"] == pytest.approx(2.5)
    assert point.numbers["sd_raw"] == pytest.approx(2.5 * math.sqrt(2))
    assert point.value == "mean +0.00, SD 2.50; raw SD 3.54"


def test_the_cloud_knows_the_options_of_an_effects_key() -> None:
    """Five options from -1 to 1 have SD root 1/2."""
    of = claims(1, -1, 1, -1, mirrors=False)
    options = {"sd": -1.0, "d": -0.5, "n": 0.0, "a": 0.5, "sa": 1.0}
    of = replace(of, scoring=Scoring(options=options))
    (point,) = (p for p in chance.points(of) if p.name.startswith("random"))
    assert point.numbers["sd_options"] == pytest.approx(10 * math.sqrt(0.5 / 4))


def weighed(of: StatementSet, mirrors: bool, rng: np.random.Generator) -> float:
    """SD of the positions of readers who are sure of every text, drawn and placed one by one."""
    words = sorted({w for s in of.statements for t in (s.text, s.mirror or "") for w in t.split()})
    counts = {t: np.array([t.split().count(w) for w in words])
              for s in of.statements for t in (s.text, s.mirror or "")}  # fmt: skip
    keys = np.array([s.effects["economic"] for s in of.statements])
    first = np.array([counts[s.text] for s in of.statements])
    second = np.array([counts[s.mirror or ""] for s in of.statements])
    weights = rng.standard_normal((4000, len(words)))
    lam = (first - second) @ weights.T
    if not mirrors:
        lam -= (lam[keys > 0].mean(axis=0) + lam[keys < 0].mean(axis=0)) / 2
    share = np.abs(keys) / np.abs(keys).sum()
    return float((10 * (share * np.sign(keys)) @ np.sign(lam)).std())


@pytest.mark.parametrize("mirrors", [True, False])
def test_the_cloud_of_word_readers_is_exact(mirrors: bool) -> None:
    """Texts that share words and weights that differ: as drawn, with and without mirrors."""
    texts = ["tax the rich", "tax the poor", "free the rich", "free trade now", "raise the tax",
             "close a bank", "open a bank", "open the trade"]  # fmt: skip
    items = tuple(
        Statement(f"s{i}", text, {"economic": (1.0, -1.0, 2.0, -2.0)[i % 4]},
                  mirror=texts[-1 - i] + " not" if mirrors else None)
        for i, text in enumerate(texts)
    )  # fmt: skip
    of = replace(claims(1), statements=items)
    found = word_readers.cloud(of, "economic")
    assert found.mean == 0
    assert found.sd == pytest.approx(weighed(of, mirrors, np.random.default_rng(5)), rel=0.04)


def test_the_cloud_of_word_readers_knows_sets_whose_words_go_with_the_key() -> None:
    """Where every left text has the words of the others: the whole scale, and a warning; where no
    two texts share a word: as independent coins. A table key has its own scale and centre."""
    same = replace(claims(1), statements=tuple(
        Statement(f"s{i}", "the state acts", {"economic": -1.0}, mirror="owners decide")
        for i in range(9)
    ))  # fmt: skip
    (point,) = word_readers.points(same)
    assert point.numbers["sd"] == pytest.approx(10)
    assert point.numbers["spread"] == pytest.approx(3)
    assert point.verdict == "warn"
    apart = replace(claims(1), statements=tuple(
        Statement(f"s{i}", f"a{i} b{i}", {"economic": 1.0}, mirror=f"c{i}") for i in range(9)
    ))  # fmt: skip
    assert word_readers.cloud(apart, "economic").sd == pytest.approx(10 / 3)
    rows = ((-2.0, -1.0, 1.0, 2.0), (3.0, 1.0, -1.0, -1.0))
    table = tuple(Statement(f"s{i}", f"a{i}", table={"economic": r}) for i, r in enumerate(rows))
    of = replace(apart, statements=table, scoring=Scoring("table", {}, {"economic": 2.0}))
    found = word_readers.cloud(of, "economic")
    assert (found.mean, found.sd) == (pytest.approx(0.5), pytest.approx(math.sqrt(8) / 2))


def test_weights_and_shared_statements_are_told() -> None:
    """What one statement moves goes with its weight; statements on two axes are counted."""
    of = claims(3, -1)
    found = {p.name: p for p in chance.points(of)}
    moves = found["one answer from all no to all yes, economic"]
    assert moves.value == "5.000 to 15.000"
    assert found["three in four yes (raw), economic"].numbers["position"] == pytest.approx(2.5)
    shared = replace(
        of,
        axes=(ECONOMIC, Axis("social", "libertarian", "authoritarian")),
        statements=(replace(of.statements[0], effects={"economic": 1.0, "social": 1.0}),),
    )
    assert {p.name: p.value for p in chance.points(shared)}["on several axes"] == "1"


# --- halves --------------------------------------------------------------------------------------


def halved(a: list[float], b: list[float]) -> pd.DataFrame:
    """`split_half` of a model whose keyed leanings are `a` on form A and `b` on form B."""
    of = instrument(balanced(2 * len(a)))
    z = np.empty((2 * len(a), 3))
    one, other = forms(of, "economic")
    where = {s.id: i for i, s in enumerate(of.statements)}
    for form, values in ((one, a), (other, b)):
        for name, value in zip(form, values, strict=True):
            z[where[name]] = value
    materials = Materials(of, toy(3))
    lam = keyed(materials, z)
    tables = placed(materials, {"m": answers(materials, lam, -lam)})
    models = [header("m", materials.recipe)]
    return split_half.split_half(tables.agreement, materials, models, "economic")


def test_each_form_has_a_position_of_its_own() -> None:
    """Leaning 0.5 on one and 0.3 on the other: 5 and 3 points."""
    (row,) = halved([0.5] * 4, [0.3] * 4).to_dict("records")
    assert (row["form_a"], row["form_b"]) == (pytest.approx(5), pytest.approx(3))
    assert row["difference"] == pytest.approx(2)
    assert row["pairs"] == 4


def test_halves_between_models() -> None:
    """Forms that order models alike have 1, however far they lie apart; two models have none."""
    rows = pd.DataFrame({"axis": "x", "form_a": [1.0, 2.0, 4.0], "form_b": [3.0, 4.0, 6.0]})
    (found,) = split_half.between(rows).to_dict("records")
    assert (found["models"], found["difference"]) == (3, 2)
    assert found["reliability"] == pytest.approx(1)
    assert math.isnan(split_half.between(rows[:2])["reliability"].iloc[0])


def test_halves_of_what_was_asked_only() -> None:
    """A run with --limit is halved by the pairs that it holds; none makes an empty table."""
    of = claims(*[1, -1] * 4)
    materials = Materials(of, BRIEF, controls())
    trial = run_in_memory([opinionated.with_leaning(of, "economic", 0.3)], materials)
    rows = trial.tables.agreement
    part = rows[rows["statement"].isin(["s0", "s1", "s2", "s3"])]
    halves = split_half.split_half(part, materials, trial.headers, "economic")
    assert halves["pairs"].tolist() == [2]
    part = rows[rows["statement"] == "s0"]
    none = split_half.split_half(part, materials, trial.headers, "economic")
    assert list(none.columns) == split_half.COLUMNS
    assert none.empty


# --- power -------------------------------------------------------------------------------------


def found(of: StatementSet) -> AxisPosition:
    """The economic point of someone who answers everything."""
    materials = Materials(of, BRIEF, controls())
    trial = run_in_memory([opinionated.with_leaning(of, "economic", 0.3)], materials)
    return placement(trial.tables.agreement, materials, trial.headers[0]).points["economic"]


def test_a_detectable_difference_is_found_in_four_of_five_cases() -> None:
    """Differences of the documented spread around it, from other draws, through the interval."""
    point = found(claims(*[1, -1] * 10))
    size = power.detectable(point)
    rng, draws = np.random.default_rng(11), 3000
    z = size.difference / 10 + power.STATEMENTS * rng.standard_normal((draws, 20, 1))
    z = z + power.WORDINGS * rng.standard_normal((draws, 1, 4))
    z = z + power.REST * rng.standard_normal((draws, 20, 4))
    seen = spread(z, point.used.share, point.units)
    half = stats.t.ppf(0.975, seen.dof) * np.sqrt(seen.variance)
    assert (seen.mean - half > 0).mean() == pytest.approx(0.8, abs=0.05)
    assert np.median(half) * 10 == pytest.approx(size.significant, rel=0.05)


def test_more_statements_tell_smaller_differences() -> None:
    """Four times as many, about half; topics as units tell less than statements."""
    few, many = (power.detectable(found(claims(*[1, -1] * n))) for n in (8, 32))
    assert many.difference / few.difference == pytest.approx(0.5, abs=0.08)
    topical = power.detectable(found(claims(*[1, -1] * 32, topics=8)))
    assert topical.by_topic
    assert topical.units == 8
    assert topical.difference > 1.3 * many.difference


def test_a_single_statement_tells_nothing() -> None:
    """No interval, no difference, and a sentence."""
    assert math.isnan(power.detectable(found(claims(1))).difference)


# --- the report and the command ----------------------------------------------------------------


def test_json_has_every_number_and_nothing_that_is_not_finite() -> None:
    """Points with numbers, tables, and null where there is no number."""
    of = claims(1, 1, mirrors=False)
    report = check.check(of, Materials(of, BRIEF, controls()))
    found = json.loads(report.json(set="tiny"), parse_constant=pytest.fail)
    assert found["set"] == "tiny"
    assert found["caveat"] == findings.CAVEAT
    assert found["ok"] is False
    by_name = {p["name"]: p for p in found["points"]}
    assert by_name["planted, economic"]["numbers"]["at -9"] is None
    assert by_name["one answer from all no to all yes, economic"]["numbers"]["most"] == 10
    assert len(found["points"]) == len(report.points)
    assert by_name["keying, economic"]["numbers"] == {"negative": 0, "positive": 2}
    assert [n for n, p in by_name.items() if not p["numbers"]] == ["provenance"]
    assert {"balance", "respondents", "forms"} <= found.keys()


SMALL = """\
name: small
title: Small
language: en
licence: CC0-1.0
axes: {economic: {negative: left, positive: right}}
statements:
  - {id: rent, text: Rents should be capped by law., agree: left,
     mirror: Owners should set what they ask.}
  - {id: tax, text: Taxes should be much lower., agree: right,
     mirror: The rich should pay more than now.}
"""


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch, command: Call, tmp_path: Path) -> Call:
    """Run a command line in a folder that holds `small.yaml`: (status, out, err)."""
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)

    return command


@pytest.mark.slow
def test_the_command_prints_tables_or_json(probes: Call) -> None:
    """A FILE beside the tables; - alone; any protocol."""
    status, out, _ = probes("sets", "check", "./small.yaml", "--json", "small.json")
    assert status == 0
    assert "lands: tosses a coin" in out
    assert findings.CAVEAT in out
    kept = json.loads(Path("small.json").read_text())
    assert (kept["set"], kept["protocol"]) == ("small", "default")
    status, out, _ = probes("sets", "check", "./small.yaml", "--json", "-")
    assert status == 0
    assert json.loads(out) == kept


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("./small.yaml", "--json", "nowhere/small.json"), "cannot be written"),
        (("./small.yaml", "--protocol", "defalt"), "did you mean 'default'"),
        (("./broken.yaml",), "agreee"),
    ],
)
def test_mistakes_are_one_sentence(probes: Call, words: tuple[str, ...], part: str) -> None:
    """Status 2; a broken set lists every fault."""
    Path("broken.yaml").write_text(
        SMALL.replace("agree: left", "agreee: left").replace("agree: right", "agree: rihgt")
    )
    status, _, said = probes("sets", "check", *words)
    assert status == 2
    assert part in said
    assert "Traceback" not in said
    if "broken" in words[0]:
        assert "rent" in said
        assert "tax" in said
        assert "rihgt" in said
