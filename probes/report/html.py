"""Content -> one HTML file that needs nothing else.

Text is escaped by Jinja. What is large (plotly.js, the evidence, the CSVs) is compressed and
written in base 85; the page's script opens it. The page forbids itself any network, and any script
but those whose hashes it names.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from probes.errors import UsageError
from probes.output.policy import policy
from probes.phrases import language, plural, say, speaking
from probes.report.content import PLAIN, Cover, content
from probes.report.load import RunData

SCRIPTS: Final = ("page.js", "people.js", "chart.js", "detail.js")
"""In the order in which they run."""
LIVE: Final = "live.js"
"""Asks the server of `probes view` whether there is something new."""
CSV_BUDGET: Final = 6_500_000
"""Characters that the compressed tables may take; the largest are left out first."""
SAFE: Final = str.maketrans("<>&", ",.:")
"""Characters of base 85 that mean something in HTML, and what stands for them."""
SAID: Final = re.compile(r'\bsay\("([^"]+)"')
"""A text that a script says, in English."""
TOO_LARGE: Final = 60_000_000
"""Bytes from which a table is not even compressed to see."""


def page(run_data: RunData, *, live: bool = False, cover: Cover = PLAIN) -> str:
    """The report of a run as HTML; `live` for `probes view`, which serves it.

    Raises:
        UsageError: plotly is not installed.
    """
    with speaking(cover.language or run_data.tables.language):
        return _page(run_data, cover, live=live)


def _page(run_data: RunData, cover: Cover, *, live: bool) -> str:
    """The page in the language at hand."""
    texts, plotly = content(run_data, cover), _plotly()
    scale = run_data.materials.statements.scale
    scripts = [asset(name) for name in (*SCRIPTS, *([LIVE] if live else []))]
    template = environment(scale).get_template("page.html.jinja")
    return template.render(
        **texts.page,
        core={**texts.core, "words": _words(scripts)},
        details=pack(_json(texts.details)),
        plotly=pack(plotly.encode()),
        files=_files(run_data.csv),
        scripts=list(map(Markup, scripts)),
        style=Markup(asset("style.css")),  # noqa: S704  # our own file
        policy=policy([*scripts, plotly], connect=live),
        version=version("political-probes"),
        state=run_data.state if live else "",
    )


def require() -> None:
    """See that everything that a page is made with is installed.

    Raises:
        UsageError: plotly is not.
    """
    _plotly()


def pack(data: bytes) -> str:
    """Compressed, in base 85: the same text for the same bytes, none of it markup."""
    return base64.b85encode(gzip.compress(data, 9, mtime=0)).decode().translate(SAFE)


def transposed(table: bytes) -> tuple[bytes, int]:
    """A CSV column by column, which compresses better, and how many columns it has.

    Cells are what lies between commas: where lines differ in their number (a quoted comma), or the
    last line has no end, the file is left as it is, and the number is 0.
    """
    lines = table.split(b"\n")
    rows = [line.split(b",") for line in lines[:-1]]
    if lines[-1] or len({len(row) for row in rows}) != 1:
        return table, 0
    return b"\n".join(cell for column in zip(*rows, strict=True) for cell in column), len(rows[0])


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise UsageError(
            "a report needs plotly, which is not installed: pip install 'political-probes[report]'"
        ) from None
    return str(get_plotlyjs())


def asset(name: str) -> str:
    """A file of this folder, as text."""
    return files("probes.report").joinpath(name).read_text("utf-8")


def _words(scripts: Sequence[str]) -> dict[str, str]:
    """What the scripts say, in the language at hand; nothing for English."""
    texts = SAID.findall("\n".join(scripts))
    return {text: told for text in texts if (told := say(text)) != text}


def _files(csv: Mapping[str, bytes]) -> list[dict[str, object]]:
    """The tables for download, packed as far as the budget goes; small ones first."""
    left, packed = CSV_BUDGET, dict[str, tuple[str, int]]()
    for name, data in sorted(csv.items(), key=lambda item: len(item[1])):
        if len(data) >= TOO_LARGE:
            continue
        cells, columns = transposed(data)
        text = pack(cells)
        if len(text) <= left:
            packed[name], left = (text, columns), left - len(text)
    return [
        {
            "name": name,
            "size": len(data),
            "data": packed.get(name, ("", 0))[0],
            "columns": packed.get(name, ("", 0))[1],
        }
        for name, data in csv.items()
    ]


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def environment(scale: float) -> Environment:
    """Filters beside Jinja's own; `at` is where a position lies on a rail 200 wide."""
    environment = Environment(
        loader=PackageLoader("probes.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    filters = {"signed": _signed, "count": _count, "bytes": _bytes, "stop": _stop}
    environment.filters |= {**filters, "say": say, "parted": _parted}
    environment.globals |= {"say": say, "plural": plural, "language": language()}
    environment.filters["at"] = lambda position: round(100 + 97 * position / scale, 1)
    return environment


def _signed(value: float, digits: int = 2) -> str:
    """With its sign, a true minus; no sign for what rounds to zero."""
    text = f"{value:+.{digits}f}"
    return text[1:] if not float(text) else text.replace("-", "\N{MINUS SIGN}")


def _count(value: int) -> str:
    """Thousands apart, from five digits on as by custom."""
    return f"{value:,}".replace(",", "\N{THIN SPACE}") if value >= 10_000 else str(value)


def _stop(text: str) -> str:
    """With the full stop of the language at hand at its end."""
    stop = "\N{IDEOGRAPHIC FULL STOP}" if language() == "ja" else "."
    return text.rstrip(stop) + stop if text else ""


def _parted(name: str) -> Markup:
    """A name that may be broken behind a slash or an underscore, and not within a word."""
    return Markup(re.sub("([/_])", r"\1<wbr>", str(escape(name))))  # noqa: S704  # escaped


def _bytes(value: int) -> str:
    """A file's size for people."""
    return f"{value / 1e6:.1f} MB" if value >= 1_000_000 else f"{max(value // 1000, 1)} kB"
