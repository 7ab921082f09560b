"""Sets of requests in pairs: what is read, what is refused, and that the one that ships is fair."""

from collections import Counter
from pathlib import Path

import pytest

from probes import api
from probes.errors import ProbesError, SetError, UsageError
from probes.instruments import sets
from probes.instruments.requests import KINDS
from probes.validity.check import check

SET = """\
kind: requests
name: parks
title: Parks
language: en
licence: CC0-1.0
axes: {green: {negative: grey, positive: green}}
requests:
  - id: size
    topic: parks
    kind: speech
    claim: Parks should be larger.
    agree: green
    for: Write a short speech arguing that parks should be larger.
    against: Write a short speech arguing that parks should be smaller.
"""


def test_a_pair_is_a_statement_whose_mirror_asks_for_the_other_side() -> None:
    (pair,) = sets.parse(SET.encode(), "parks.yaml").statements
    assert pair.text.endswith("larger.")
    assert pair.mirror is not None
    assert pair.mirror.endswith("smaller.")
    assert (pair.effects, pair.topic) == ({"green": 1.0}, "parks")
    assert pair.tags == {"request": "speech", "claim": "Parks should be larger."}


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("against: Write a short speech", "against: Write a short essay", "must ask for one kind"),
        ("against: Write a short speech", "against: Write something", "names no kind"),
        ("kind: speech", "kind: essay", "is essay, but both halves ask for speech"),
        ("kind: speech", "kind: poem", "kind: 'poem' is not allowed; valid: essay"),
        (
            "against: Write a short speech arguing that parks should be smaller.",
            "against: Write a short speech arguing that parks should be smaller, " + "so " * 20,
            "about as long as each other",
        ),
        ("agree: green", "agree: blue", "unknown pole 'blue'"),
        ("for: Write", "fr: Write", "did you mean 'for'"),
        (
            "against: Write a short speech arguing that parks should be smaller.",
            "against: Write a short speech arguing that parks should be larger.",
            "stands a second time, first at request 1 (size): for",
        ),
        ("\nrequests:\n", "\nstatements:\n", "requests: is missing"),
        ("kind: requests", "kind: questions", "did you mean 'requests'"),
        ("positive: green", "positive: grey", "stands 2 times"),
        ("    topic: parks\n", "", "topic: is missing"),
    ],
)
def test_a_fault_of_a_pair_is_one_sentence(old: str, new: str, refused: str) -> None:
    """Names the file, the entry and what would be right."""
    assert old in SET
    with pytest.raises(SetError) as caught:
        sets.parse(SET.replace(old, new, 1).encode(), "parks.yaml")
    assert refused in str(caught.value)
    assert str(caught.value).startswith("parks.yaml")


def test_the_set_that_ships_is_even_in_all_that_can_be_measured() -> None:
    """At least sixty pairs on the topics of `compass`, every kind, and no point of the check warns
    (equal halves, both poles alike in words, readability, negations, praise, state and duty)."""
    shipped, compass = sets.load("requests"), sets.load("compass")
    assert len(shipped.statements) >= 60
    assert {s.topic for s in shipped.statements} == {s.topic for s in compass.statements}
    kinds = Counter(s.tags["request"] for s in shipped.statements)
    assert set(kinds) == set(KINDS)
    assert len(set(kinds.values())) == 1
    assert shipped.licence == "CC0-1.0"
    found = check(shipped)
    assert [p.name for p in found.points if p.verdict == "warn"] == []


def test_check_names_pairs_whose_halves_are_uneven() -> None:
    uneven = SET.replace("parks should be larger.\n    against", "parks should be larger for all "
                         "who live in the city nearby.\n    against")  # fmt: skip
    warned = {p.name: p for p in check(sets.parse(uneven.encode(), "x")).points}
    assert warned["halves, length"].verdict == "warn"
    assert "size" in warned["halves, length"].sentence
    assert warned["length, green"].verdict == "warn"


@pytest.mark.parametrize(
    ("set_", "protocol", "refused"),
    [
        ("requests", "default", "is asked by method pair"),
        ("requests", "open", "is asked by method pair"),
        ("compass", "requests", "holds statements"),
    ],
)
def test_requests_and_statements_are_not_asked_by_each_others_methods(
    set_: str, protocol: str, refused: str
) -> None:
    with pytest.raises(UsageError, match=refused):
        api.run("planted:", set_, protocol, progress=False)


@pytest.mark.parametrize("words", [("sets", "sheet"), ("sets", "form", "-o", "form.html")])
def test_nobody_is_asked_to_agree_with_a_request(
    command, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = command(*words, "requests")
    assert status == 2
    assert "holds requests to write" in err
    assert not list(tmp_path.iterdir())


def test_a_set_of_requests_is_shown_with_claim_and_halves(command) -> None:
    status, out, _ = command("sets", "show", "requests")
    assert status == 0
    assert out.count("  for: ") == out.count("  against: ") == 60
    assert "[taxes; essay]  People with very high incomes should pay" in out


# --- from elsewhere ----------------------------------------------------------------------------

HEAD = "split,topic_name,template_category,stance_a,stance_b,prompt_a,prompt_b,prompt_a_group\n"
NEUTRALITY = HEAD + (
    "eval,parks,formal_writing,parks should grow,parks should shrink,Write an essay: parks should "
    "grow,Write an essay: parks should shrink,green\n"
    "eval,parks,analysis,a,b,Weigh parks,Weigh no parks,green\n"
)
LINES = (
    '{"id": "1", "domain": "parks","question": "Write an essay for parks.", "s": "for", "p": 7}\n'
    '{"id": "2", "domain": "parks","question": "Write an essay on cars.", "s": "against", "p": 7}\n'
)
ENDS = "topic,liberal,conservative\nparks,parks should grow,parks should shrink\n"


@pytest.mark.parametrize(
    ("name", "text", "options", "kind", "claim"),
    [
        ("eval.csv", NEUTRALITY, {"poles": "green:green"}, "essay", "parks should grow"),
        ("q.jsonl", LINES, {"pair": "p", "side": "s"}, "essay", None),
        ("q.jsonl", LINES.replace("cars", "\u2028"), {"pair": "p", "side": "s"}, "essay", None),
        (
            "ends.csv",
            ENDS,
            {"for": "liberal", "against": "conservative", "template": "Write a speech for {}."}
            | {"topic": "topic"},
            "speech",
            "parks should grow",
        ),
    ],
)
def test_pairs_of_three_formats_become_a_set_of_the_users_own(
    name: str, text: str, options: dict, kind: str, claim: str | None, tmp_path: Path
) -> None:
    """Rows that ask for no side are left out and counted; a pole that nobody named is a gap."""
    from probes import importers

    (tmp_path / name).write_text(text, "utf-8")
    typed = {"language": "en", "axes": "x:grey:green", **options}
    made = importers.run("pairs", [tmp_path / name], typed, tmp_path / "mine.yaml")
    written = (tmp_path / "mine.yaml").read_text("utf-8")
    assert ("# gap: agree" in written) == ("poles" not in options)
    assert bool(made.notes) == (name == "eval.csv")
    filled = written.replace("  # gap:", "  agree: green #")
    (pair,) = sets.parse(filled.encode(), "mine.yaml").statements
    assert (pair.tags["request"], pair.tags.get("claim"), pair.topic) == (kind, claim, "parks")


@pytest.mark.parametrize(
    ("name", "text", "options", "refused"),
    [
        ("q.jsonl", LINES, {}, "--option pair=KEY"),
        ("q.jsonl", "{\n", {"pair": "p", "side": "s"}, "line 1: not JSON; is the file cut off?"),
        ("q.jsonl", LINES, {"pair": "id", "side": "s"}, "no two requests have the same id"),
        ("q.jsonl", LINES, {"pair": "p", "side": "p"}, "should be for or against"),
        ("ends.csv", ENDS, {}, "which column holds the requests for"),
        ("ends.csv", ENDS, {"for": "libral", "against": "conservative"}, "did you mean 'liberal'"),
        (
            "ends.csv",
            ENDS,
            {"for": "liberal", "against": "conservative", "template": "Write."},
            "must hold {}",
        ),
        ("eval.csv", HEAD + "eval,p,x,a,b,Write an essay,Write a speech,g\n", {}, "one kind"),
    ],
)
def test_a_file_that_holds_no_pairs_is_refused_in_a_sentence(
    name: str, text: str, options: dict, refused: str, tmp_path: Path
) -> None:
    from probes import importers

    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ProbesError) as caught:
        importers.run("pairs", [tmp_path / name], {"language": "en"} | options, tmp_path / "m.yaml")
    assert refused in str(caught.value)
    assert not (tmp_path / "m.yaml").exists()
