"""Makes run folders for tests, and parses reports."""

import base64
import gzip
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from probes.models import registry
from probes.runs import session

LEFT = "planted:a=-6,noise=0.5"
RIGHT = "planted:a=4,noise=1"
MARKUP = """</script><script>document.title="owned"</script><!-- "it's" & <b>bold</b>"""
"""A string with markup, which must always be shown as text."""


def instrument(
    axes: int = 2, *, statements: int = 6, said: str = "", respondents: Sequence[object] = ()
) -> dict[str, Any]:
    """A set with axes called a, b, c ..., and `statements` statements on each."""
    names = "abcdefgh"[:axes]
    return {
        "name": "made",
        "title": f"Made up{said}",
        "language": "de",
        "licence": "CC0-1.0",
        "axes": {n: {"negative": f"low {n}", "positive": f"high {n}"} for n in names},
        "statements": [
            {
                "id": f"{n}{i}",
                "text": f"Claim {i} on {n} should hold{said}.",
                "mirror": f"Whatever {n} says, number {i} must fail{said}.",
                "topic": f"topic {i % 3}",
                "effects": {n: 1 if i % 2 else -1} if axes else {},
            }
            for n in names or "x"
            for i in range(statements)
        ],
        **({"respondents": list(respondents)} if respondents else {}),
    }


def run(
    out: Path, given: Mapping[str, str], content: Mapping[str, Any] | str = "", **more: Any
) -> Path:
    """Run models (name -> id) on a set, given by its content or the name of one that ships."""
    asked = content
    if not isinstance(content, str):
        asked = str(out.with_name(f"{out.name}.yaml"))
        Path(asked).write_text(yaml.safe_dump(dict(content), allow_unicode=True), "utf-8")
    specs = [replace(registry.resolve(id_), name=name) for name, id_ in given.items()]
    session.probe(
        session.Request(models=specs, set=str(asked or "compass"), command="probes run", **more),
        out,
    )
    return out


def cut(folder: Path, model: str, answers: int) -> None:
    """Keep only the first answers of a model, as in an unfinished run."""
    path = folder / "answers" / f"{model}.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: answers + 1]))


def block(page: str, name: str) -> bytes:
    """The content of a compressed block of a report; tables as CSV lines."""
    match = re.search(rf'id="{name}"(?: data-columns="(\d+)")?>([^<>&]*)</script>', page)
    assert match, f"the page has no block {name}"
    data = gzip.decompress(base64.b85decode(match[2].translate(str.maketrans(",.:", "<>&"))))
    return turned_back(data, int(match[1] or 0))


def turned_back(data: bytes, columns: int) -> bytes:
    """A table stored by column, as CSV lines."""
    if not columns:
        return data
    cells = data.split(b"\n")
    lines = len(cells) // columns
    return b"".join(b",".join(cells[i::lines]) + b"\n" for i in range(lines))


def details(page: str) -> dict[str, Any]:
    """The data of a report that are unpacked on demand."""
    data: dict[str, Any] = json.loads(block(page, "details"))
    return data


def core(page: str) -> dict[str, Any]:
    """The data from which the chart is drawn."""
    match = re.search(r'<script type="application/json" id="core">(.*?)</script>', page, re.DOTALL)
    assert match
    data: dict[str, Any] = json.loads(match[1])
    return data


def words(page: str) -> str:
    """The page's text on one line, without markup, scripts and styles."""
    bare = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", page)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", bare)).split())
