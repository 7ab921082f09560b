"""What every test shares: no network, one thread, one folder of tiny checkpoints a session."""

import os

# Before huggingface_hub is imported by anyone: it reads this once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`tests.checkpoints.build` into this session's folder: ``checkpoint("bert") -> Path``."""
    folder = tmp_path_factory.mktemp("checkpoints")

    def built(name: str, *, without: tuple[str, ...] = ()) -> Path:
        from tests import checkpoints  # torch: only for those who ask

        return checkpoints.build(name, folder, without=without)

    return built
