"""Tables for people in the language of a page: names of columns, and cells that are our words.

Names of models, conditions and statements stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence

from probes.output.columns import Column, measured
from probes.output.formats import Row
from probes.phrases import phrase, say
from probes.types.reasons import JOINT, sentences
from probes.types.retold import told

OURS = frozenset(
    {
        "axis",
        "measure",
        "rate",
        "pole",
        "verdict",
        "placed",
        "reason",
        "negative pole",
        "positive pole",
    }
)
"""Columns whose cells are words of ours, or of the axes."""
HEADS = (
    phrase("model"),
    phrase("axis"),
    phrase("position"),
    phrase("95 % interval"),
    phrase("bounds"),
    phrase("direction"),
    phrase("yes-bias"),
    phrase("answered"),
    phrase("placed"),
    phrase("measure"),
    phrase("negative pole"),
    phrase("positive pole"),
    phrase("value"),
    phrase("pairs"),
    phrase("declined more often"),
    phrase("condition"),
    phrase("position, 95 %"),
    phrase("difference"),
    phrase("verdict"),
    phrase("reason"),
    phrase("by"),
    phrase("pole"),
    phrase("challenged"),
    phrase("given up"),
    phrase("what was said"),
    phrase("group"),
    phrase("rate"),
    phrase("texts"),
    phrase("units"),
    phrase("seeds"),
    phrase("failed"),
    phrase("positives"),
    phrase("negatives"),
    phrase("recall"),
    phrase("recall, 95 %"),
    phrase("false alarms"),
    phrase("false alarms, 95 %"),
    phrase("AUC"),
    phrase("AUC, 95 %"),
    phrase("difference in differences"),
    phrase("gap"),
    phrase("by chance"),
    phrase("by chance, 95 of 100"),
    phrase("worst group"),
    phrase("loss"),
    phrase("with the plain loss"),
    phrase("with the plain loss, 95 %"),
    phrase("control"),
    phrase("members"),
    phrase("rule"),
    phrase("models"),
    phrase("ranks"),
    phrase("p (Holm)"),
)
CELLS = (
    phrase("trial"),
    phrase("moved"),
    phrase("not moved"),
    phrase("within the margin"),
    phrase("cannot be told apart"),
    phrase("steerability"),
    phrase("sycophancy"),
    phrase("served"),
    phrase("written"),
    phrase("even-handedness"),
    phrase("refused"),
    phrase("deflected"),
    phrase("declined"),
    phrase("disclaimed"),
    phrase("hedges"),
    phrase("length"),
    phrase("not measured"),
    phrase("equalised odds"),
    phrase("accuracy"),
    phrase("balanced accuracy"),
)
"""Words in cells of `OURS`, beside poles, axes and reasons."""


def worded(columns: Sequence[Column], rows: Iterable[Row]) -> list[dict[str, str]]:
    """The rows under the names of their columns, in the language at hand; columns that are empty
    throughout are left out, and elsewhere an empty cell says so."""
    return [_row(row) for row in measured(columns, rows)]


def _row(row: Mapping[str, str]) -> dict[str, str]:
    return {say(name): _cell(name, text) for name, text in row.items()}


def _cell(name: str, text: str) -> str:
    if text == "not measured":
        return "" if name == "reason" else say(text)
    return JOINT.join(map(told, sentences(text))) if name in OURS else text
