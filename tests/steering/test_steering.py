"""What conditions do: planted slopes, sycophancy and challenges come back, and a deaf model shows
none; the reference is the run without conditions; folders are made again."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.validity import challenges, following
from benchmarks.validity.world import World
from probes.asking import loop, protocols
from probes.asking.conditions import AS_TEXT, UNASKED
from probes.conditions import read
from probes.evidence import arrow
from probes.files import csv
from probes.models import registry
from probes.models.load import open_model
from probes.placement import variance
from probes.runs import conclude, read_back
from probes.steering import challenge
from probes.tables.place import tabulate
from probes.types import LoadOptions, Materials, Tables
from probes.verification import verify
from tests import respondents, run_folders

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]
WORDINGS = ("agree", "support", "yes-no")
EFFECTS = [*respondents.balanced(16), *respondents.balanced(16, "social")]


def materials(*names: str) -> Materials:
    """Two axes of four topics under lists of conditions that ship."""
    recipe = protocols.load("default")
    kept = tuple(w for w in recipe.wordings if w.name in WORDINGS)
    conditions = read.joined([read.load(name, "en") for name in names], "test")
    recipe = replace(recipe, wordings=kept, blanks=(), conditions=conditions)
    statements = respondents.instrument(EFFECTS, topics=4)
    return Materials(statements, recipe, respondents.controls(8))


def tables(asked: Materials, *models: str) -> Tables:
    """Of planted respondents."""
    evidence = []
    for name in models:
        model = open_model(registry.resolve(f"planted:{name}"), LoadOptions())
        planned = loop.plan(model, asked)
        answered = [a for batch in loop.ask(model, planned) for a in batch.answers]
        evidence.append((planned.header, answered))
    return tabulate(evidence, asked).tables


def frame(table: pd.DataFrame | None) -> pd.DataFrame:
    assert table is not None
    return table


@pytest.fixture(scope="module")
def followed() -> Tables:
    """One who goes half of the way, one who is deaf, and one who goes away from it."""
    return tables(
        materials("personas", "users"),
        "economic=-2,social=1,follow=0.5",
        "economic=3,noise=0.4",
        "economic=-2,follow=-0.25",
    )


def test_the_share_that_was_planted_comes_back_as_the_slope(followed: Tables) -> None:
    rows = frame(followed.steering).set_index(["model", "axis", "measure"]).sort_index()
    for axis in ("economic", "social"):
        half = rows.loc["planted:economic=-2,social=1,follow=0.5", axis]
        assert half.loc["steerability", "value"] == pytest.approx(0.5, abs=1e-6)
        assert half.loc["sycophancy", "value"] == pytest.approx(0.5 * 12, abs=1e-6)
        away = rows.loc["planted:economic=-2,follow=-0.25", axis]
        assert away.loc["steerability", "value"] == pytest.approx(-0.25, abs=1e-6)
    assert (rows["p_holm"] >= rows["p"]).all()


def test_a_deaf_model_shows_neither_slope_nor_sycophancy_nor_a_move(followed: Tables) -> None:
    deaf = "model == 'planted:economic=3,noise=0.4'"
    rows = frame(followed.steering).query(deaf)
    assert len(rows) == 4
    assert ((rows["low"] < 0) & (rows["high"] > 0)).all()
    moved = frame(followed.conditions).query(f"{deaf} and verdict == 'moved'")
    assert moved.empty


def test_each_condition_stands_against_the_first_with_the_words_of_a_comparison(
    followed: Tables,
) -> None:
    table = frame(followed.conditions)
    assert table["condition"].iloc[0] == "neutral"
    first = table[table["condition"] == "neutral"]
    assert first["difference"].isna().all()
    assert (first["position"].to_numpy() == followed.placements["position"].to_numpy()).all()
    others = table[table["condition"] != "neutral"]
    assert set(others["verdict"]) <= {"moved", "not moved", "cannot be told apart"}
    assert others["reason"].str.startswith(AS_TEXT).all()
    assert not first["reason"].str.contains(AS_TEXT).any()
    assert not followed.placements["reason"].str.contains(AS_TEXT).any()
    half = table.query("model == 'planted:economic=-2,social=1,follow=0.5'")
    right = half.query("condition == 'right-libertarian' and axis == 'economic'").iloc[0]
    assert right["position"] == pytest.approx(2, abs=1e-6)  # half way from -2 to 6
    assert right["difference"] == pytest.approx(4, abs=1e-6)
    assert right["verdict"] == "moved"
    assert (others["p_holm"] >= others["p"]).sum() == others["p"].notna().sum()


def test_the_reference_is_the_run_without_conditions() -> None:
    """To the last digit, whatever else is asked beside it."""
    under = materials("personas")
    bare = replace(under, recipe=replace(under.recipe, conditions=()))
    name = "economic=-2,follow=0.5,noise=1"
    one, other = tables(under, name), tables(bare, name)
    for table in ("placements", "agreement", "models", "topics", "ellipses"):
        left, right = getattr(one, table), getattr(other, table)
        kept = [c for c in left if c not in ("warnings", "reason")]
        pd.testing.assert_frame_equal(left[kept], right[kept])
    assert other.conditions is None
    assert other.steering is None
    assert other.challenge is None


def test_a_condition_whose_positions_are_on_no_axis_of_the_set_has_no_slope() -> None:
    asked = materials("personas")
    axes = tuple(replace(axis, name=f"{axis.name}-2") for axis in asked.statements.axes)
    turned = tuple(
        replace(s, effects={f"{axis}-2": w for axis, w in s.effects.items()})
        for s in asked.statements.statements
    )
    statements = replace(asked.statements, axes=axes, statements=turned)
    found = tables(replace(asked, statements=statements), "economic-2=4")
    assert found.steering is None
    assert len(frame(found.conditions)) == 2 * 5


@pytest.mark.parametrize(
    ("follower", "share"),
    [
        (following.Follower(), 0.0),
        (following.Follower(), 0.5),
        (following.Follower(declared=following.USERS), 0.5),
        (following.Follower(World((4,) * 5, opinion=1.0, rest=0.5)), 0.8),
    ],
)
def test_intervals_hold_the_share_followed(follower: following.Follower, share: float) -> None:
    assert 92.5 <= following.covered(follower, share, 3, 800) <= 98.5


@pytest.mark.soak
def test_every_promise_of_following_is_kept() -> None:
    assert all(row.kept for row in following.rows(4000, 0))


# --- variance ----------------------------------------------------------------------------------


@pytest.mark.parametrize("drawn", [(1.0, 0.5, 0.2), (0.3, 1.0, 1.0), (0.0, 1.0, 0.5)])
def test_the_conditions_shares_are_those_that_were_drawn(drawn: Sequence[float]) -> None:
    """Standard deviations of condition, cell, and the rest; many conditions, to know them well."""
    rng = np.random.default_rng(5)
    condition, cell, rest = drawn
    grids = np.zeros((400, 300)) + condition * rng.normal(size=(400, 1))
    grids = grids + cell * rng.normal(size=300) + rest * rng.normal(size=(400, 300))
    total = sum(sd**2 for sd in drawn)
    shares = variance.condition_shares(grids)
    assert shares["condition"] == pytest.approx(condition**2 / total, abs=0.05)
    rests = shares["condition x statement and wording"]
    assert rests == pytest.approx(rest**2 / total, abs=0.05)


# --- challenge ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_given_up_that_was_planted_comes_back(share: float) -> None:
    """By the pole that the answer pulled to: of a decided respondent one, on either axis."""
    found = tables(materials("challenge"), f"economic=-5,social=4,yield={share}")
    rows = frame(found.challenge)
    assert list(rows["pole"]) == ["left", "authoritarian"]
    assert set(rows["answers"]) == {16 * 2 * len(WORDINGS)}
    assert ((rows["low"] - 1e-9 <= share) & (share <= rows["high"] + 1e-9)).all()
    if share in (0.0, 1.0):
        assert set(rows["share"]) == {share}


@pytest.mark.parametrize(
    ("yielder", "share"),
    [
        (challenges.Yielder(differs=0.0), 0.5),
        (challenges.Yielder(), 0.2),
        (challenges.Yielder((4,) * 5), 0.5),
    ],
    ids=["alike", "ten topics", "five topics"],
)
def test_intervals_hold_the_share_given_up(yielder: challenges.Yielder, share: float) -> None:
    """Also where topics differ and are few: by the normal quantile 88 of 100 do."""
    assert 92.5 <= challenges.covered(yielder, share, 3, 1500) <= 99


@pytest.mark.soak
def test_every_promise_of_challenges_is_kept() -> None:
    assert all(row.kept for row in challenges.rows(4000, 0))


def test_a_model_that_gives_up_one_pole_alone_is_told_apart() -> None:
    """Half of the topics are held from either side; the answers to one side are given up."""
    asked = materials("challenge")
    names = {c.challenge: c.name for c in asked.recipe.conditions}
    statements, wordings = asked.statements, asked.recipe.wordings
    plain, branches = [], {side: [] for side in ("agree", "disagree")}
    for n, statement in enumerate(statements.statements):
        side = 1 if n % 4 < 2 else -1  # of agreeing with the statement
        (axis, pull), *_ = statement.effects.items()
        left = side * pull < 0
        for wording in wordings:
            about = {"model": "m", "role": "statement", "statement": statement.id}
            about |= {"wording": wording.name}
            plain.append(about | {"log_odds": 2.0 * side, "log_odds_mirror": -2.0 * side})
            after = (-1 if left and axis == "economic" else 1) * 2.0 * side
            for found in branches.values():
                found.append(about | {"log_odds": after, "log_odds_mirror": -after})
    under = {names[side]: pd.DataFrame(rows) for side, rows in branches.items()}
    table = frame(
        challenge.challenge(pd.DataFrame(plain), under, asked.recipe.conditions, statements)
    )
    shares = {(r["axis"], r["pole"]): r["share"] for r in table.to_dict("records")}
    assert shares == {
        ("economic", "left"): 1.0,
        ("economic", "right"): 0.0,
        ("social", "authoritarian"): 0.0,
        ("social", "libertarian"): 0.0,
    }


def test_the_models_own_answer_says_which_challenge_counts() -> None:
    """After having agreed it gives up, after having disagreed it holds: of a statement and its
    mirror, one is lost."""
    asked = materials("challenge")
    names = {c.challenge: c.name for c in asked.recipe.conditions}
    about = [
        {"model": "m", "role": "statement", "statement": s.id, "wording": "agree"}
        for s in asked.statements.statements
    ]
    plain = pd.DataFrame([a | {"log_odds": 1.0, "log_odds_mirror": -1.0} for a in about])
    under = {names["agree"]: plain.copy(), names["disagree"]: plain.copy()}
    under[names["agree"]][["log_odds", "log_odds_mirror"]] = -5.0
    under[names["disagree"]][["log_odds", "log_odds_mirror"]] = -5.0
    table = frame(challenge.challenge(plain, under, asked.recipe.conditions, asked.statements))
    assert set(table["share"]) == {0.5}
    swapped = {names["agree"]: under[names["agree"]].copy(), names["disagree"]: plain.copy()}
    swapped[names["disagree"]][["log_odds", "log_odds_mirror"]] = 5.0
    table = frame(challenge.challenge(plain, swapped, asked.recipe.conditions, asked.statements))
    assert set(table["share"]) == {1.0}


def test_a_model_without_a_chat_is_not_challenged_and_that_is_said() -> None:
    found = tables(materials("challenge"), "economic=-5,yield=0", "economic=2")
    rows = frame(found.challenge).query("model == 'planted:economic=2'")
    assert set(rows["reason"]) == {UNASKED}
    assert not rows["answers"].any()
    assert rows["share"].isna().all()


# --- the folder --------------------------------------------------------------------------------


def asked_in(
    out: Path,
    *models: str,
    conditions: Sequence[str] = ("personas", "challenge"),
    **more: object,
) -> Path:
    made = run_folders.instrument(1, statements=12)
    axes = {"economic": made["axes"]["a"]}
    pulls = [{**s, "effects": {"economic": s["effects"]["a"]}} for s in made["statements"]]
    content = {**made, "language": "en", "axes": axes, "statements": pulls}
    protocol = out.with_name("short.yaml")
    protocol.write_text(
        "name: short\ntitle: Short\nmethod: choice\nwordings: [agree, support]\nblanks: []\n"
    )
    given = {name: f"planted:{words}" for name, words in (m.split(":") for m in models)}
    return run_folders.run(
        out, given, content, protocol=str(protocol), conditions=tuple(conditions), **more
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("under") / "run"
    return asked_in(
        out, "plain:economic=-3,follow=0.5,noise=0.3", "chat:economic=4,yield=0.2,noise=0.3"
    )


def digest(path: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(path.rglob("*.csv"))} | {
        p.name: p.read_bytes() for p in sorted(path.rglob("*.jsonl"))
    }


def test_each_cell_names_its_condition_and_both_readers_see_it(folder: Path) -> None:
    lines = [json.loads(x) for x in (folder / "answers/chat.jsonl").read_text().splitlines()[1:]]
    names = ["neutral", "left-libertarian", "right-libertarian", "left-authoritarian"]
    names += ["right-authoritarian", "challenge-agree", "challenge-disagree"]
    assert {line["condition"] for line in lines} == set(names)
    header, columns = arrow.read(folder / "answers/chat.jsonl")
    assert set(columns.condition.words) == set(names)
    assert sum(len(columns.under(name)) for name in names) == len(columns) == header.cells


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes_and_is_verified(
    folder: Path, tmp_path: Path
) -> None:
    again = tmp_path / "run"
    asked_in(again, "plain:economic=-3,follow=0.5,noise=0.3", "chat:economic=4,yield=0.2,noise=0.3")
    whole = digest(again)
    assert whole == digest(folder)
    run_folders.cut(again, "chat", 40)
    asked_in(again, "plain:economic=-3,follow=0.5,noise=0.3", "chat:economic=4,yield=0.2,noise=0.3")
    assert digest(again) == whole
    conclude.conclude(again)
    assert digest(again) == whole
    assert not verify.verify(again).findings


def test_a_trial_goes_on_to_all_statements_and_asks_nothing_twice(
    folder: Path, tmp_path: Path
) -> None:
    """Examples are those of the whole run, so that its answers are the same ones."""
    shown = "{examples: 2, position: {economic: 6}}"
    (own := tmp_path / "c.yaml").write_text(
        f"title: t\nconditions: {{neutral: {{}}, right: {shown}}}\n"
    )
    lists, model = (str(own),), "plain:economic=-3,follow=0.5,noise=0.3"
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    asked_in(whole, model, conditions=lists)
    asked_in(begun, model, conditions=lists, limit=4)
    few = (begun / "answers/plain.jsonl").read_text().splitlines()[1:]
    asked_in(begun, model, conditions=lists)
    lines, again = (
        (path / "answers/plain.jsonl").read_text().splitlines()[1:] for path in (whole, begun)
    )
    assert again[: len(few)] == few
    assert sorted(again) == sorted(lines)


def test_the_folders_tables_are_read_back_as_they_were_made(folder: Path) -> None:
    tables = read_back.tables(folder)
    for name in ("conditions", "steering", "challenge"):
        table = frame(getattr(tables, name))
        assert csv.text(table) == (folder / f"{name}.csv").read_text()
    assert "condition" in set(tables.variance["source"])


@pytest.mark.slow
def test_the_report_tells_what_was_said_and_what_came_of_it(
    folder: Path, command: Command, tmp_path: Path
) -> None:
    """A section of its own, with the figure; a run without conditions has none."""
    page = tmp_path / "page.html"
    assert command("report", str(folder), "-o", str(page))[0] == 0
    text = page.read_text()
    _, _, section = text.partition('<section id="conditions"')
    section, _, _ = section.partition("</section>")
    for words in ("You are a person who believes that wealth", "nothing beside the question"):
        assert words in section
    for words in ("steerability", "given up", "right-authoritarian", UNASKED, "data:image/svg+xml"):
        assert words in section
    bare = asked_in(tmp_path / "bare", "plain:economic=-3", conditions=())
    assert command("report", str(bare), "-o", str(page))[0] == 0
    assert '<section id="conditions"' not in page.read_text()


@pytest.mark.slow
def test_the_section_on_conditions_speaks_the_language_that_is_asked_for(
    folder: Path, command: Command, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    assert command("report", str(folder), "-o", str(page), "--lang", "de")[0] == 0
    section = page.read_text().partition('<section id="conditions"')[2].partition("</section>")[0]
    for words in ("Bedingung", "Lenkbarkeit", "aufgegeben", "nichts neben der Frage"):
        assert words in section
    for english in ("steerability", "given up", "verdict", "moved", "nan", "p holm"):
        assert english not in section.partition("base64")[0] + section.partition("</figure>")[2]


def test_the_terminal_and_a_dossier_say_under_which_condition_positions_are(
    folder: Path, command: Command, tmp_path: Path
) -> None:
    first = read_back.tables(folder).condition
    assert first
    _, out, _ = command("place", str(folder))
    assert out.startswith(f"under the condition {first}:")
    page = tmp_path / "dossier.html"
    assert command("verify", str(folder), "-o", str(page))[0] == 0
    text = page.read_text()
    for words in (
        f"Placements under the condition {first}",
        "What was said under each condition",
        "What the other conditions change",
        "right-authoritarian",
    ):
        assert words in text


def test_the_report_takes_tables_of_a_stranger_without_a_row(
    folder: Path, tmp_path: Path, command: Command
) -> None:
    """With their columns they are tables; nothing is said in them."""
    copy = Path(shutil.copytree(folder, tmp_path / "run"))
    for name in ("conditions", "steering", "challenge"):
        head, *_ = (copy / f"{name}.csv").read_text("utf-8").splitlines(keepends=True)
        (copy / f"{name}.csv").write_text(head, "utf-8")
    assert command("report", str(copy), "-o", str(tmp_path / "report.html"))[0] == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "What the model was told beside the question" in page


def test_a_run_that_was_stopped_before_its_reference_was_asked_can_be_looked_at(
    folder: Path, command: Command, tmp_path: Path
) -> None:
    shutil.copytree(folder, begun := tmp_path / "begun")
    for name in ("plain", "chat"):
        run_folders.cut(begun, name, 30)
    for table in begun.glob("*.csv"):
        table.unlink()
    status, _, err = command("report", str(begun), "-o", str(tmp_path / "page.html"))
    assert status == 0, err
    status, _, err = command("place", str(begun))
    assert "Traceback" not in err


def test_another_condition_of_the_same_name_is_another_run(folder: Path, tmp_path: Path) -> None:
    from probes.errors import RunError

    (own := tmp_path / "c.yaml").write_text("title: t\nconditions: {neutral: {system: Hm.}}\n")
    with pytest.raises(RunError, match="protocol sha256"):
        asked_in(folder, "plain:economic=-3", conditions=(str(own),))


CHALLENGED = {"plain": 132, "both": 220}
"""Cells of two statements in `default`; two challenges of each statement and mirror beside."""


@pytest.mark.parametrize(
    ("model", "typed", "cells"),
    [
        ("m=gpt2", (), {"if it is a chat": "both", "if it is no chat": "plain"}),
        ("m=gpt2", ("--chat",), {"sends nothing": "both"}),
        ("m=gpt2", ("--no-chat",), {"sends nothing": "plain"}),
        ("m=bert-base-uncased", (), {"sends nothing": "plain"}),
        ("m=planted:economic=1", (), {"sends nothing": "plain"}),
        ("m=planted:economic=1,yield=1", (), {"sends nothing": "both"}),
    ],
)
def test_a_dry_run_counts_challenges_of_chats(
    command: Command, tmp_path: Path, model: str, typed: tuple[str, ...], cells: dict[str, str]
) -> None:
    """Of a model that would have to be loaded to see whether it is one, both numbers are said."""
    run = ("run", "--model", model, "--limit", "2", "--out", str(tmp_path / "r"), *typed)
    status, out, err = command(*run, "--condition", "challenge", "--dry-run")
    assert status == 0, err
    for said, number in cells.items():
        assert re.search(rf"{said} +{CHALLENGED[number]} ", out), out
    assert len(re.findall("runs here", out)) == len(cells)


def test_the_command_takes_conditions_and_names_its_folder_after_them(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("run", "--model", "planted:economic=-3,follow=1", "--limit", "4", "-q")
    status, _, err = command(*words, "--condition", "users", "--condition", "terse")
    assert status == 0, err
    found = csv.read(tmp_path / "runs/compass-default-users-terse/conditions.csv", ["condition"])
    assert set(found["condition"]) == {"neutral", "user-left", "user-right", "brief", "terse"}
    status, _, err = command(*words, "--condition", "userz")
    assert status == 2
    assert "unknown condition 'userz': did you mean 'users'" in err
    status, _, err = command(*words, "--condition", "users", "--language", "en,de", "--out", "both")
    assert status == 2
    assert "language: is 'en', but statements are put in 'de'" in err
    assert not (tmp_path / "both").exists()
