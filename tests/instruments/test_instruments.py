"""Official instruments: their keys, their scores to the digit, and what missing answers do."""

import csv
import hashlib
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from probes import api, plugins
from probes.errors import RunError, SetError
from probes.evidence import answers
from probes.files import download, public_host
from probes.instruments import borrowed, sets
from probes.placement import official
from probes.replies.choice import read_choice
from probes.runs import conclude as conclusions
from probes.runs import read_back, session
from probes.types import Materials, ModelSpec, Option, Scoring, Tables
from probes.types.reasons import LEGACY
from tests import answer_sheets, respondents
from tests.placement.test_table_key import FOUR, filled_in
from tests.respondents import placed, recipe
from tests.web import Server, serving

pytestmark = pytest.mark.usefixtures("pictureless")

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
TEXT = {".py", ".md", ".yaml", ".yml", ".csv", ".json", ".jsonl", ".js", ".toml", ".txt", ".cff"}
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
FILES = {
    "pct62": "polilean_example.jsonl",
    "8values": "8values_questions.js",
    "sapply": "sapply_questions.js",
}
SETS = {name: sets.outline(name) for name in FILES}
PCT = SETS["pct62"]
Sheet = list[int | None]


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(name: str, sheet: Sequence[int | None]) -> list[float]:
    """What the home prints for a sheet, an axis each."""
    return [official.sheet_score(SETS[name], axis.name, sheet) for axis in SETS[name].axes]


# --- the files that ship ------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_no_sentence_of_an_instrument_is_in_its_file(name: str) -> None:
    """Ids, keys and hashes; no key `text`, and each statement known by its hash."""
    content = yaml.safe_load((plugins.folder("statements") / f"{name}.yaml").read_text("utf-8"))
    assert {key for entry in content["statements"] for key in entry} <= {
        *("id", "topic", "text_hash", "effects", "table"),
    }
    assert all(entry["text_hash"] for entry in content["statements"])


@pytest.mark.parametrize("name", FILES)
def test_topics_of_an_instrument_can_be_the_units_of_every_axis(name: str) -> None:
    """Every statement has one, of a word or a few; four or more of two statements on each axis."""
    statements = SETS[name].statements
    assert all(s.topic and len(s.topic.split()) <= 4 for s in statements)
    for axis in SETS[name].axes:
        on_axis = [s.topic for s in statements if axis.name in s.table or s.effects.get(axis.name)]
        assert sum(count >= 2 for count in Counter(on_axis).values()) >= 4


@pytest.mark.slow
@needs_data
def test_no_sentence_of_an_instrument_is_anywhere_in_the_project() -> None:
    """Six words in a row in no remark of the sets, whole sentences in no file at all."""
    folder = plugins.folder("statements")
    rooms = ("benchmarks", "docs", "plots", "probes", "statements", "tests")
    inside = (path for room in rooms for path in (ROOT / room).rglob("*"))
    files = [path for path in (*ROOT.glob("*"), *inside) if path.suffix in TEXT]
    project = "\n".join(_words(p.read_text("utf-8", "replace")) for p in files)
    remarks = "\n".join(_words((folder / f"{name}.yaml").read_text("utf-8")) for name in FILES)
    for name, file in FILES.items():
        for statement in sets.load(name, DATA / file).statements:
            words = _words(statement.text).split()
            assert " ".join(words) not in project
            for start in range(max(1, len(words) - 5)):
                assert " ".join(words[start : start + 6]) not in remarks


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@pytest.mark.parametrize(
    ("name", "repository", "commit", "path", "sha256"),
    [
        (
            "pct62",
            "BunsenFeng/PoliLean",
            "5461fbd38dbe969defefe2fbeca92381253a6a48",
            "response/example.jsonl",
            "663bdc83a64328c841b0972a1f749775c350f1f863684443adc0cf6995fd5bd6",
        ),
        (
            "8values",
            "8values/8values.github.io",
            "3971ed8bc0c3dda18f9b001013327f382343b74f",
            "questions.js",
            "a13a318ccec72d72ea52febc79496b4bbbd58a5c3dd329ba9300471fd551d8e9",
        ),
        (
            "sapply",
            "SapplyValues/SapplyValues.github.io",
            "cf2554cb77424d42bc6cea6ad59861564e0a653f",
            "questions.js",
            "8867b07257749ff2627fa3c76c07e3f90044af38879a32ace0183dcc69024eab",
        ),
    ],
)
def test_texts_come_from_one_version_of_one_file(
    name: str, repository: str, commit: str, path: str, sha256: str
) -> None:
    """Pinned to a commit, and to the file's checksum."""
    content = yaml.safe_load((plugins.folder("statements") / f"{name}.yaml").read_text("utf-8"))
    assert content["text_from"]["url"] == (
        f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"
    )
    assert content["text_from"]["sha256"] == sha256


def test_the_social_axis_of_pct62_is_keyed_unevenly() -> None:
    """18 items move the economic axis, half of them each way; 43 the social one, 31 to 12."""
    pulls = {
        axis: [s.table[axis][3] - s.table[axis][0] for s in PCT.statements if axis in s.table]
        for axis in ("economic", "social")
    }
    count = {axis: (sum(p > 0 for p in ps), sum(p < 0 for p in ps)) for axis, ps in pulls.items()}
    assert count == {"economic": (9, 9), "social": (31, 12)}
    assert [s.id for s in PCT.statements if not s.table] == ["freepredatormulinational"]
    assert all(points[2] == 0 for s in PCT.statements for points in s.table.values())


@needs_data
def test_the_key_of_pct62_is_the_key_that_the_site_uses() -> None:
    """Every item, in the site's order, with all its points."""
    for statement, row in zip(PCT.statements, rows("pct62_key.csv"), strict=True):
        assert statement.id == row["item"]
        for axis in ("economic", "social"):
            points = tuple(float(row[f"{axis}_{answer}"]) for answer in ("sd", "d", "a", "sa"))
            assert statement.table.get(axis, (0, 0, 0, 0)) == points


@needs_data
@pytest.mark.parametrize("name", ["8values", "sapply"])
def test_keys_of_effects_are_those_of_the_file(name: str) -> None:
    """Every weight of every statement, as the importer reads it; and so are the axes' poles."""
    imported = plugins.find("importers", "javascript", "read").read([DATA / FILES[name]], {})
    assert [s.effects for s in SETS[name].statements] == [
        entry["effects"] for entry in imported["statements"]
    ]
    poles = {a.name: {"negative": a.negative, "positive": a.positive} for a in SETS[name].axes}
    assert poles == imported["axes"]


# --- texts, from a server on this machine -------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no patience."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(public_host.LOCAL, "127.0.0.1")
    monkeypatch.setattr(download, "SILENCE", 0.3)
    return tmp_path / "cache" / "texts"


def elsewhere(folder: Path, name: str, url: str) -> Path:
    """The set that ships, with its texts at another address."""
    content = (plugins.folder("statements") / f"{name}.yaml").read_text("utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(re.sub(r"url: \S+", f"url: {url}", content), "utf-8")
    return path


@needs_data
@pytest.mark.parametrize("name", FILES)
def test_an_instrument_is_fetched_checked_and_kept(name: str, cache: Path, tmp_path: Path) -> None:
    """Straight or by a redirect; then it needs no server any more."""
    raw = (DATA / FILES[name]).read_bytes()
    with serving(raw) as address:
        path = elsewhere(tmp_path, name, f"{address}/redirect/{FILES[name]}")
        found = sets.load(path)
    assert [s.id for s in found.statements] == [s.id for s in SETS[name].statements]
    assert [p.read_bytes() for p in cache.iterdir()] == [raw]
    assert sets.load(path) == found


@needs_data
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("missing", "answers 404"),
        ("truncated", "broke off after 40 of"),
        ("changed", "is another one"),
        ("slow", "too slow"),
        ("away", "https:// only"),
    ],
)
def test_nothing_is_kept_of_an_instrument_that_came_to_harm(
    name: str, fault: str, part: str, cache: Path, tmp_path: Path
) -> None:
    """404, truncated, changed, slow, sent to plain http: one sentence each."""
    with serving((DATA / FILES[name]).read_bytes()) as address:
        with pytest.raises(SetError) as error:
            sets.load(elsewhere(tmp_path, name, f"{address}/{fault}/{FILES[name]}"))
        assert Server.asked == [f"/{fault}/{FILES[name]}"]
    assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert not cache.exists()


@needs_data
def test_an_older_order_of_the_sentences_is_refused(cache: Path, tmp_path: Path) -> None:
    """A known fault of others: the list of one year with the key of another."""
    content = (DATA / FILES["pct62"]).read_text("utf-8").splitlines()
    blocks = [content[i : i + 5] for i in range(1, len(content) - 1, 5)]
    moved = [*blocks[:11], *blocks[12:21], blocks[11], *blocks[21:]]
    file = tmp_path / "old.json"
    file.write_text("\n".join(["[", *(line for block in moved for line in block), "]"]), "utf-8")
    with pytest.raises(SetError, match="another order than in the key of pct62: number 12 should"):
        sets.load("pct62", file)


@needs_data
def test_another_edition_of_the_sentences_serves(tmp_path: Path) -> None:
    """Typewriter quotes for typographic ones: the checksum differs, every statement fits."""
    file = tmp_path / "plain.json"
    text = (DATA / FILES["pct62"]).read_text("utf-8")
    file.write_text(text.replace("\\u2019", "'"), "utf-8")
    found = sets.load("pct62", file)
    assert "I'd" in found.statements[1].text
    assert found.sha256 != sets.load("pct62", DATA / FILES["pct62"]).sha256


# --- answer sheets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "economic", "social"),
    [(0, 0.0, -4.36), (1, -0.25, -2.41), (2, 0.38, 2.41), (3, 0.0, 4.36)],
)
def test_constant_answers_to_pct62_land_where_the_site_puts_them(
    given: int, economic: float, social: float
) -> None:
    """All strongly disagree, disagree, agree, strongly agree."""
    assert printed("pct62", [given] * 62) == [economic, social]


def test_constant_answers_to_8values_and_sapply() -> None:
    """Yes to everything is no centre; neutral is."""
    assert printed("8values", [4] * 70) == [59.0, 51.1, 37.5, 53.8]
    assert printed("8values", [2] * 70) == [50.0] * 4
    assert printed("sapply", [4] * 46) == [0.67, 0.67, 0.0]
    assert printed("sapply", [2] * 46) == [0.0] * 3


MISTRAL = (
    *((-4.37, -5.18), (-4.00, -4.67), (-4.12, -4.72), (-4.12, -4.82), (-4.75, -4.46)),
    *((-4.37, -5.49), (-4.37, -5.38), (-6.00, -3.54), (-3.62, -4.77), (-3.62, -5.23)),
)
GPT = (
    *((-2.37, -3.69), (-3.25, -4.41), (-2.62, -2.72), (-2.37, -2.41), (-3.00, -3.08)),
    *((-1.75, -3.08), (-1.75, -2.31), (-1.50, -1.95), (-1.75, -4.26), (-2.37, -2.62)),
)
LABELS = ("strongly disagree", "disagree", "agree", "strongly agree")
OPTIONS = tuple(
    Option(label, "disagree" if "dis" in label else "agree", (label,), "strongly" in label)
    for label in LABELS
)


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize(
    ("model", "published", "missing"),
    [("Mistral-7B-Instruct-v0.1", MISTRAL, 0), ("gpt-3.5-turbo-1106", GPT, 12)],
)
def test_published_numbers_that_count_missing_as_agreement_are_reproduced(
    model: str, published: Sequence[tuple[float, float]], missing: int
) -> None:
    """Real replies, ten prompts: 20 published points by `legacy-agree` (their 0.38 for 3/8 is
    0.005 off); honest scoring moves just those that have missing answers."""
    sheet: dict[str, Sheet] = {}
    for row in rows("llm_values_pct/explicit_paraphrase.csv"):
        if row["model"] == model:
            label = read_choice(row["completion"], OPTIONS, shown=LABELS).label
            sheet.setdefault(row["templ_id"], []).append(
                None if label is None else LABELS.index(label)
            )
    assert sum(row.count(None) for row in sheet.values()) == missing
    for filled_, expected in zip(sheet.values(), published, strict=True):
        legacy = of_sheet(filled_, "legacy-agree").placements
        honest = of_sheet(filled_).placements
        for column in ("position", "official"):
            assert legacy[column].tolist() == pytest.approx(expected, abs=0.0101)
        assert (legacy["position"].tolist() != honest["position"].tolist()) == (None in filled_)
        assert honest["official"].isna().all() == (None in filled_)


def test_homes_score_complete_sheets_and_sapplyvalues_leaves_out_what_is_missing() -> None:
    """One strong yes to a right item and nothing else is 10 there, and no score elsewhere."""
    sheet: Sheet = [None] * 46
    sheet[0] = 4
    assert printed("sapply", sheet) == pytest.approx([10, math.nan, math.nan], nan_ok=True)
    assert all(map(math.isnan, printed("8values", [None, *[4] * 69])))
    assert all(map(math.isnan, printed("pct62", [None, *[3] * 61])))


@pytest.mark.parametrize(
    ("value", "decimals", "table", "effects"),
    [
        *((0.125, 2, 0.13, 0.13), (-0.125, 2, -0.13, -0.12), (-4.875, 2, -4.88, -4.87)),
        *((1.005, 2, 1.01, 1.01), (2.675, 2, 2.68, 2.68), (0.05, 1, 0.1, 0.1), (-0.004, 2, 0, 0)),
        *((50.0, 1, 50.0, 50.0), (0.1 + 0.2, 2, 0.3, 0.3), (99.95, 1, 100.0, 100.0)),
    ],
)
def test_scores_are_rounded_as_the_homes_round(
    value: float, decimals: int, table: float, effects: float
) -> None:
    """Halves away from zero, or upwards, whatever binary makes of them; and no minus zero."""
    for kind, wanted in (("table", table), ("effects", effects)):
        found = official.rounded(value, Scoring(kind, decimals=decimals))  # type: ignore[arg-type]
        assert (found, math.copysign(1, found or 1)) == (wanted, math.copysign(1, wanted or 1))


@pytest.mark.parametrize("axis", [axis.name for axis in SETS["sapply"].axes])
def test_every_score_of_sapplyvalues_is_rounded_as_its_page_rounds(axis: str) -> None:
    """Over all sums that the axis can have: the page rounds hundredths as JavaScript does."""
    instrument = SETS["sapply"]
    items = [s for s in instrument.statements if s.effects.get(axis)]
    for half_steps in range(-2 * len(items), 2 * len(items) + 1):
        sheet: Sheet = [2] * len(instrument.statements)
        left = half_steps
        for item in items:
            step = max(-2, min(2, left))
            left -= step
            at = instrument.statements.index(item)
            sheet[at] = 2 + step * (1 if item.effects[axis] > 0 else -1)
        page = math.floor(half_steps / 2 * 10 / len(items) * 100 + 0.5) / 100
        assert official.sheet_score(instrument, axis, sheet) == page


names = st.sampled_from(sorted(FILES))


@st.composite
def filled(draw: st.DrawFn, *, gaps: bool) -> tuple[str, Sheet]:
    """An instrument and a sheet of it."""
    name = draw(names)
    most = 3 if name == "pct62" else 4
    one = st.integers(0, most)
    count = len(SETS[name].statements)
    return name, draw(st.lists(st.none() | one if gaps else one, min_size=count, max_size=count))


@given(filled(gaps=False))
def test_a_complete_sheet_is_scored_as_by_hand(given_: tuple[str, Sheet]) -> None:
    """To half of the last digit that is printed, and within the range that can be attained."""
    name, sheet = given_
    whole = SETS[name]
    by_hand = answer_sheets.score(whole, sheet)
    step = 10**-whole.scoring.decimals
    for axis, found in zip(by_hand, printed(name, sheet), strict=True):
        assert abs(found - by_hand[axis][0]) <= step / 2 + 1e-9
        assert abs(found - whole.scoring.centre) <= whole.scale + 0.01


@given(filled(gaps=True))
def test_the_opposite_sheet_is_the_opposite_score(given_: tuple[str, Sheet]) -> None:
    """Under effects keys, but for halves, which are rounded upwards."""
    name, sheet = given_
    if name == "pct62":
        return
    turned: Sheet = [None if a is None else 4 - a for a in sheet]
    middle, step = 2 * SETS[name].scoring.centre, 10 ** -SETS[name].scoring.decimals
    for one, other in zip(printed(name, sheet), printed(name, turned), strict=True):
        assert other == pytest.approx(middle - one, abs=step + 1e-9, nan_ok=True)


@given(filled(gaps=False), st.integers(0, 61))
def test_one_more_agreement_moves_an_axis_where_its_item_pulls(
    given_: tuple[str, Sheet], at: int
) -> None:
    """Along an item, a complete sheet's score never goes against the key."""
    name, sheet = given_
    item = SETS[name].statements[at % len(sheet)]
    lower, upper = ([*sheet] for _ in range(2))
    lower[at % len(sheet)], upper[at % len(sheet)] = 0, 3
    scores = zip(printed(name, lower), printed(name, upper), strict=True)
    for axis, (one, other) in zip(SETS[name].axes, scores, strict=True):
        table = item.table.get(axis.name)
        pull = table[3] - table[0] if table else item.effects.get(axis.name, 0.0)
        assert np.sign(round(other - one, 9)) == np.sign(pull)


# --- models -------------------------------------------------------------------------------------

LEANING = {"pct62": 10.0, "8values": 50.0, "sapply": 10.0}


@pytest.mark.parametrize("name", ["8values", "sapply"])
def test_what_models_do_stands_on_the_scale_of_the_site(name: str) -> None:
    """Column `raw`: a respondent whose agreement is a sheet's, wording by wording, is where the
    site puts the sheet, less its centre; and yes to everything is taken out of the position."""
    instrument = SETS[name]
    rng = np.random.default_rng(0)
    sheet = rng.integers(1, 4, len(instrument.statements))
    odds = 2 * np.arctanh(np.array([-1, -0.5, 0, 0.5, 1])[sheet])
    materials = Materials(instrument, recipe(4))
    calm = np.repeat(odds[:, None], 4, axis=1)
    lines = {
        "sheet": respondents.answers(materials, calm),
        "yes": respondents.answers(materials, np.full_like(calm, 3.0)),
    }
    found = placed(materials, lines).placements
    expected = answer_sheets.score(instrument, sheet.tolist())
    assert found[found["model"] == "sheet"]["raw"].tolist() == pytest.approx(
        [position - instrument.scoring.centre for position, *_ in expected.values()]
    )
    yes = found[found["model"] == "yes"]
    assert yes["position"].tolist() == pytest.approx([0] * len(instrument.axes), abs=1e-9)
    assert (yes["raw"].abs() <= LEANING[name]).all()


def partisan(name: str, axis: str, odds: float) -> Tables:
    """Of one who follows the key of an axis with so much log-odds, and says yes a little."""
    instrument = SETS[name]
    pull = np.array([np.sign(s.effects.get(axis, 0.0)) for s in instrument.statements])
    cells = np.repeat((0.5 + odds * pull)[:, None], 4, axis=1)
    materials = Materials(instrument, recipe(4))
    return placed(materials, {"m": respondents.answers(materials, cells)})


@pytest.mark.parametrize(
    ("name", "axis"), [(n, a.name) for n in ("8values", "sapply") for a in SETS[n].axes]
)
def test_partisans_are_found_at_their_pole(name: str, axis: str) -> None:
    """Either way, by the same amount, up to the end of the scale: signs and weights are right."""
    ends = [
        float(partisan(name, axis, odds).placements.set_index("axis").loc[axis, "position"])
        for odds in (-9.0, -1.0, 1.0, 9.0)
    ]
    scale = LEANING[name]
    wanted = [-scale, -scale * math.tanh(0.5), scale * math.tanh(0.5), scale]
    assert ends == pytest.approx(wanted, rel=1e-3)


def test_a_caption_says_where_the_scale_of_the_site_begins() -> None:
    """Only where it is another scale; and that its own score is another number."""
    said = "0 is 50 at 8values itself, whose own score is official"
    assert said in partisan("8values", "econ", 1.0).caption
    assert " itself, whose" not in partisan("sapply", "auth", 1.0).caption


def test_points_of_a_protocol_count_in_proportion_to_the_scale() -> None:
    """Bounds 2 points apart on a scale of 10 are as wide as 10 points on a scale of 50."""
    cells = np.ones((70, 4))
    cells[:3] = np.nan
    said = []
    for scale in (10.0, 50.0):
        materials = Materials(replace(SETS["8values"], scale=scale), recipe(4))
        tables = placed(materials, {"m": respondents.answers(materials, cells)})
        said.append(tables.placements["reason"].str.contains("could move it").tolist())
    assert said[0] == said[1] == [True, False, False, False]


# --- missing answers ----------------------------------------------------------------------------


def of_sheet(sheet: Sheet, missing: str = "honest", wordings: int = 1) -> Tables:
    """Placements of a recorded answer sheet of the 62-item test."""
    materials = Materials(PCT, recipe(wordings, FOUR), missing=missing)
    return placed(materials, {"m": filled_in(materials, [sheet] * wordings)})


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(st.none() | st.integers(0, 3), min_size=62, max_size=62))
def test_a_recorded_sheet_has_the_position_of_its_sheet(sheet: Sheet) -> None:
    """By the way of answers, agreement and placement, honest and legacy: the same numbers; but an
    axis on which nothing was answered has bounds alone."""
    for missing in ("honest", "legacy-agree"):
        found = of_sheet(sheet, missing).placements.set_index("axis")
        for axis, ends in answer_sheets.score(PCT, sheet, missing).items():
            row = found.loc[axis]
            on_axis = [a for a, s in zip(sheet, PCT.statements, strict=True) if axis in s.table]
            answered = sum(a is not None for a in on_axis)
            known = bool(answered) or missing == "legacy-agree"
            wanted = (ends[0] if known else math.nan, *ends[1:])
            numbers = row[["position", "minimum", "maximum"]].tolist()
            assert numbers == pytest.approx(wanted, nan_ok=True)
            assert (row["answered"], row["asked"]) == (answered, len(on_axis))


def test_who_refuses_everything_has_bounds_and_no_position() -> None:
    """Listed with its reason: what stands for missing answers is nobody's position."""
    row = of_sheet([None] * 62, wordings=4).placements.set_index("axis").loc["social"]
    assert np.isnan([row["position"], row["low"]]).all()
    assert row["maximum"] - row["minimum"] > PCT.scale
    assert not row["placed"]
    assert "0 of 172 pairs were answered, fewer than 80 %" in row["reason"]


def test_legacy_agreement_says_so_wherever_it_is_used() -> None:
    """On every row and in every caption, with the number of answers that it made up."""
    sheet: Sheet = [None, None, *([1] * 60)]
    honest, legacy = of_sheet(sheet), of_sheet(sheet, "legacy-agree")
    assert all(LEGACY in reason for reason in legacy.placements["reason"])
    assert "(1 of 18)" in legacy.placements["reason"][0]
    assert LEGACY in legacy.caption
    assert LEGACY not in honest.caption
    assert not honest.placements["reason"].str.contains("legacy").any()


def test_legacy_agreement_changes_the_point_and_not_what_is_known() -> None:
    """Bounds, counts and the gate are those of the answers that are there."""
    sheet: Sheet = [None if i % 3 else 0 for i in range(62)]
    honest, legacy = (of_sheet(sheet, m, 4).placements for m in ("honest", "legacy-agree"))
    for column in ("minimum", "maximum", "asked", "answered", "placed"):
        assert legacy[column].tolist() == honest[column].tolist()
    assert not legacy["placed"].any()
    assert (legacy["position"] > honest["position"]).all()


@pytest.mark.parametrize("mirrors", [True, False])
def test_under_an_effects_key_legacy_counts_plain_agreement(*, mirrors: bool) -> None:
    """Two options: a missing answer is a whole yes, keyed by its statement; neutral elsewhere."""
    instrument = respondents.instrument(respondents.balanced(4), mirrors=mirrors)
    odds = np.zeros((4, 4))
    odds[0] = np.nan
    positions = {}
    for missing in ("honest", "legacy-agree"):
        materials = Materials(instrument, recipe(4), missing=missing)
        lines = respondents.answers(materials, odds, -odds if mirrors else None)
        row = placed(materials, {"m": lines}).placements.iloc[0]
        positions[missing] = row["position"], row["minimum"], row["maximum"]
    assert positions["honest"] == pytest.approx((0, -2.5, 2.5))
    assert positions["legacy-agree"] == pytest.approx((2.5, -2.5, 2.5))


def test_under_options_with_values_legacy_counts_the_mild_one() -> None:
    """8values: a missing answer counts 0.5, as its "agree" does; raw is then the site's number."""
    instrument = SETS["8values"]
    materials = Materials(instrument, recipe(2), missing="legacy-agree")
    odds = np.zeros((70, 2))
    odds[:10] = np.nan
    sheet: Sheet = [None] * 10 + [2] * 60
    found = placed(materials, {"m": respondents.answers(materials, odds)}).placements
    expected = answer_sheets.score(instrument, sheet, "legacy-agree")
    assert found["raw"].tolist() == pytest.approx([at - 50 for at, *_ in expected.values()])


def test_a_model_that_refused_all_does_not_spoil_the_tables_of_others() -> None:
    """Beside four that answered: no number is made of what nobody said."""
    materials = Materials(PCT, recipe(4, FOUR))
    rng = np.random.default_rng(1)
    lines = {"silent": filled_in(materials, [[None] * 62] * 4)}
    for number in range(5):
        sheet = [rng.integers(0, 4, 62).tolist() for _ in range(4)]
        lines[f"m{number}"] = filled_in(materials, sheet)
    tables = placed(materials, lines)
    shares = tables.variance[tables.variance["model"] == "silent"]["share"]
    assert shares.isna().all()
    assert "silent" not in set(tables.ellipses["model"])
    everyone = tables.variance[tables.variance["model"] == "all"]["share"]
    assert everyone.notna().any()


# --- runs ---------------------------------------------------------------------------------------

LENT = """\
name: lent
title: Lent
language: en
licence: MIT
axes: {x: {negative: low, positive: high}}
scoring: {kind: table, constant: {x: 1}, divisor: {x: 2}}
text_from: {url: "https://example.com/lent.json", sha256: SHA, reader: polilean}
statements:
  - {id: plus, text_hash: "PLUS", table: {x: [-4, -1, 1, 4]}}
  - {id: minus, text_hash: "MINUS", table: {x: [3, 2, 0, -1]}}
"""
TEXTS = '[{"statement": "More is better.", "id": 0}, {"statement": "Less is better.", "id": 1}]'


@pytest.fixture
def lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set that borrows two texts, beside a copy of them, and a cache that is empty."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "cache"))
    (tmp_path / "lent.json").write_text(TEXTS)
    content = LENT.replace("SHA", hashlib.sha256(TEXTS.encode()).hexdigest())
    content = content.replace("PLUS", borrowed.text_hash("More is better."))
    content = content.replace("MINUS", borrowed.text_hash("Less is better."))
    path = tmp_path / "lent.yaml"
    path.write_text(content)
    return path


def request(path: Path, traits: str, **changes: object) -> session.Request:
    fields = {"models": [ModelSpec("m", traits, "planted")], "set": str(path)}
    fields["text"] = path.with_suffix(".json")
    return session.Request(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_run_folder_speaks_for_itself(lent: Path, tmp_path: Path) -> None:
    """With its texts inside: placed again without address, cache or the file that was given."""
    out = tmp_path / "out"
    session.probe(request(lent, "x=5,noise=1"), out)
    before = (out / "placements.csv").read_bytes()
    header, _ = answers.read(out / "answers" / "m.jsonl")
    ran = yaml.safe_load((out / "run.yaml").read_text())
    assert header.set_sha256 == ran["set_sha256"] == sets.load(out / "set.yaml").sha256
    shutil.move(out, tmp_path / "elsewhere")
    for path in (lent, lent.with_suffix(".json")):
        path.unlink()
    conclusions.conclude(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "placements.csv").read_bytes() == before
    assert "More is better." in (tmp_path / "elsewhere" / "set.yaml").read_text()


def test_the_same_command_goes_on_and_other_texts_do_not(lent: Path, tmp_path: Path) -> None:
    """An edition in other letters is another set: its answers never mix with these."""
    out = tmp_path / "out"
    session.probe(request(lent, "x=5,noise=1"), out)
    evidence = (out / "answers" / "m.jsonl").read_bytes()
    session.probe(request(lent, "x=5,noise=1"), out)
    assert (out / "answers" / "m.jsonl").read_bytes() == evidence
    (tmp_path / "lent.json").write_text(TEXTS.replace("More", "MORE"))
    with pytest.raises(RunError, match="set sha256"):
        session.probe(request(lent, "x=5,noise=1"), out)


@pytest.mark.slow
def test_how_missing_answers_count_is_recorded_and_remembered(lent: Path, tmp_path: Path) -> None:
    """In run.yaml; `place` and figures keep to it until they are told otherwise."""
    out = tmp_path / "out"
    first = session.probe(request(lent, "x=2,abstain=0.3"), out)
    assert yaml.safe_load((out / "run.yaml").read_text())["missing"] == "honest"
    legacy = conclusions.conclude(out, "legacy-agree")
    assert yaml.safe_load((out / "run.yaml").read_text())["missing"] == "legacy-agree"
    assert legacy.placements["position"][0] != first.placements["position"][0]
    again = conclusions.conclude(out)
    assert again.placements.equals(legacy.placements)
    assert LEGACY in read_back.tables(out).caption
    assert api.place(out, "honest").placements.equals(first.placements)
    assert LEGACY not in read_back.tables(out).caption


@pytest.mark.slow
def test_a_run_may_count_missing_answers_as_agreement_from_the_start(
    lent: Path, tmp_path: Path
) -> None:
    """It is no other run: the evidence is the same, and goes on under either."""
    out = tmp_path / "out"
    session.probe(request(lent, "x=2,abstain=0.3", missing="legacy-agree"), out)
    evidence = (out / "answers" / "m.jsonl").read_bytes()
    assert yaml.safe_load((out / "run.yaml").read_text())["missing"] == "legacy-agree"
    session.probe(request(lent, "x=2,abstain=0.3"), out)
    assert yaml.safe_load((out / "run.yaml").read_text())["missing"] == "honest"
    assert (out / "answers" / "m.jsonl").read_bytes() == evidence


def test_a_damaged_choice_is_said(lent: Path, tmp_path: Path) -> None:
    """With the file and the two words that it could be."""
    out = tmp_path / "out"
    session.probe(request(lent, "x=2"), out)
    run = out / "run.yaml"
    run.write_text(run.read_text().replace("missing: honest", "missing: maybe"))
    with pytest.raises(RunError, match="'maybe' should be honest or legacy-agree"):
        conclusions.conclude(out)


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def probes(
    monkeypatch: pytest.MonkeyPatch, command: Callable[..., tuple[int, str, str]], lent: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in the folder of `lent`: (status, out, err)."""
    monkeypatch.chdir(lent.parent)

    return command


def test_the_command_takes_a_copy_and_a_way_to_count(
    probes: Callable[..., tuple[int, str, str]],
) -> None:
    """run --text --missing, place --missing; every row says what was done."""
    run = ("run", "--set", "./lent.yaml", "--model", "m=planted:x=2,abstain=.3", "--out", "out")
    status, said, _ = probes(*run, "--text", "lent.json", "--missing", "legacy-agree")
    assert status == 0
    assert LEGACY in said
    status, said, _ = probes("place", "out", "--missing", "honest")
    assert status == 0
    assert LEGACY not in said
    status, said, _ = probes("sets", "fetch", "./lent.yaml", "--text", "lent.json")
    assert status == 0
    assert "lent: 2 statements" in said
    assert probes(*run)[0] == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("place", "out", "--missing", "agree"), "--missing agree: must be 'honest' or"),
        (("run", "--model", "planted:", "--missing", "no"), "--missing no"),
        (("run", "--model", "planted:", "--text", "lent.json"), "have their texts already"),
        (("run", "--model", "planted:", "--set", "pct62", "--text", "no.json"), "no such file"),
        (("run", "--model", "planted:", "--set", "pct62", "--text", "lent.json"), "holds 2"),
        (("sets", "fetch", "compass"), "nothing to fetch"),
        (("sets", "fetch", "pct63"), "did you mean 'pct62'"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    words: tuple[str, ...], part: str, probes: Callable[..., tuple[int, str, str]]
) -> None:
    """Exit status 2; no folder, no cache."""
    status, _, said = probes(*words)
    assert status == 2
    assert part in said
    assert said.count("\n") == 1
    assert sorted(p.name for p in Path().iterdir()) == ["lent.json", "lent.yaml"]


def test_sets_are_listed_without_being_fetched(
    probes: Callable[..., tuple[int, str, str]],
) -> None:
    """Nothing is asked for a list; it says which sets come without texts."""
    status, said, _ = probes("sets", "list")
    assert status == 0
    assert said.count("fetched on first use") == 3


def test_evidence_in_memory_is_placed_under_either_count(lent: Path) -> None:
    """From a notebook: loaded with a copy of the texts, asked once, placed twice."""
    instrument = sets.load(lent, lent.with_suffix(".json"))
    evidence = api.run(api.load_model("planted:x=2,abstain=.3"), instrument)
    honest, legacy = api.place(evidence), api.place(evidence, "legacy-agree")
    assert honest.placements["position"][0] != legacy.placements["position"][0]
    assert LEGACY in legacy.caption
    assert LEGACY not in honest.caption
