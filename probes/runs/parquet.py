"""A run as Parquet files, for DuckDB, Polars, R and other columnar readers.

``answers.parquet`` holds every answer of every model, streamed from the evidence; there is one more
file for each table of the run, named like its CSV. The schema's metadata names set, protocol, their
hashes and the version that wrote it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import RunError, UsageError
from probes.evidence import answers
from probes.files import atomic
from probes.files.lock import held
from probes.provenance import versions
from probes.runs import read_back
from probes.runs.folder import Folder
from probes.types import Answer, Header, Tables

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 50_000
"""Number of answers in a row group; about 20 MB in memory."""
EXTRA = "pip install 'political-probes[parquet]'"


def parquet(run: Path, out: Path) -> list[Path]:
    """Write a run's answers and all of its tables into folder `out`.

    Args:
        run: The run folder.
        out: Folder for the files; created if its parent exists.

    Returns:
        The files: answers, then the tables in the order of `Tables`.

    Raises:
        RunError: the run has no answers or damaged ones, or is written to meanwhile; `out` cannot
            be written, or another command writes there.
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401, ICN001
    except ModuleNotFoundError:
        raise UsageError(f"Parquet needs pyarrow: {EXTRA}") from None
    tables = read_back.tables(run)
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"{out}: cannot be made: {error.strerror}") from None
    with held(out, "command"):
        return _written(Folder(run), tables, out)


def _written(folder: Folder, tables: Tables, out: Path) -> list[Path]:
    """Write the files, for callers that hold the lock of `out`."""
    import pandas as pd
    import pyarrow as pa

    about = _metadata(folder)
    written = [out / "answers.parquet"]
    _replace(written[0], evidence_schema().with_metadata(about), _groups(folder))
    for name in (field.name for field in fields(tables)):
        frame = getattr(tables, name)
        if not isinstance(frame, pd.DataFrame):  # a caption, or a table that this run does not have
            continue
        table = pa.Table.from_pandas(frame, preserve_index=False)
        table = table.replace_schema_metadata(about)
        written.append(out / f"{name}.parquet")
        _replace(written[-1], table.schema, iter([table]))
    return written


def _metadata(folder: Folder) -> dict[str, str]:
    run = folder.run()
    names = ("set", "set_sha256", "protocol", "protocol_sha256", "seed", "limit")
    return {**{f"probes.{n}": str(run.get(n)) for n in names}, "probes.versions": str(versions())}


def evidence_schema() -> "pa.Schema":
    """Columns of answers, with their types."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    return pa.schema(
        [
            ("model", text),
            ("statement", text),
            ("role", pa.dictionary(pa.int8(), text)),
            ("wording", pa.dictionary(pa.int16(), text)),
            ("variant", pa.int16()),
            ("condition", text),
            ("order", pa.int16()),
            ("seed", pa.int64()),
            ("before", text),
            ("after", text),
            ("logprobs", pa.map_(text, number)),
            ("mass", number),
            ("status", pa.dictionary(pa.int8(), text)),
            ("key", text),
            ("reply", text),
            ("choice", text),
            ("reason", text),
        ]
    )


def _groups(folder: Folder) -> "Iterator[pa.Table]":
    """The answers of every model, in tables of `ROWS` rows."""
    import pyarrow as pa

    for model in folder.models():
        header, lines = answers.read(folder.answers(model))
        while group := list(islice(lines, ROWS)):
            yield pa.Table.from_pylist([_row(header, a) for a in group], schema=evidence_schema())


def _row(header: Header, answer: Answer) -> Mapping[str, object]:
    row = {name: getattr(answer, name) for name in Answer.__slots__}
    scores = (
        None if answer.logprobs is None else [(n, float(s)) for n, s in answer.logprobs.items()]
    )
    mass = None if answer.mass is None else float(answer.mass)
    return {**row, "model": header.model.name, "logprobs": scores, "mass": mass}


def _replace(path: Path, schema: "pa.Schema", groups: "Iterator[pa.Table]") -> None:
    """Write a Parquet file, whole or not at all."""
    import pyarrow.parquet as pq

    try:
        with (
            atomic.replacing(path) as part,
            pq.ParquetWriter(part, schema, compression="zstd") as file,
        ):
            for group in groups:
                file.write_table(group.cast(schema))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from None
