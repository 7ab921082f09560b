"""Kinds of reference points: the values of column `kind` in the table `reference`.

A kind is a text, such as "agree to everything". Two kinds are recognised by how they begin or end:
respondents of the set, such as parties, and points to compare with the column `raw`.
"""

RESPONDENT = "respondent: "
RAW = ", raw"


def respondent_kind(name: str) -> str:
    """The kind of a respondent of the set."""
    return f"{RESPONDENT}{name}"


def respondent(kind: str) -> str:
    """Name of the respondent in a kind; empty for any other kind."""
    return kind.removeprefix(RESPONDENT) if kind.startswith(RESPONDENT) else ""


def raw(kind: str) -> bool:
    """Whether points of this kind are to be compared with the column `raw`, not with positions."""
    return kind.endswith(RAW)
