"""Claims of a run folder: read from a file, and stored before anything is asked."""

from pathlib import Path
from typing import cast

from probes.claims import kept
from probes.runs.folder import Folder


def new(folder: Folder, source: Path) -> bytes | None:
    """Content of a claims file that is to be stored; None: already stored.

    Raises:
        ProbesError: as `claims.kept.new`.
    """
    content = folder.run() if (folder.path / "run.yaml").exists() else {}
    models = cast("list[dict[str, object]]", content.get("models", []))
    answered = {n for n in (str(m["name"]) for m in models) if folder.answers(n).exists()}
    return kept.new(source, folder.path, content.get("claims_sha256"), answered)


def keep(folder: Folder, claims: bytes) -> None:
    """Store a claims file in the folder, and its hash in `run.yaml`."""
    folder.write(kept.CLAIMS, claims)
    folder.add(claims_sha256=kept.sha256(claims))
