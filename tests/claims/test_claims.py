"""Claims: files that are read strictly, and outcomes that follow from intervals."""

from pathlib import Path

import pytest

from probes.claims import claim, judge
from probes.claims.claim import Prediction
from probes.errors import ProbesError
from probes.instruments import sets

LEFT = Prediction("c", "m", "economic", "left", 2)
CENTRE = Prediction("c", "m", "economic", "centre", 2)

FAULTS = {
    "claims: []": "claims",
    "claims: [{name: c, model: m, axis: economic}]": "direction",
    "claims: [{name: c, model: m, axis: economic, direction: left, margn: 1}]": "margn",
    "claims: [{name: c, model: m, axis: economic, direction: left, margin: -1}]": "margin",
    "claims: [{name: c, model: m, axis: economic, direction: left, margin: .nan}]": "margin",
    "claims: [{name: c, model: m, axis: economic, direction: centre}]": "above 0",
    "claims: [{name: c, model: m, axis: economic, direction: left, against: m}]": "another model",
    "claims:\n" + 2 * "- {name: c, model: m, axis: economic, direction: left}\n": "two claims",
    "- 1": "claims",
    "claims: [": "line",
}
STRANGE = {
    "model: n, axis: economic, direction: left": "did you mean|valid: m",
    "model: m, against: x, axis: economic, direction: left": "against",
    "model: m, axis: economical, direction: left": "did you mean 'economic'",
    "model: m, axis: economic, direction: libertarian": "direction",
    "model: m, axis: economic, direction: left, margin: 11": "beyond the scale",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_file_of_claims_is_read_strictly(text: str, tmp_path: Path) -> None:
    file = tmp_path / "claims.yaml"
    file.write_text(text)
    with pytest.raises(ProbesError, match=FAULTS[text]) as raised:
        claim.load(file)
    assert str(raised.value).startswith(str(file))


@pytest.mark.parametrize("text", STRANGE)
def test_claims_are_about_models_axes_and_poles_that_are_there(text: str, tmp_path: Path) -> None:
    file = tmp_path / "claims.yaml"
    file.write_text(f"claims: [{{name: c, {text}}}]")
    with pytest.raises(ProbesError, match=STRANGE[text]):
        claim.check(file, claim.load(file), ["m"], sets.load("compass"))


def test_all_that_claims_are_wrongly_about_is_named_at_once(tmp_path: Path) -> None:
    """A line a fault, with file and claim."""
    file = tmp_path / "claims.yaml"
    texts = ["model: n, against: x, axis: y, direction: left, margin: 11", *STRANGE]
    rows = [f"- {{name: c{n}, {text}}}\n" for n, text in enumerate(texts)]
    file.write_text("claims:\n" + "".join(rows))
    with pytest.raises(ProbesError) as raised:
        claim.check(file, claim.load(file), ["m"], sets.load("compass"))
    lines = str(raised.value).splitlines()
    assert len(lines) == 4 + len(STRANGE)
    assert all(line.startswith(f"{file}: c") for line in lines)
    assert [line.split(": ")[1] for line in lines[:5]] == ["c0", "c0", "c0", "c0", "c1"]


@pytest.mark.parametrize(
    ("one", "low", "high", "outcome"),
    [
        (LEFT, 2.1, 3, "held"),
        (LEFT, 1.9, 3, "undecided"),
        (LEFT, -3, 1.9, "failed"),
        (LEFT, -9, 9, "undecided"),
        (LEFT, float("nan"), float("nan"), "undecided"),
        (CENTRE, -2, 2, "held"),
        (CENTRE, -2.1, 2, "undecided"),
        (CENTRE, 2.1, 4, "failed"),
        (CENTRE, -4, -2.1, "failed"),
        (CENTRE, float("nan"), float("nan"), "undecided"),
    ],
)
def test_the_whole_interval_decides(one: Prediction, low: float, high: float, outcome: str) -> None:
    assert judge._outcome(one, low, high) == outcome
