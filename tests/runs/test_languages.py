"""Languages: what is asked of which edition, what is compared, and the one sentence of mistakes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from probes.plots import languages as figure

from probes.agreement.table import agreement
from probes.comparison.limits import DifferenceLimits
from probes.comparison.pair import (
    EDGE,
    MISSING,
    NOTHING,
    PairedDifference,
    pair,
)
from probes.errors import ProbesError, RunError, SetError, UsageError
from probes.output import figures
from probes.placement.axis import AxisPosition
from probes.placement.model import placement
from probes.runs import conclude as conclusions
from probes.runs import languages, session, translations
from probes.types import Materials, ModelSpec
from probes.types.reasons import DECIDED, FEW_WORDINGS, MAYBE, SMALL, UNTAGGED
from tests.respondents import answers, balanced, header, instrument, keyed, recipe

pytestmark = pytest.mark.usefixtures("pictureless")

LIMITS = DifferenceLimits(margin=1.0, bounds=2.0, scale=10.0)
COLUMNS = (
    "model,axis,language,against,position,position_against,difference,low,high,minimum,maximum,p,"
    "p_holm,direction,direction_low,direction_high,statements,wordings,units,verdict,reason"
)
PROTOCOL = (
    "{{name: short, title: S, method: choice, language: {0}, wordings: [agree, support, yes-no]}}"
)


def toy(language: str, count: int = 12, **heads: object) -> str:
    """A set of `count` mirrored statements in six topics, keyed either way by turns."""
    statements = [
        {
            "id": f"s{i}",
            "text": f"{language} says {i}.",
            "mirror": f"{language} denies {i}.",
            "agree": "left" if i % 2 else "right",
            "topic": f"t{i % 6}",
        }
        for i in range(count)
    ]
    head: dict[str, object] = {
        "name": f"toy.{language}",
        "title": "Toy",
        "language": language,
        "licence": "CC0-1.0",
        "axes": {"economic": {"negative": "left", "positive": "right"}},
    }
    return yaml.safe_dump({**head, "statements": statements, **heads})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `mine.yaml` in English and German, and a short protocol in both."""
    monkeypatch.chdir(tmp_path)
    for language, part in (("en", ""), ("de", ".de")):
        (tmp_path / f"mine{part}.yaml").write_text(toy(language))
        (tmp_path / f"short{part}.yaml").write_text(PROTOCOL.format(language))
    return tmp_path


def request(*models: str, **changes: object) -> session.Request:
    specs = [ModelSpec(f"m{i}", text, "planted") for i, text in enumerate(models)]
    fields: dict[str, object] = {"models": specs, "set": "mine.yaml", "protocol": "short.yaml"}
    return session.Request(**{**fields, **changes})  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


# --- runs --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_language_is_an_ordinary_run_of_its_own_edition(home: Path) -> None:
    """Each folder has the texts of its language, and can be placed by itself."""
    languages.probe(request("economic=-6,noise=1"), "en,de", home / "out")
    for language in ("en", "de"):
        folder = home / "out" / language
        assert f"{language} says 0." in (folder / "answers" / "m0.jsonl").read_text()
        assert yaml.safe_load((folder / "run.yaml").read_text())["set"] == f"toy.{language}"
        before = files(folder)
        conclusions.conclude(folder)
        assert files(folder) == before


@pytest.mark.slow
def test_the_table_has_a_row_a_model_axis_and_language(home: Path) -> None:
    """Positions are those of the runs, and the difference is theirs where nothing is missing."""
    models = ("economic=-6,noise=1", "economic=4,noise=.5,yes=1")
    found = languages.probe(request(*models), "de,en", home / "out")
    assert (home / "out" / "languages.csv").read_text().splitlines()[0] == COLUMNS
    table = pd.read_csv(home / "out" / "languages.csv")
    assert list(table["model"]) == ["m0", "m1"]
    assert set(zip(table["language"], table["against"], strict=True)) == {("en", "de")}
    for column, language in (("position", "en"), ("position_against", "de")):
        assert list(table[column]) == list(found.tables[language].placements["position"])
    gap = table["position"] - table["position_against"]
    assert list(table["difference"]) == pytest.approx(list(gap))
    assert (table["low"] < table["difference"]).all()
    assert (table["difference"] < table["high"]).all()


@pytest.mark.slow
def test_all_is_made_again_from_the_answers_alone(home: Path) -> None:
    out = home / "out"
    languages.probe(request("economic=-6,noise=1", "economic=2"), "en,de", out)
    before = files(out)
    assert {"languages.csv", "languages.png", "languages.svg"} < before.keys()
    for path in [*out.glob("languages.[cps]*"), *out.glob("*/*.csv"), *home.glob("*.yaml")]:
        path.unlink()
    languages.conclude(out)
    assert files(out) == before


@pytest.mark.slow
def test_a_run_goes_on_where_it_stopped(home: Path) -> None:
    """What was answered in the first language is not asked again."""

    def stop(progress: session.Progress) -> None:
        if progress.model == "m0 (de)":
            raise KeyboardInterrupt

    asked = request("economic=-6,noise=1")
    with pytest.raises(KeyboardInterrupt):
        languages.probe(asked, "en,de", home / "out", stop)
    seen = list[session.Progress]()
    languages.probe(asked, "en,de", home / "out", seen.append)
    assert {p.done == p.cells for p in seen if p.model == "m0 (en)"} == {True}
    assert (home / "out" / "languages.csv").exists()


@pytest.mark.slow
def test_models_of_one_language_are_compared_with_nothing(home: Path) -> None:
    """Asked in the first language alone it has its row in the figure; in another alone, none."""
    asked = request("economic=-6,noise=1", "economic=2", "economic=5")
    languages.probe(replace(asked, models=asked.models[:1]), "en,de", home / "out")
    for spec, language, part in ((asked.models[1], "en", ""), (asked.models[2], "de", ".de")):
        one = replace(asked, models=[spec], set=f"mine{part}.yaml", protocol=f"short{part}.yaml")
        session.probe(one, home / "out" / language)
    found = languages.conclude(home / "out")
    assert list(found.differences["model"]) == ["m0"]
    texts = [text.get_text() for text in figure.draw(found).axes[0].texts]
    assert {"m0", "m1"} <= set(texts)
    assert "m2" not in texts
    assert any("left out: 1" in text for text in texts)


def test_one_language_is_placed_and_compared_with_none(home: Path) -> None:
    found = languages.probe(request("economic=-6"), "de", home / "out")
    assert len(found.differences) == 0
    assert len(found.tables["de"].placements) == 1


def test_the_shipped_set_has_its_five_languages() -> None:
    found = translations.find("compass", "default", "en,de,es,fr,ja")
    assert found["en"] == ("compass", "default")
    assert found["ja"] == ("compass.ja", "default.ja")


@pytest.mark.slow
def test_moves_that_chance_explains_are_marked(home: Path) -> None:
    """Holm's p is at least the plain one, and where it is large a move says so."""
    models = [f"noise=2,economic={i}" for i in range(-3, 4)]
    table = languages.probe(request(*models), "en,de", home / "out").differences
    assert (table["p_holm"] >= table["p"]).all()
    moved = table[table["verdict"] == "moved"]
    assert (moved["reason"].str.contains("Holm") == (moved["p_holm"] > 0.05)).all()


# --- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "wanted", "sentence"),
    [
        (
            "compass",
            "xx",
            "--language xx: the statement set 'compass' is there in de, en, es, fr, ja",
        ),
        ("compass", "de,de", "de stands twice"),
        ("compass", "../de", "no language code"),
        ("compass", "", "no language code"),
        ("pct62", "de", "'pct62' is there in en"),
        ("mine.yaml", "fr", "there is no mine.fr.yaml beside mine.yaml"),
        ("mine.yaml", "fr", "there are: de, en"),
    ],
)
def test_a_language_that_is_not_there_names_those_that_are(
    home: Path, of: str, wanted: str, sentence: str
) -> None:
    with pytest.raises(UsageError) as said:
        languages.probe(request("noise=1", set=of), f"en,{wanted}", home / "out")
    assert sentence in str(said.value)
    assert not (home / "out").exists()


def test_a_protocol_without_the_language_names_those_that_it_has(home: Path) -> None:
    (home / "short.de.yaml").unlink()
    with pytest.raises(UsageError, match=r"no short\.de\.yaml .* there are: en"):
        languages.probe(request("noise=1"), "en,de", home / "out")


@pytest.mark.parametrize(
    ("edition", "sentence"),
    [
        (toy("de", 11), "lacks the statement 's11'"),
        (toy("de", 13), "lacks the statement 's12'"),
        (toy("fr"), "language: is 'fr', its file says 'de'"),
        (toy("de").replace("agree: left", "agree: right", 1), "statement s1: its key"),
        (toy("de", scale=5), "scoring and scale"),
        (toy("de").replace("economic", "economy"), "axes: are not those of"),
    ],
)
def test_editions_that_do_not_correspond_are_refused(
    home: Path, edition: str, sentence: str
) -> None:
    (home / "mine.de.yaml").write_text(edition)
    with pytest.raises(SetError) as said:
        languages.probe(request("noise=1"), "en,de", home / "out")
    assert sentence in str(said.value)
    assert not (home / "out").exists()


def test_a_mistake_leaves_nothing_behind(home: Path) -> None:
    """Not even in a folder that was there, and empty."""
    (home / "empty").mkdir()
    for out in (home / "new" / "out", home / "empty"):
        with pytest.raises(ProbesError):
            languages.probe(request("nonsense=3"), "en,de", out)
    assert not (home / "new" / "out").exists()
    assert not list((home / "empty").iterdir())


def test_a_folder_of_something_else_is_refused(home: Path) -> None:
    session.probe(request("noise=1"), home / "run")
    (home / "full").mkdir()
    (home / "full" / "notes.txt").write_text("mine")
    for name, sentence in (("run", "in one language"), ("full", "is not empty")):
        with pytest.raises(RunError, match=sentence):
            languages.probe(request("noise=1"), "en,de", home / name)
    (home / "bad").mkdir()
    (home / "bad" / "languages.yaml").write_text("languages: 3")
    with pytest.raises(RunError, match="damaged"):
        languages.conclude(home / "bad")


def test_a_borrowed_text_is_of_one_language(home: Path) -> None:
    with pytest.raises(UsageError, match="--text"):
        languages.probe(request("noise=1", text=home / "x"), "en,de", home / "out")


# --- what may be said --------------------------------------------------------------------------


def points(*leanings: np.ndarray, bias: float = 0.0, topics: int = 10) -> list[AxisPosition]:
    """Of respondents with these keyed leanings ``(statements, wordings)``; nan: refused."""
    of = instrument(balanced(len(leanings[0])), topics=topics)
    made = Materials(of, recipe(leanings[0].shape[1]))
    found = []
    for z in leanings:
        lam = keyed(made, z)
        about = header("m", made.recipe)
        rows = agreement(about, answers(made, bias + lam, bias - lam), made.recipe)
        found.append(placement(rows, made, about).points["economic"])
    return found


def grid(middle: float, noise: float, seed: int, shape: tuple[int, int] = (20, 5)) -> np.ndarray:
    return np.tanh(np.arctanh(middle) + noise * np.random.default_rng(seed).normal(size=shape))


def judged(one: np.ndarray, other: np.ndarray) -> PairedDifference:
    return pair(*points(one, other), LIMITS)


def test_who_moved_is_said_to_have_moved() -> None:
    found = judged(grid(-0.3, 0.2, 1), grid(0.3, 0.2, 2))
    assert (found.verdict, found.reasons) == ("moved", ())
    assert found.low > 4
    assert found.p < 0.001


def test_pairing_by_statement_sees_what_lies_within_the_intervals() -> None:
    """Statements that differ widely, and all move a little."""
    spread = np.linspace(-0.9, 0.9, 20)[:, None] + np.linspace(-0.05, 0.05, 5)
    one, other = points(spread * 0.9, spread * 0.9 + 0.05)
    assert one.high > other.position
    found = pair(one, other, LIMITS)
    assert found.verdict == "moved"
    assert found.difference == pytest.approx(0.5)
    assert SMALL in found.reasons


def test_equal_within_the_margin_is_not_moved() -> None:
    found = judged(grid(0.3, 0.05, 1), grid(0.3, 0.05, 3))
    assert (found.verdict, found.reasons) == ("not moved", ())


def test_what_varies_too_much_cannot_be_told_apart() -> None:
    assert judged(grid(0, 1.2, 1), grid(0.03, 1.2, 2)).verdict == "cannot be told apart"


def test_the_same_opinions_put_more_strongly_are_no_step_along_the_axis() -> None:
    """docs/method.md: position mixes direction and decisiveness."""
    signs = np.where(np.arange(20) < 5, -1.0, 1.0)[:, None] * np.ones(5)
    found = judged(signs * 0.2, signs * 0.6)
    assert found.verdict == "moved"
    assert found.direction == 0
    assert found.reasons == (DECIDED,)


def test_where_direction_is_open_too_it_says_so() -> None:
    """Neither moved along the axis nor shown not to have."""
    signs = np.where(np.arange(20) < 9, -1.0, 1.0)[:, None] * np.ones(5)
    other = np.where(np.arange(20) < 7, -0.1, 0.9)[:, None] * np.ones(5)
    found = judged(signs * 0.1, other)
    assert found.direction_low < 0 < found.direction_high
    assert (found.verdict, found.reasons) == ("moved", (MAYBE,))


def test_a_yes_bias_in_one_language_moves_nothing() -> None:
    z = grid(0.2, 0.3, 1)
    (one,), (other,) = points(z), points(z, bias=2.0)
    found = pair(one, other, LIMITS)
    assert found.difference == pytest.approx(0)
    assert (found.verdict, found.p) == ("not moved", 1)


def test_no_claim_unless_it_holds_wherever_missing_answers_lie() -> None:
    """The same difference is a move when all is answered, and open when much is not."""
    one, other = grid(-0.1, 0.1, 1), grid(0.1, 0.1, 2)
    assert judged(one, other).verdict == "moved"
    other[:5] = np.nan
    found = judged(one, other)
    assert found.low > 0
    assert found.minimum < 0
    assert (found.verdict, found.reasons) == ("cannot be told apart", (MISSING,))
    assert found.statements == 15


def test_only_what_both_answered_is_compared() -> None:
    """Who declines the half that pulls right has not moved left."""
    one = np.where(np.arange(20) < 10, -0.5, 0.5)[:, None] + grid(0, 0.05, 1)
    other = one.copy()
    other[10:] = np.nan
    assert judged(one, other).difference == pytest.approx(0)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (grid(0.75, 0.05, 1), grid(0.96, 0.05, 2), EDGE),
        (grid(-0.75, 0.05, 1), grid(-0.5, 0.05, 2), EDGE),
        (grid(0.1, 0.1, 1, (20, 2)), grid(0.1, 0.1, 2, (20, 2)), FEW_WORDINGS),
        (grid(0.1, 0.1, 1), np.full((20, 5), np.nan), NOTHING),
    ],
)
def test_what_an_interval_lacks_is_said_beside_it(
    one: np.ndarray, other: np.ndarray, reason: str
) -> None:
    assert reason in judged(one, other).reasons


def test_differences_about_nothing_are_not_flagged_near_the_end() -> None:
    """There the interval holds the truth; nor are those nearer to the centre."""
    assert EDGE not in judged(grid(0.95, 0.05, 1), grid(0.96, 0.05, 2)).reasons
    assert EDGE not in judged(grid(0.2, 0.05, 1), grid(0.6, 0.05, 2)).reasons


@pytest.mark.parametrize("topics", [0, 2])
def test_without_tagged_topics_nothing_is_claimed(topics: int) -> None:
    """Neither a move, however clear, nor that there is none: intervals are too narrow."""
    for other in (grid(0.5, 0.05, 2), grid(-0.3, 0.05, 3)):
        found = pair(*points(grid(-0.3, 0.05, 1), other, topics=topics), LIMITS)
        assert found.verdict == "cannot be told apart"
        assert found.reasons[0] == UNTAGGED
    three = pair(*points(grid(-0.3, 0.05, 1), grid(0.5, 0.05, 2), topics=3), LIMITS)
    assert (three.verdict, three.units) == ("moved", "topics")


def test_a_key_that_pulls_one_way_has_the_key_centred_difference_beside() -> None:
    """Yes to more things is a move on such a key; with the yes-bias taken out it is none."""
    one, other = points(grid(0.0, 0.3, 1), grid(0.0, 0.3, 1), topics=5)
    bare = tuple(replace(s, mirror=None) for s in one.used.statements)
    direction = np.where(np.arange(20) < 15, 1.0, -1.0)

    def uneven(position: AxisPosition, yes: float) -> AxisPosition:
        """Who answers so much more often yes."""
        lam = position.used.lam + yes
        z = direction[:, None] * np.tanh(lam / 2)
        used = replace(position.used, statements=bare, lam=lam, z=z, direction=direction)
        return replace(position, used=used)

    found = pair(uneven(one, 0.0), uneven(other, 1.0), LIMITS)
    assert found.difference > 1
    (sentence,) = (r.text for r in found.reasons if r.text.startswith("key-centred difference"))
    assert float(sentence.split()[2]) == pytest.approx(0, abs=0.01)
    assert "key-centred" not in str(pair(one, other, LIMITS).reasons)


def test_who_is_not_placed_makes_no_claim(home: Path) -> None:
    """Answers that do not depend on the statement differ from nothing."""
    found = languages.probe(request("noise=3,yes=3"), "en,de", home / "out")
    (row,) = found.differences.to_dict("records")
    assert row["verdict"] == "cannot be told apart"
    assert row["reason"].startswith("not placed in en and de")


@pytest.mark.slow
def test_legacy_agree_counts_what_was_not_answered_here_too(home: Path) -> None:
    """Then the difference is that of the positions, and every output says how it came about."""
    asked = request("economic=-6,noise=1,abstain=.1", missing="legacy-agree")
    found = languages.probe(asked, "en,de", home / "out")
    (row,) = found.differences.to_dict("records")
    assert row["difference"] == pytest.approx(row["position"] - row["position_against"])
    assert "legacy-agree" in found.caption
    honest = languages.conclude(home / "out", "honest").differences["difference"]
    assert honest[0] != pytest.approx(row["difference"])


# --- the figure --------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_language_is_a_dot_at_its_position(home: Path) -> None:
    found = languages.probe(request("economic=-6,noise=1", "economic=4"), "en,de", home / "out")
    made = figure.draw(found)
    (panel,) = (axes for axes in made.axes if axes.get_label() == "axis:economic")
    dots = [float(line.get_xdata()[0]) for line in panel.lines if line.get_label() == "dot"]
    known = [found.tables[name].placements["position"][i] for i in (0, 1) for name in ("en", "de")]
    assert dots == pytest.approx(known)
    texts = [text.get_text() for text in made.axes[0].texts]
    names = [text for text in texts if text in {"m0", "m1", "en", "de"}]
    assert names == ["m0", "en", "de", "m1", "en", "de"]


@pytest.mark.parametrize("verdict", sorted(figure.LINES))
def test_the_line_down_to_a_dot_says_the_verdict(home: Path, verdict: str) -> None:
    found = languages.probe(request("economic=-6,noise=1"), "en,de", home / "out")
    said = replace(found, differences=found.differences.assign(verdict=verdict))
    made = figure.draw(said)
    (joint,) = (line for axes in made.axes for line in axes.lines if line.get_label() == "joint:de")
    assert joint.get_color() == figure.LINES[verdict]["color"]
    assert any(f"{verdict} against en" == text.get_text() for text in made.axes[0].texts)


@pytest.mark.slow
def test_the_figure_refuses_one_run_and_a_compass_refuses_several(home: Path) -> None:
    found = languages.probe(request("economic=-6"), "en,de", home / "out")
    with pytest.raises(UsageError, match="--language"):
        figure.draw(found.tables["en"])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'languages'"):
        languages.read(home / "out", "compass")
    figures.draw("languages", languages.read(home / "out", "languages"), home / "again.svg")
    assert (home / "again.svg").read_bytes() == (home / "out" / "languages.svg").read_bytes()


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def probes(
    home: Path, command: Callable[..., tuple[int, str, str]]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in `home`: (status, out, err)."""

    return command


Call = Callable[..., tuple[int, str, str]]
RUN = ("run", "--model", "planted:economic=-6,noise=.2", "--set", "mine.yaml")


@pytest.mark.slow
def test_the_command_runs_places_and_draws_several_languages(probes: Call) -> None:
    words = (*RUN, "--protocol", "short.yaml", "--language", "en,de")
    status, out, _ = probes(*words)
    assert status == 0
    assert "runs/mine-short-en-de" in out
    for word in ("difference", "p (Holm)", "verdict", "not moved"):
        assert word in out
    folder = "runs/mine-short-en-de"
    status, again, _ = probes("place", folder)
    assert status == 0
    assert again.strip() in out
    assert probes("plot", "languages", folder, "-o", "new.pdf")[0] == 0
    assert Path("new.pdf").exists()
    status, _, said = probes("plot", "axes", folder)
    assert (status, "draws one run" in said) == (2, True)


def test_an_unknown_language_exits_with_2(probes: Call) -> None:
    status, _, said = probes(*RUN, "--language", "xx")
    assert status == 2
    assert "mine.xx.yaml" in said
    assert not Path("runs").exists()
