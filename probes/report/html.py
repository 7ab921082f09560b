"""Makes one self-contained HTML file from the content.

Jinja escapes all text. Large parts (plotly.js, the evidence, the CSVs) are compressed and written
in base 85; the page's script unpacks them. The page's Content-Security-Policy allows no network,
and only scripts whose hashes it names.
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
"""Scripts in the order in which they run."""
LIVE: Final = "live.js"
"""Script that asks the server of `probes view` for a newer state."""
CSV_BUDGET: Final = 6_500_000
"""Maximum number of characters of all compressed tables; the largest are left out first."""
SAFE: Final = str.maketrans("<>&", ",.:")
"""Characters of base 85 with a meaning in HTML -> their replacements."""
SAID: Final = re.compile(r'\bsay\("([^"]+)"')
"""Matches an English text that a script shows."""
TOO_LARGE: Final = 60_000_000
"""Bytes of a table from which on it is left out without trying to compress it."""


def page(run_data: RunData, *, live: bool = False, cover: Cover = PLAIN) -> str:
    """The report of a run as HTML; with `live`, as `probes view` serves it.

    Raises:
        UsageError: plotly is not installed.
    """
    with speaking(cover.language or run_data.tables.language):
        return _page(run_data, cover, live=live)


def _page(run_data: RunData, cover: Cover, *, live: bool) -> str:
    """The HTML page in the current language."""
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
    """Check that the packages a page needs are installed.

    Raises:
        UsageError: plotly is not installed.
    """
    _plotly()


def pack(data: bytes) -> str:
    """Data compressed and in base 85: deterministic, and free of HTML markup."""
    return base64.b85encode(gzip.compress(data, 9, mtime=0)).decode().translate(SAFE)


def transposed(table: bytes) -> tuple[bytes, int]:
    """A CSV column by column, which compresses better, and its number of columns.

    Cells are split at commas. If lines differ in the number of cells (a quoted comma), or the last
    line has no end, the bytes are returned unchanged, with 0 as number of columns.
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
    """Text of a file in this folder."""
    return files("probes.report").joinpath(name).read_text("utf-8")


def _words(scripts: Sequence[str]) -> dict[str, str]:
    """English text -> translation, of all texts in the scripts; empty for English."""
    texts = SAID.findall("\n".join(scripts))
    return {text: translation for text in texts if (translation := say(text)) != text}


def _files(csv: Mapping[str, bytes]) -> list[dict[str, object]]:
    """The tables for download, compressed, smallest first up to the budget."""
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
    """Jinja environment with our filters; `at` gives a position's x on a bar 200 units wide."""
    environment = Environment(
        loader=PackageLoader("probes.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    filters = {"signed": _signed, "count": _count, "bytes": _bytes, "stop": _with_full_stop}
    environment.filters |= {**filters, "say": say, "parted": _breakable}
    environment.globals |= {"say": say, "plural": plural, "language": language()}
    environment.filters["at"] = lambda position: round(100 + 97 * position / scale, 1)
    return environment


def _signed(value: float, digits: int = 2) -> str:
    """A number with its sign (a true minus); no sign if it rounds to zero."""
    text = f"{value:+.{digits}f}"
    return text[1:] if not float(text) else text.replace("-", "\N{MINUS SIGN}")


def _count(value: int) -> str:
    """A count with thousands separators, used from five digits on."""
    return f"{value:,}".replace(",", "\N{THIN SPACE}") if value >= 10_000 else str(value)


def _with_full_stop(text: str) -> str:
    """The text with the full stop of the current language at its end."""
    stop = "\N{IDEOGRAPHIC FULL STOP}" if language() == "ja" else "."
    return text.rstrip(stop) + stop if text else ""


def _breakable(name: str) -> Markup:
    """A name in which the browser may break lines only after a slash or an underscore."""
    return Markup(re.sub("([/_])", r"\1<wbr>", str(escape(name))))  # noqa: S704  # escaped


def _bytes(value: int) -> str:
    """A file size with its unit."""
    return f"{value / 1e6:.1f} MB" if value >= 1_000_000 else f"{max(value // 1000, 1)} kB"
