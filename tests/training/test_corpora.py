"""Reading corpora: every kind of file gives the same documents, every bad one a sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probes.errors import CorpusError
from probes.training import corpora, documents, lines

TEXTS = ["One sentence.", 'Two, with "quotes" and a comma.', "Drei: ä, ö, ü.", "四。"]


def text(path: Path, texts: list[str]) -> None:
    path.write_text("\n".join(["", *texts, "  "]), "utf-8")


def jsonl(path: Path, texts: list[str]) -> None:
    rows = [{"id": n, "text": t} for n, t in enumerate(texts)]
    path.write_text("".join(json.dumps(r) + "\n" for r in [*rows, {"text": None}]), "utf-8")


def table(path: Path, texts: list[str]) -> None:
    import pandas as pd

    separator = "\t" if path.suffix == ".tsv" else ","
    pd.DataFrame({"n": range(len(texts)), "text": texts}).to_csv(path, sep=separator, index=False)


def parquet(path: Path, texts: list[str]) -> None:
    import pandas as pd

    pd.DataFrame({"n": range(len(texts)), "text": texts}).to_parquet(path)


def saved(path: Path, texts: list[str]) -> None:
    import datasets

    datasets.disable_progress_bars()
    datasets.Dataset.from_dict({"text": texts}).save_to_disk(str(path))


def array(path: Path, texts: list[str]) -> None:
    path.write_text(json.dumps([{"id": n, "text": t} for n, t in enumerate(texts)], indent=1))


def packed(write: Callable[[Path, list[str]], None]) -> Callable[[Path, list[str]], None]:
    """What `write` writes, compressed as the name says."""

    def written(path: Path, texts: list[str]) -> None:
        import pyarrow as pa

        write(path.with_suffix(""), texts)
        kind = {".gz": "gzip", ".zst": "zstd"}[path.suffix]
        with pa.CompressedOutputStream(str(path), kind) as file:
            file.write(path.with_suffix("").read_bytes())

    return written


KINDS: dict[str, Callable[[Path, list[str]], None]] = {
    "a.txt": text,
    "a.md": text,
    "a.jsonl": jsonl,
    "a.jsonl.gz": packed(jsonl),
    "a.txt.zst": packed(text),
    "a.json": array,
    "a.csv": table,
    "a.csv.gz": packed(table),
    "a.tsv": table,
    "a.parquet": parquet,
    "a": saved,
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    """In order, blank ones left out."""
    KINDS[name](tmp_path / name, TEXTS)
    assert list(corpora.find_corpus([str(tmp_path / name)]).documents()) == TEXTS


def test_a_folder_is_all_files_in_it_that_can_be_read(tmp_path: Path) -> None:
    """By name, in folders below too; others are passed over; hashes are of what is read."""
    (tmp_path / "deep").mkdir()
    text(tmp_path / "deep" / "b.txt", ["second"])
    text(tmp_path / "a.txt", ["first"])
    (tmp_path / "notes.pdf").write_bytes(b"%PDF\0")
    found = corpora.find_corpus([str(tmp_path)])
    assert list(found.documents()) == ["first", "second"]
    before = corpora.sha256(list(found.hashes().values()))
    text(tmp_path / "a.txt", ["changed"])
    assert corpora.sha256(list(found.hashes().values())) != before


def test_what_a_folder_says_of_itself_is_no_part_of_the_corpus(tmp_path: Path) -> None:
    """As a cloned data set has it; what is left out is told, and read where it is named."""
    text(tmp_path / "a.txt", ["a document"])
    for name in ("README.md", "LICENSE.txt", "notes.pdf"):
        text(tmp_path / name, ["about it"])
    for hidden in (".git", ".cache"):
        (tmp_path / hidden).mkdir()
        text(tmp_path / hidden / "b.txt", ["hidden"])
    corpus = corpora.find_corpus([str(tmp_path)])
    assert list(corpus.documents()) == ["a document"]
    warning = " ".join(corpus.warnings())
    assert "1 file of the corpus is read, 3 are not" in warning
    assert all(name in warning for name in ("README.md", "LICENSE.txt", "notes.pdf"))
    named = corpora.find_corpus([str(tmp_path / "README.md")])
    assert (list(named.documents()), list(named.warnings())) == (["about it"], [])


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a"])
def test_a_column_may_lie_within_another(tmp_path: Path, name: str) -> None:
    """By its path; a name that holds the dot itself goes before it."""
    rows: list[dict[str, object]] = [{"meta": {"body": text}} for text in TEXTS]
    rows.append({"meta": None})  # no document
    path = tmp_path / name
    if name == "a":
        import datasets

        datasets.Dataset.from_list(rows).save_to_disk(str(path))
    elif name == "a.parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines_of = "\n".join(map(json.dumps, rows))
        path.write_text(json.dumps(rows) if name == "a.json" else lines_of)
    assert list(corpora.find_corpus([str(path)], "meta.body").documents()) == TEXTS
    assert "has no column 'meta.title'" in refusal(path, column="meta.title")


def test_cells_may_be_apart_by_another_mark(tmp_path: Path) -> None:
    """As ``--delimiter`` has it."""
    (tmp_path / "a.csv").write_text("id;text\n1;first, of two\n2;second\n")
    corpus = corpora.find_corpus([str(tmp_path / "a.csv")], delimiter="semicolon")
    assert list(corpus.documents()) == ["first, of two", "second"]
    corpus = corpora.find_corpus([str(tmp_path / "a.csv")])  # as the help says
    assert list(corpus.documents()) == ["first, of two", "second"]
    for head in ("", "sep=;\n"):
        (tmp_path / "b.csv").write_text(f"{head}id;text\n1;first; of two\n")
        said = "has 3 cells, the first row 2; a cell with semicolons needs quotes"
        assert said in refusal(tmp_path / "b.csv")


def test_a_file_without_line_ends_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No character is lost, though cuts fall within characters; a row of JSON is not cut."""
    monkeypatch.setattr(lines, "LONGEST", 7)
    long = "äöü€" * 9
    (tmp_path / "a.txt").write_text(long, "utf-8")
    pieces = list(corpora.find_corpus([str(tmp_path / "a.txt")]).documents())
    assert "".join(pieces) == long
    assert max(map(len, pieces)) <= 7
    jsonl(tmp_path / "a.jsonl", [long, "next"])
    assert list(corpora.find_corpus([str(tmp_path / "a.jsonl")]).documents()) == [long, "next"]
    monkeypatch.setattr(lines, "PIECES", 3)
    assert "line 1 is longer" in refusal(tmp_path / "a.jsonl")


def refusal(*paths: Path | str, column: str = "text") -> str:
    with pytest.raises(CorpusError) as raised:
        list(corpora.find_corpus([str(p) for p in paths], column).documents())
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    """In tables of every kind."""
    parquet(tmp_path / "a.parquet", TEXTS)
    saved(tmp_path / "a", TEXTS)
    assert "it has 'n', 'text': choose one with --column" in refusal(
        tmp_path / "a.parquet", column="body"
    )
    assert "it has 'text'" in refusal(tmp_path / "a", column="body")


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Neither of the two is taken silently."""
    (tmp_path / "a.csv").write_text("text,text\none,two\n")
    assert refusal(tmp_path / "a.csv").endswith("the column 'text' stands 2 times")


def test_what_is_not_there_or_holds_nothing_is_one_sentence(tmp_path: Path) -> None:
    """And a data set of several parts says which there are."""
    assert "there is no such file or folder" in refusal(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "a folder without files that can be read" in refusal(tmp_path / "empty")
    text(tmp_path / "a.txt", TEXTS)
    assert "is given twice" in refusal(tmp_path / "a.txt", tmp_path)
    several = tmp_path / "several"
    saved(several / "train", TEXTS)
    (several / "dataset_dict.json").write_text('{"splits": ["train"]}')
    assert f"give one, as in {several / 'train'}" in refusal(several)
    (several / "train" / "state.json").write_text("{")
    assert "is no saved data set" in refusal(several / "train")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "dataset_dict.json").write_text("{}")
    assert refusal(tmp_path / "none").endswith("several data sets, but none of them is there")


def test_a_library_that_is_missing_is_named_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the kind of file that needs it is refused."""
    parquet(tmp_path / "a.parquet", TEXTS)
    text(tmp_path / "a.txt", TEXTS)
    monkeypatch.setattr(documents, "find_spec", lambda _: None)
    assert "pip install 'political-probes[train]'" in refusal(tmp_path / "a.parquet")
    assert list(corpora.find_corpus([str(tmp_path / "a.txt")]).documents()) == TEXTS
