"""Tables of text in Markdown, LaTeX or HTML; whatever a cell holds, it stays text.

The first column is set to the left, the others to the right. Knows no column by name.
"""

import html as markup
from collections.abc import Mapping, Sequence

from probes.files import escape

TextRow = Mapping[str, str]
"""Name of a column -> the text of its cell; all rows of a table have the same."""
MINUS = "\N{MINUS SIGN}"
MARK = "†"
"""Behind what a note below the table explains."""
CELL = "padding:.2em .8em;text-align:right"


def markdown(rows: Sequence[TextRow], note: str) -> str:
    """A table with a note below it."""
    names = list(rows[0]) if rows else []
    rule = ["---" if number == 0 else "---:" for number in range(len(names))]
    lines = [names, rule, *(list(row.values()) for row in rows)]
    drawn = "\n".join("| " + " | ".join(map(escape.markdown, line)) + " |" for line in lines)
    return f"{drawn}\n\n{escape.markdown(note)}\n"


def latex(rows: Sequence[TextRow], note: str, alignment: str, label: str) -> str:
    """A table environment for booktabs, ready to paste.

    Args:
        rows: The table.
        note: Its caption.
        alignment: Of the columns, a letter each, as LaTeX has them.
        label: What it is referred to by.
    """
    import pandas as pd

    frame = pd.DataFrame(rows).map(_latex_text)
    frame.columns = [_latex_text(name) for name in frame.columns]
    body: str = frame.style.hide(axis="index").to_latex(
        hrules=True,
        column_format=alignment,
        position="t",
        position_float="centering",
        caption=_latex_text(note),
        label=label,
    )
    return (
        "% Needs \\usepackage{booktabs}; names in other scripts need XeLaTeX or LuaLaTeX.\n" + body
    )


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
    return written.replace(MARK, r"\textsuperscript{\textdagger}")
