"""Tables of text in Markdown, LaTeX or HTML; whatever a cell holds, it stays text.

The first column is set to the left, the others to the right. Knows no column by name.
"""

import html as markup
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probes.files import escape

TextRow = Mapping[str, str]
"""Name of a column -> the text of its cell; all rows of a table have the same."""
MINUS = "\N{MINUS SIGN}"
MARKS: Mapping[str, str] = {
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S",
    "¶": r"\P",
    "–": "--",
}
"""What stands behind what a note explains, as LaTeX has it."""
CELL = "padding:.2em .8em;text-align:right"


def markdown(rows: Sequence[TextRow], note: str) -> str:
    """A table with a note below it."""
    names = list(rows[0]) if rows else []
    rule = ["---" if number == 0 else "---:" for number in range(len(names))]
    lines = [names, rule, *(list(row.values()) for row in rows)]
    drawn = "\n".join("| " + " | ".join(map(escape.markdown, line)) + " |" for line in lines)
    return f"{drawn}\n\n{escape.markdown(note)}\n"


@dataclass(frozen=True, slots=True)
class TableStyle:
    """How a table for a paper looks."""

    columns: Sequence[str] = ("position", "answered", "yes-bias", "opposition")
    """Beside the model, in this order."""
    digits: int = 2
    """Behind the point, of positions and intervals."""
    caption: str = ""
    """Empty: what the table shows."""
    label: str = "tab:placements"
    """What it is referred to by."""
    wide: bool = False
    """Over both columns of a page (``table*``)."""
    alignment: str = ""
    """Of the columns, a letter each, as LaTeX has them."""


def latex(rows: Sequence[TextRow], caption: str, note: str, style: TableStyle) -> str:
    """A table environment for booktabs, ready to paste: as wide as it is, or scaled down to the
    column where it would not fit.

    Args:
        rows: The table.
        caption: Above it.
        note: Below it, in small print.
        style: How it looks.
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
    """A table and a paragraph with the note."""
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
