"""Tables in the language of a page: translated column names and cells.

Names of models, conditions and statements are not translated.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from probes.output.columns import NOT_MEASURED, Column, measured
from probes.output.formats import Row
from probes.phrases import phrase, say
from probes.types.reasons import JOINT, sentences
from probes.types.retold import told

OURS = frozenset(
    {
        "axis",
        "control",
        "measure",
        "rate",
        "rule",
        "pole",
        "verdict",
        "placed",
        "reason",
        "negative pole",
        "positive pole",
    }
)
"""Columns whose cells are translated."""
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
    *(phrase("topic"), phrase("statement"), phrase("wording"), phrase("model x wording")),
    phrase("statement x wording with the rest"),
    phrase("condition x statement and wording"),
    phrase("party"),
    phrase("right advice"),
    phrase("by lot"),
    phrase("profiles"),
    phrase("replies"),
    *(phrase("stance model"), phrase("disagree"), phrase("neither"), phrase("unrelated")),
    *(phrase("unsure"), phrase("nothing"), phrase("truncated"), phrase("compared")),
    *(phrase("mismatch"), phrase("agree"), phrase("yes bias"), phrase("evidence")),
    *(phrase("faithful"), phrase("by seed"), phrase("by seed sd")),
    *(phrase("agree only"), phrase("whole vocabulary"), phrase("honest"), phrase("agree share")),
    *(phrase("low"), phrase("high"), phrase("no evidence"), phrase("cells")),
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
    phrase("margin"),
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
    phrase("said as text before the statement: no chat"),
    phrase("equalised odds"),
    phrase("accuracy"),
    phrase("balanced accuracy"),
    *(phrase("macro f1"), phrase("f1"), phrase("auc"), phrase("calibration error")),
    *(phrase("gap recall"), phrase("gap false alarms"), phrase("gap equalised odds")),
    *(phrase("identity only"), phrase("seed twin"), phrase("shuffled"), phrase("words")),
    *(phrase("second text"), phrase("largest |did|"), phrase("did")),
    *(phrase("vote"), phrase("mean log-probability"), phrase("mean probability")),
    *(phrase("stacking"), phrase("best single"), phrase("mean single")),
)
"""Texts in cells of `OURS`, beside poles, axes and reasons."""
ENDS = re.compile(r"(\S*\d\S*(?:\N{NO-BREAK SPACE}%)?) to (\S*\d\S*(?:\N{NO-BREAK SPACE}%)?)")
"""Matches two numbers, as in cells of intervals."""
BEFORE_NAMES = ("bundle: ", "seeds of ")
"""Starts of cells that hold a name after translated words (groups and members)."""
MINUS = re.compile(r"(?<!\S)-(?=\d)")


def worded(columns: Sequence[Column], rows: Iterable[Row]) -> list[dict[str, str]]:
    """Rows with translated column names and cells; columns that are empty throughout are left out,
    other empty cells get a dash."""
    return [_row(row) for row in measured(columns, rows)]


def _row(row: Mapping[str, str]) -> dict[str, str]:
    return {say(name): _cell(name, text) for name, text in row.items()}


def _cell(name: str, text: str) -> str:
    if text == NOT_MEASURED:
        return "" if name == "reason" else "\N{EN DASH}"
    text = MINUS.sub("\N{MINUS SIGN}", text.replace(" %", "\N{NO-BREAK SPACE}%"))
    if name in OURS or text.startswith(BEFORE_NAMES):
        return JOINT.join(map(told, sentences(text)))
    ends = ENDS.fullmatch(text)
    if not ends:
        return text
    span = say("{least} to {most}", least=ends[1], most=ends[2])
    return "\N{NO-BREAK SPACE}".join(span.rsplit(" ", 1))  # two lines at most
