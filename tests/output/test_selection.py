"""Some of the models, other names, nothing behind: for every figure, on its tables."""

from pathlib import Path

import pytest
from probes.plots import compass

from probes.errors import ProbesError, UsageError
from probes.output import selection
from tests.pictures import drawn, in_two_languages, moved, on_two_instruments, run, written


def test_only_the_chosen_models_are_drawn_and_only_what_is_between_them() -> None:
    some = selection.chosen(moved(), ["base", "news-left"])
    assert set(some.placements["model"]) == set(some.models["model"]) == {"base", "news-left"}
    assert some.differences is not None
    assert set(some.differences["model"]) == {"news-left"}
    assert len(drawn(compass.draw(some), "dot:")) == 2
    first = run(4).models["model"][0]
    for other in (in_two_languages(run(4)), on_two_instruments(run(4))):
        assert selection.chosen(other, [first])
    with pytest.raises(UsageError, match="no model 'bas'; did you mean 'base'"):
        selection.chosen(moved(), ["bas"])


def test_labels_are_written_everywhere_in_place_of_names(tmp_path: Path) -> None:
    """Also as the parent of another model."""
    (tmp_path / "labels.yaml").write_text('base: "The base"\n')
    (tmp_path / "labels.csv").write_text('model,label\nbase,"The base"\n')
    for name in ("labels.yaml", "labels.csv"):
        labels = selection.read_labels(tmp_path / name)
        some = selection.renamed(moved(), labels)
        assert "The base" in {t.get_text() for t in drawn(compass.draw(some), "label")}
        assert some.differences is not None
        assert set(some.differences["against"]) == {"The base"}
        assert "base" not in set(some.models["parent"])


def test_a_label_may_hold_what_breaks_a_line_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text('model,label\n"a\u2028b","c\u0085d"\n', "utf-8")
    assert selection.read_labels(tmp_path / "l.csv") == {"a\u2028b": "c\u0085d"}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("l.yaml", "- base\n", "should be a mapping"),
        ("l.yaml", "base: 3\n", "base: should be text, the name to write, not 3"),
        ("l.csv", "name,label\nbase,B\n", "two columns model,label"),
        ("l.csv", "model,label\nbase\n", "two columns model,label"),
        ("l.csv", "model,label\nbase,\n", "base: should be text"),
        ("l.yaml", "bse: B\n", "no model 'bse'; did you mean 'base'"),
        ("l.yaml", "base: news-left\n", "two models would be called 'news-left'"),
    ],
)
def test_a_file_of_labels_is_read_strictly(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProbesError, match=sentence):
        selection.renamed(moved(), selection.read_labels(tmp_path / name))


def test_what_stands_behind_can_be_left_out() -> None:
    figure = compass.draw(selection.bare(run(3)))
    assert drawn(figure, "cloud:") == drawn(figure, "constant:") == []
    assert "coin" not in written(figure)
    assert drawn(compass.draw(run(3)), "cloud:")
