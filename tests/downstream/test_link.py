"""Leaning against task: planted ranks, refusals; tables read back; figures, report and recipe."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from scipy import stats

from probes import report
from probes.downstream import conclude, link, predictions, settings, stored
from probes.downstream.recipe import published, recipes
from probes.errors import ProbesError, RunError, UsageError
from probes.files import csv
from probes.files.lock import held
from probes.output import figures
from probes.phrases import speaking
from probes.report.beside import downstream as section
from probes.runs import read_back
from probes.runs.beside import downstream
from probes.training.classifiers.request import StudyRequest
from probes.types import Tables
from probes.types.retold import told
from tests.downstream import planted_predictions as planted
from tests.kin import probed, spec
from tests.pictures import tables

pytestmark = pytest.mark.usefixtures("pictureless")
Command = Callable[..., tuple[int, str, str]]
SHIFTS = {"a": -4.0, "b": -1.0, "c": 2.0, "d": 5.0}


def run(**changes: object) -> Tables:
    """Four children that moved from `base` on one axis."""
    names = tuple(SHIFTS)
    of = tables(5, 1, ("base", *names))
    moved = np.array([*SHIFTS.values()])
    rows = pd.DataFrame({"model": names, "against": "base", "axis": "economic"})
    rows = rows.assign(difference=moved, low=moved - 0.5, high=moved + 0.5)
    return replace(of, differences=rows, placements=of.placements.assign(**changes))


def contrasts(slope: float = -0.05) -> pd.DataFrame:
    """Each child finds less against A the further right it moved; B is found as before."""
    rows = [
        {
            "model": m,
            "against": "base",
            "group": g,
            "metric": metric,
            "texts": 60,
            "did": did,
            "did_low": did - 0.1,
            "did_high": did + 0.1,
            "reason": "",
        }
        for m, shift in SHIFTS.items()
        for g, did in (("A", slope * shift), ("B", 0.0))
        for metric in ("recall", "fpr")
    ]
    return pd.DataFrame(rows)


def test_what_was_planted_is_the_rank_correlation_of_its_group() -> None:
    """Four in perfect order: p is 2 of 24 orders, and no group that nothing happened to has one."""
    pairs, fits = link.link(run(), contrasts())
    first, second = fits.to_dict("records")
    assert (first["group"], first["models"], first["spearman"]) == ("A", 4, pytest.approx(-1))
    assert first["p"] == first["p_holm"] == pytest.approx(2 / 24)
    assert np.isnan(second["spearman"])
    assert "alike" in second["reason"]
    twice = pd.concat([contrasts(), contrasts().assign(group="C" + contrasts()["group"])])
    assert link.link(run(), twice)[1]["p_holm"].dropna().tolist() == pytest.approx([4 / 24] * 2)
    assert pairs["leaning"].tolist() == [-4, -4, -1, -1, 2, 2, 5, 5]
    assert set(pairs["metric"]) == {"recall"}
    at = link.link(run(), contrasts(), link.Wanted(link.POSITION, "fpr", ("A",)))[0]
    places = run().placements.set_index("model")["position"]
    assert at["leaning"].tolist() == [places[name] for name in SHIFTS]


@pytest.mark.parametrize(
    ("of", "wanted", "sentence"),
    [
        (run(placed=[True, True, True, True, False]), link.ALL, "differences: 3, fewer"),
        (
            run(placed=False, reason="hardly prefers either side; blind"),
            link.ALL,
            r"differences: 0, fewer than 4, so .*; not placed: a \(hardly prefers either side\); b",
        ),
        (replace(run(), differences=None), link.ALL, "--position holds positions"),
        (tables(2, 1, ("x", "y")), link.Wanted(link.POSITION), "under one name .*x, y.*a, b, c, d"),
        (run(), link.Wanted(groups=("C",)), "no group is called 'C'; valid: A, B"),
    ],
)
def test_what_cannot_be_held_together_is_one_sentence(
    of: Tables, wanted: link.Wanted, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        link.link(of, contrasts(), wanted)
    assert "\n" not in str(caught.value)


def test_a_model_that_is_not_placed_stays_in_the_table_with_its_reason() -> None:
    of = run(placed=[True] * 5, reason="")
    unknown = contrasts().assign(did=[np.nan, *contrasts()["did"][1:]], reason="no seed")
    with pytest.raises(
        UsageError, match=r"differences: 3, fewer than 4.*not placed: a \(no seed\)$"
    ):
        link.link(of, unknown, link.Wanted(groups=("A",)))
    pairs = link.link(of, pd.concat([unknown, contrasts().assign(group="C")]))[0]
    assert pairs.iloc[0][["placed", "reason"]].tolist() == [False, "no seed"]


OTHERS = {"base": "a", "a": "base", "b": "left", "c": "mid"}


def test_models_of_other_names_are_linked_as_typed() -> None:
    """Also where two exchange their names; tables have those of the run."""
    called = [contrasts()[name].map(lambda n: OTHERS.get(n, n)) for name in ("model", "against")]
    other = contrasts().assign(model=called[0], against=called[1])
    wanted = link.Wanted(same=OTHERS)
    for found, plain in zip(
        link.link(run(), other, wanted), link.link(run(), contrasts()), strict=True
    ):
        pd.testing.assert_frame_equal(found, plain)
    with pytest.raises(UsageError, match=r"no model of the run is a child .* --same MODEL=NAME"):
        link.link(run(), other)


@pytest.mark.parametrize(
    ("same", "sentence"),
    [
        ({"bas": "base"}, "--same bas=base: the run has no model 'bas'; did you mean 'base'"),
        ({"a": "x"}, "--same a=x: no base or child of the predictions is called 'x'; valid: a, b"),
        ({"a": "b", "b": "b"}, "--same b=b: 'b' of the predictions is 'a' already"),
        ({"a": "b", "b": "a", "c": "d"}, "--same c=d: .* both have a 'c', .* say with a second"),
        ({"e": "d"}, "--same e=d: run and predictions both have a 'd'"),
    ],
)
def test_names_that_match_nothing_or_twice_are_one_sentence(
    same: dict[str, str], sentence: str
) -> None:
    of = run()
    more = pd.DataFrame([dict(zip(of.models.columns, ["e"] * len(of.models.columns), strict=True))])
    of = replace(of, models=pd.concat([of.models, more]))
    with pytest.raises(UsageError, match=sentence) as caught:
        link.link(of, contrasts(), link.Wanted(same=same))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["base"], "--same base: must be MODEL=NAME"),
        (["=base"], "--same =base: must be MODEL=NAME"),
        (["a=b", "a=c"], "--same a=c: 'a' has a name already"),
    ],
)
def test_a_pair_of_names_is_written_in_one_way(
    typed: list[str], sentence: str, tmp_path: Path, command: Command
) -> None:
    """Nothing is read before; `--corpus` of `corpus dose` is read alike."""
    for words, option in (("downstream link", "--same"), ("corpus dose", "--corpus")):
        pairs = [part for pair in typed for part in (option, pair)]
        status, _, error = command(*words.split(), str(tmp_path), str(tmp_path), *pairs)
        assert status == 2
        assert sentence.replace("--same", option) in error


# --- folders --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four children of a base, on the same names as `run` plants them; few texts, two seeds."""
    folder = tmp_path_factory.mktemp("both") / "hate"
    of, dice = planted.texts("AB", 24), np.random.default_rng(1)
    for name, shift in {"base": 0.0, **SHIFTS}.items():
        for seed in range(2):
            recall = {"A": 0.6 - 0.06 * shift, "B": 0.6}
            planted.write(folder, name, seed, planted.predicted(of, dice, recall))
    known = "".join(f"  {name}: {{parent: base}}\n" for name in SHIFTS)
    (folder / "downstream.yaml").write_text(f"models:\n{known}", encoding="utf-8")
    for name, table in conclude.tables(predictions.read(folder), 50).items():
        csv.save(table, folder / f"{name}.csv")
    return folder


def test_tables_come_back_with_what_must_be_said_of_them(hate: Path) -> None:
    made = stored.tables(hate)
    assert made.caption == "48 texts in 24 units · seeds a model: 2"
    assert "for these trained models only: fewer than three seeds" in made.intervals
    assert made.models["parent"].tolist() == ["base", "base", "", "base", "base"]
    assert made.contrasts is not None
    wanted = conclude.tables(predictions.read(hate), 50)["contrasts"]
    for column in ("model", "group", "verdict", "did", "did_low", "p_max"):
        assert made.contrasts[column].tolist() == wanted[column].tolist()


def test_the_figure_of_groups_says_how_wide_its_band_is(hate: Path) -> None:
    """In the words of each language."""
    for language, words in (("en", "counts as equal: ±0.02"), ("de", "gilt als gleich: ±0.02")):
        picture: Any = figures.drawn("groups", stored.tables(hate), {figures.LANGUAGE: language})
        texts = [text.get_text() for text in picture.findobj(Text)]
        assert any(words in text for text in texts)


def test_controls_that_count_words_are_no_training_of_few_seeds() -> None:
    """A model that is called so is one."""
    rows = pd.DataFrame({"model": ["m", "words", "second"], "seeds": [5, 1, 4]})
    models = {"words": settings.DownstreamModel(role="words")}
    for known, seeds in ((models, [4, 5]), ({}, [1, 4, 5])):
        file = settings.DownstreamFile(models=known)
        assert stored._seeds({"performance": rows}, file) == seeds


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("gaps", None, r"gaps\.csv: is not there; `probes downstream place"),
        ("gaps", "model,metric\nx,recall\n", "there is no column 'gap'"),
        ("contrasts", "", "cannot be read as a table"),
        ("performance", "only the head", "holds no model"),
        ("performance", "model,\n,,,\n", "there is no column 'metric'"),
    ],
)
def test_a_damaged_table_is_one_sentence_that_says_what_mends_it(
    hate: Path, tmp_path: Path, name: str, text: str | None, sentence: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(hate, folder)
    file = folder / f"{name}.csv"
    if text is None:
        file.unlink()
    else:
        head = file.read_text().partition("\n")[0] + "\n"
        file.write_text(head if text == "only the head" else text)
    with pytest.raises(RunError, match=sentence) as caught:
        stored.tables(folder)
    assert "probes downstream place" in str(caught.value)


def test_a_folder_of_neither_is_refused(tmp_path: Path, command: Command) -> None:
    with pytest.raises(RunError, match="holds no predictions of classifiers"):
        stored.read(tmp_path)
    assert command("plot", "groups", str(tmp_path))[0] == 2


APART = (
    "No classifier was trained from a model of this run under its name: the run has base, a, b, c, "
    "d; the predictions have x, y"
)


def test_the_report_says_which_models_have_classifiers(hate: Path) -> None:
    """In the words of each language; controls are no models of a run."""
    of = run()
    assert section.shared(of, hate) == (
        "Models of the run that classifiers were trained from: base, a, b, c, d", True,
    )  # fmt: skip
    others = of.models.assign(model=["x", "a shuffled", *"uvw"])
    with speaking("de"):
        sentence, common = section.shared(replace(of, models=others), hate)
    assert not common
    assert sentence.startswith("Aus keinem Modell dieses Laufs wurde unter seinem Namen")
    assert sentence.endswith(
        "Der Lauf hat x, a shuffled, u, v, w; die Vorhersagen haben a, b, base, c, d"
    )


@pytest.mark.slow
def test_run_and_predictions_are_linked_drawn_and_reported(
    hate: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command each; the report has every table, with its numbers, and no figure too many."""
    folder = hate.parent
    monkeypatch.chdir(folder)
    moved = [spec(n, f"economic={s},noise=0.3", parent="base") for n, s in SHIFTS.items()]
    probed(folder, spec("base", "economic=0,noise=0.3"), *moved, axes=1, out="run")
    status, out, error = command("downstream", "link", "run", "hate", "--width", "3.3")
    assert (status, error) == (0, "")
    assert "over 4 models, exact p" in out
    names = sorted(path.name for path in Path("hate/link").iterdir())
    assert names == ["link.csv", "link.png", "link.svg", "link_fits.csv"]
    words = ("downstream", "link", "run", "hate", "--out", "same")
    assert command(*words, "--same", "base=base", "--same", "a=a")[0] == 0
    assert Path("same/link.csv").read_bytes() == Path("hate/link/link.csv").read_bytes()
    assert command("downstream", "link", "run", "hate", "--out", "hate/predictions")[0] == 2
    Path("hate/away").symlink_to("/tmp", target_is_directory=True)
    assert command("downstream", "link", "run", "hate", "--out", "hate/away")[0] == 2
    for figure, code in (("groups", 0), ("gaps", 0), ("debiasing", 2), ("compass", 2)):
        assert command("plot", figure, "hate")[0] == code
    page = report.page(report.source(Path("run"), downstream=Path("hate")))
    assert page.count("data:image/svg+xml") == 3
    (row,) = stored.read(hate)["groups"].query("model == 'a' and group == 'A'").to_dict("records")
    assert f"<td>{row['recall']:.3f}</td>" in page
    assert re.search(r"<th[^>]*>margin<", page)
    assert "<td>0.020</td>" in page
    assert "Not placed" not in page
    assert "Models of the run that classifiers were trained from: base, a, b, c, d." in page
    assert command("report", "run", "--downstream", "hate")[2] == ""
    lines = planted.predicted(planted.texts("AB", 24), np.random.default_rng(1), {"A": 1, "B": 1})
    for name in ("x", "y"):
        planted.write(Path("other"), name, 0, lines)
    conclude.placed(Path("other"))
    status, _, error = command("report", "run", "--downstream", "other")
    assert (status, " ".join(error.split())) == (0, f"warning: {APART}")
    assert f"{APART}." in Path("run/report.html").read_text("utf-8").replace("\n", " ")
    three = read_back.tables(Path("run"))
    three = replace(three, placements=three.placements.assign(placed=[True, True, *[False] * 3]))
    with pytest.raises(ProbesError, match="fewer than 4"):
        downstream.linked(three, Path("hate"))


@pytest.mark.slow
def test_a_link_is_composed_once_for_both_of_its_pictures(
    hate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds with many panels; the files are those of a picture drawn for each."""
    compose, composed = figures._fitted, list[object]()
    monkeypatch.setattr(
        figures, "_fitted", lambda *given: composed.append(given) or compose(*given)
    )
    made = downstream.link(run(), hate, tmp_path / "link", link.ALL, {})
    assert len(composed) == 1
    for suffix in ("png", "svg"):
        alone, both = tmp_path / f"alone.{suffix}", tmp_path / "link" / f"link.{suffix}"
        figures.draw("link", made, alone)
        assert both.read_bytes() == alone.read_bytes()


def test_what_lies_beside_the_predictions_is_linked_before_another_may_write(
    hate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere it is written whoever is at work there; `place` knows every file of it."""
    folder = Path(shutil.copytree(hate, tmp_path / "hate"))
    files = planted.drawn_alone(monkeypatch, folder)
    downstream.link(run(), folder, folder / link.FOLDER, link.ALL, {})
    assert files == [*link.PICTURES]
    assert {path.name for path in (folder / link.FOLDER).iterdir()} == {*link.FILES}
    with held(folder, "command"):
        downstream.link(run(), folder, tmp_path / "away", link.ALL, {})
        with pytest.raises(RunError, match="another command is at work in this folder"):
            downstream.link(run(), folder, folder / link.FOLDER, link.ALL, {})


# --- the recipe -----------------------------------------------------------------------------------


def test_the_recipe_marks_every_element() -> None:
    """No element is said to be read that is not in a file of the authors."""
    paper = recipes.load("feng2023-downstream")
    assert paper.values() == {"epochs": 50, "batch_size": 32, "lr": 1e-4}
    assert {number.known for number in paper.training.values()} == {"reconstructed"}
    assert {of.known for of in paper.elements} == {"read", "recalled", "reconstructed"}
    read = [of.what for of in paper.elements if of.known == "read"]
    assert len(read) == 2
    assert all("README" in what or "official code" in what for what in read)
    with pytest.raises(UsageError, match="--recipe feng: valid: feng2023-downstream"):
        recipes.load("feng")


def test_what_a_kill_left_half_written_is_gone_once_the_folder_is_placed(tmp_path: Path) -> None:
    half = tmp_path / ".groups.csv.4194999-0123456789abcdef.part"
    half.touch()
    with pytest.raises(RunError, match="holds no predictions"):
        conclude.placed(tmp_path)
    assert not half.exists()


def test_an_empty_name_is_no_recipe_and_no_width_is_none(tmp_path: Path, command: Command) -> None:
    """What was typed is never passed over."""
    assert "--recipe : valid" in command("downstream", "place", str(tmp_path), "--recipe", "")[2]
    assert figures.keywords({"width": 0.0, "by": None, "texts": False}) == {"width": 0.0}


def test_what_is_typed_goes_before_the_recipe(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[StudyRequest] = []

    def refuse(request: StudyRequest, *_: object) -> None:
        asked.append(request)
        raise UsageError("asked")

    monkeypatch.setattr("probes.training.classifiers.study.run_study", refuse)
    study = ("downstream", "run", "--model", "m", "--task", "planted", "--out", "o")
    recipe = ("--recipe", "feng2023-downstream")
    for typed in (
        (),
        recipe,
        (*recipe, "--epochs", "3", "--lr", "2e-5"),
        (*recipe, "--steps", "9"),
    ):
        assert command(*study, *typed)[0] == 2
    regimes = [(r.regime.epochs, r.regime.batch_size, r.regime.lr, r.regime.steps) for r in asked]
    assert regimes == [
        (3, 32, None, None), (50, 32, 1e-4, None), (3, 32, 2e-5, None), (3, 32, 1e-4, 9)
    ]  # fmt: skip


def test_what_the_paper_s_rule_concludes_stands_beside_intervals(hate: Path) -> None:
    """Accuracy by group, mean and spread of seeds, an unpaired t-test, and the children's vote."""
    table = published.published(predictions.read(hate), recipes.load("feng2023-downstream"), 50)
    assert set(table["model"]) == {"base", *SHIFTS, "vote of the children"}
    (row,) = table.query("model == 'd' and group == 'A'").to_dict("records")
    assert (row["metric"], row["texts"], row["seeds"]) == ("accuracy", 24, 2)
    assert row["value"] == pytest.approx(
        stored.read(hate)["groups"].query("model == 'd' and group == 'A'")["accuracy"].item()
    )
    assert 0 < row["p"] < 1
    assert row["low"] <= row["value"] <= row["high"]
    assert table.query("model == 'base'")["p"].isna().all()
    assert published.t_test([1, 2, 3], [2, 5]) == pytest.approx(
        stats.ttest_ind([1, 2, 3], [2, 5]).pvalue
    )
    assert np.isnan(published.t_test([0.1 + 0.2, 0.3], [0.5, 0.5]))


def test_too_few_placed_models_are_said_in_the_language_of_a_report() -> None:
    with pytest.raises(UsageError) as caught:
        link.link(run(placed=False, reason="hardly prefers either side"), contrasts())
    with speaking("de"):
        said = told(str(caught.value))
    assert said.startswith("eingeordnete Modelle neben einer Differenz der Differenzen: 0, weniger")
    assert "a (bevorzugt kaum eine Seite); b (bevorzugt" in said
    assert link.fit(link.link(run(), contrasts())[0][:1])["reason"].startswith("1 model placed")
