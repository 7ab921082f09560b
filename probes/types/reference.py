"""Kinds of reference points, as the table `reference` names them.

A kind is a text, such as "agree to everything". Respondents of the set itself, such as parties,
and points that stand beside the column `raw` are told by how it begins or ends.
"""

RESPONDENT = "respondent: "
RAW = ", raw"


def respondent_kind(name: str) -> str:
    """The kind of a respondent of the set."""
    return f"{RESPONDENT}{name}"


def respondent(kind: str) -> str:
    """The name of the set's respondent that a kind is about; empty for any other kind."""
    return kind.removeprefix(RESPONDENT) if kind.startswith(RESPONDENT) else ""


def raw(kind: str) -> bool:
    """Whether points of this kind stand beside the column `raw`, not beside positions."""
    return kind.endswith(RAW)
