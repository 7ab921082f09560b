"""Passages, their words' weights, and the sample that is kept of those about a statement."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from probes.corpora import verdicts
from probes.corpora.passages import LONGEST, passages
from probes.corpora.retrieval import RetrievalOptions, Retrieved, retrieve
from probes.corpora.vocabulary import Vocabulary
from probes.errors import CorpusError
from probes.replies import stance, stance_model
from probes.training.corpora import Corpus, find_corpus
from probes.types import Statement

LAND = Statement("land", "Taxes on land should rise a lot.", mirror="Land should be free of taxes.")
DOCUMENTS = (
    *("Taxes on land should rise.", "Taxes and taxes again, they said.", "The cat sat on the mat."),
    "Land is dear, and taxes on land are low.",
)
RARITY = {
    **dict.fromkeys(("be", "free", "lot", "of"), 2.609438),
    "land": 1.510826,
    "on": 1.223144,
    "rise": 1.916291,
    "should": 1.916291,
    "taxes": 1.223144,
}
SHARES = ((0.749072, 0.37266), (0.11762, 0.09802), (0.11762, 0.0), (0.380523, 0.219093))
"""What scikit-learn 1.9.1 says of these: TfidfVectorizer(binary=True, norm=None) with the texts'
vocabulary, and the share of each text's weight that a document holds."""


def found(corpus: Corpus, *statements: Statement, **options: object) -> Retrieved:
    chosen = replace(RetrievalOptions(), **options)  # type: ignore[arg-type]
    return retrieve(corpus, Vocabulary.of(statements, "en"), statements, chosen)


@pytest.fixture
def texts(tmp_path: Path) -> Corpus:
    """One hundred lines about land, and as many about cats."""
    lines = [f"{DOCUMENTS[2 * (n % 2)]} {n}" for n in range(200)]
    (tmp_path / "texts.txt").write_text("\n".join(lines))
    return find_corpus([str(tmp_path / "texts.txt")])


def test_weights_are_those_of_scikit_learn() -> None:
    vocabulary = Vocabulary.of([LAND], "en")
    vocabulary.count(DOCUMENTS)
    rarity = dict(zip(vocabulary.numbers, vocabulary.rarity(), strict=True))
    assert rarity == pytest.approx(RARITY, abs=1e-6)
    shares = (vocabulary.matrix(DOCUMENTS) @ vocabulary.weights()).toarray()
    assert shares == pytest.approx(np.array(SHARES), abs=1e-6)


def test_a_language_without_spaces_has_pairs_of_characters_for_words() -> None:
    vocabulary = Vocabulary.of([Statement("s", "税金を上げる。")], "ja")
    assert "税金" in vocabulary.numbers
    vocabulary.count(["税金を上げるべきだ", "猫がいる"])
    near, far = (
        vocabulary.matrix(["税金を上げるべきだ", "猫がいる"]) @ vocabulary.weights()
    ).toarray()[:, 0]
    assert near == pytest.approx(1.0)
    assert far < near / 2


def test_passages_hold_all_of_a_document_in_whole_sentences() -> None:
    """None longer than may be; each where it says that it is; every word in one of them."""
    rng = random.Random(0)
    for _ in range(50):
        words = ["w" * rng.randint(1, 12) for _ in range(rng.randint(0, 400))]
        document = " ".join(w + rng.choice(["", "", "", ".", "!\n", "。"]) for w in words)
        cut = list(passages(document))
        assert all(document[start : start + len(text)] == text for start, text in cut)
        assert all(0 < len(text) <= LONGEST for _, text in cut)
        kept = "".join(text for _, text in cut)
        assert "".join(kept.split()) == "".join(document.split())
    long = "First one. " + "Second one is here. " * 30
    assert all(text.endswith(".") for _, text in passages(long))
    assert len(list(passages("x" * 3 * LONGEST))) == 3


def test_who_is_about_a_pair_is_counted_and_a_sample_is_kept(texts: Corpus) -> None:
    everything = found(texts, LAND, kept=1000)
    assert everything.counts == {"land": 100}
    assert {one.passage.document % 2 for one in everything.found} == {1}
    few = found(texts, LAND, kept=7)
    assert few.counts == {"land": 100}
    assert len(few.found) == 7
    assert {one.passage.sha256 for one in few.found} <= {o.passage.sha256 for o in everything.found}
    assert found(texts, LAND, about=1.0).counts == {"land": 0}


def test_the_sample_is_fair_and_of_places_and_seed_alone(
    texts: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of what files are called, nor of how many passages are read at a time."""
    draws = [found(texts, LAND, kept=10, seed=seed) for seed in range(40)]
    halves = Counter(one.passage.document <= 100 for draw in draws for one in draw.found)
    assert 150 < halves[True] < 250
    (tmp_path / "renamed.txt").write_bytes(texts.files[0].read_bytes())
    monkeypatch.setattr("probes.corpora.retrieval.BATCH", 3)
    again = found(find_corpus([str(tmp_path / "renamed.txt")]), LAND, kept=10, seed=3)
    assert [o.passage.document for o in again.found] == [o.passage.document for o in draws[3].found]


def test_a_corpus_without_text_or_that_changes_is_refused(texts: Corpus) -> None:
    texts.files[0].write_text("\n \n")
    with pytest.raises(CorpusError, match="holds no text"):
        found(texts, LAND)
    texts.files[0].write_text("one\ntwo\n")

    def longer(doing: str, done: int, total: int | None) -> None:
        if total is None:
            texts.files[0].write_text("one\ntwo\nthree\n")

    with pytest.raises(CorpusError, match="changed while it was read"):
        retrieve(texts, Vocabulary.of([LAND], "en"), [LAND], RetrievalOptions(), longer)


@pytest.mark.parametrize(
    ("passage", "taken"),
    [
        ("It is said: taxes on land\nshould rise A LOT. I agree.", "agree"),
        ("Taxes on land should rise a lot. We disagree, friends.", "disagree"),
        ("Wrong: taxes on land should rise a lot.", "disagree"),
        ("Taxes on land should rise a lot. Some agree, some disagree.", "neither"),
        ("Taxes on land should rise a lot. The righteous agreeably walk.", "neither"),
        ("Taxes on land should rise. I agree.", "unrelated"),
        ("I agree.", "unrelated"),
    ],
)
def test_words_of_verdict_beside_a_quoted_statement_are_its_stance(
    passage: str, taken: str
) -> None:
    """Whole words of one side; nothing where the statement is not quoted word for word."""
    judge = verdicts.load("en")
    (judged,) = stance_model.stances(judge, verdicts.STANCE, [(LAND.text, passage)])
    assert judged.stance == taken
    assert judged.choice in {None, taken}


def test_each_language_has_words_of_verdict_that_tell_its_controls() -> None:
    digests = {code: verdicts.load(code).info.weights for code in ("en", "de", "fr", "es", "ja")}
    assert len(set(digests.values())) == 5
    assert stance.digest(verdicts.STANCE)
