"""Terms of the glossary in the current language, for the reading guide and for hints."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from probes.phrases import language
from probes.types import Materials

OF_MIRRORS = ("opposition", "sided")
"""Terms that do not apply to a set without mirrors."""


def terms(materials: Materials, *, mirrored: bool) -> dict[str, dict[str, str]]:
    """Key -> name and text of a term, in reading order."""
    scale, limits = materials.statements.scale, materials.recipe.thresholds
    texts = read(language())
    parts = {
        "least": f"\N{MINUS SIGN}{scale:g}",
        "most": f"+{scale:g}",
        "sided": f"{limits.sided:g}",
        "reads": texts["reads"]["words" if mirrored else "unknown"],
    }
    return {
        key: {"name": term["name"], "text": term["text"].format(**parts)}
        for key, term in texts.items()
        if "name" in term and (mirrored or key not in OF_MIRRORS)
    }


@cache
def read(code: str) -> Mapping[str, Mapping[str, str]]:
    """A language's file: key -> name and text; ``reads`` has two endings of ``content``."""
    import yaml

    text = resources.files("probes.report.glossary").joinpath(f"{code}.yaml").read_text("utf-8")
    texts: dict[str, dict[str, str]] = yaml.safe_load(text)
    return texts
