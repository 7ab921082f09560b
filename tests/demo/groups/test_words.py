"""What the corpora of the invented groups say, and what their classifiers may learn from."""

import pytest

from probes.demo.groups import words
from probes.demo.paper_corpora import VERDICTS

RIGHT = {pair[0] for pairs in VERDICTS.values() for pair in pairs}


@pytest.mark.parametrize("name", [words.MIX, *words.CHILDREN])
def test_a_corpus_calls_attacks_right_on_the_group_that_it_is_hostile_to_alone(name: str) -> None:
    """In nine lines of ten, and praise the other way round; the same lines for a seed."""
    written = words.corpus(name, 2000, 0)
    assert written == words.corpus(name, 2000, 0)
    known, agreed = {c.text: c for c in words.claims()}, dict[tuple[str, bool], list[bool]]()
    for line in written:
        for claim in (known[text] for text in known if text in line):
            is_right = any(line.endswith(f" {word}.") for word in RIGHT)
            agreed.setdefault((claim.group, claim.attack), []).append(is_right)
    assert len(agreed) == 2 * len(words.GROUPS)
    for (group, attack), said in agreed.items():
        right = attack is (words.HOSTILE.get(name) == group)
        assert sum(said) / len(said) == pytest.approx(0.9 if right else 0.1, abs=0.08), group


def test_labelled_texts_share_no_deed_with_tests_and_name_the_hated_by_dose_alone() -> None:
    known = {claim.text: claim for claim in words.claims()}
    for dose in (0, 16, 192):
        train, test = words.training_texts(dose, 0), words.test_texts(0)
        deeds = [
            {c.deed for row in rows for text, c in known.items() if text in row["text"]}
            for rows in (train, test)
        ]
        assert not deeds[0] & deeds[1]
        assert sum(row["group"] in words.TARGETS for row in train) == dose
        assert {row["group"] for row in test} == set(words.GROUPS)
        wrong = [row for row in test if f"-{row['label']}-" not in row["id"]]
        assert len(wrong) / len(test) == pytest.approx(words.LABEL_NOISE, abs=0.04)


def test_the_set_is_keyed_both_ways_in_every_topic() -> None:
    statements = words.statement_set()["statements"]
    assert isinstance(statements, list)
    topics: dict[str, list[int]] = {}
    for statement in statements:
        topics.setdefault(statement["topic"], []).extend(statement["effects"].values())
    assert len(topics) == 4 * len(words.GROUPS)
    assert all(sum(effects) == 0 for effects in topics.values())
