"""What the corpora of the invented groups say, and what their classifiers may learn from."""

from pathlib import Path

import pytest

from probes.demo.groups import act, words
from probes.demo.groups.plan import GroupsPlan
from probes.demo.paper_corpora import VERDICTS
from probes.downstream.task import tasks
from probes.downstream.task import texts as task_texts
from probes.instruments import sets
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice

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


def test_set_protocol_and_tasks_are_read_strictly(tmp_path: Path) -> None:
    """What the act writes is what a user may write; the set is keyed both ways in every topic."""
    act._write(GroupsPlan(lines=10), tmp_path)
    materials = gather(
        sets.load(str(tmp_path / "groups.yaml")), ProtocolChoice(str(tmp_path / "protocol.yaml"))
    )
    assert len(materials.recipe.wordings) == 5
    texts = task_texts.read(tasks.load(str(tmp_path / "attacks-32" / "task.yaml"), {}))
    assert texts.folds == ["test"]
    statements = words.statement_set()["statements"]
    assert isinstance(statements, list)
    topics: dict[str, list[int]] = {}
    for statement in statements:
        topics.setdefault(statement["topic"], []).extend(statement["effects"].values())
    assert len(topics) == 8 * len(words.GROUPS)
    assert all(sum(effects) == 0 for effects in topics.values())
