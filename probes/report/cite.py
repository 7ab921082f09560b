"""How to cite and repeat a run: BibTeX, the command, versions, hashes and seeds."""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata, version

from probes.phrases import phrase, say
from probes.types import Header, Materials

TITLE = "probes: measuring the political leanings of language models, with uncertainty"
AUTHOR = "The political-probes contributors"
YEAR = "2026"
"""Year, title and author repeat CITATION.cff, which an installed package lacks."""
FENG = """@inproceedings{feng2023pretraining,
  title     = {{From Pretraining Data to Language Models to Downstream Tasks: Tracking the Trails of
               Political Biases Leading to Unfair NLP Models}},
  author    = {Feng, Shangbin and Park, Chan Young and Liu, Yuhan and Tsvetkov, Yulia},
  booktitle = {Proceedings of the 61st Annual Meeting of the Association for Computational
               Linguistics (Volume 1: Long Papers)},
  pages     = {11737--11762},
  year      = {2023},
  url       = {https://aclanthology.org/2023.acl-long.656/}
}"""
SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}"}
SPECIAL |= {c: rf"\{c}" for c in "&%$#_"} | {"^": r"\textasciicircum{}"}


OPTIONS = {
    "seed": phrase("seed"),
    "limit": phrase("limit"),
    "dtype": phrase("number format"),
    "batch_size": phrase("batch size"),
    "plan_version": phrase("plan version"),
    "missing": phrase("missing answers"),
    "variants": phrase("variants"),
}
"""Keys of `run.yaml` that affect the results -> their names on the page."""


def bibtex(materials: Materials) -> str:
    """BibTeX entries for the software, the statement set and the protocol of a run."""
    statements, recipe = materials.statements, materials.recipe
    entries = [
        _entry(
            "software",
            "political-probes",
            {
                "title": TITLE,
                "author": AUTHOR,
                "year": YEAR,
                "version": _version(),
                "license": "Apache-2.0",
                "url": _address(),
            },
        ),
        _entry(
            "misc",
            f"set-{statements.name}",
            {
                "key": statements.name,  # BibTeX styles cite the key where there is no author
                "title": f"{statements.title} (statement set)",
                "version": statements.version,
                "howpublished": statements.source,
                "note": f"Licence: {statements.licence}. sha256: {statements.sha256}",
            },
        ),
        _entry(
            "misc",
            f"protocol-{recipe.name}",
            {
                "key": f"protocol {recipe.name}",
                "title": f"{recipe.title} (protocol {recipe.name})",
                "howpublished": f"political-probes {_version()}",
                "note": f"sha256: {recipe.sha256}",
            },
        ),
        FENG,
    ]
    return "\n\n".join(entries)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in key)
    lines = [f"  {name} = {{{_value(name, text)}}}" for name, text in fields.items() if text]
    return f"@{kind}{{{plain},\n" + ",\n".join(lines) + "\n}"


def _value(name: str, text: str) -> str:
    escaped = "".join(SPECIAL.get(c, c) for c in " ".join(text.split()))
    # Double braces: titles keep their capitals, and an organisation is not split into first and
    # last name.
    return f"{{{escaped}}}" if name in ("title", "author") else escaped


def _version() -> str:
    try:
        return version("political-probes")
    except PackageNotFoundError:
        return ""


def _address() -> str:
    """URL of the repository from the package's metadata (``project.urls``); empty if not stated."""
    try:
        stated = metadata("political-probes").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    urls = dict(entry.split(", ", 1) for entry in map(str, stated) if ", " in entry)
    return urls.get("Repository", "")


def settings(run: Mapping[str, object], materials: Materials) -> list[tuple[str, str]]:
    """(name, value) of all settings that must be equal to reproduce the results."""
    statements = materials.statements
    further = [
        (say(name), str(run[key])) for key, name in OPTIONS.items() if run.get(key) is not None
    ]
    texts = [(say("texts from"), statements.text_from)] if statements.text_from else []
    return [
        (say("statement set"), f"{statements.name} {statements.version}".strip()),
        (say("set, sha256"), str(run.get("set_sha256", ""))),
        *texts,
        (say("protocol"), materials.recipe.name),
        (say("protocol, sha256"), str(run.get("protocol_sha256", ""))),
        *further,
    ]


def sessions(run: Mapping[str, object]) -> list[dict[str, str]]:
    """Command lines that made the run: command, start, versions."""
    entries = run.get("sessions")
    return [
        {
            "command": str(entry.get("command") or ""),
            "started": str(entry.get("started") or ""),
            "versions": _listed(entry.get("versions")),
        }
        for entry in (entries if isinstance(entries, Sequence) else ())
        if isinstance(entry, Mapping)
    ]


def model(header: Header) -> list[tuple[str, str]]:
    """(name, value) of what identifies a model and how it was loaded."""
    info = header.model
    pairs = [
        ("id", info.id),
        (say("backend"), info.backend),
        (say("revision"), info.revision),
        (
            say("address and name, sha256") if info.gives else say("weights and settings, sha256"),
            info.weights,
        ),
        (say("tokenizer, sha256"), info.tokenizer),
        (say("adapter, sha256"), info.adapter),
        (say("device"), info.device),
        (say("number format"), info.dtype),
        (say("unpacked from GGUF"), info.dequantised),
        (say("chat template"), say("yes") if info.chat else say("no")),
        (say("gives"), info.gives),
        (say("family"), info.family),
        (say("parent"), info.parent),
        (say("versions"), _listed(header.versions)),
    ]
    dropped = "; ".join(f"{w}: {', '.join(map(repr, f))}" for w, f in header.dropped.items() if f)
    flags = "; ".join(f"{w}: {', '.join(f)}" for w, f in header.flags.items() if f)
    pairs += [(say("words left out"), dropped), (say("remarks"), flags)]
    return [(name, value) for name, value in pairs if value]


def _listed(versions: object) -> str:
    if not isinstance(versions, Mapping):
        return ""
    return ", ".join(f"{name} {number}" for name, number in versions.items() if number)
