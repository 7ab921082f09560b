"""The command `probes sets form`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.errors import UsageError


def form(
    name: Annotated[str, typer.Argument(metavar="SET")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Web page (.html).", show_default=False)
    ] = None,
    limesurvey: Annotated[
        Path | None, typer.Option(help="The same for LimeSurvey (.txt).", show_default=False)
    ] = None,
    xlsform: Annotated[
        Path | None, typer.Option(help="The same as an XLSForm (.xlsx).", show_default=False)
    ] = None,
    language: Annotated[
        str, typer.Option(help="To choose from, such as de,fr [default: the set's].")
    ] = "",
    sides: Annotated[
        str,
        typer.Option(
            help="split: of each pair one text by chance; both; or statements, without mirrors "
            "[default: split, if there are mirrors]."
        ),
    ] = "",
    steps: Annotated[
        int,
        typer.Option(
            help="Number of answers, 2 to 5 [default: the set's own, or 5].", show_default=False
        ),
    ] = 0,
    self_placement: Annotated[
        bool, typer.Option("--self-placement", help="Ask for left and right, from 0 to 10.")
    ] = False,
    party: Annotated[
        str, typer.Option(help="Ask for a party: names with commas between.", metavar="NAMES")
    ] = "",
    questions: Annotated[
        Path | None, typer.Option(help="YAML file with texts and questions of your own.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Offer people to see where their answers lie.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Keep how long each statement was shown.")
    ] = False,
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the outputs.")] = False,
) -> None:
    """A questionnaire for people: a page that needs no network, for LimeSurvey, or an XLSForm."""
    from probes.questionnaire import content, write

    targets = {"html": output, "limesurvey": limesurvey, "xlsform": xlsform}
    chosen = {kind: path for kind, path in targets.items() if path is not None}
    if not chosen:
        raise UsageError("nothing to write: give -o form.html, --limesurvey FILE or --xlsform FILE")
    choices = content.FormChoices(
        languages=language,
        sides=sides,
        steps=steps,
        place=self_placement,
        party=party,
        questions=questions,
        text=text,
        feedback=feedback,
        timings=timings,
    )
    for line in write.write(content.build(name, choices), chosen, force=force):
        say(line)
