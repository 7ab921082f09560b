"""Models behind `transformers serve`, a real server of others: text, whatever it is asked for."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from probes.asking import loop
from probes.backends.http import client
from probes.errors import ModelError
from probes.models.load import open_model
from probes.types import Author, Endpoint, LoadOptions, ModelSpec, Scorer, Writing
from tests.backends.test_contract import SMALL

pytestmark = pytest.mark.usefixtures("pictureless")

SERVE = shutil.which("transformers", path=Path(sys.executable).parent)
SHORT = replace(SMALL, recipe=replace(SMALL.recipe, writing=Writing(tokens=6)))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that loads whichever folder is named."""
    assert SERVE, "transformers[serving] belongs to extra 'test'"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    words = [SERVE, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("w") as said:
        server = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            for _ in range(1200):
                assert server.poll() is None, log.read_text()
                with socket.socket() as line:
                    if line.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF", 0.01)


def behind(url: str, path: Path) -> ModelSpec:
    # One request at a time: its seed is the process's, not the request's.
    return ModelSpec("m", str(path), "endpoint", endpoint=Endpoint(url, concurrency=1))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "chat"), [("gpt2", False), ("chat", True)])
def test_text_is_all_that_came_back_and_is_read(
    url: str, checkpoint: Callable[..., Path], name: str, chat: bool
) -> None:
    """By completions for a plain model, by chat for one with a template; the same again."""
    model = open_model(behind(url, checkpoint(name)), LoadOptions())
    assert (model.info.gives, model.info.chat) == ("text", chat)
    assert isinstance(model, Author)
    assert not isinstance(model, Scorer)
    planned = loop.plan(model, SHORT, limit=1)
    planned = replace(planned, batches=planned.batches[:12])
    one, other = (
        [a for batch in loop.ask(model, planned) for a in batch.answers] for _ in range(2)
    )
    assert all(a.reply and a.logprobs is None for a in one)
    assert [a.reply for a in one] == [a.reply for a in other]
    assert planned.header.model.revision.startswith(str(checkpoint(name)))


@pytest.mark.slow
def test_a_model_that_is_not_there_is_one_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be asked as model"):
        open_model(behind(url, tmp_path / "nowhere"), LoadOptions())
