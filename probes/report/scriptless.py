"""Report pages without a script, one template each: requests, advice, instruments, dossier."""

from collections.abc import Iterable
from importlib.metadata import version

from markupsafe import Markup

from probes.report.content import PLAIN, Cover
from probes.report.html import asset, environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LONGEST = 2000
"""Maximum number of characters shown of a reply; the evidence has it in full."""
MOST = 3_000_000
"""Maximum number of characters of replies on a page; later entries are counted, not shown."""
Shown = dict[str, object]


def render(template: str, title: str, cover: Cover = PLAIN, /, **values: object) -> str:
    """The HTML page made from a template, in the current language."""
    return (
        environment(1.0)
        .get_template(template)
        .render(
            policy=POLICY,
            version=version("political-probes"),
            style=Markup(asset("style.css")),  # noqa: S704  # our own file
            title=cover.title or title,
            cover=cover,
            **values,
        )
    )


def shortened(reply: str | None) -> Shown:
    """A reply cut to `LONGEST` characters, and whether it was cut."""
    text = (reply or "").strip()
    return {"text": text[:LONGEST], "cut": len(text) > LONGEST}


def fitting(entries: Iterable[Shown]) -> tuple[list[Shown], int]:
    """Entries whose ``rows`` of replies fit within `MOST` characters, and number of the others."""
    shown, room, hidden = list[Shown](), MOST, 0
    for entry in entries:
        room -= len(str(entry["rows"]))
        if room > 0:
            shown.append(entry)
        else:
            hidden += 1
    return shown, hidden
