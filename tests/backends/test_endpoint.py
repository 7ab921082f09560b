"""Models behind an endpoint: asked over real HTTP, on this machine, of real small models."""

import asyncio
import gc
import json
import math
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from transformers.utils import logging

from probes.agreement.table import agreement
from probes.asking import loop, protocols
from probes.asking.conditions import IN_USER_TURN
from probes.backends import endpoint
from probes.backends.http import client, prefetch
from probes.errors import ModelError, RunError, SetError, UsageError
from probes.evidence import answers
from probes.instruments import sets
from probes.models import registry
from probes.models.load import open_model
from probes.runs import read_back
from probes.tables.place import tabulate
from probes.types import (
    Answer,
    Author,
    Condition,
    Endpoint,
    LoadOptions,
    Materials,
    ModelSpec,
    PastExchange,
    Scorer,
    Writing,
)
from tests import faulty
from tests.asking.test_loop import MINI
from tests.backends import test_contract
from tests.backends.test_contract import SMALL
from tests.served import EVERYTHING, Served, serving

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]
TEXT = frozenset({"completions", "chat"})
SECRET = "sk-Very-Secret-0123456789"
SHORT = replace(SMALL, recipe=replace(SMALL.recipe, writing=Writing(tokens=6)))


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF", 0.01)


@pytest.fixture
def tiny(checkpoint: Build) -> Callable[..., Served]:
    logging.disable_progress_bar()  # what a test reads of the command's errors is the command's

    def made(name: str = "llama", **more: object) -> Served:
        return Served(checkpoint(name), **more)

    return made


def spec(url: str, **more: object) -> ModelSpec:
    return ModelSpec("mine", "tiny", "endpoint", endpoint=Endpoint(url, **more))


def asked(model: Scorer, materials=SHORT, start: int = 0) -> list[Answer]:
    planned = loop.plan(model, materials, limit=1)
    return [a for batch in loop.ask(model, planned, start) for a in batch.answers]


# --- what it gives -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen2", "bloom"])
def test_prompt_logprobs_score_options_as_the_checkpoint_itself_does(
    checkpoint: Build, tiny: Callable[..., Served], name: str
) -> None:
    """Log-probabilities and mass within 1e-4 of backend `causal`, for every cell."""
    with serving(tiny(name)) as url:
        remote = open_model(spec(url), LoadOptions())
        assert remote.info.gives == "prompt log-probabilities"
        there = asked(remote)
    here = asked(open_model(ModelSpec("mine", str(checkpoint(name))), LoadOptions(chat=False)))
    found = {(a.before, a.after, tuple(a.logprobs)): a for a in here}
    assert len(there) == len(here) == 24
    for answer in there:
        own = found[answer.before, answer.after, tuple(answer.logprobs)]
        assert list(answer.logprobs.values()) == pytest.approx([*own.logprobs.values()], abs=1e-4)
        assert answer.mass == pytest.approx(own.mass, abs=1e-4)


@pytest.mark.slow
def test_it_keeps_the_promises_of_every_backend(tiny: Callable[..., Served]) -> None:
    """In batches of any size and order, and twice."""
    with serving(tiny("llama")) as url:
        model = open_model(spec(url), LoadOptions())
        test_contract.test_a_backend_keeps_the_promises_of_a_scorer(model)
        test_contract.test_a_run_of_a_backend_is_whole(model)


def test_a_merge_at_the_seam_is_scored_as_the_checkpoint_itself_does(
    checkpoint: Build, tiny: Callable[..., Served]
) -> None:
    """Where no token ends before the slot, what stands before it is asked for by itself."""
    glued = {
        name: {
            "ask": "{statement}",
            "answer": "It is dis{slot} today.",
            "pairs": [["agree", "order"]],
        }
        for name in ("glued",)
    }
    from probes.asking import wordings

    recipe = replace(SHORT.recipe, wordings=tuple(wordings.parse(glued, Path("x")).values()))
    materials = replace(SHORT, recipe=recipe)
    served = tiny("gpt2")
    with serving(served) as url:
        there = asked(open_model(spec(url), LoadOptions()), materials)
    here = asked(open_model(ModelSpec("m", str(checkpoint("gpt2"))), LoadOptions()), materials)
    assert any(body["prompt"].endswith("It is dis") for body in served.asked)
    by_text = {a.before: a.logprobs for a in here}
    for answer in there:
        assert answer.logprobs == pytest.approx(by_text[answer.before], abs=1e-4)


@pytest.mark.slow
def test_tokens_that_are_parts_of_characters_are_scored_right(
    checkpoint: Build, tiny: Callable[..., Served]
) -> None:
    """Byte-level tokens of other scripts spell nothing by themselves."""
    statement = replace(SHORT.statements.statements[0], text="家賃は法律で抑えるべきだ。")
    materials = replace(SHORT, statements=replace(SHORT.statements, statements=(statement,)))
    with serving(tiny("llama")) as url:
        there = asked(open_model(spec(url), LoadOptions()), materials)
    here = asked(open_model(ModelSpec("m", str(checkpoint("llama"))), LoadOptions()), materials)
    by_text = {a.before: a.logprobs for a in here}
    assert any("家賃" in answer.before for answer in there)
    for answer in there:
        assert answer.logprobs == pytest.approx(by_text[answer.before], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_tokens_of_the_vocabulary_are_scored_as_text_is(
    tiny: Callable[..., Served], name: str
) -> None:
    """Log-probabilities of a server that sends tokens as its vocabulary has them are the same."""
    served = tiny(name)
    with serving(served) as url:
        decoded = asked(open_model(spec(url), LoadOptions()))
        served.spelt = served.tokenizer.convert_ids_to_tokens
        model = open_model(spec(url), LoadOptions())
        assert model.info.gives == "prompt log-probabilities"
        raw = asked(model)
    assert [a.logprobs for a in raw] == [a.logprobs for a in decoded]


def test_one_reply_gone_astray_takes_no_ability_away(tiny: Callable[..., Served]) -> None:
    """Of another process, say: what a model lacks it lacks twice."""
    served = tiny("llama")
    inner, gone = served.reply, list[str]()

    def astray(path: str, body: dict, key: str) -> tuple[int, dict]:
        gone.append(path)
        return inner(path, {**body, "prompt": "Something else."} if len(gone) == 1 else body, key)

    served.reply = astray
    with serving(served) as url:
        assert open_model(spec(url), LoadOptions()).info.gives == "prompt log-probabilities"


def test_echoed_numbers_that_are_out_of_place_are_not_believed(
    tiny: Callable[..., Served],
) -> None:
    """A server whose log-probabilities belong to the tokens beside is asked for text instead."""
    with serving(tiny("llama", shift=1)) as url:
        assert open_model(spec(url), LoadOptions()).info.gives == "text"


@pytest.mark.parametrize(
    ("name", "offers", "chat", "gives", "turns"),
    [
        ("chat", EVERYTHING, None, "prompt log-probabilities", False),
        ("chat", EVERYTHING, True, "top log-probabilities", True),
        ("chat", EVERYTHING - {"echo"}, None, "top log-probabilities", True),
        ("chat", TEXT, None, "text", True),
        ("chat", TEXT, False, "text", False),
        ("llama", TEXT | {"logprobs"}, None, "text", False),
        ("chat", TEXT - {"completions"}, None, "text", True),
    ],
)
def test_what_a_model_can_do_is_what_came_back(
    tiny: Callable[..., Served], name: str, offers: frozenset[str], chat, gives: str, turns: bool
) -> None:
    """Servers say 200 to what they ignore; the header says what was found."""
    with serving(tiny(name, offers=offers)) as url:
        model = open_model(spec(url), LoadOptions(chat=chat))
        header = loop.plan(model, SHORT, limit=1).header
    assert (header.model.gives, header.model.chat) == (gives, turns)
    assert isinstance(model, Author)
    assert isinstance(model, Scorer) == (gives != "text")


@pytest.mark.slow
def test_text_alone_is_written_twice_in_each_order_and_read(tiny: Callable[..., Served]) -> None:
    """The protocol's options are chosen in replies; no blanks; its seeds are its own."""
    with serving(tiny("chat", offers=TEXT)) as url:
        found = asked(open_model(spec(url), LoadOptions()))
    assert {a.seed for a in found} == set(range(2))
    assert Counter(a.wording for a in found if a.role == "statement") == {
        w.name: 2 * len(w.options) for w in SHORT.recipe.wordings
    }
    assert {a.role for a in found} == {"statement", "mirror", "control"}
    assert all(a.logprobs is None and a.reply is not None for a in found)
    assert all("___" in a.before and a.after == "" for a in found)
    again = {(a.before, a.seed): a.reply for a in found}
    assert len(set(again.values())) > len(again) / 2


class AlwaysA:
    """A chat that begins with "A" whatever it is asked, and a little with every other letter."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def reply(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        del key
        if not path.endswith("/chat/completions"):
            return 404, {"detail": "Not Found"}
        shares = {"A": 0.9, "B": 0.04, "C": 0.03, "D": 0.02}
        top = [{"token": t, "logprob": math.log(p)} for t, p in shares.items()]
        entry = {**top[0], "top_logprobs": top}
        choice = {
            "index": 0,
            "finish_reason": "length",
            "message": {"role": "assistant", "content": "A" * body.get("max_tokens", 1)},
            "logprobs": {"content": [entry]},
        }
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        head = {"id": "x", "object": "chat.completion", "model": "tiny"}
        return 200, {**head, "choices": [choice], "usage": usage}


ITEMS = "".join(
    f"  - {{id: i{n}, text: Claim number {n}., table: {{social: [{points}]}}}}\n"
    for n in range(12)
    for points in ["-2, -1, 1, 2" if n % 3 else "2, 1, -1, -2"]
)
TABLE = f"""\
name: officially
title: A table of points
language: en
licence: CC0-1.0
axes: {{social: {{negative: libertarian, positive: authoritarian}}}}
scoring: {{kind: table, constant: {{social: 0}}, divisor: {{social: 2.4}}}}
statements:
{ITEMS}"""


@pytest.mark.slow
@pytest.mark.parametrize("instrument", ["table", "compass"])
def test_a_server_that_always_says_a_is_nowhere(tmp_path: Path, instrument: str) -> None:
    """Letters belong to places: the same letter is every option once, and no side is taken, of a
    table of points as of statements with mirrors."""
    (tmp_path / "table.yaml").write_text(TABLE)
    name = str(tmp_path / "table.yaml") if instrument == "table" else "compass"
    recipe = protocols.load("default")
    lettered = tuple(w for w in recipe.wordings if len(w.options) == 4)
    materials = Materials(sets.load(name), replace(recipe, wordings=lettered, blanks=()))
    with serving(AlwaysA()) as url:
        model = open_model(spec(url), LoadOptions())
        assert model.info.gives == "top log-probabilities"
        planned = loop.plan(model, materials, limit=12)
        found = [a for batch in loop.ask(model, planned) for a in batch.answers]
    rows = tabulate([(planned.header, found)], materials).tables.placements
    assert not rows["placed"].any(), rows["reason"].tolist()
    assert rows["decisiveness"].tolist() == pytest.approx([0.0] * len(rows), abs=1e-9)
    four = agreement(planned.header, found, materials.recipe)[["p_sd", "p_d", "p_a", "p_sa"]]
    assert four.to_numpy() == pytest.approx(0.25)


def test_first_tokens_keep_what_was_told_and_what_was_not(tiny: Callable[..., Served]) -> None:
    """The evidence holds the likeliest tokens themselves, and the probability that is missing."""
    served = tiny("chat", offers=EVERYTHING - {"echo"})
    with serving(served) as url:
        found = asked(open_model(spec(url), LoadOptions()))
    for answer in found:
        told = sum(math.exp(number) for _, number in answer.fills)
        assert len(answer.fills) == 20
        assert answer.unseen >= 1 - told - 1e-6
    read = answers.line(found[0])
    assert json.loads(read)["unseen"] == found[0].unseen


# --- what can go wrong -------------------------------------------------------------------------


def run(
    command: Callable[..., tuple[int, str, str]],
    folder: Path,
    url: str,
    *more: str,
    **entry: object,
) -> tuple[int, str, str]:
    """`probes run` of an entry in a models.yaml of one's own, on the mini set."""
    limits = {"concurrency": 4, "timeout": 5}
    there = {"backend": "endpoint", "url": url, "id": "tiny", "limits": limits, **entry}
    (folder / "models.yaml").write_text(yaml.safe_dump({"mine": there}), "utf-8")
    (folder / "mini.yaml").write_text(MINI, "utf-8")
    words = ["--model", "mine", "--set", str(folder / "mini.yaml"), "--limit", "2"]
    protocol = folder / "short.yaml"
    if not protocol.exists():
        text = yaml.safe_dump(
            {
                "name": "short",
                "title": "Short",
                "method": "choice",
                "wordings": ["agree", "yes-no", "four-middle"],
                "writing": {"tokens": 6},
            }
        )
        protocol.write_text(text, "utf-8")
    return command("run", *words, "--protocol", str(protocol), *more)


@pytest.fixture(autouse=True)
def _own_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("{}")
    monkeypatch.setenv(registry.VARIABLE, str(tmp_path / "models.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, pytest.param(6, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("name", "offers"), [("llama", EVERYTHING), ("chat", EVERYTHING - {"echo"}), ("chat", TEXT)]
)
def test_a_bad_day_changes_no_byte(
    tiny: Callable[..., Served],
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    name: str,
    offers: frozenset[str],
    days: int,
) -> None:
    """With a fifth of the requests spoilt, in every way, each answer comes once, and the evidence
    is that of a good day."""
    limits = {"concurrency": 8, "timeout": 2, "tries": 20}
    with (
        serving(tiny(name, offers=offers)) as behind,
        faulty.between(behind, share=0.0) as (url, proxy),
    ):
        status, _, err = run(command, tmp_path, url, "--out", str(tmp_path / "good"), limits=limits)
        assert status == 0, err
        good = (tmp_path / "good/answers/mine.jsonl").read_bytes()
        proxy.share = 0.2
        proxy.kept.clear()
        for day in range(days):
            out = tmp_path / f"bad{day}"
            status, _, err = run(command, tmp_path, url, "--out", str(out), limits=limits)
            assert status == 0, err
            assert (out / "answers/mine.jsonl").read_bytes() == good
            proxy.kept.clear()  # of another process: nobody could tell
    spoilt = sum(count for kind, count in proxy.done.items() if kind != "none")
    assert spoilt > 2
    keys = [json.loads(line)["key"] for line in good.splitlines()[1:]]
    assert len(keys) == len(set(keys)) == json.loads(good.splitlines()[0])["cells"]


@pytest.mark.slow
def test_a_reply_sent_again_in_place_of_another_is_not_taken(tiny: Callable[..., Served]) -> None:
    """Nor is what follows a reply on its connection."""
    with (
        serving(tiny("chat", offers=TEXT)) as behind,
        faulty.between(behind, share=0.0, kinds=("stale", "twice")) as (url, proxy),
    ):
        good = [a.reply for a in asked(open_model(spec(url, tries=30), LoadOptions()))]
        proxy.share = 0.6
        for _ in range(10):  # which requests are spoilt is drawn, how often is not known before
            proxy.kept.clear()  # of another process: nobody could tell
            assert [a.reply for a in asked(open_model(spec(url, tries=30), LoadOptions()))] == good
            if min(proxy.done["stale"], proxy.done["twice"]) > 10:
                break
    assert proxy.done["stale"] > 10
    assert proxy.done["twice"] > 10


@pytest.mark.slow
def test_a_run_stops_at_its_requests_and_goes_on(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Exit status 2 and a sentence; the same command goes on, and ends with the same bytes."""
    served = tiny("llama")
    with serving(served) as url:
        run(command, tmp_path, url, "--out", str(tmp_path / "whole"))
        whole, steps = (tmp_path / "whole/answers/mine.jsonl").read_bytes(), 0
        before = len(served.asked)
        sizes = [0]
        status = 2
        while status == 2 and steps < 20:
            status, _, err = run(
                command, tmp_path, url, "--out", str(tmp_path / "parts"), "--max-requests", "20"
            )
            assert len(served.asked) <= before + 20 * (steps + 1)
            assert status == 0 or "--max-requests 20 is reached" in err
            sizes.append(len((tmp_path / "parts/answers/mine.jsonl").read_bytes()))
            steps += 1
    assert steps > 2
    assert sizes == sorted(sizes)
    assert (tmp_path / "parts/answers/mine.jsonl").read_bytes() == whole


def test_a_run_never_costs_more_than_it_may(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """By the usage that the server itself reports, at a price of a million a token."""
    served = tiny("chat", offers=TEXT)
    prices, spent = {"read": 1e6, "written": 2e6}, []
    with serving(served) as url:
        inner = served.sent

        def counted(kind: str, choice: dict, read: int, new: int) -> dict:
            spent.append(read + 2 * new)
            return inner(kind, choice, read, new)

        served.sent = counted
        words = ("--out", str(tmp_path / "o"), "--max-cost", "3000")
        status, _, err = run(command, tmp_path, url, *words, prices=prices)
    assert (status, "--max-cost 3000 could be passed" in err) == (2, True)
    assert 1000 < sum(spent) <= 3000


@pytest.mark.slow
def test_a_dry_run_sends_nothing_and_counts_what_is_sent(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Without a key, for each thing that the model may give; exact to the request where it does."""
    out = tmp_path / "o"
    with serving(served := tiny("llama")) as url:
        told = {"prices": {"read": 1.0, "written": 2.0}, "key_env": "NO_SUCH_KEY"}
        status, said, err = run(command, tmp_path, url, "--out", str(out), "--dry-run", **told)
        assert (status, err) == (0, "")
        assert not served.asked
        assert not out.exists()
        row = next(line for line in said.splitlines() if "prompt log-probabilities" in line)
        count, requests = map(int, row.split()[3:5])
        assert float(row.split()[-1]) > 0
        assert "top log-probabilities" in said
        run(command, tmp_path, url, "--out", str(out))
        first, lines = answers.read(out / "answers/mine.jsonl")
        assert count == first.cells == len(list(lines))
        probing = 2
        assert len(served.asked) - requests - probing in (2, 4)  # one prompt twice: its options
        _, said, _ = run(command, tmp_path, url, "--out", str(out), "--dry-run")
    (row,) = [line for line in said.splitlines() if line.split()[:1] == ["mine"]]
    assert row.split()[3:5] == ["0", "0"]


@pytest.mark.slow
def test_the_key_is_nowhere(
    tiny: Callable[..., Served],
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    pictures: None,
) -> None:
    """It goes out in its header; no file, output, log or error has it, even where a server sends it
    back; and keys for other servers stay at home."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("MY_KEY", SECRET)
    monkeypatch.setenv("OPENAI_API_KEY", "for-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    served = tiny("llama", key=SECRET)
    out, said = tmp_path / "o", []
    with serving(served) as url:
        said += run(command, tmp_path, url, "--out", str(out), key_env="MY_KEY")[1:]
        assert "answers/" in said[0]
        assert {h["Authorization"] for h in served.headers} == {f"Bearer {SECRET}"}
        assert not any("another" in json.dumps(h) for h in served.headers)
        served.key = "changed"
        status, *more = run(command, tmp_path, url, "--out", str(out), key_env="MY_KEY")
        assert status == 2
        assert "the key in MY_KEY is refused (status 401)" in more[1]
        served.reply = lambda *_: (400, {"error": {"message": f"what is {SECRET}?"}})
        status, *third = run(command, tmp_path, url, "--out", str(out), key_env="MY_KEY")
        assert status == 2
        assert "what is ***?" in third[1]
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in "".join([*said, *more, *third, caplog.text])


def test_the_openai_key_is_not_sent_to_whoever_asks_for_none(
    tiny: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with serving(served := tiny("llama")) as url:
        open_model(spec(url), LoadOptions())
    assert SECRET not in json.dumps(served.headers)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"key_env": "NOT_SET_ANYWHERE"}, "the environment variable NOT_SET_ANYWHERE"),
        ({"url": "http://127.0.0.1:9/v1"}, "cannot be reached"),
        ({"id": "tinny"}, "The model `tinny` does not exist"),
        ({"url": "{url}/elsewhere"}, "Not Found"),
    ],
)
def test_a_mistake_is_one_sentence(
    tiny: Callable[..., Served],
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    entry: dict[str, str],
    says: str,
) -> None:
    """And leaves nothing behind."""
    with serving(tiny("llama")) as url:
        entry = {k: v.replace("{url}", url) for k, v in entry.items()}
        there = {"url": url, **entry}
        status, _, err = run(
            command, tmp_path, there.pop("url"), "--out", str(tmp_path / "o"), **there
        )
    assert status == 2
    assert says in err
    assert err.count("\n") == 1
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"url": f"http://me:{SECRET}@host/v1"}, "secrets have no place in it"),
        ({"url": f"http://host/v1?key={SECRET}"}, "secrets have no place in it"),
        ({"url": "ftp://host"}, "should be http"),
        ({"url": None}, "needs 'url'"),
        ({"key_env": SECRET}, "never the key itself"),
        ({"key_env": 12345678901}, "never the key itself"),
        ({"key": SECRET}, "did you mean 'key_env'?"),
        ({"prices": {"read": -1, "written": 1}}, "prices"),
        ({"prices": {"read": 1}}, "written"),
        ({"prices": {"read": float("nan"), "written": 1}}, "prices"),
        ({"limits": {"concurrency": 0}}, "concurrency"),
        ({"limits": {"concurency": 4}}, "did you mean 'concurrency'?"),
        ({"backend": "causal"}, "'url' is for backend endpoint only"),
        ({"revision": "main"}, "its server names it"),
    ],
)
def test_an_entry_is_read_strictly_and_no_secret_is_repeated(
    tmp_path: Path, entry: dict[str, object], says: str
) -> None:
    there = {"backend": "endpoint", "url": "http://localhost:8000/v1", "id": "x", **entry}
    path = tmp_path / "models.yaml"
    path.write_text(yaml.safe_dump({"mine": {k: v for k, v in there.items() if v is not None}}))
    with pytest.raises(SetError) as refused:
        registry.load_registry(path)
    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
    assert "12345678901" not in str(refused.value)


def test_an_entry_becomes_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(
        "far: {backend: endpoint, url: 'https://api.example.org/v1', id: ./x, key_env: THE_KEY,\n"
        "  limits: {per_minute: 60}, prices: {read: 0.15, written: 0.6}, family: f}\n"
    )
    there = Endpoint("https://api.example.org/v1", "THE_KEY", per_minute=60, prices=(0.15, 0.6))
    assert registry.load_registry(path)["far"] == ModelSpec(
        "far", "./x", "endpoint", family="f", endpoint=there
    )


@pytest.mark.parametrize("typed", ["endpoint:", "endpoint:http://x/v1", "endpoint:x#y"])
def test_an_address_that_is_typed_needs_url_and_model(typed: str) -> None:
    with pytest.raises(ModelError, match="endpoint:URL#MODEL"):
        registry.resolve(typed)
    found = registry.resolve("mine=endpoint:http://localhost:1/v1#a/b")
    assert (found.name, found.id, found.endpoint) == (
        "mine",
        "a/b",
        Endpoint("http://localhost:1/v1"),
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--max-requests", "0"], "must be at least 1"),
        (["--max-cost", "-1"], "must be a sum above 0"),
        (["--max-cost", "5"], "mine has no prices"),
        (["--dry-run", "--language", "en,de"], "one language at a time"),
    ],
)
def test_limits_that_make_no_sense_are_refused_before_anything_is_sent(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path, words: list[str], says: str
) -> None:
    priced = {} if "5" in words else {"prices": {"read": 1.0, "written": 1.0}}
    status, _, err = run(command, tmp_path, "http://127.0.0.1:9/v1", *words, **priced)
    assert (status, says in err) == (2, True), err


def test_a_protocol_that_no_ability_fits_is_refused_before_it_is_asked(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """A model without a chat template cannot be asked by turns."""
    with serving(tiny("llama")) as url:
        status, _, err = run(command, tmp_path, url, "--chat", "--out", str(tmp_path / "o"))
    assert status == 2
    assert "cannot be asked as model 'tiny' (asked with --chat)" in err


def test_a_model_that_turns_into_another_stops_the_run(tiny: Callable[..., Served]) -> None:
    """A server may change what a name stands for; evidence of two models is not mixed."""
    served = tiny("llama")
    with serving(served) as url:
        model = open_model(spec(url), LoadOptions())
        served.name, inner = "tiny-2", served.reply
        served.reply = lambda path, body, key: inner(path, {**body, "model": "tiny-2"}, key)
        with pytest.raises(ModelError, match="answers as 'tiny-2' now and was 'tiny' before"):
            asked(model)


@pytest.mark.slow
def test_other_numbers_of_a_server_are_another_model_to_a_run_that_goes_on(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """What it gave is in the header: a run is not finished in another way than it was begun."""
    served = tiny("chat")
    with serving(served) as url:
        run(command, tmp_path, url, "--out", str(tmp_path / "o"))
        served.offers = TEXT
        status, _, err = run(command, tmp_path, url, "--out", str(tmp_path / "o"))
    assert status == 2
    assert "another" in err


@pytest.mark.slow
def test_a_mix_of_ways_is_said_with_every_number(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Terminal, tables and caption."""
    out = tmp_path / "o"
    with serving(tiny("chat", offers=EVERYTHING - {"echo"})) as url:
        run(command, tmp_path, url, "--out", str(out), "--model", "planted:economic=3")
        status, said, err = run(
            command, tmp_path, url, "--out", str(out), "--model", "planted:economic=3"
        )
    assert status == 0, err
    mix = "models were asked in different ways: options by first tokens, options scored in full"
    assert mix in said.replace("\n", " ")

    tables = read_back.tables(out)
    assert mix in tables.caption
    assert list(tables.models["gives"].fillna("")) == ["top log-probabilities", ""]
    assert all(mix in reason for reason in tables.placements["reason"])
    assert "scored by first tokens" in tables.placements["reason"].iloc[0]


@pytest.mark.slow
def test_a_pause_that_is_asked_for_holds_and_one_too_long_ends_the_run(
    tiny: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retry-After is kept by everyone; beyond five minutes the run stops and says so."""
    served, waits = tiny("llama"), []
    with (
        serving(served) as behind,
        faulty.between(behind, share=0.3, kinds=("429",)) as (url, proxy),
    ):
        inner = client.Client._pause
        monkeypatch.setattr(
            client.Client, "_pause", lambda self, s: (waits.append(s), inner(self, s))[1]
        )
        asked(open_model(spec(url), LoadOptions()))
        assert set(waits) == {0.05}
        proxy.answer, slow = faulty.Faulty.answer, {"Retry-After": "3000"}
        proxy.answer = lambda self, status, body, _more: faulty.Faulty.answer(
            self, status, body, slow
        )
        proxy.share = 1.0
        with pytest.raises(ModelError, match="asks to wait 3000 seconds"):
            open_model(spec(url), LoadOptions())


@pytest.mark.slow
def test_no_more_requests_are_under_way_than_the_entry_allows(
    tiny: Callable[..., Served],
) -> None:
    """Three at once, and never a fourth."""
    served, lock, now, most = tiny("llama"), threading.Lock(), [0], [0]
    inner = served.reply

    def counted(path: str, body: dict, key: str) -> tuple[int, dict]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        try:
            return inner(path, body, key)
        finally:
            with lock:
                now[0] -= 1

    served.reply = counted
    with serving(served) as url:
        asked(open_model(spec(url, concurrency=3), LoadOptions()))
    assert most == [3]


def test_requests_a_minute_are_kept_to(tiny: Callable[..., Served]) -> None:
    """Eleven requests at 1,200 a minute take half a second at the least."""
    served = tiny("llama")
    with serving(served) as url:
        begin = time.monotonic()
        model = open_model(spec(url, per_minute=1200), LoadOptions())
        planned = loop.plan(model, SHORT, limit=1)
        model.score([group[0] for batch in planned.batches[:6] for group in batch])
        taken = time.monotonic() - begin
    assert taken >= (len(served.asked) - 1) * 0.05


@pytest.mark.slow
def test_replies_are_on_disk_as_they_come(
    tiny: Callable[..., Served], command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """One prompt a batch: when a server dies in the middle, what it had answered is there."""
    served, out = tiny("llama"), tmp_path / "o"
    with serving(served) as url:
        inner = served.reply
        served.reply = lambda path, body, key: (
            (500, {}) if len(served.asked) > 40 else inner(path, body, key)
        )
        limits = {"concurrency": 1, "tries": 2}
        status, _, err = run(command, tmp_path, url, "--out", str(out), limits=limits)
        assert status == 2
        assert "status 500, 2 times in a row; what was answered is on disk" in err
        kept = (out / "answers/mine.jsonl").read_bytes()
        assert 5 < kept.count(b"\n") < 25
        served.reply = inner
        served.asked.clear()
        assert run(command, tmp_path, url, "--out", str(out), limits=limits)[0] == 0
    assert (out / "answers/mine.jsonl").read_bytes().startswith(kept)


def test_a_budget_holds_for_all_models_of_a_run() -> None:
    from probes.budget import Budget

    budget = Budget(max_requests=2)
    budget.reserve([0.0])
    with pytest.raises(RunError, match="--max-requests 2 is reached"):
        budget.reserve([0.0, 0.0])
    budget.reserve([0.0])
    with pytest.raises(UsageError):
        Budget(max_cost=math.nan)


def test_without_an_address_there_is_nothing_to_ask() -> None:
    with pytest.raises(ModelError, match="needs an address"):
        endpoint.load(ModelSpec("x", "y", "endpoint"), LoadOptions())


def test_an_event_loop_that_ends_in_its_own_thread_is_closed() -> None:
    """As where its owner is collected there."""
    loop_, closed = prefetch.EventLoop(), list[bool]()

    async def close() -> None:
        closed.append(True)

    async def within() -> asyncio.AbstractEventLoop:
        loop_.stop(close)
        return asyncio.get_running_loop()

    running = loop_.submit(within).result(10)
    loop_._thread.join(10)
    assert closed == [True]
    assert running.is_closed()


def test_an_end_while_a_connection_opens_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by Ctrl-C: what has been planned and not yet begun is not complained about by Python.

    The event loop is held up until its end is planned, so that the tasks of the connection, which
    are planned after it, have not begun when it comes.
    """
    loop_, begun, complaints = prefetch.EventLoop(), threading.Event(), list[object]()
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)

    async def connect() -> None:
        running, planned = asyncio.get_running_loop(), threading.Event()
        plan = running.call_soon_threadsafe

        def planning(*given: Any, **named: Any) -> asyncio.Handle:
            handle = plan(*given, **named)
            planned.set()
            return handle

        running.call_soon_threadsafe = planning  # type: ignore[method-assign]
        begun.set()
        planned.wait(10)
        await asyncio.sleep(0)
        await anyio.connect_tcp(*listening.getsockname())

    async def close() -> None:
        pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        future = loop_.submit(connect)
        assert begun.wait(10)
        loop_.stop(close)
    assert not loop_._thread.is_alive()
    assert future.cancelled()
    gc.collect()
    assert complaints == []


def test_an_end_gives_up_what_is_under_way_and_then_closes() -> None:
    """And a second end changes nothing."""
    loop_, events = prefetch.EventLoop(), list[str]()
    waits = threading.Event()

    async def wait() -> None:
        try:
            waits.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("given up")
            raise

    async def close() -> None:
        await asyncio.sleep(0.05)
        events.append("closed")

    future = loop_.submit(wait)
    assert waits.wait(10)
    loop_.stop(close)
    assert events == ["given up", "closed"]
    assert future.cancelled()
    loop_.stop(close)
    assert events == ["given up", "closed"]
    with pytest.raises(RuntimeError):
        loop_.submit(wait)


def test_an_event_loop_that_cannot_begin_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no more files may be open; who waits for it does not wait without end."""

    def full(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(anyio, "run", full)
    with pytest.raises(OSError, match="Too many open files"):
        prefetch.EventLoop()


# --- under conditions --------------------------------------------------------------------------


CONDITIONS = (
    Condition("neutral"),
    Condition("told", system="Speak plainly.", user="I am old."),
    Condition("turns", prefix=(PastExchange("Hello.", "Good day."),), length="Be short."),
)
UNDER = replace(SMALL, recipe=replace(SMALL.recipe, blanks=(), conditions=CONDITIONS))


@pytest.mark.slow
@pytest.mark.parametrize("gives", ["top", "text"])
def test_a_chat_is_told_a_condition_in_messages_and_the_evidence_has_them(
    tiny: Callable[..., Served], gives: str
) -> None:
    """Whatever of it is scored or written; every message that was sent stands in the evidence."""
    offers = frozenset({"chat", "completions", *({"top"} if gives == "top" else ())})
    recipe = replace(UNDER.recipe, writing=Writing(tokens=2), wordings=UNDER.recipe.wordings[:1])
    served = tiny("chat", offers=offers)
    with serving(served) as url:
        model = open_model(spec(url), LoadOptions(writing=Writing(tokens=2)))
        found = asked(model, replace(UNDER, recipe=recipe))
    bodies = [body for body in served.asked if "messages" in body]
    sent = {tuple((m["role"], m["content"]) for m in body["messages"]) for body in bodies}
    for answer in found:
        said = (*((turn.role, turn.text) for turn in answer.turns), ("user", answer.before))
        assert said in sent
    told = next(a for a in found if a.condition == "told")
    assert [turn.role for turn in told.turns] == ["system"]
    assert told.before.startswith("I am old.\n\n")
    turns = next(a for a in found if a.condition == "turns")
    assert [turn.text for turn in turns.turns] == ["Hello.", "Good day."]
    assert turns.before.endswith("\n\nBe short.")


def test_a_server_that_refuses_the_system_role_gets_it_in_the_users_turn_and_that_is_said(
    checkpoint: Build,
) -> None:
    """Tried with one request; one that came with an error is no reply."""

    class Strict(Served):
        def chat(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            if body["messages"][0]["role"] == "system":
                return 400, {"error": {"message": "System role not supported"}}
            return super().chat(body)

    with serving(Strict(checkpoint("chat"), offers=TEXT)) as url:
        model = open_model(spec(url), LoadOptions(writing=Writing(tokens=6)))
        recipe = replace(UNDER.recipe, writing=Writing(tokens=6))
        planned = loop.plan(model, replace(UNDER, recipe=recipe), limit=1)
    assert planned.header.flags["condition told"] == (IN_USER_TURN,)
    cells = [cell for batch in planned.batches for group in batch for cell in group]
    told = [cell for cell in cells if cell.told == "told"]
    assert told
    assert all(cell.before.startswith("Speak plainly.\n\nI am old.\n\n") for cell in told)
    assert not any(cell.turns for cell in told)


def test_whether_a_server_thinks_is_not_ours_to_say(
    tiny: Callable[..., Served],
) -> None:
    recipe = replace(UNDER.recipe, conditions=(Condition("on", thinking="off"),))
    with serving(tiny("chat", offers=TEXT)) as url:
        model = open_model(spec(url), LoadOptions())
        with pytest.raises(
            ModelError, match="condition 'on': its server decides whether it thinks"
        ):
            loop.plan(model, replace(UNDER, recipe=recipe), limit=1)
