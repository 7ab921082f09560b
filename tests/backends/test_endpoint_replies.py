"""What servers send back in odd ways, and what becomes of it in a run: canned replies over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from probes.asking import loop
from probes.backends.http import client, connection
from probes.errors import ModelError
from probes.models.load import open_model
from probes.types import Answer, Endpoint, LoadOptions, Materials, ModelSpec, Writing
from tests.backends.test_contract import SMALL
from tests.served import Served, fault, serving

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


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["{url}", "socks5://127.0.0.1:9", "ftp://x:y"])
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
