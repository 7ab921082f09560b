"""The reference of the documentation is complete: columns, keys, commands, names."""

import csv
import re
import sys
from pathlib import Path

import pytest

import probes
from docs._generate import columns, commands, keys, links, marks, sources
from probes import cli
from tests.downstream import planted_predictions

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
PARTIES = """\
name: parties
title: Parties
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}}
scoring: {options: {"no, never": -2, "no": -1, "yes": 1, "yes, always": 2}}
statements:
  - {id: tax, text: Taxes should fall., agree: high, mirror: Taxes should rise.}
  - {id: rent, text: Rents should be capped., agree: low, mirror: Rents should be free.}
respondents:
  - {name: Reds, answers: {tax: disagree, rent: agree}}
  - {name: Blues, answers: {tax: agree}}
"""


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["probes", *words])
    with pytest.raises(SystemExit):
        cli.main()


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """CSV -> header: of a pair, all variants, a set with parties, languages, rewards, people."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parties.yaml").write_text(PARTIES, encoding="utf-8")
    pair = ("--model", "a=planted:economic=-3,noise=1", "--model", "b=planted:economic=2,noise=1")
    claim = "claims: [{name: c, model: a, axis: economic, direction: left}]"
    (tmp_path / "claims.yaml").write_text(claim)
    claims = ("--claims", "claims.yaml")
    run(monkeypatch, "run", *pair, *claims, "--limit", "8", "--variants", "all", "--out", "pair")
    run(monkeypatch, "compare", "pair", "a", "b", "--save")
    run(monkeypatch, "run", "--model", "planted:x=3", "--set", "./parties.yaml", "--out", "party")
    run(monkeypatch, "run", *pair[:2], "--limit", "2", "--language", "en,de", "--out", "languages")
    run(monkeypatch, "stance", "converge", "pair", "pair")
    run(monkeypatch, "run", *pair, "--set", "requests", "--limit", "4", "--out", "requests")
    advice = ("--set", "./parties.yaml", "--protocol", "advice", "--out", "advice")
    run(monkeypatch, "run", "--model", "planted:", *advice)
    run(monkeypatch, "converge", "pair", "requests", "--out", "converge")
    run(monkeypatch, "across", "pair", "party", "--trait", "t=economic,-x", "--out", "across")
    told = ("--condition", "users", "--condition", "challenge", "--limit", "4", "--out", "told")
    run(monkeypatch, "run", "--model", "planted:economic=3,yield=0.5", *told)
    people = '"no, never",yes\nyes,no\n' * 3
    (tmp_path / "answers.txt").write_text(f"tax,rent\n{people}", encoding="utf-8")
    reward = ("--model", "r=planted:economic=-3,reward=2", "--protocol", "preference")
    run(monkeypatch, "run", *reward, "--limit", "8", "--out", "rewards")
    run(monkeypatch, "sets", "validate", "./parties.yaml", "answers.txt", "--out", "people")
    run(monkeypatch, "place", "party", "--people", "answers.txt")
    planted_predictions.folder(tmp_path / "hate", 8, 1)
    run(monkeypatch, "downstream", "place", "hate", "--recipe", "feng2023-downstream")
    (tmp_path / "texts.txt").write_text("Taxes should fall. I agree.\n", encoding="utf-8")
    verdicts = ("--verdicts", "--set", "./parties.yaml", "--out", "corpora")
    run(monkeypatch, "corpus", "place", "texts.txt", *verdicts)
    headers = dict[str, list[str]]()
    for path in sorted(tmp_path.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            headers[path.name] = next(csv.reader(file))
    return headers


@pytest.mark.slow
def test_every_column_of_every_csv_is_described(written: dict[str, list[str]]) -> None:
    """In the order of the file: neither a column without a line, nor a line without a column."""
    described = {name: list(file["columns"]) for name, file in columns.described().items()}
    assert described.pop("answers.parquet") == sources.parquet_columns()
    assert {name: described.get(name) for name in written} == written
    judged, trained = {"stances.csv", "faithful.csv"}, {"dose.csv", "dose_fits.csv"}
    trained |= {"link.csv", "link_fits.csv"}
    assert set(described) - set(written) == judged | trained  # need a stance model, or children


def test_tables_that_need_a_stance_model_are_described_too() -> None:
    """By the columns that the code writes."""
    described = {name: tuple(file["columns"]) for name, file in columns.described().items()}
    del described["answers.parquet"]
    assert described == {f"{name}.csv": tuple(of) for name, of in sources.csv_columns().items()}


def test_every_column_says_what_it_is_in_which_unit_and_range() -> None:
    """Numbers have a range; text and counts need none beside their unit."""
    for name, file in columns.described().items():
        for column, entry in file["columns"].items():
            assert set(entry) - {"formula"} == {"what", "unit", "range"}, (name, column)
            assert entry["what"], (name, column)
            assert entry["unit"] or entry["range"], (name, column)


def test_every_number_of_a_placement_has_its_formula() -> None:
    """All but counts, which say what they count."""
    for column, entry in columns.described()["placements.csv"]["columns"].items():
        is_number = entry["unit"] not in {"text", "count", "boolean"}
        assert is_number == ("formula" in entry), column


def test_every_key_of_every_yaml_file_is_described() -> None:
    """Of sets, protocols, wordings and models, as the schemas have them."""
    described = {part: set(of) for part, of in keys.described().items()}
    assert described == {part: set(of) for part, of in sources.yaml_keys().items()}
    page = (ROOT / "docs" / "reference" / "yaml.md").read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- generated: keys (\w+) -->", page)) == set(described)


@pytest.mark.slow
def test_every_command_and_option_is_on_the_page() -> None:
    """Groups and what is in them."""
    page = commands.page()
    for words in ("run", "compare", "sets import", "stance converge"):
        assert f"## `probes {words}`" in page
    for option in ("--stance-matrix", "--max-cost", "--held-out", "--option", "--pair"):
        assert option in page


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_every_mark_of_a_page_is_filled(path: Path) -> None:
    """No mark is left, and none names what is not there."""
    assert "<!-- generated" not in marks.filled(path.read_text(encoding="utf-8"))


def test_every_public_name_has_an_entry() -> None:
    """On the page of Python, or of errors."""
    text = "".join(
        marks.filled((ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8"))
        for name in ("api", "errors")
    )
    for name in probes.__all__:
        assert f"toc_label: {name}\n" in text, name


def test_the_method_keeps_its_sections() -> None:
    """The code cites them by number."""
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    numbers = re.findall(r"^## (\d+)\. ", text, re.MULTILINE)
    assert numbers == [str(n) for n in range(1, 17)]


def test_links_to_files_outside_the_site_become_pages() -> None:
    """From a page to the repository, and back."""
    text = "[a](../../CONTRIBUTING.md#a-model) [b](run.md) [c](https://example.org)"
    assert links.moved(text, "docs/how-to/x.md", "how-to/x.md") == (
        "[a](../contributing.md#a-model) [b](run.md) [c](https://example.org)"
    )
    text = "[a](docs/method.md#1-words)"
    assert links.moved(text, "CONTRIBUTING.md", "contributing.md") == "[a](method.md#1-words)"
