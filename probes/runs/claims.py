"""Claims in a run folder: kept before anything is asked, and judged by what the answers come to."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes.claims import claim, judge
from probes.errors import RunError
from probes.files.yaml import read_bytes
from probes.runs.folder import CLAIMS, Folder
from probes.types import Materials

if TYPE_CHECKING:
    import pandas as pd

    from probes.tables.place import Conclusion


def new(folder: Folder, source: Path, models: Sequence[str], materials: Materials) -> bytes | None:
    """A file of claims that the folder has to keep; None: it has kept that file already.

    Args:
        folder: Open for writing.
        source: The file.
        models: Names of those that are asked.
        materials: The set that they are asked.

    Raises:
        SetError, UsageError: the file has faults, or is about something that is not asked.
        RunError: the folder holds other claims, or answers of a model that the claims are about.
    """
    raw, kept = read_bytes(source), folder.path / CLAIMS
    claims = claim.load(source)
    claim.check(source, claims, models, materials.statements)
    if (folder.path / "run.yaml").exists() and "claims_sha256" in folder.run() and kept.exists():
        if read_bytes(kept) != raw:
            raise RunError(f"{folder.path}: holds other claims than {source}; use another --out")
        return None
    names = dict.fromkeys(name for one in claims for name in one.models)
    asked = [name for name in names if folder.answers(name).exists()]
    if asked:
        raise RunError(
            f"{source}: newer than the answers of {asked[0]} in {folder.path}; claims are made "
            "before a model is asked: use another --out"
        )
    return raw


def judged(folder: Folder, result: "Conclusion") -> "pd.DataFrame | None":
    """The folder's claims (`judge.judge`); None where it has none.

    Raises:
        RunError: the file is not the one that was kept before the models were asked.
        ProbesError: it has faults, or is about axes that the set does not have.
    """
    kept = folder.path / CLAIMS
    if not kept.exists():
        return None
    if hashlib.sha256(read_bytes(kept)).hexdigest() != folder.run().get("claims_sha256"):
        raise RunError(
            f"{kept}: not the claims that were kept before the models were asked; restore that "
            "file, or remove this one"
        )
    claims = claim.load(kept)
    names = {name for one in claims for name in one.models}
    claim.check(kept, claims, sorted(names), result.materials.statements)
    return judge.judge(claims, result.models, result.materials)
