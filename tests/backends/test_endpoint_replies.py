"""What servers send back in odd ways, and what becomes of it in a run: canned replies over HTTP."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from probes.asking import loop
from probes.backends.http import client, connection, schema
from probes.backends.http.bodies import max_tokens
from probes.budget import Budget
from probes.errors import ModelError
from probes.models.load import open_model
from probes.types import Answer, Endpoint, LoadOptions, Materials, ModelSpec, Writing
from tests.backends.test_contract import SMALL
from tests.served import Served, fault, serving

pytestmark = pytest.mark.usefixtures("pictureless")

Body = dict[str, Any]
Said = tuple[int, Any]
RECIPE = replace(SMALL.recipe, writing=Writing(tokens=6), wordings=SMALL.recipe.wordings[:1])
SHORT = replace(SMALL, recipe=RECIPE)
CHAT = "/v1/chat/completions"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF", 0.001)


@dataclass
class Canned(Served):
    """A server without a model: `says` makes each reply of its request."""

    says: Callable[[str, Body], Said] = lambda _path, _body: (404, {})

    def __post_init__(self) -> None:
        """Nothing is loaded."""

    def reply(self, path: str, body: Body, key: str) -> Said:
        del key
        return self.says(path, body)


def canned(says: Callable[[str, Body], Said]) -> Canned:
    return Canned(path="", says=says)


def chat(text: object = "I agree.", **more: object) -> Body:
    choice = {"message": {"content": text}, "finish_reason": "stop", **more.pop("choice", {})}
    return {"id": "x", "model": "m", "choices": [choice], **more}


def question(body: Body) -> str:
    return str(body["messages"][0]["content"])


def asked(
    served: Canned, materials: Materials = SHORT, limit: int | None = 2, key_env: str = ""
) -> list[Answer]:
    """The answers of a model behind this server."""
    with serving(served) as url:
        spec = ModelSpec("mine", "tiny", "endpoint", endpoint=Endpoint(url, key_env, tries=2))
        options = LoadOptions(chat=True, writing=materials.recipe.writing)
        planned = loop.plan(model := open_model(spec, options), materials, limit=limit)
        return [a for batch in loop.ask(model, planned) for a in batch.answers]


def text_alone(reply: Callable[[Body], Said]) -> Canned:
    """A server of chats without log-probabilities; the trial's question is answered."""

    def says(path: str, body: Body) -> Said:
        if path != CHAT:
            return 404, fault("no such path")
        return (200, chat("Yes.")) if "sky" in question(body) else reply(body)

    return canned(says)


# --- refused prompts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((400, {"error": {"message": "filtered", "code": "content_filter"}}), "content_filter"),
        ((400, {"error": {"message": "Content Exists Risk", "type": "invalid"}}), "Exists Risk"),
        ((403, {"error": {"message": "input was flagged", "code": 403}}), "input was flagged"),
        ((422, {"detail": [{"msg": "not this text"}]}), "not this text"),
        ((451, {"message": "for legal reasons"}), "for legal reasons"),
        ((413, {"message": "too long"}), "too long"),
        ((200, {"error": {"message": "moderated", "code": 400}}), "moderated"),
        ((200, {"error": "moderated"}), "moderated"),
        ((200, {"choices": [], "prompt_filter_results": [{}]}), "the server gave no choice"),
        ((200, chat("", choice={"finish_reason": "content_filter"})), "the server's filter"),
        ((200, chat("", choice={"finish_reason": "SAFETY"})), "the server's filter"),
    ],
)
def test_a_refused_prompt_is_an_answer_and_the_run_goes_on(refusal: Said, words: str) -> None:
    """With the server's words as its reason; all other prompts are answered."""
    banned = SHORT.statements.statements[0].text

    def reply(body: Body) -> Said:
        return refusal if banned in question(body) else (200, chat())

    found = asked(text_alone(reply))
    refused = [a for a in found if banned in a.before]
    assert 0 < len(refused) < len(found)
    assert {(a.status, a.reply) for a in refused} == {("failed", None)}
    assert all(words in a.reason for a in refused)
    assert all(a.reply == "I agree." for a in found if a not in refused)


@pytest.mark.parametrize(
    "refusal",
    [
        (400, fault("Your credit balance is too low")),
        (402, fault("Payment required")),
        (403, fault("Your account was suspended")),
        (404, fault("The model was retired")),
    ],
)
def test_a_run_of_which_everything_is_refused_stops(refusal: Said) -> None:
    """Another prompt is tried before one is taken for refused."""
    gone = list[str]()

    def says(path: str, body: Body) -> Said:
        gone.append(path)
        return refusal if len(gone) > 20 or path != CHAT else (200, chat())

    with pytest.raises(ModelError, match=refusal[1]["error"]["message"]):
        asked(canned(says))
    assert len(gone) < 60


def test_a_run_of_which_all_prompts_are_refused_by_themselves_stops() -> None:
    """Where five statements and twenty prompts were refused, and none was answered."""
    served = text_alone(lambda _: (400, fault("politics")))
    statements = tuple(
        replace(SHORT.statements.statements[0], id=f"s{n}", text=f"Claim {n} holds.")
        for n in range(8)
    )
    many = replace(SHORT, statements=replace(SHORT.statements, statements=statements))
    with pytest.raises(ModelError, match="prompts is answered: refused by the server: status 400"):
        asked(served, many, limit=None)


# --- keys, headers and proxies --------------------------------------------------------------------

SECRET = "sk-Very/Secret+0123456789"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        f"Bearer {SECRET}",
        SECRET.upper(),
        SECRET.replace("/", "\\u002f"),
        SECRET.replace("/", "%2F").replace("+", "%2B"),
    ],
)
def test_a_key_that_a_server_sends_back_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    """Neither in replies nor names nor reasons, in whatever spelling it comes."""
    monkeypatch.setenv("MY_KEY", SECRET)
    hidden = json.loads(f'"{spelling}"')

    def reply(body: Body) -> Said:
        if "mirror" in question(body):
            return 400, fault(f"what is {hidden}?")
        return 200, chat(f"I agree. {hidden}", model=f"m {hidden}")

    def says(path: str, body: Body) -> Said:
        return reply(body) if path == CHAT else (404, fault(hidden))

    with serving(served := canned(says)) as url:
        there = Endpoint(url, "MY_KEY", tries=1)
        model = open_model(ModelSpec("m", "m", "endpoint", endpoint=there), LoadOptions(chat=True))
        found = [a for b in loop.ask(model, loop.plan(model, SHORT, limit=1)) for a in b.answers]
    kept = json.dumps([str(model.info), *map(str, found)]).casefold()
    assert "***" in kept
    assert hidden.casefold().removeprefix("bearer ") not in kept
    assert {h["Authorization"] for h in served.headers} == {f"Bearer {SECRET}"}


def test_a_short_key_changes_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "agree" in a reply is no secret, though a server's key is."""
    monkeypatch.setenv("MY_KEY", "agree")
    found = asked(text_alone(lambda _: (200, chat())), key_env="MY_KEY")
    assert {a.reply for a in found} == {"I agree."}


def test_no_variable_of_the_openai_library_reaches_a_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor does one that it could not even encode end the run."""
    lines = (
        "X-Mine: another",
        "Authorization: Bearer another",
        "Host: another",
        "User-Agent: another",
        "Content-Length: 7",
        "X-Odd: \u0142",
        "no colon",
    )
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "\n".join(lines))
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "another")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    served = text_alone(lambda _: (200, chat()))
    assert asked(served, limit=1)
    assert "another" not in json.dumps(served.headers)
    assert set(served.headers[-1]) == {
        *("Host", "Accept", "Accept-Encoding", "Authorization", "Connection"),
        *("Content-Type", "Content-Length", "User-Agent"),
    }


@pytest.mark.parametrize(
    ("variable", "proxy"),
    [
        ("HTTP_PROXY", "{url}"),
        ("http_proxy", "{url}"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("http_proxy", "ftp://x:y"),
    ],
)
def test_a_server_on_this_machine_is_asked_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    passed = canned(lambda *_: (502, {}))
    with serving(passed) as url:
        monkeypatch.setenv(variable, proxy.format(url=url.removesuffix("/v1")))
        assert asked(text_alone(lambda _: (200, chat())), limit=1)
    assert not passed.asked


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("http://localhost:1/v1", False),
        ("http://box.localhost/v1", False),
        ("http://127.9.9.9/v1", False),
        ("http://[::1]:1/v1", False),
        ("http://[::ffff:127.0.0.1]/v1", False),
        ("http://0.0.0.0:1/v1", False),
        ("http://kept.example.org/v1", False),
        ("http://example.org/v1", True),
        ("http://10.0.0.1/v1", True),
        ("https://example.org/v1", False),
    ],
)
def test_whom_a_proxy_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, url: str, through: bool
) -> None:
    for name in ("https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "proxy.example.org:8080")
    monkeypatch.setenv("no_proxy", "kept.example.org")
    assert connection.proxy_of(url) == ("http://proxy.example.org:8080" if through else "")


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        (
            "http://me:{secret}@127.0.0.1:{port}",
            "through the environment's proxy http://127.0.0.1:",
        ),
        ("socks5://me:{secret}@127.0.0.1:9", "needs the package socksio"),
        ("gopher://me:{secret}@127.0.0.1:9", "should be http://HOST:PORT"),
        ("http://127.0.0.1:{secret}", "should be http://HOST:PORT"),
    ],
)
def test_an_error_names_the_proxy_and_not_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, says: str
) -> None:
    with serving(canned(lambda *_: (407, fault("who are you?")))) as url:
        port = url.rpartition(":")[2].removesuffix("/v1")
        monkeypatch.setenv("http_proxy", proxy.format(secret="hidden", port=port))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        spec = ModelSpec("m", "m", "endpoint", endpoint=Endpoint("http://example.org/v1", tries=1))
        with pytest.raises(ModelError) as refused:
            open_model(spec, LoadOptions(chat=True))
    assert says in str(refused.value)
    assert "hidden" not in str(refused.value).partition("127.0.0.1:hidden")[0]


# --- what is sent is what was tried ---------------------------------------------------------------


def extra(name: str) -> Said:
    return 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "input": 7}]}


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ({"seed"}, lambda name: (400, fault(f"Unsupported parameter: '{name}'"))),
        ({"top_p"}, extra),
        ({"temperature", "top_p"}, lambda name: (400, fault(f"`{name}` is deprecated here"))),
        ({"seed", "temperature"}, lambda name: (400, [fault(f'Unknown name "{name}"')])),
        ({"top_k"}, lambda name: (400, {"error": {"message": "unsupported", "param": name}})),
        ({"max_tokens"}, lambda name: (400, fault(f"Use another parameter than {name}."))),
    ],
)
def test_what_a_server_refuses_by_name_is_not_sent_in_the_run(
    refused: set[str], says: Callable[[str], Said]
) -> None:
    """It is found in the trial, said in the evidence, and everything else is sent."""
    recipe = replace(RECIPE, method="reply", blanks=(), writing=Writing(6, "sample", 0.7, 40, 0.9))

    def reply(path: str, body: Body) -> Said:
        named = sorted(refused & body.keys())
        return (404, {}) if path != CHAT else says(named[0]) if named else (200, chat())

    with serving(served := canned(reply)) as url:
        there = ModelSpec("mine", "tiny", "endpoint", endpoint=Endpoint(url, tries=1))
        model = open_model(there, LoadOptions(chat=True, writing=recipe.writing))
        tried = len(served.asked)
        planned = loop.plan(model, replace(SHORT, recipe=recipe), limit=1)
        found = [a for batch in loop.ask(model, planned) for a in batch.answers]
    assert {a.status for a in found} == {"ok"}
    sent = {"seed", "temperature", "top_p", "top_k", "max_tokens"} - refused
    for body in [served.asked[tried - 1], *served.asked[tried:]]:
        assert sent <= body.keys()
        assert not refused & body.keys()
    said = str(planned.header.flags)
    assert all(name in said for name in refused - {"max_tokens"})


def test_a_refusal_of_log_probabilities_is_no_problem_of_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)

    def says(path: str, body: Body) -> Said:
        if path != CHAT or "logprobs" in body:
            return 403, fault("You are not allowed to request logprobs from this model")
        return 200, chat()

    assert {a.reply for a in asked(canned(says), key_env="MY_KEY")} == {"I agree."}
    served = canned(lambda *_: (403, fault("a key of another project")))
    with pytest.raises(ModelError, match="the key in MY_KEY may not do this: a key of another"):
        asked(served, key_env="MY_KEY")


@pytest.mark.parametrize("thought", ["", None, "<think>The sky", [{"type": "thinking"}]])
def test_the_room_that_thoughts_needed_is_kept(thought: object) -> None:
    """The trial needed more than the protocol's tokens for them, and so the run asks for more."""

    def says(path: str, body: Body) -> Said:
        if path != CHAT:
            return 404, {}
        if body["max_tokens"] < 1000:
            return 200, chat(thought, choice={"finish_reason": "length"})
        return 200, chat()

    served = canned(says)
    assert {a.reply for a in asked(served)} == {"I agree."}
    assert served.asked[-1]["max_tokens"] == 1024 + 6


@pytest.mark.parametrize("first", ["<think>", "token_id:151667"])
def test_first_tokens_that_are_no_words_are_not_scored(first: str) -> None:
    listed = [{"token": first, "logprob": -0.1}, {"token": "token_id:7", "logprob": -5.0}]
    logprobs = {"content": [{**listed[0], "top_logprobs": listed}]}
    served = canned(
        lambda path, body: (
            (404, {})
            if path != CHAT
            else (200, chat(choice={"logprobs": logprobs if "logprobs" in body else None}))
        )
    )
    assert {a.reply for a in asked(served)} == {"I agree."}


@pytest.mark.parametrize("empty", ["", " ", "<think>And", [{"type": "thinking", "thinking": "x"}]])
def test_a_run_whose_first_twenty_replies_are_empty_is_stopped(empty: object) -> None:
    served = text_alone(lambda _: (200, chat(empty)))
    with pytest.raises(ModelError, match="the first 20 replies are all empty"):
        asked(served)
    assert 20 <= len(served.asked) <= 20 + 16 + 10


def test_a_run_in_which_something_was_said_goes_on() -> None:
    served = text_alone(lambda body: (200, chat("I agree." if len(served.asked) < 25 else "")))
    assert {a.reply for a in asked(served)} == {"I agree.", ""}


# --- odd fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "I "}, {"type": "text", "text": "agree."}], "I agree."),
        ([{"type": "thinking", "thinking": "Do I?"}, {"type": "text", "text": "No."}], "No."),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "?"}]}, "No."], "No."),
        ([{"type": "reasoning", "text": "Do I?"}, {"type": "output_text", "text": "No."}], "No."),
        ([{"type": "refusal", "refusal": "I will not."}], "I will not."),
        ([{"text": "No."}, {"type": "image_url", "image_url": {}}, 7, None, []], "No."),
        ([{"type": ["text"], "text": "?"}, {"type": "text", "text": 3}], ""),
        ([], ""),
    ],
)
def test_content_may_be_a_list_of_parts(content: object, text: str) -> None:
    """What is said in them counts, and thoughts stay apart."""
    assert schema.chat(json.dumps(chat(content)).encode()).text == text


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 2}, (5, 2)),
        ({"prompt_tokens": 5.0, "completion_tokens": 2.0}, (5, 2)),
        ({"prompt_tokens": 5}, (5, 0)),
        *(
            (usage, None)
            for usage in (
                {},
                None,
                [],
                "12",
                {"prompt_tokens": None, "completion_tokens": 2},
                {"prompt_tokens": 5.5, "completion_tokens": 2},
                {"prompt_tokens": 10**400, "completion_tokens": 2},
                {"prompt_tokens": 5, "completion_tokens": 1e300},
                {"prompt_tokens": 5, "completion_tokens": math.nan},
                {"prompt_tokens": -5, "completion_tokens": 2},
                {"prompt_tokens": "5", "completion_tokens": True},
            )
        ),
    ],
)
def test_counts_of_tokens_that_are_none_do_not_matter(usage: object, counts: object) -> None:
    """The reply is taken, and costs the most that it can have cost."""
    assert schema.chat(json.dumps(chat(usage=usage)).encode()).usage == counts
    served = text_alone(lambda _: (200, chat(usage=usage)))
    with serving(served) as url:
        budget = Budget(max_cost=1e9)
        there = Endpoint(url, prices=(1.0, 1.0))
        spec = ModelSpec("mine", "tiny", "endpoint", endpoint=there)
        model = open_model(spec, LoadOptions(chat=True, budget=budget))
        asking = loop.plan(model, SHORT, limit=1)
        before = budget.cost
        (group, *_), *_ = asking.batches
        assert model.write([group[0]], asking.writing) == ["I agree."]
    most = max_tokens(served.asked[-1])
    assert budget.cost - before == pytest.approx(sum(counts or most) / 1e6)


@pytest.mark.parametrize("name", [7, 10**40, None, True, 1.5, [], {}])
def test_ids_and_names_may_be_numbers(name: object) -> None:
    body = {**chat(choice={"finish_reason": name}), "id": name, "model": name}
    found = schema.chat(json.dumps(body).encode())
    digits = str(name) if type(name) is int else ""
    assert (found.id, found.model, found.text) == (digits, digits, "I agree.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error": {"message": "No such model", "code": 404}}, "status 404: No such model"),
        ({"error": {"message": "No such model", "code": "404"}}, "status 404: No such model"),
        ({"error": {"message": "It is asleep", "code": "asleep"}}, "an error: It is asleep"),
        ({"error": "It is asleep"}, "an error: It is asleep"),
        ({"error": "It is asleep", "choices": []}, "an error: It is asleep"),
        ({"object": "error", "message": "It is asleep"}, "an error: It is asleep"),
        ({"detail": "It is asleep"}, "an error: It is asleep"),
        ({"code": 1301, "msg": "It is asleep"}, "an error: It is asleep"),
        ([{"error": {"message": "It is asleep"}}], "an error: It is asleep"),
        ({"error": {"message": "Too fast", "code": 429}}, "answers with status 429"),
        ({"error": {"message": "Bad key", "code": 401}}, r"asks for a key.*status 401"),
        ({"error": {"message": "a\x1b[31m\n" + "b" * 999}}, r"an error: a \[31m b{191}"),
    ],
)
def test_an_error_with_status_200_is_shown_in_its_own_words(body: object, says: str) -> None:
    with pytest.raises(ModelError, match=says) as refused:
        asked(canned(lambda *_: (200, body)))
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"choices": None}, {"error": None}, 7, "x"])
def test_a_body_that_says_nothing_is_of_another_shape(body: object) -> None:
    with pytest.raises(schema.MalformedReplyError, match="of another shape"):
        schema.chat(json.dumps(body).encode())
