"""The commands `probes tasks ...`: parse, call, print."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import deliver, line, say
from probes.cli.parts.training import Copies

if TYPE_CHECKING:
    from probes.downstream.task.texts import TaskTexts

SAMPLE = 5
"""Number of texts that `tasks show --show-texts` prints of each class."""
app = typer.Typer(
    help="List, show, check and fetch classification tasks: what a leaning may do downstream.",
    no_args_is_help=True,
)


@app.command("list")
def list_tasks(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """The tasks that ship with probes."""
    from probes.cli import _tables
    from probes.downstream.task import tasks

    rows = [
        {
            "task": task.name,
            "title": task.file.title,
            "classes": ", ".join(task.file.label.classes),
            "licence": task.file.licence,
            "texts": tasks.standing(task),
        }
        for task in map(tasks.load, tasks.names())
    ]
    if as_json:
        say(jsonlib.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)


@app.command("show")
def show_task(
    name: Annotated[str, typer.Argument(metavar="TASK")],
    file: Copies = None,
    show_texts: Annotated[
        bool,
        typer.Option("--show-texts", help="Also a few texts; those of hate speech are hateful."),
    ] = False,
) -> None:
    """What a task is: source, licence, classes, groups, units, split. No text, unless asked for."""
    from probes.downstream.task import tasks, texts

    task = tasks.load(name, tasks.parse_copies(file or []))
    task_file = task.file
    line(f"{task_file.title} ({task_file.name}, {task_file.licence})")
    if task_file.source:
        line(task_file.source)
    groups = task_file.group.column or ", ".join(task_file.group.flags)
    facts = {
        "files": ", ".join(f"{fold}: {e.url or e.path}" for fold, e in task_file.files.items()),
        "text": ", ".join(task_file.texts),
        "classes": f"{', '.join(task_file.label.classes)} (positive: {task_file.label.positive})",
        "groups": groups,
        "unit": task_file.unit or "the text",
        "never read": ", ".join(task_file.forbid),
    }
    for key, value in facts.items():
        if value:
            line(f"{key}: {value}")
    if show_texts:
        _show_texts(texts.read(task))


def _show_texts(read: "TaskTexts") -> None:
    for label in read.file.label.classes:
        for text in [text for text in read.texts if text.label == label][:SAMPLE]:
            line(f"\n{text.id} [{label}; {', '.join(text.groups) or 'no group'}]")
            for part in text.texts:
                line(f"  {part}")


@app.command("check")
def check_task(
    name: Annotated[str, typer.Argument(metavar="TASK")],
    file: Copies = None,
    json: Annotated[
        str | None, typer.Option(help="Write it as JSON, too; - for JSON alone.", metavar="FILE|-")
    ] = None,
) -> None:
    """Every fault of a task; then what it is worth: rows, repeats, groups, what words alone say."""
    from probes.cli import _tables
    from probes.downstream.task import check, tasks, texts

    read = texts.read(tasks.load(name, tasks.parse_copies(file or [])))
    report = check.check(read)
    if json != "-":
        _tables.table(report.facts)
        _tables.table(report.groups)
        for remark in report.remarks:
            line(remark)
        line(f"sha256 of the task: {read.sha256}")
    if json is not None:
        document = {
            "format": 1,
            "task": read.file.name,
            "task_sha256": read.sha256,
            "facts": dict(zip(report.facts["check"], report.facts["value"], strict=True)),
            "groups": report.groups.to_dict("records"),
            "remarks": list(report.remarks),
        }
        text = jsonlib.dumps(document, ensure_ascii=False, indent=1, default=float)
        deliver(text.replace("NaN", "null") + "\n", json)


@app.command("fetch")
def fetch_task(
    name: Annotated[str, typer.Argument(metavar="TASK")],
    file: Copies = None,
) -> None:
    """Fetch the texts of a task that comes without them, check them, and keep them."""
    from probes.downstream.task import tasks, texts
    from probes.errors import UsageError
    from probes.files import download

    task = tasks.load(name, tasks.parse_copies(file or []))
    if not any(entry.url for entry in task.file.files.values()):
        raise UsageError(f"{name}: has its texts beside it; there is nothing to fetch")
    read = texts.read(task, fetch=True)
    tasks.keep(task)
    say(f"{task.name}: {len(read.texts)} texts are kept in {download.cache_folder()}")
