"""What servers send back in odd ways, and what becomes of it in a run: canned replies over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from probes.asking import loop
from probes.backends.http import client
from probes.errors import ModelError
from probes.models.load import open_model
from probes.types import Answer, Endpoint, LoadOptions, Materials, ModelSpec, Writing
from tests.backends.test_contract import SMALL
from tests.served import Served, fault, serving

Body = dict[str, Any]
Said = tuple[int, Any]
SHORT = replace(SMALL, recipe=replace(SMALL.recipe, writing=Writing(tokens=6)))
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
