"""The agreement of each single variant (paraphrase) of a statement: the table `variants.csv`.

The agreement table (`table`) averages variants; this one shows how much they differ.
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
"""Between statement id and variant number; ids cannot contain it."""


def by_variant(
    header: Header,
    answers: Iterable[Answer] | AnswerColumns,
    recipe: Recipe,
    correction: Correction | None = None,
) -> pd.DataFrame:
    """One row per statement, variant and wording: `table.agreement` of each variant by itself;
    `variant` is its number, 0 for the statement's own text.

    Empty where no variants were asked.
    """
    evidence = answers if isinstance(answers, AnswerColumns) else AnswerColumns.of(answers)
    if not evidence.variant.any():
        return pd.DataFrame(columns=list(COLUMNS))
    of_pair = evidence.role.match("statement") | evidence.role.match("mirror")
    numbers = np.where(of_pair, evidence.variant, 0)
    names = [evidence.statement.words[code] for code in evidence.statement.codes]
    apart = [
        f"{n}{SEPARATOR}{v}" if in_pair else n
        for n, v, in_pair in zip(names, numbers, of_pair, strict=True)
    ]
    table = agreement(
        header, replace(evidence, statement=CategoryColumn.of(apart)), recipe, correction
    )
    table = table[table["role"] == "statement"].reset_index(drop=True)
    parts = table["statement"].str.rsplit(SEPARATOR, n=1)
    table = table.assign(statement=parts.str[0], variant=parts.str[1].astype(np.int64))
    table = table.sort_values(["statement", "variant", "wording"], ignore_index=True)
    return table[list(COLUMNS)]
