"""The claims file stored in a run folder: its checks and its outcomes."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes.claims import claim, judge
from probes.errors import RunError
from probes.files.yaml import read_bytes
from probes.types import Materials

if TYPE_CHECKING:
    import pandas as pd

    from probes.placement.model import Placement

CLAIMS = "claims.yaml"


def sha256(raw: bytes) -> str:
    """Hexadecimal digest of a claims file, as recorded in `run.yaml`."""
    return hashlib.sha256(raw).hexdigest()


def new(source: Path, folder: Path, recorded: object, answered: Collection[str]) -> bytes | None:
    """The bytes of a claims file to store in the folder; None if it holds that file already.

    Args:
        source: The claims file.
        folder: The run folder.
        recorded: Hash of the claims stored in the folder, by `run.yaml`; None: there are none.
        answered: Names of the models with answers in the folder.

    Raises:
        SetError: the file has faults.
        RunError: the folder holds other claims, or answers of a model that a claim is about.
    """
    raw, claims = read_bytes(source), claim.load(source)
    if recorded is not None:
        if recorded != sha256(raw):
            raise RunError(f"{folder}: holds other claims than {source}; use another --out")
        return None
    about = (name for one in claims for name in one.models)
    if early := next((name for name in about if name in answered), None):
        raise RunError(
            f"{source}: newer than the answers of {early} in {folder}; claims are made before a "
            "model is asked: use another --out"
        )
    return raw


def judged(
    folder: Path, recorded: object, models: "Sequence[Placement]", materials: Materials
) -> "pd.DataFrame | None":
    """The outcomes of the folder's claims (`judge.judge`); None without claims.

    Raises:
        RunError: the file is not the one that was stored before the models were asked.
        ProbesError: the file has faults, or names axes that the set does not have.
    """
    file = folder / CLAIMS
    if recorded is None and not file.exists():
        return None
    if not file.exists() or sha256(read_bytes(file)) != recorded:
        raise RunError(
            f"{file}: not the claims that were kept before the models were asked; restore that file"
        )
    claims = claim.load(file)
    claim.check(file, claims, None, materials.statements)
    return judge.judge(claims, models, materials)
