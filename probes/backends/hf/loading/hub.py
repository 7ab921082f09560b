"""Resolving a hub id or a folder's name to a folder on this disk.

Downloads only the files that a checkpoint needs (no second copy of the weights in another format).
Tests once whether the hub is reachable instead of retrying, and falls back to the cache. With
``HF_HUB_OFFLINE=1`` nothing is requested.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name

from probes.backends.hf.loading import gguf
from probes.backends.hf.loading.folder import (
    CONFIG,
    PICKLED,
    SAFETENSORS,
    CheckpointFolder,
    choose_weights,
    meaning,
    shard_files,
)
from probes.errors import ModelError
from probes.files.escape import expand_user

SMALL_SUFFIXES = (".json", ".txt", ".model", ".jinja", ".py", ".tiktoken", ".spm")
"""Suffixes of a checkpoint's files other than its weights."""
INDICES = (SAFETENSORS[1], PICKLED[1])
ENDPOINT = constants.ENDPOINT
"""Address of the hub: ``HF_ENDPOINT``, or huggingface.co."""
TIMEOUT = 5.0
"""Seconds to wait for the hub's first answer."""


def locate(
    name: str, revision: str | None = None, files: Sequence[str] = (CONFIG,)
) -> CheckpointFolder:
    """The folder of a checkpoint, with at least its configuration (or the given `files`).

    Raises:
        ModelError: there is no such folder or hub id, or the hub cannot be reached.
    """
    path = expand_user(name)
    if path.exists() and revision is not None:
        raise ModelError(f"{name}: is on this disk, where there is no revision {revision!r}")
    if CONFIG in files and path.exists() and (checkpoint := gguf.find(name, path)):
        return checkpoint
    if path.is_dir():
        return CheckpointFolder(name, path)
    if path.exists():
        raise ModelError(f"{name}: is a file; a checkpoint is the folder that holds {files[0]}")
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(f"{name}: there is no such folder")
    return _snapshot(name, revision, files)


def download_weights(source: CheckpointFolder, *, pickled: bool = False) -> CheckpointFolder:
    """Download a hub checkpoint's tokenizer and weights; nothing to do for a local folder.

    Raises:
        ModelError: it has no weights, or a download fails.
    """
    if not source.commit or not reachable():
        return source
    names = _file_names(source)
    small_files = [
        n for n in names if "/" not in n and n.endswith(SMALL_SUFFIXES) and n not in INDICES
    ]
    weights = choose_weights(names, source, pickled=pickled)
    _snapshot(source.name, source.commit, [*small_files, weights])
    if weights in INDICES:
        shards = [file.name for file in shard_files(source, weights)]
        _snapshot(source.name, source.commit, shards)
    return source


def revisions(name: str) -> list[str]:
    """Branches and tags of a hub model, sorted; only cached ones if the hub cannot be reached.

    Raises:
        ModelError: there is no such model, or the request fails.
    """
    try:
        if reachable():
            refs = HfApi(endpoint=ENDPOINT).list_repo_refs(name)
            return sorted({ref.name for ref in (*refs.branches, *refs.tags)})
        cache = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")
    except (OSError, HFValidationError) as error:
        raise ModelError(_hub_error(name, None, error)) from error
    files = [p for p in (cache / "refs").rglob("*") if p.is_file()]
    return sorted(p.relative_to(cache / "refs").as_posix() for p in files)


def reachable() -> bool:
    """Whether the hub answers: one request without retries, at most `TIMEOUT` seconds."""
    if constants.is_offline_mode():
        return False
    request = urllib.request.Request(ENDPOINT, method="HEAD")  # noqa: S310 (user's own)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False


def _file_names(source: CheckpointFolder) -> list[str]:
    """Names of a hub model's files at the folder's commit."""
    try:
        return HfApi(endpoint=ENDPOINT).list_repo_files(source.name, revision=source.commit)
    except OSError as error:
        raise ModelError(_hub_error(source.name, source.commit, error)) from error


def _snapshot(name: str, revision: str | None, files: Sequence[str]) -> CheckpointFolder:
    """The cached folder of a revision, with these files downloaded."""
    try:
        folder = snapshot_download(
            name,
            revision=revision,
            allow_patterns=list(files),
            local_files_only=not reachable(),
            endpoint=ENDPOINT,
        )
    except (OSError, HFValidationError) as error:
        raise ModelError(_hub_error(name, revision, error)) from error
    return CheckpointFolder(name, Path(folder), Path(folder).name)


def _hub_error(name: str, revision: str | None, error: Exception) -> str:
    """Why a request to the hub failed, in one sentence."""
    if isinstance(error, GatedRepoError):
        return (
            f"{name}: is gated: accept its terms at {ENDPOINT}/{name} and log in "
            f"with `hf auth login`"
        )
    if isinstance(error, RevisionNotFoundError):
        return f"{name}: has no revision {revision!r} on the hub"
    if isinstance(error, (RepositoryNotFoundError, HFValidationError)):
        return f"{name}: is neither a folder here nor a model on the hub"
    if isinstance(error, LocalEntryNotFoundError):
        reason = "HF_HUB_OFFLINE is set" if constants.is_offline_mode() else "cannot be reached"
        revision_given = f" at revision {revision!r}" if revision else ""
        return (
            f"{name}: is neither a folder here nor in the hub's cache{revision_given}, and the "
            f"hub cannot be asked ({reason})"
        )
    return f"{name}: cannot be downloaded: {meaning(error)}"
