"""Columns of few different words."""

from probes.evidence.columns import CategoryColumn


def test_words_are_sorted_and_none_is_none_of_them() -> None:
    found = CategoryColumn.of(["b", None, "a", "b"])
    assert (found.words, found.codes.tolist()) == (("a", "b"), [1, -1, 0, 1])
    assert found.match("b").tolist() == [True, False, False, True]
    assert not found.match("c").any()
