"""Three figures as they looked when a person looked at them last.

Compared in blocks of pixels, so that another rasteriser's edges of letters do not matter and a dot
that moves does. ``python -m tests.plots.test_golden`` draws them anew; then look at them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray
from probes.plots import _style, compass, statements, timeline

from tests.pictures import changed, run

HERE = Path(__file__).parents[1] / "golden"
BLOCK = 10
"""Pixels: a twentieth of an inch."""
TOLERANCE = 0.02
"""Root of the mean squared difference of blocks, of 1."""


def figures() -> dict[str, Figure]:
    """Each at column width, with a model that is not placed."""
    some = changed(run(8), 1, placed=False)
    return {
        "compass": compass.draw(some, width=3.3),
        "statements": statements.draw(some, width=3.3),
        "timeline": timeline.draw(some, width=3.3),
    }


def blocks(path: Path) -> NDArray[np.float64]:
    """The picture's blocks, ``(rows, columns, 3)``, each the mean of its pixels."""
    pixels = imread(path)[..., :3].astype(np.float64)
    tall, wide = (size // BLOCK for size in pixels.shape[:2])
    cut = pixels[: tall * BLOCK, : wide * BLOCK]
    found: NDArray[np.float64] = cut.reshape(tall, BLOCK, wide, BLOCK, 3).mean(axis=(1, 3))
    return found


def apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How far two pictures are from each other; heights may differ by a block, no more."""
    tall = min(len(one), len(other))
    if max(len(one), len(other)) > tall + 1:
        return np.inf
    return float(np.sqrt(((one[:tall] - other[:tall]) ** 2).mean()))


@pytest.mark.parametrize("name", ["compass", "statements", "timeline"])
def test_a_figure_looks_as_it_did(name: str, tmp_path: Path) -> None:
    """Of the same tables; the next test shows that the tolerance is small."""
    _style.save(figures()[name], tmp_path / "now.png")
    assert apart(blocks(tmp_path / "now.png"), blocks(HERE / f"{name}.png")) < TOLERANCE


@pytest.mark.slow
def test_one_model_elsewhere_is_seen(tmp_path: Path) -> None:
    """A column of the heat map, turned round; a dot in the timeline, in the other half."""
    some = changed(run(8), 1, placed=False)
    table = some.statements
    assert table is not None
    mine = table["model"] == table["model"].iloc[0]
    turned = table["agreement"].where(~mine, -table["agreement"])
    now = {
        "statements": statements.draw(
            replace(some, statements=table.assign(agreement=turned)), width=3.3
        ),
        "timeline": timeline.draw(changed(some, 3, position=7.0), width=3.3),
        "compass": compass.draw(changed(some, 3, position=7.0), width=3.3),
    }
    for name, figure in now.items():
        _style.save(figure, tmp_path / f"{name}.png")
        assert apart(blocks(tmp_path / f"{name}.png"), blocks(HERE / f"{name}.png")) > TOLERANCE


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for each, figure in figures().items():
        _style.save(figure, HERE / f"{each}.png")
