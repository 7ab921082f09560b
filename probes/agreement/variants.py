"""The agreement of each variant of a statement by itself: what `variants.csv` holds.

The table of agreement averages them (`table`); this one shows how far they lie apart.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.agreement.table import agreement
from probes.evidence.columns import AnswerColumns, CategoryColumn
from probes.types import Answer, Correction, Header, Recipe

COLUMNS = (
    *("model", "statement", "variant", "wording", "log_odds", "log_odds_mirror", "leaning", "lam"),
    *("raw", "yes_bias", "status"),
)
SEPARATOR = ":"
"""Statement ids cannot hold it."""


def by_variant(
    header: Header,
    answers: Iterable[Answer] | AnswerColumns,
    recipe: Recipe,
    correction: Correction | None = None,
) -> pd.DataFrame:
    """A row a statement, variant and wording, as `table.agreement` makes it of a statement that is
    this variant alone; `variant` is its number, 0 the statement's own text.

    Without rows where only first texts were asked.
    """
    evidence = answers if isinstance(answers, AnswerColumns) else AnswerColumns.of(answers)
    if not evidence.variant.any():
        return pd.DataFrame(columns=list(COLUMNS))
    of_pair = evidence.role.match("statement") | evidence.role.match("mirror")
    numbers = np.where(of_pair, evidence.variant, 0)
    names = [evidence.statement.words[code] for code in evidence.statement.codes]
    apart = [
        f"{n}{SEPARATOR}{v}" if ours else n
        for n, v, ours in zip(names, numbers, of_pair, strict=True)
    ]
    table = agreement(
        header, replace(evidence, statement=CategoryColumn.of(apart)), recipe, correction
    )
    table = table[table["role"] == "statement"].reset_index(drop=True)
    parts = table["statement"].str.rsplit(SEPARATOR, n=1)
    table = table.assign(statement=parts.str[0], variant=parts.str[1].astype(np.int64))
    return table[list(COLUMNS)]
