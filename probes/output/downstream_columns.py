"""Columns for display, of the tables about classifiers."""

from probes.output.columns import AXIS, MODEL, P_HOLM, VERDICT, Column
from probes.output.formats import Row, interval, number, plain, signed

RATES = {"fpr": "false alarms", "equalised_odds": "equalised odds"}


def _measure(row: Row) -> str:
    """Name of the measure: ``balanced accuracy``."""
    name = str(row["metric"])
    return RATES.get(name, name.replace("_", " ").replace("fpr", "false alarms"))


def _shares(name: str, *keys: str) -> Column:
    """A column with a share, or with two as an interval."""

    def text(row: Row) -> str:
        ends = [number(row[key], ".3f") for key in keys]
        return " to ".join(ends) if all(ends) else ""

    return Column(name, text)


GROUP, RATE = Column("group", plain("group")), Column("rate", _measure)
TEXTS, UNITS = Column("texts", plain("texts")), Column("units", plain("units"))
SEEDS, REASON = Column("seeds", plain("seeds")), Column("reason", plain("reason"))
DID = Column("difference in differences", signed("did"))
DID_INTERVAL = Column("95 % interval", interval("did_low", "did_high"))
VALUE, VALUE_INTERVAL = _shares("value", "value"), _shares("95 % interval", "low", "high")
PERFORMANCE = (
    *(MODEL, Column("measure", _measure), VALUE, VALUE_INTERVAL),
    *(TEXTS, UNITS, SEEDS, Column("failed", plain("failed")), REASON),
)
"""Columns of `performance.csv`."""
GROUPS = (
    *(MODEL, GROUP, Column("positives", plain("positives"))),
    *(Column("negatives", plain("negatives")), UNITS, SEEDS),
    *(_shares("recall", "recall"), _shares("recall, 95 %", "recall_low", "recall_high")),
    *(_shares("false alarms", "fpr"), _shares("false alarms, 95 %", "fpr_low", "fpr_high")),
    *(_shares("AUC", "auc"), _shares("AUC, 95 %", "auc_low", "auc_high"), REASON),
)
"""Columns of `groups.csv`."""
CONTRASTS = (
    *(MODEL, GROUP, RATE, TEXTS, UNITS, SEEDS, DID, DID_INTERVAL),
    Column("p (Holm)", lambda row: P_HOLM.format({"p_holm": row["did_p_holm"]})),
    *(_shares("margin", "margin"), VERDICT, REASON),
)
"""Columns of `contrasts.csv`."""
GAPS = (
    *(MODEL, RATE, _shares("gap", "gap"), VALUE_INTERVAL, _shares("by chance", "null_mean")),
    *(_shares("by chance, 95 of 100", "null_high"), _shares("p", "p_max")),
    *(Column("worst group", plain("worst")), TEXTS, UNITS, SEEDS, REASON),
)
"""Columns of `gaps.csv`."""
LOSSES = (
    *(MODEL, Column("loss", plain("loss")), GROUP, RATE),
    Column("with the plain loss", signed("did_plain")),
    Column("with the plain loss, 95 %", interval("did_low_plain", "did_high_plain")),
    *(DID, DID_INTERVAL, VERDICT),
)
"""Columns of `losses.csv`."""
CONTROLS = (
    *(Column("control", plain("control")), MODEL, Column("measure", _measure), VALUE),
    *(VALUE_INTERVAL, REASON),
)
"""Columns of `controls.csv`."""
ENSEMBLES = (
    *(Column("members", plain("members")), Column("rule", plain("rule"))),
    *(Column("measure", _measure), VALUE, VALUE_INTERVAL, TEXTS, SEEDS, REASON),
)
"""Columns of `ensembles.csv`."""
LINK = (
    *(AXIS, GROUP, RATE, Column("models", plain("models"))),
    *(Column("ranks", signed("spearman")), _shares("p", "p"), P_HOLM, REASON),
)
"""Columns of `link_fits.csv`."""
