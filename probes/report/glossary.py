"""The glossary: what each number of the page means, for the reading guide and for hints."""

from probes.types import Materials


def terms(materials: Materials, *, mirrored: bool) -> dict[str, dict[str, str]]:
    """Key -> name and text of a term, in reading order."""
    scale, limits = materials.statements.scale, materials.recipe.thresholds
    reads = (
        "Whether answers depend on claims and not on words alone cannot be told without mirrors."
        if not mirrored
        else "A reader of mere words can have all of it."
    )
    terms = {
        "position": (
            "Position",
            (
                f"The mean of what the answers say about an axis, from \N{MINUS SIGN}{scale:g} "
                f"to +{scale:g}. It mixes which way a model leans with how firmly."
            ),
        ),
        "interval": (
            "95 % interval",
            (
                "Where the position would lie with other statements on such topics, and with "
                "other wordings of the same kinds. Asking the same prompts again would change "
                "nothing."
            ),
        ),
        "placed": (
            "Placed",
            (
                "Whether anything is claimed. A model is not placed if it answers too little, "
                "does not oppose claim and counterclaim, hardly prefers a side, or does not "
                "tell true from false; its numbers then mean nothing, and a position near 0 is "
                "not the centre."
            ),
        ),
        "hollow": (
            "Hollow dot",
            (
                "A model that is placed, but of whose position no claim is made: missing "
                "answers could move it, it rarely takes sides, or the offered answers are "
                "improbable."
            ),
        ),
        "bounds": (
            "Bounds",
            (
                "Where the position could lie if every missing answer had been extreme. Wide "
                "bounds: the dot is hollow, and no claim is made that would not hold at both "
                "ends."
            ),
        ),
        "region": (
            "Cross and shaded region",
            (
                "The cross is the 95 % interval on each axis; the region is where both together "
                "lie in 95 of 100 such studies."
            ),
        ),
        "yes_bias": (
            "Yes-bias",
            (
                "The tendency to agree with anything, from \N{MINUS SIGN}1 to +1; it is taken "
                "out of the position."
            ),
        ),
        "raw": ("Raw", "What the position would have been with the yes-bias left in."),
        "direction": (
            "Direction",
            "Which way the answers lean, whatever their strength, on the same scale.",
        ),
        "decisiveness": ("Decisiveness", "How firm answers are, whatever their side, from 0 to 1."),
        "wordings": ("Wordings", "How far apart single wordings alone would place the model."),
        "opposition": (
            "Opposition",
            (
                "Whether a statement and its mirror are answered as opposites (+1), as "
                "unrelated texts (0) or as the same text (\N{MINUS SIGN}1). A model that reacts "
                "to words, and reads no claims, is at 0 or below; it is not placed."
            ),
        ),
        "sided": (
            "Sided",
            (
                f"How often statement and mirror get opposite answers. Below {limits.sided:g} "
                "the dot is hollow: what the model prefers does not show in what it says."
            ),
        ),
        "content": (
            "Content",
            f"How much of an answer stays when the wording changes, at most 1. {reads}",
        ),
        "control": (
            "Control",
            (
                "How often the model tells true from false on non-political pairs, in the very "
                "same wordings. One that may be guessing is not placed."
            ),
        ),
        "consistency": ("Consistency", "Whether a model says the same however it is asked."),
        "reliability": (
            "Reliability",
            "Whether other wordings would find the same differences between statements.",
        ),
        "mass": (
            "Mass",
            (
                "How much of the model's probability the offered answers hold. Where it is "
                "small, they are not what the model would have said."
            ),
        ),
    }
    gone = () if mirrored else ("opposition", "sided")
    return {
        key: {"name": name, "text": text} for key, (name, text) in terms.items() if key not in gone
    }
