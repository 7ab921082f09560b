"""The commands `probes report` and `probes view`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.parts.options import PEOPLE
from probes.errors import UsageError, nearest
from probes.phrases import LANGUAGES

Dir = Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")]
DOWNSTREAM = typer.Option(help="Classifiers of the models: folder of `probes downstream`.")


def report(
    directory: Dir,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file [default: DIR/report.html].")
    ] = None,
    title: Annotated[str, typer.Option(help="Heading, instead of the report's own.")] = "",
    author: Annotated[str, typer.Option(help="Who made it, below the heading.")] = "",
    comment: Annotated[str, typer.Option(help="What the reader should know first.")] = "",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="PDF instead, by a browser of this machine.")
    ] = False,
    people: Annotated[str | None, PEOPLE] = None,
    downstream: Annotated[Path | None, DOWNSTREAM] = None,
    lang: Annotated[
        str | None,
        typer.Option(help="Of the page: en, de, fr, es, ja [default: the set's]."),
    ] = None,
) -> None:
    """Write a run as one HTML page, complete in itself: chart, tables, prompts, downloads."""
    from probes import report as page

    target = output or directory / ("report.pdf" if pdf else "report.html")
    if pdf != (target.suffix.lower() == ".pdf"):
        hint = "--pdf writes a PDF; end its name with .pdf" if pdf else "for a PDF add --pdf"
        raise UsageError(f"-o {target}: {hint}")
    if lang is not None and lang not in LANGUAGES:
        raise UsageError(f"--lang {lang}: {nearest(lang, LANGUAGES)}")
    cover = page.Cover(title, author, comment, lang or "")
    said = page.report(directory, target, people, cover=cover, pdf=pdf, downstream=downstream)
    for remark in said:
        say(f"warning: {remark}", err=True)
    say(target)


def view(
    directory: Dir,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
    port: Annotated[int, typer.Option(help="0: any that is free.")] = 0,
    downstream: Annotated[Path | None, DOWNSTREAM] = None,
) -> None:
    """Show the report of a run in the browser, and renew it while the run goes on."""
    import threading
    import webbrowser

    from probes.report import html
    from probes.report.server import serving

    html.require()  # before an address is printed that would show nothing

    try:
        with serving(directory, port, downstream) as server:
            say(f"{server.address}\nshown on this machine only, until Ctrl-C")
            if browser:
                webbrowser.open(server.address)
            threading.Event().wait()
    except KeyboardInterrupt:
        say("no longer shown; the run folder is as it was", err=True)
