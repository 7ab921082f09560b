"""TwinViews: pairs of statements from left and right, here of our own words in the same format."""

from pathlib import Path

import pytest
import yaml

from probes import importers
from probes.errors import SetError, UsageError
from probes.instruments import sets

PAIRS = """"l","r","topic"
"Rents should be capped.","Owners should set rents as they like.","Housing"
"Health care should be paid by all.","Everyone should insure themselves.","Health"
"Rents should be capped!","Tenants and owners agree best by themselves.","housing"
"Wages should rise by law.","Wages should be left to firms.","Work"
"Trains should be public.","Trains should be run by firms.","HOUSING"
"The same on both sides.","the same on both sides","Work"
"""
FACTS = """"truth","model_truth","falsehood","model_falsehood"
"ice is cold.","a","ice is hot.","b"
"two is even.","a","three is even.","b"
"""


def imported(folder: Path, content: str, **options: str) -> tuple[importers.Imported, dict]:
    source, out = folder / "views.csv", folder / "mine.yaml"
    source.write_text(content)
    found = importers.run("twinviews", [source], options, out, force=True)
    return found, yaml.safe_load(out.read_text())


def test_pairs_become_statements_with_mirrors_by_turns(tmp_path: Path) -> None:
    """Keyed, with topics; a text stands once, topics go by one spelling; licence and source are
    those of the data."""
    found, data = imported(tmp_path, PAIRS)
    entries = [tuple(e.get(k) for k in ("id", "agree", "topic")) for e in data["statements"]]
    assert entries == [
        ("q1", "left", "Housing"),
        ("q2", "right", "Health"),
        ("q3", "left", "Work"),
        ("q4", "right", "Housing"),
    ]
    assert data["statements"][1]["mirror"] == "Health care should be paid by all."
    assert (data["licence"], data["language"]) == ("CC-BY-4.0", "en")
    assert any("2 of 6 pairs left out" in note for note in found.notes)
    loaded = sets.load(str(tmp_path / "mine.yaml"))
    assert [s.effects["leaning"] for s in loaded.statements] == [-1, 1, -1, 1]


def test_a_part_is_taken_evenly(tmp_path: Path) -> None:
    """From the whole file, with the numbers that the pairs have in it."""
    _, data = imported(tmp_path, PAIRS, limit="2")
    assert [e["id"] for e in data["statements"]] == ["q1", "q3"]
    assert len(imported(tmp_path, PAIRS, limit="99")[1]["statements"]) == 4


def test_true_and_false_pairs_become_controls(tmp_path: Path) -> None:
    """A set that a protocol may name under `controls`."""
    _, data = imported(tmp_path, FACTS)
    assert data["axes"] == {"truth": {"negative": "false", "positive": "true"}}
    assert [(e["text"], e["agree"]) for e in data["statements"]] == [
        ("ice is cold.", "true"),
        ("three is even.", "false"),
    ]


@pytest.mark.parametrize(
    ("content", "options", "error", "sentence"),
    [
        ("a,b\n1,2\n", {}, SetError, "lacks the columns of TwinViews"),
        ('l,r,topic\n"",b,c\n', {}, SetError, "a text of the pair is empty"),
        ("l,r,topic\n", {}, SetError, "holds no rows"),
        (PAIRS, {"limit": "0"}, UsageError, "should be a number from 1 up"),
        (PAIRS, {"limit": "some"}, UsageError, "should be a number from 1 up"),
        (PAIRS, {"axes": "a:b:c"}, UsageError, "twinviews has none"),
    ],
)
def test_what_is_not_of_the_format_is_refused(
    tmp_path: Path, content: str, options: dict[str, str], error: type[Exception], sentence: str
) -> None:
    """In a sentence, and nothing is written."""
    with pytest.raises(error, match=sentence):
        imported(tmp_path, content, **options)
    assert not (tmp_path / "mine.yaml").exists()
