"""What tables of classifiers say beside their numbers is said in the language of a report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from probes.downstream import conclude, controls, draws, link, predictions, stored
from probes.downstream import contrasts as pairs
from probes.phrases import LANGUAGES, speaking
from probes.report.beside import downstream
from probes.types.reasons import sentences
from probes.types.retold import told
from tests.downstream import planted_predictions as planted
from tests.downstream.test_link import contrasts, run

pytestmark = pytest.mark.usefixtures("pictureless")
OTHERS = [code for code in LANGUAGES if code != "en"]
SAID = (
    controls._off_chance(0.5, 0.6, 0.7),
    controls._off_chance(0.5, 0.3, 0.4),
    *(draws.ONE_SEED, draws.TRAINED, pairs.FEW_SEEDS, pairs.NO_SEED, pairs.NO_TEXTS),
    *(pairs.NO_UNITS, pairs.NO_OTHERS, pairs.NO_WIDTH),
    "not told from it: base, child",
    "A: moved",
    "bundle: first: cannot be told apart",
    "seeds of base",
    "3 models placed, fewer than 4",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One seed of two models, on texts of one group."""
    place, dice = tmp_path_factory.mktemp("said") / "hate", np.random.default_rng(1)
    for name, recall in (("base", 0.9), ("child", 0.4)):
        lines = planted.predicted(planted.texts("A", 12), dice, {"A": recall})
        planted.write(place, name, 1, lines)
    settings = "task: planted\nmodels:\n  child: {parent: base}\n"
    (place / "downstream.yaml").write_text(settings, encoding="utf-8")
    conclude.placed(place)
    return place


@pytest.mark.parametrize("code", OTHERS)
def test_every_reason_has_its_words(folder: Path, code: str) -> None:
    """Of a folder's own tables, and those that it has no rows for."""
    cells = [cell for of in stored.read(folder).values() for cell in of.get("reason", ())]
    found = {text for cell in cells for text in sentences(cell)}
    assert found
    with speaking(code):
        lacking = {text for text in (*found, *SAID) if told(text) == text}
    assert lacking == set()


def test_two_reasons_of_a_cell_are_told_apart(folder: Path) -> None:
    """Joined as in every other table, so that each is found by its words."""
    table = predictions.read(folder)
    cell = pairs.contrasts(table, table.pairs)["reason"].iloc[0]
    assert len(sentences(cell)) == 2


@pytest.mark.parametrize("code", OTHERS)
def test_the_section_of_a_report_holds_no_english_sentence(folder: Path, code: str) -> None:
    """Nor a word of ours in English where controls, measures and rules are named."""
    with speaking(code):
        section = downstream.section(run(), folder)
    assert section is not None
    rows = [row for table in section["tables"] for row in table["rows"]]  # type: ignore[attr-defined]
    said = " | ".join(str(cell) for row in rows for cell in row.values())
    for english in ("seed:", "no other group", "identity only", "stacking", "macro f1"):
        assert english not in said
    refused = str(section["link"]["refused"])  # type: ignore[index]
    assert refused
    assert "both must have it" not in refused


def test_why_a_model_is_no_part_of_the_correlation_is_said_in_the_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = {"placed": False, "reason": "hardly prefers either side"}
    linked = link.link(run(), contrasts())[0].assign(**out)
    monkeypatch.setattr(downstream, "linked", lambda *_: replace(run(), link=linked))
    monkeypatch.setattr(downstream.figures, "embedded", lambda *_: "")
    with speaking("de"):
        unplaced = downstream._link(run(), Path())["unplaced"]
    assert {row["Grund"] for row in unplaced} == {"bevorzugt kaum eine Seite"}  # type: ignore[attr-defined]
