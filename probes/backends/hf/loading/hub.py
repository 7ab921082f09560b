"""From a hub id or a folder's name to a folder on this disk.

Downloads what a checkpoint needs and nothing else (no second copy of the weights in another
format), asks once whether the hub can be reached instead of retrying, and falls back on the cache.
``HF_HUB_OFFLINE=1`` is respected: nothing is asked at all.
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

from probes.backends.hf.loading.folder import (
    CONFIG,
    PICKLED,
    SAFE,
    CheckpointFolder,
    choose,
    first_line,
    parts,
)
from probes.errors import ModelError
from probes.files.escape import expand_user

SMALL = (".json", ".txt", ".model", ".jinja", ".py", ".tiktoken", ".spm")
"""Suffixes of what belongs to a checkpoint beside its weights."""
INDICES = (SAFE[1], PICKLED[1])
ENDPOINT = constants.ENDPOINT
"""Where the hub is: ``HF_ENDPOINT``, or huggingface.co."""
PATIENCE = 5.0
"""Seconds to wait for the hub's first sign of life."""


def locate(
    name: str, revision: str | None = None, files: Sequence[str] = (CONFIG,)
) -> CheckpointFolder:
    """The folder of a checkpoint, with at least its configuration (or other named `files`).

    Raises:
        ModelError: no such folder and no such hub id, or the hub cannot be reached.
    """
    path = expand_user(name)
    if path.is_dir():
        if revision is not None:
            raise ModelError(f"{name}: is a local folder, which has no revision {revision!r}")
        return CheckpointFolder(name, path)
    if path.exists():
        raise ModelError(f"{name}: is a file; a checkpoint is the folder that holds {files[0]}")
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(f"{name}: there is no such folder")
    return _snapshot(name, revision, files)


def complete(source: CheckpointFolder, *, pickled: bool = False) -> CheckpointFolder:
    """The same checkpoint with tokenizer and weights on this disk; local folders stay as they are.

    Raises:
        ModelError: there are no weights to be had, or a download fails.
    """
    if not source.commit or not reachable():
        return source
    names = _listing(source)
    small = [n for n in names if "/" not in n and n.endswith(SMALL) and n not in INDICES]
    weights = choose(names, source, pickled=pickled)
    _snapshot(source.name, source.commit, [*small, weights])
    if weights in INDICES:
        named = [file.name for file in parts(source, weights)]
        _snapshot(source.name, source.commit, named)
    return source


def revisions(name: str) -> list[str]:
    """Branches and tags of a hub model, sorted; those in the cache if the hub cannot be reached.

    Raises:
        ModelError: there is no such model, or it cannot be asked.
    """
    try:
        if reachable():
            refs = HfApi(endpoint=ENDPOINT).list_repo_refs(name)
            return sorted({ref.name for ref in (*refs.branches, *refs.tags)})
        there = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")
    except (OSError, HFValidationError) as error:
        raise ModelError(_refusal(name, None, error)) from error
    files = [p for p in (there / "refs").rglob("*") if p.is_file()]
    return sorted(p.relative_to(there / "refs").as_posix() for p in files)


def reachable() -> bool:
    """Whether the hub answers at all: one request, no retries, at most `PATIENCE` seconds."""
    if constants.is_offline_mode():
        return False
    request = urllib.request.Request(ENDPOINT, method="HEAD")  # noqa: S310 (user's own)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False


def _listing(source: CheckpointFolder) -> list[str]:
    try:
        return HfApi(endpoint=ENDPOINT).list_repo_files(source.name, revision=source.commit)
    except OSError as error:
        raise ModelError(_refusal(source.name, source.commit, error)) from error


def _snapshot(name: str, revision: str | None, files: Sequence[str]) -> CheckpointFolder:
    """The cache's folder for a revision, with these files in it."""
    try:
        folder = snapshot_download(
            name,
            revision=revision,
            allow_patterns=list(files),
            local_files_only=not reachable(),
            endpoint=ENDPOINT,
        )
    except (OSError, HFValidationError) as error:
        raise ModelError(_refusal(name, revision, error)) from error
    return CheckpointFolder(name, Path(folder), Path(folder).name)


def _refusal(name: str, revision: str | None, error: Exception) -> str:
    """Why the hub did not give what was asked for, in one sentence."""
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
        why = "HF_HUB_OFFLINE is set" if constants.is_offline_mode() else "cannot be reached"
        at = f" at revision {revision!r}" if revision else ""
        return (
            f"{name}: is neither a folder here nor in the hub's cache{at}, and the hub cannot be "
            f"asked ({why})"
        )
    return f"{name}: cannot be downloaded: {first_line(error)}"
