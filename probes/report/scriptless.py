"""Pages without a script, of which each is a template: requests, advice, instruments, a dossier."""

from collections.abc import Iterable
from importlib.metadata import version

from markupsafe import Markup

from probes.report.content import PLAIN, Cover
from probes.report.html import asset, environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LONGEST = 2000
"""Characters of a reply that are shown; the evidence has it all."""
MOST = 3_000_000
"""Characters of replies that a page holds; what comes behind them is counted and not shown."""
Shown = dict[str, object]


def render(template: str, title: str, cover: Cover = PLAIN, /, **values: object) -> str:
    """The page, in the language at hand."""
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
    """The text of a reply as it is shown."""
    text = (reply or "").strip()
    return {"text": text[:LONGEST], "cut": len(text) > LONGEST}


def fitting(entries: Iterable[Shown]) -> tuple[list[Shown], int]:
    """Those whose ``rows`` of replies find room on a page, and how many do not."""
    shown, room, hidden = list[Shown](), MOST, 0
    for one in entries:
        room -= len(str(one["rows"]))
        if room > 0:
            shown.append(one)
        else:
            hidden += 1
    return shown, hidden
