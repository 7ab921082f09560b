"""Whatever changes an answer is in the hash that a run goes on by: a run that was killed does not
go on with a model that was edited."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probes.backends.hf.loading.folder import CheckpointFolder, settings_files, sha256
from probes.errors import RunError
from probes.evidence import answers
from probes.runs import conclude, session
from probes.types import ModelSpec
from tests import checkpoints
from tests.runs.test_session import materials, request  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]


def edited(name: str) -> Callable[[Path], None]:
    """One more key in a JSON file, which is made if it is not there."""

    def edit(folder: Path) -> None:
        path = folder / name
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(known | {"layer_norm_eps": 1e-3}))

    return edit


def written(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{{ messages }}")

    return write


CHANGES = {
    **{
        name: edited(name)
        for name in (
            *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
            *("special_tokens_map.json", "added_tokens.json", "chat_template.json"),
        )
    },
    **{
        name: written(name)
        for name in (
            *("chat_template.jinja", "additional_chat_templates/tool.jinja", "vocab.txt"),
            *("merges.txt", "spiece.model", "modeling_own.py"),
        )
    },
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_file_that_changes_an_answer_is_in_the_hash(
    checkpoint: Build, tmp_path: Path, name: str
) -> None:
    folder = checkpoints.copy(checkpoint("bert"), tmp_path / "model")
    before = sha256(settings_files(CheckpointFolder("m", folder)))
    (folder / "README.md").write_text("Other words, no other answer.")
    assert sha256(settings_files(CheckpointFolder("m", folder))) == before
    CHANGES[name](folder)
    assert sha256(settings_files(CheckpointFolder("m", folder))) != before


def test_a_killed_run_does_not_go_on_with_an_edited_model(
    checkpoint: Build,
    tmp_path: Path,
    materials: Path,  # noqa: F811
) -> None:
    """Refused in one sentence, with nothing lost; as it was, it goes on to the same bytes; and a
    folder of before the hash held settings is placed as it is."""
    folder = checkpoints.copy(checkpoint("bert"), tmp_path / "model")
    out = tmp_path / "out"
    asked = request(materials, models=[ModelSpec("m", str(folder))], limit=1)
    session.probe(asked, out)
    path = out / "answers" / "m.jsonl"
    whole = path.read_bytes()
    cut = b"".join(whole.splitlines(keepends=True)[:20])
    path.write_bytes(cut)
    config = (folder / "config.json").read_bytes()
    edited("config.json")(folder)
    with pytest.raises(RunError, match=r"of a model with weights or settings \(configuration,"):
        session.probe(asked, out)
    assert path.read_bytes() == cut
    (folder / "config.json").write_bytes(config)
    session.probe(asked, out)
    assert path.read_bytes() == whole
    header, _ = answers.read(path)
    path.write_bytes(whole.replace(header.model.weights.encode(), b"0" * 64))
    assert len(conclude.conclude(out).placements) > 0
