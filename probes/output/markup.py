"""Tables as Markdown, LaTeX or HTML; all text is escaped.

The first column is aligned left, the others right. Does not depend on the names of columns.
"""

import html as markup
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probes.files import escape

TextRow = Mapping[str, str]
"""Column name -> text of the cell; all rows of a table have the same columns."""
MINUS = "\N{MINUS SIGN}"
MARKS: Mapping[str, str] = {
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S",
    "¶": r"\P",
    "–": "--",
}
"""Marks of footnotes -> LaTeX."""
CELL = "padding:.2em .8em;text-align:right"


def markdown(rows: Sequence[TextRow], note: str) -> str:
    """A Markdown table with a note below it."""
    names = list(rows[0]) if rows else []
    rule = ["---" if number == 0 else "---:" for number in range(len(names))]
    lines = [names, rule, *(list(row.values()) for row in rows)]
    table = "\n".join("| " + " | ".join(map(escape.markdown, line)) + " |" for line in lines)
    return f"{table}\n\n{escape.markdown(note)}\n"


@dataclass(frozen=True, slots=True)
class TableStyle:
    """Layout of a table for a paper."""

    columns: Sequence[str] = ("position", "answered", "yes-bias", "opposition")
    """Columns after the model, in this order."""
    digits: int = 2
    """Decimals of positions and intervals."""
    caption: str = ""
    """Caption; empty: a description of the content."""
    label: str = "tab:placements"
    """LaTeX label to refer to the table."""
    wide: bool = False
    """Whether it spans both columns of a page (``table*``)."""
    alignment: str = ""
    """Alignment of the columns, one letter each, as in LaTeX."""


def latex(rows: Sequence[TextRow], caption: str, note: str, style: TableStyle) -> str:
    """A table environment for booktabs in its natural width, scaled down if wider than the column.

    Args:
        rows: The table.
        caption: Printed above it.
        note: Printed below it in small type.
        style: Layout.
    """
    names = list(rows[0]) if rows else []
    lines = [names, *(list(row.values()) for row in rows)]
    head, *body = (f"{' & '.join(map(_latex_text, line))} \\\\" for line in lines)
    kind = "table*" if style.wide else "table"
    parts = [
        r"% Needs \usepackage{booktabs,graphicx}; names in other scripts need XeLaTeX or LuaLaTeX.",
        rf"\begin{{{kind}}}[t]",
        r"\centering\small\setlength{\belowcaptionskip}{6pt}\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{_latex_text(caption)}}}",
        rf"\label{{{style.label}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{style.alignment}}}",
        r"\toprule",
        head,
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}}",
        rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize {_latex_text(note)}}}",
        rf"\end{{{kind}}}",
    ]
    return "\n".join(parts) + "\n"


def html(rows: Sequence[TextRow], note: str) -> str:
    """An HTML table, and a paragraph with the note."""
    heads = "".join(f'<th style="{CELL}">{markup.escape(name)}</th>' for name in rows[0])
    cells = "".join(
        "<tr>"
        + "".join(f'<td style="{CELL}">{markup.escape(text)}</td>' for text in row.values())
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>"
        f"<p>{markup.escape(note)}</p>"
    )


def _latex_text(cell: str) -> str:
    written = escape.latex(cell).replace(MINUS, "$-$")
    for mark, command in MARKS.items():
        written = written.replace(mark, rf"\textsuperscript{{{command}}}")
    return written
